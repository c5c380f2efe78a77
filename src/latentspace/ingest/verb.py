"""`ingest`: find, match, read, check and write."""

import platform
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

from latentspace.errors import InputError
from latentspace.ingest.cells import read_column
from latentspace.ingest.codes import code_classes, derive_booleans, phenotypes_of
from latentspace.ingest.conditions import conditions
from latentspace.ingest.copies import flag_copies
from latentspace.ingest.device import told_by_files
from latentspace.ingest.dictionaries import declared_in
from latentspace.ingest.infer import infer_dictionary
from latentspace.ingest.limited import Failure, Limits, map_limited
from latentspace.ingest.match import Visit, match, without_table
from latentspace.ingest.own_ids import own_ids
from latentspace.ingest.plan import Plan
from latentspace.ingest.records import Record
from latentspace.ingest.sources import Sources, jobs_of, look, read_job
from latentspace.phenotype import Dictionary, Phenotype
from latentspace.progress import Progress
from latentspace.readers.table import Table, read_table
from latentspace.report import Entry, IngestReport
from latentspace.run import TOGETHER
from latentspace.target import check_target, write
from latentspace.workspace import CohortData

MOST_LISTED = 30  # descriptions of series
Read = tuple[Visit, Mapping[str, Record]]  # a visit, and what each kind of its files gave


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """What `ingest` reads besides the sources, and how; `dry_run` reads and reports but writes nothing."""

    table: Path | None = None
    dictionary: Path | None = None
    modalities: Path | None = None
    title: str | None = None
    workers: int = 2
    dry_run: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phenotypes:
    """The columns of the subjects table beyond the ids, with their dictionary, for the rows of the whole table."""

    dictionary: Dictionary
    columns: tuple[pl.Series, ...]


def ingest(sources: Sequence[Path], into: Path, options: IngestOptions, progress: Progress) -> IngestReport:
    """Read records and a table into a workspace at `into`; the report says what was rejected, flagged or repaired.

    Killed at any moment, the workspace that was there before is whole.

    Raises:
        NotFoundError: a source, table, dictionary or modalities file is not there, or no record is.
        InputError: a file of these cannot be understood, nothing could be read, or `into` is no place for it.
    """
    started = time.monotonic()
    check_target(into)
    there, plan = look(sources, options.modalities)
    found = there.found(plan, with_table=options.table is not None)
    report = IngestReport()
    table = read_table(options.table) if options.table else None
    inside = own_ids(there.ecg, options.workers, options.limits) if plan.table.ids == "inside" else {}
    visits, entries = match(table, plan.table, found, inside) if table else without_table(found, inside)
    report.entries += [*(table.entries if table else ()), *entries]
    phenotypes = phenotypes_of_table(table, plan, options, report)
    read = _read(visits, plan, options, progress)
    report.entries += [entry for _, each in read for record in each.values() for entry in record.entries]
    kept = [(visit, each) for visit, each in read if any(record.arrays for record in each.values())]
    if not kept:
        first = f"; the first: {report.entries[0].reason}" if report.entries else ""
        n = len(there.ecg) + len(there.cine)
        said = f"none of {n} records could be read and matched{first}"
        raise InputError("ingest.nothing", where=str(sources[0]), found=said, hint="Check the sources and the table.")
    people, copies = flag_copies(kept)
    report.entries += copies
    report.recordings += _sources_of(kept)
    cohort = _cohort(kept, plan, phenotypes, options.title or plan.title or into.stem)
    cohort = replace(cohort, subjects=cohort.subjects.with_columns(pl.Series(TOGETHER, people)))
    report.facts |= _facts(cohort, len(table.frame) if table else 0) | _series_facts(there, plan, read)
    report.facts["seconds"] = round(time.monotonic() - started, 1)
    if not options.dry_run:
        write(into, replace(cohort, report=report.to_json()))
    return report


def _read(visits: Sequence[Visit], plan: Plan, options: IngestOptions, progress: Progress) -> list[Read]:
    """What the files of every visit gave, in order."""
    jobs = jobs_of(visits, plan)
    records: list[Record] = [Record(arrays={}, entries=())] * len(jobs)
    results = map_limited(read_job, [job for _, _, job in jobs], workers=options.workers, limits=options.limits)
    for done, (position, result) in enumerate(results, start=1):
        if isinstance(result, Failure):
            job = jobs[position][2]
            hint = "Look at the file; if it is sound, tell us."
            entry = Entry(file=job.name, code="reader.failed", reason=result.reason, hint=hint, subject=job.subject)
            result = Record(arrays={}, entries=(entry,))  # noqa: PLW2901 - the same thing, now as a record
        records[position] = result
        progress("Reading records", done, len(jobs))
    each: list[dict[str, Record]] = [{} for _ in visits]
    for (i, kind, _), record in zip(jobs, records, strict=True):
        each[i][kind] = record
    return list(zip(visits, each, strict=True))


def phenotypes_of_table(table: Table | None, plan: Plan, options: IngestOptions, report: IngestReport) -> Phenotypes:
    """What the table says of its rows, by the dictionary or as its cells look; what does not fit is reported.

    Raises:
        InputError: a dictionary that cannot be understood, or a derivation of a column that is not there.
    """
    if table is None or options.table is None:
        return Phenotypes(dictionary=Dictionary(()), columns=())
    used = {plan.table.subject, plan.table.visit, plan.table.file, plan.table.cine}
    if options.dictionary:
        said = declared_in(options.dictionary, table)
        table, declared = said.table, said.dictionary
        report.entries += said.entries
        undeclared = set(table.frame.columns) - {p.name for p in declared} - used
        left_out = dict.fromkeys(sorted(undeclared), "not declared in the dictionary") | {
            name: why for name, why in said.left_out.items() if name in undeclared
        }
    else:
        declared, left_out = infer_dictionary(table.frame, used | {d.column for d in plan.derive})
        report.facts["inferred_kinds"] = {p.name: p.kind for p in declared}
    report.facts["columns_left_out"] = left_out
    subjects = table.frame[plan.table.subject].fill_null("").to_list()
    rows = list(zip(table.rows, subjects, strict=True))
    phenotypes: list[Phenotype] = []
    columns: list[pl.Series] = []
    for phenotype in declared:
        if absent := {phenotype.name, phenotype.event} - {"", *table.frame.columns}:
            report.entries.append(_absent(absent, table, options))
            continue
        column, entries = read_column(phenotype, table.frame[phenotype.name].to_list(), rows, table.file)
        phenotypes.append(phenotype)
        columns.append(column)
        report.entries += entries
    for derive in plan.derive:
        if derive.column not in table.frame.columns:
            found = f"has no column {derive.column!r}"
            raise InputError("derive.column", where=table.file, found=found, hint="Check [[derive]].")
        classes = code_classes(derive, (options.table.parent, plan.folder))
        cells = table.frame[derive.column].to_list()
        derived, entries = derive_booleans(derive, classes, cells, table.rows, table.file)
        phenotypes += phenotypes_of(derive)
        columns += [pl.Series(name, values, dtype=pl.Boolean) for name, values in derived.items()]
        report.entries += entries
    for derive in plan.conditions:
        held, entries = conditions(derive, table.frame, plan.table.subject, (options.table.parent, plan.folder))
        phenotypes += derive.phenotypes
        columns += held
        report.entries += entries
    return Phenotypes(dictionary=Dictionary(tuple(phenotypes)), columns=tuple(columns))


def _absent(names: Collection[str], table: Table, options: IngestOptions) -> Entry:
    reason = f"declares {' and '.join(sorted(names))}, which is no column of {table.file}"
    return Entry(
        file=options.dictionary.name if options.dictionary else table.file,
        code="dictionary.absent",
        reason=reason,
        hint="Check the spelling, or remove it.",
        outcome="flagged",
    )


def _cohort(kept: Sequence[Read], plan: Plan, phenotypes: Phenotypes, title: str) -> CohortData:
    visits = [visit for visit, _ in kept]
    positions = [visit.position for visit in visits]
    told, columns = told_by_files([each for _, each in kept])
    subjects = pl.DataFrame(
        [
            pl.Series("subject_id", [v.subject_id for v in visits], dtype=pl.String),
            pl.Series("visit", [v.visit for v in visits], dtype=pl.String),
            *(column.gather(positions) for column in phenotypes.columns),
            *columns,
        ]
    )
    arrays = [{name: array for record in each.values() for name, array in record.arrays.items()} for _, each in kept]
    modalities = tuple(part.modality for part in plan.modalities)
    missing = {m.name: np.full(m.shape, 0 if m.dtype == "uint8" else np.nan, m.dtype) for m in modalities}
    return CohortData(
        title=title,
        modalities=modalities,
        subjects=subjects,
        dictionary=Dictionary((*phenotypes.dictionary, *told)),
        recordings={m.name: np.stack([own.get(m.name, missing[m.name]) for own in arrays]) for m in modalities},
        present={m.name: np.array([m.name in own for own in arrays]) for m in modalities},
        report={},
    )


def _sources_of(kept: Sequence[Read]) -> list[dict[str, object]]:
    """What the headers of each cine say of its time, place and scale."""
    return [
        {"subject_id": visit.subject_id, "visit": visit.visit, "modality": name, **record.source}
        for visit, each in kept
        for record in each.values()
        if record.source
        for name in record.arrays
    ]


def _series_facts(there: Sources, plan: Plan, read: Sequence[Read]) -> dict[str, object]:
    """How many records were found, how many of them no modality asks for, and which series were and were not taken."""
    facts: dict[str, object] = {"records_found": len(there.ecg) + len(there.cine)}
    if ignored := there.ignored(plan):
        facts["records_ignored"] = ignored
    records = [record for _, each in read for record in each.values()]
    if chosen := Counter(record.chosen for record in records if record.chosen):
        facts["series_chosen"] = dict(chosen.most_common(MOST_LISTED))
    if others := Counter(description for record in records for description in record.ignored):
        facts["series_ignored"] = dict(others.most_common(MOST_LISTED))
    return facts


def _facts(cohort: CohortData, table_rows: int) -> dict[str, object]:
    visits_each = Counter(cohort.subjects["subject_id"].to_list())
    return {
        "table_rows": table_rows,
        "rows_kept": len(cohort.subjects),
        "people": len(visits_each),
        "people_with_several_visits": sum(count > 1 for count in visits_each.values()),
        "present": {name: int(mask.sum()) for name, mask in cohort.present.items()},
        "phenotypes": {p.name: int(cohort.subjects[p.name].count()) for p in cohort.dictionary},
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("latent-space-explorer", "numpy", "scipy", "polars", "zarr")},
        },
    }

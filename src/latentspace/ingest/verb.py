"""`ingest`: find, match, read, check and write."""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from latentspace.errors import InputError
from latentspace.ingest.cells import read_column
from latentspace.ingest.codes import code_classes, derive_booleans, phenotypes_of
from latentspace.ingest.conditions import conditions
from latentspace.ingest.copies import flag_copies
from latentspace.ingest.device import Told, told_by_files
from latentspace.ingest.dictionaries import declared_in
from latentspace.ingest.facts import Read, cohort_facts, series_facts, sources_of
from latentspace.ingest.infer import infer_dictionary
from latentspace.ingest.kept import Kept, key_of, place
from latentspace.ingest.limited import Failure, Limits, map_limited
from latentspace.ingest.match import Visit, match, without_table
from latentspace.ingest.own_ids import own_ids
from latentspace.ingest.page import reported
from latentspace.ingest.plan import Plan
from latentspace.ingest.preview import preview
from latentspace.ingest.records import Record
from latentspace.ingest.sheet import need, write_sheet
from latentspace.ingest.sources import Job, Sources, jobs_of, look, read_job
from latentspace.phenotype import Dictionary, Phenotype
from latentspace.progress import Progress
from latentspace.readers.table import Table, read_table
from latentspace.report import Entry, IngestReport
from latentspace.run import TOGETHER
from latentspace.target import check_target, write
from latentspace.workspace import CohortData


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """What `ingest` reads besides the sources, and how; `dry_run` only says what it would do."""

    table: Path | None = None
    dictionary: Path | None = None
    modalities: Path | None = None
    title: str | None = None
    workers: int = 2
    series_map: Path | None = None
    contact_sheet: Path | None = None
    dry_run: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phenotypes:
    """The columns of the subjects table beyond the ids, with their dictionary, for the rows of the whole table."""

    dictionary: Dictionary
    columns: tuple[pl.Series, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """What is to be read: what lies there, the visits with their files, and what the table says of them."""

    there: Sources
    plan: Plan
    visits: Sequence[Visit]
    phenotypes: Phenotypes
    table_rows: int
    left_out: int  # files that belong to no row, or to another's

    @property
    def people(self) -> int:
        """How many persons have a file."""
        return len({visit.subject_id for visit in self.visits})

    def brief(self) -> str:
        """The plan in one line."""
        files = Counter(kind for visit in self.visits for kind in visit.files)
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in files.items())
        left = f"; {self.left_out:,} files are left out" if self.left_out else ""
        return f"{self.people:,} people: {kinds}{left}"


def ingest(sources: Sequence[Path], into: Path, options: IngestOptions, progress: Progress) -> IngestReport:
    """Read records and a table into a workspace at `into`; the report says what was rejected, flagged or repaired.

    Killed at any moment, the workspace that was there before is whole.

    Raises:
        NotFoundError: a source, table, dictionary or modalities file is not there, or no record is.
        InputError: a file of these cannot be understood, nothing could be read, or `into` is no place for it.
    """
    started = time.monotonic()
    check_target(into)
    report = IngestReport()
    matched = _match(sources, options, report)
    progress("Planning", 1, 1, matched.brief())
    if options.dry_run:
        return _preview(matched, options, report, progress)
    there, plan, visits = matched.there, matched.plan, matched.visits
    kept_records = Kept(place(into))
    read = _read(visits, plan, options, kept_records, progress)
    report.entries += [entry for _, each in read for record in each.values() for entry in record.entries]
    kept = [(visit, each) for visit, each in read if any(record.arrays for record in each.values())]
    if not kept:
        first = report.entries[0] if report.entries else None
        n = len(there.ecg) + len(there.cine)
        said = f"none of {n} records could be read and matched" + (f"; the first: {first.reason}" if first else "")
        hint = first.hint if first else "Check the sources and the table."
        raise InputError("ingest.nothing", where=str(sources[0]), found=said, hint=hint)
    people, copies = flag_copies(kept)
    report.entries += copies
    report.recordings += sources_of(kept)
    told = told_by_files([each for _, each in kept], matched.phenotypes.dictionary)
    report.entries += told.entries
    cohort = _cohort(kept, plan, matched.phenotypes, told)
    subjects = cohort.subjects.with_columns(pl.Series(TOGETHER, people))
    cohort = replace(cohort, title=options.title or plan.title or into.stem, subjects=subjects)
    report.facts |= cohort_facts(cohort, matched.table_rows) | series_facts(there, plan, read)
    report.seconds = round(time.monotonic() - started, 1)
    write(into, reported(cohort, report))
    kept_records.remove()
    return report


def _match(sources: Sequence[Path], options: IngestOptions, report: IngestReport) -> Matched:
    there, plan = look(sources, options.modalities, options.series_map)
    if options.contact_sheet:
        need()
    found = there.found(plan, with_table=options.table is not None)
    table = read_table(options.table) if options.table else None
    inside = own_ids(there.ecg, options.workers, options.limits) if plan.table.ids == "inside" else {}
    visits, entries = match(table, plan.table, found, inside) if table else without_table(found, inside)
    report.entries += [*(table.entries if table else ()), *entries]
    phenotypes = phenotypes_of_table(table, plan, options, report)
    left_out = sum(entry.code.startswith("record.") for entry in entries)
    return Matched(there, plan, visits, phenotypes, len(table.frame) if table else 0, left_out)


def _preview(matched: Matched, options: IngestOptions, report: IngestReport, progress: Progress) -> IngestReport:
    """The plan, and where series are in doubt and a place for it is named, a contact sheet."""
    jobs = jobs_of(matched.visits, matched.plan)
    seen = preview(matched.visits, jobs, options.workers, options.limits, progress)
    report.facts = {**seen.facts, **report.facts, "people": matched.people, "table_rows": matched.table_rows}
    if ignored := matched.there.ignored(matched.plan):
        report.facts["records_ignored"] = ignored
    report.entries += seen.entries
    if seen.doubts and options.contact_sheet:
        write_sheet(options.contact_sheet, seen.doubts)
        report.facts["contact_sheet"] = str(options.contact_sheet)
    return report


def _read(visits: Sequence[Visit], plan: Plan, options: IngestOptions, kept: Kept, progress: Progress) -> list[Read]:
    """What the files of every visit gave, in order; what an ingest that was stopped has read is not read again."""
    jobs = jobs_of(visits, plan)
    keys = {key_of(job): position for position, (_, _, job) in enumerate(jobs)}
    records = {keys[key]: record for key, record in kept.records() if key in keys}
    left = {position: key for key, position in keys.items() if position not in records}
    progress("Reading records", len(records), len(jobs))
    todo = list(left)
    results = map_limited(read_job, [jobs[i][2] for i in todo], workers=options.workers, limits=options.limits)
    with closing(results):
        for number, result in results:
            position = todo[number]
            if isinstance(result, Failure):
                records[position] = failed(jobs[position][2], result)
            else:
                records[position] = result
                kept.add(left[position], result)
            progress("Reading records", len(records), len(jobs))
    kept.flush()
    each: list[dict[str, Record]] = [{} for _ in visits]
    for position, (i, kind, _) in enumerate(jobs):
        each[i][kind] = records[position]
    return list(zip(visits, each, strict=True))


def failed(job: Job, failure: Failure) -> Record:
    """A file at which the reader broke, as a record without arrays and with a line."""
    hint = "Look at the file; if it is sound, tell us."
    entry = Entry(file=job.name, code="reader.failed", reason=failure.reason, hint=hint, subject=job.subject)
    return Record(arrays={}, entries=(entry,))


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


def _cohort(kept: Sequence[Read], plan: Plan, phenotypes: Phenotypes, told: Told) -> CohortData:
    visits = [visit for visit, _ in kept]
    positions = [visit.position for visit in visits]
    subjects = pl.DataFrame(
        [
            pl.Series("subject_id", [v.subject_id for v in visits], dtype=pl.String),
            pl.Series("visit", [v.visit for v in visits], dtype=pl.String),
            *(column.gather(positions) for column in phenotypes.columns),
            *told.columns,
        ]
    )
    arrays = [{name: array for record in each.values() for name, array in record.arrays.items()} for _, each in kept]
    modalities = tuple(part.modality for part in plan.modalities)
    missing = {m.name: np.full(m.shape, 0 if m.dtype == "uint8" else np.nan, m.dtype) for m in modalities}
    return CohortData(
        title="",
        modalities=modalities,
        subjects=subjects,
        dictionary=Dictionary((*phenotypes.dictionary, *told.phenotypes)),
        recordings={m.name: np.stack([own.get(m.name, missing[m.name]) for own in arrays]) for m in modalities},
        present={m.name: np.array([m.name in own for own in arrays]) for m in modalities},
        report={},
    )

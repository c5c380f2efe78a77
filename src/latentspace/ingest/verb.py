"""`ingest`: find, match, read, check and write."""

import platform
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

from latentspace.errors import InputError, NotFoundError
from latentspace.ingest.cells import read_column
from latentspace.ingest.codes import code_classes, derive_booleans, phenotypes_of
from latentspace.ingest.copies import flag_copies
from latentspace.ingest.infer import infer_dictionary
from latentspace.ingest.limited import Failure, Limits, map_limited
from latentspace.ingest.match import Visit, match, without_table
from latentspace.ingest.plan import DEFAULT, LeadModality, Plan, read_plan
from latentspace.ingest.records import Record, RecordJob, find_records, read_record
from latentspace.phenotype import Dictionary, Phenotype, read_dictionary
from latentspace.progress import Progress
from latentspace.readers.table import Table, read_table
from latentspace.report import Entry, IngestReport
from latentspace.run import TOGETHER
from latentspace.target import check_target, write
from latentspace.workspace import CohortData

HEART_RATE = Phenotype(
    name="heart_rate", label="Heart rate", kind="continuous", unit="1/min", section="ECG", range=(10.0, 400.0)
)
RR = Phenotype(name="rr_ms", label="RR interval", kind="continuous", unit="ms", section="ECG")


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
    plan = read_plan(options.modalities) if options.modalities else DEFAULT
    report = IngestReport()
    table = read_table(options.table) if options.table else None
    records = _records(sources)
    visits, entries = match(table, plan.table, records) if table else without_table(records)
    report.entries += [*(table.entries if table else ()), *entries]
    phenotypes = _phenotypes(table, plan, options, report)
    read = _read(visits, plan.modalities, options, progress)
    report.entries += [entry for record in read for entry in record.entries]
    kept = [(visit, record) for visit, record in zip(visits, read, strict=True) if record.arrays]
    if not kept:
        first = f"; the first: {report.entries[0].reason}" if report.entries else ""
        found = f"none of {len(records)} records could be read and matched{first}"
        raise InputError("ingest.nothing", where=str(sources[0]), found=found, hint="Check the sources and the table.")
    people, copies = flag_copies(kept)
    report.entries += copies
    cohort = _cohort(kept, plan, phenotypes, options.title or plan.title or into.stem)
    cohort = replace(cohort, subjects=cohort.subjects.with_columns(pl.Series(TOGETHER, people)))
    report.facts |= _facts(cohort, records, table, time.monotonic() - started)
    if not options.dry_run:
        write(into, replace(cohort, report=report.to_json()))
    return report


def _records(sources: Sequence[Path]) -> tuple[Path, ...]:
    for source in sources:
        if not source.exists():
            found, hint = "does not exist", "Check the path of the recordings."
            raise NotFoundError("ingest.no_source", where=str(source), found=found, hint=hint)
    records = find_records(sources)
    if not records:
        found, hint = "holds no recording that can be read", "WFDB records (.hea with .dat) are read."
        raise NotFoundError("ingest.no_records", where=str(sources[0]), found=found, hint=hint)
    return records


def _read(
    visits: Sequence[Visit], modalities: tuple[LeadModality, ...], options: IngestOptions, progress: Progress
) -> list[Record]:
    """The record of every visit, in order."""
    jobs = [RecordJob(path=v.record, name=v.record.name, subject=v.subject_id, modalities=modalities) for v in visits]
    records: list[Record] = [Record(arrays={}, entries=())] * len(jobs)
    results = map_limited(read_record, jobs, workers=options.workers, limits=options.limits)
    for done, (position, result) in enumerate(results, start=1):
        if isinstance(result, Failure):
            job = jobs[position]
            hint = "Look at the file; if it is sound, tell us."
            entry = Entry(file=job.name, code="reader.failed", reason=result.reason, hint=hint, subject=job.subject)
            result = Record(arrays={}, entries=(entry,))  # noqa: PLW2901 - the same thing, now as a record
        records[position] = result
        progress("Reading records", done, len(jobs))
    return records


def _phenotypes(table: Table | None, plan: Plan, options: IngestOptions, report: IngestReport) -> Phenotypes:
    if table is None or options.table is None:
        return Phenotypes(dictionary=Dictionary(()), columns=())
    used = {plan.table.subject, plan.table.visit, plan.table.file}
    if options.dictionary:
        declared = read_dictionary(options.dictionary)
        undeclared = set(table.frame.columns) - {p.name for p in declared} - used
        left_out = dict.fromkeys(sorted(undeclared), "not declared in the dictionary")
    else:
        declared, left_out = infer_dictionary(table.frame, used | {d.column for d in plan.derive})
        report.facts["inferred_kinds"] = {p.name: p.kind for p in declared}
    report.facts["columns_left_out"] = left_out
    subjects = table.frame[plan.table.subject].fill_null("").to_list()
    rows = list(zip(table.rows, subjects, strict=True))
    phenotypes: list[Phenotype] = []
    columns: list[pl.Series] = []
    for phenotype in declared:
        if phenotype.name not in table.frame.columns:
            report.entries.append(_absent(phenotype, table, options))
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
    return Phenotypes(dictionary=Dictionary(tuple(phenotypes)), columns=tuple(columns))


def _absent(phenotype: Phenotype, table: Table, options: IngestOptions) -> Entry:
    reason = f"declares {phenotype.name}, which is no column of {table.file}"
    return Entry(
        file=options.dictionary.name if options.dictionary else table.file,
        code="dictionary.absent",
        reason=reason,
        hint="Check the spelling, or remove it.",
        outcome="flagged",
    )


def _cohort(kept: list[tuple[Visit, Record]], plan: Plan, phenotypes: Phenotypes, title: str) -> CohortData:
    visits, records = [v for v, _ in kept], [r for _, r in kept]
    rr = [r.rr_ms if np.isfinite(r.rr_ms) else None for r in records]
    positions = [v.position for v in visits]
    subjects = pl.DataFrame(
        [
            pl.Series("subject_id", [v.subject_id for v in visits], dtype=pl.String),
            pl.Series("visit", [v.visit for v in visits], dtype=pl.String),
            *(column.gather(positions) for column in phenotypes.columns),
            pl.Series(HEART_RATE.name, [60_000 / value if value else None for value in rr], dtype=pl.Float64),
            pl.Series(RR.name, rr, dtype=pl.Float64),
        ]
    )
    modalities = tuple(part.modality for part in plan.modalities)
    missing = {m.name: np.full(m.shape, np.nan, np.float32) for m in modalities}
    return CohortData(
        title=title,
        modalities=modalities,
        subjects=subjects,
        dictionary=Dictionary((*phenotypes.dictionary, HEART_RATE, RR)),
        recordings={m.name: np.stack([r.arrays.get(m.name, missing[m.name]) for r in records]) for m in modalities},
        present={m.name: np.array([m.name in r.arrays for r in records]) for m in modalities},
        report={},
    )


def _facts(cohort: CohortData, records: Sequence[Path], table: Table | None, seconds: float) -> dict[str, object]:
    visits_each = Counter(cohort.subjects["subject_id"].to_list())
    return {
        "records_found": len(records),
        "table_rows": len(table.frame) if table else 0,
        "rows_kept": len(cohort.subjects),
        "people": len(visits_each),
        "people_with_several_visits": sum(count > 1 for count in visits_each.values()),
        "present": {name: int(mask.sum()) for name, mask in cohort.present.items()},
        "phenotypes": {p.name: int(cohort.subjects[p.name].count()) for p in cohort.dictionary},
        "seconds": round(seconds, 1),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("latent-space-explorer", "numpy", "scipy", "polars", "zarr")},
        },
    }

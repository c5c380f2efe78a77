"""`ingest`: find, match, read, check and write."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from latentspace.cluster import Workers, workers_of
from latentspace.errors import InputError
from latentspace.faults import at
from latentspace.ingest.choosing import choices, go_on, said_of
from latentspace.ingest.copies import flag_copies
from latentspace.ingest.device import Told, told_by_files
from latentspace.ingest.facts import Read, cohort_facts, series_facts, sources_of
from latentspace.ingest.filed import FiledRows
from latentspace.ingest.kept import Kept, key_of, place
from latentspace.ingest.limited import Failure, map_limited
from latentspace.ingest.mapped import check_any, unmatched
from latentspace.ingest.match import Visit, match, without_table
from latentspace.ingest.options import IngestOptions
from latentspace.ingest.own_ids import own_ids
from latentspace.ingest.page import reported
from latentspace.ingest.plan import Plan
from latentspace.ingest.preview import Doubts, doubts_of, preview
from latentspace.ingest.records import Record
from latentspace.ingest.sheet import need, write_sheet
from latentspace.ingest.sources import Job, Sources, jobs_of, look, mapping_of, read_job
from latentspace.ingest.strays import named_files, strays
from latentspace.ingest.table_told import Phenotypes, phenotypes_of_table
from latentspace.phenotype import Dictionary
from latentspace.progress import Progress
from latentspace.readers.table import read_table
from latentspace.report import Entry, IngestReport
from latentspace.run import TOGETHER
from latentspace.target import check_target, write
from latentspace.workspace import CohortData

IN_DOUBT = {"cine.ambiguous", "cine.view"}


@dataclass(frozen=True, slots=True)
class Matched:
    """What is to be read: what lies there, the visits with their files, and what the table says of them."""

    there: Sources
    plan: Plan
    visits: Sequence[Visit]
    phenotypes: Phenotypes
    table_rows: int
    left_out: int  # files that belong to no row, or to another's
    strays: Sequence[Entry]  # files that nothing reads

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
    if options.cluster:  # where its workers stand, a relative path is another
        sources = [path.absolute() for path in sources]
    report = IngestReport()
    matched = _match(sources, options, report)
    progress("Planning", 1, 1, matched.brief())
    if options.dry_run:
        _preview(matched, options, report, progress)
        report.entries += matched.strays
        doubt = "series_to_choose" in report.facts
        report.aside |= {**said_of(report.entries), "next": go_on(sources, into, options, doubt=doubt)}
        return report
    there, plan = matched.there, matched.plan
    kept_records = Kept(place(into))
    read = _read(matched, options, _readers(sources, options), kept_records, progress)
    report.entries += [entry for _, each in read for record in each.values() for entry in record.entries]
    _draw_doubts(read, plan, options, report, progress)
    _check_map(read, plan, report)
    report.entries += matched.strays
    kept = [(visit, each) for visit, each in read if any(record.given for record in each.values())]
    if not kept:
        first = report.entries[0] if report.entries else None
        n = len(there.ecg) + len(there.cine)
        said = f"none of {n} records could be read and matched" + (f"; the first: {first.reason}" if first else "")
        hint = first.hint if first else "Check the sources and the table."
        raise InputError("ingest.nothing", where=str(sources[0]), found=said, hint=hint)
    people, copies = flag_copies(kept)
    at("ingest.read")
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
    inside = own_ids(there.ecg, _readers(sources, options), options.limits) if plan.table.ids == "inside" else {}
    visits, entries = match(table, plan.table, found, inside) if table else without_table(found, inside)
    given = (options.table, options.dictionary, options.modalities, options.series_map, options.contact_sheet)
    lost = strays(sources, there, named_files(plan, given))
    report.entries += [*(table.entries if table else ()), *entries]
    phenotypes = phenotypes_of_table(table, plan, options, report)
    left_out = sum(entry.code.startswith("record.") for entry in entries)
    return Matched(there, plan, visits, phenotypes, len(table.frame) if table else 0, left_out, lost)


def _preview(matched: Matched, options: IngestOptions, report: IngestReport, progress: Progress) -> None:
    """The plan, and where series are in doubt and a place for it is named, a contact sheet."""
    jobs = jobs_of(matched.visits, matched.plan)
    seen = preview(matched.visits, jobs, options.workers, options.limits, progress)
    report.facts = {**seen.facts, **report.facts, "people": matched.people, "table_rows": matched.table_rows}
    if ignored := matched.there.ignored(matched.plan):
        report.facts["records_ignored"] = ignored
    report.entries += [*seen.entries, *unmatched(matched.plan, len(mapping_of(matched.plan)), seen.mapped)]
    report.facts |= choices(seen.doubts)
    _draw(seen.doubts, options, report)


def _draw_doubts(
    read: Sequence[Read], plan: Plan, options: IngestOptions, report: IngestReport, progress: Progress
) -> None:
    """The contact sheet of files that were refused because somebody must say which series is meant."""
    if options.contact_sheet is None:
        return
    refused = {visit.subject_id for visit, each in read if "cine" in each and IN_DOUBT & _codes(each["cine"])}
    jobs = [job for _, kind, job in jobs_of([v for v, _ in read if v.subject_id in refused], plan) if kind == "cine"]
    _draw(doubts_of(jobs, options.workers, options.limits, progress) if jobs else {}, options, report)


def _draw(doubts: Doubts, options: IngestOptions, report: IngestReport) -> None:
    if options.contact_sheet is None:
        return
    if doubts:
        write_sheet(options.contact_sheet, doubts)
    report.aside["contact_sheet"] = str(options.contact_sheet) if doubts else "none is drawn: no series is in doubt"


def _codes(record: Record) -> set[str]:
    return {entry.code for entry in record.entries}


def _check_map(read: Sequence[Read], plan: Plan, report: IngestReport) -> None:
    cines = [each["cine"] for _, each in read if "cine" in each]
    lines, fitting = len(mapping_of(plan)), [record.mapped for record in cines]
    if any(record.chosen or record.ignored for record in cines):
        check_any(plan, lines, fitting)
    report.entries += unmatched(plan, lines, fitting)


def _readers(sources: Sequence[Path], options: IngestOptions) -> Workers:
    """Processes of this machine, or a cluster that sees the sources."""
    return workers_of(options.workers, options.cluster, *sources)


def _read(matched: Matched, options: IngestOptions, workers: Workers, kept: Kept, progress: Progress) -> list[Read]:
    """What the files of every visit gave, in order; what an ingest that was stopped has read is not read again."""
    visits = matched.visits
    jobs = jobs_of(visits, matched.plan)
    keys = {key_of(job): position for position, (_, _, job) in enumerate(jobs)}
    kept.held |= {key: record for key, record in kept.records() if key in keys}
    todo = [(key, position) for key, position in keys.items() if key not in kept.held]
    progress("Reading records", len(kept.held), len(jobs))
    broken: dict[int, Record] = {}
    results = map_limited(read_job, [jobs[i][2] for _, i in todo], workers=workers, limits=options.limits)
    with closing(results):
        for number, result in results:
            key, position = todo[number]
            if isinstance(result, Failure):
                broken[position] = failed(jobs[position][2], result)
            else:
                kept.add(key, result)
            progress("Reading records", len(kept.held) + len(broken), len(jobs))
    kept.flush()
    each: list[dict[str, Record]] = [{} for _ in visits]
    for key, position in keys.items():
        i, kind, _ = jobs[position]
        each[i][kind] = broken[position] if position in broken else kept.held[key]
    return list(zip(visits, each, strict=True))


def failed(job: Job, failure: Failure) -> Record:
    """A file at which the reader broke, as a record without arrays and with a line."""
    hint = "Look at the file; if it is sound, tell us."
    entry = Entry(file=job.name, code="reader.failed", reason=failure.reason, hint=hint, subject=job.subject)
    return Record(arrays={}, entries=(entry,))


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
    arrays = [{name: array for record in each.values() for name, array in record.given.items()} for _, each in kept]
    modalities = tuple(part.modality for part in plan.modalities)
    return CohortData(
        title="",
        modalities=modalities,
        subjects=subjects,
        dictionary=Dictionary((*phenotypes.dictionary, *told.phenotypes)),
        recordings={m.name: FiledRows(m, [own.get(m.name) for own in arrays]) for m in modalities},
        present={m.name: np.array([m.name in own for own in arrays]) for m in modalities},
        report={},
    )

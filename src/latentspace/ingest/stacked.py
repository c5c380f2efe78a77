"""`ingest` of arrays as recordings of any modality: a file with a row for each person, or a file for each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from latentspace.errors import InputError
from latentspace.ingest import verb
from latentspace.ingest.array_stack import Asked, Stack, stack_of
from latentspace.ingest.brought_cohort import Lack, kept_rows
from latentspace.ingest.match import ids_of
from latentspace.ingest.options import IngestOptions
from latentspace.ingest.page import reported
from latentspace.ingest.plan import Plan, read_plan
from latentspace.ingest.table_told import phenotypes_of_table
from latentspace.progress import Progress
from latentspace.readers.table import read_table
from latentspace.report import IngestReport
from latentspace.target import check_target, write
from latentspace.workspace import CohortData


def ingest(sources: Sequence[Path], into: Path, options: IngestOptions, progress: Progress) -> IngestReport:
    """Read recordings into a workspace: arrays where the modalities file says so, else ECGs and cines.

    Raises:
        NotFoundError, InputError: see `verb.ingest` and `ingest_arrays`.
    """
    plan = read_plan(options.modalities) if options.modalities else None
    if plan is None or not plan.arrays:
        return verb.ingest(sources, into, options, progress)
    return ingest_arrays(sources, into, plan, options, progress)


def ingest_arrays(
    sources: Sequence[Path], into: Path, plan: Plan, options: IngestOptions, progress: Progress
) -> IngestReport:
    """Read a table and arrays into a workspace at `into`; the report says what was rejected.

    Raises:
        NotFoundError: the table or every file of a modality is missing.
        InputError: no table is given; an array that fits neither the table nor its axes; nobody has one.
    """
    check_target(into)
    if options.table is None:
        hint = "Give --table: its rows say whose the arrays are."
        raise InputError("array.no_table", where="ingest", found="arrays without a table of people", hint=hint)
    table, report = read_table(options.table), IngestReport()
    ids, entries = ids_of(table, plan.table.subject)
    visits = [v or "" for v in ids_of(table, plan.table.visit)[0]] if plan.table.visit else ["1"] * len(ids)
    whose = list(zip(ids, visits, strict=True))
    asked = Asked(sources=sources, table=table, whose=whose, workers=options.workers, progress=progress)
    stacks = [stack_of(one, asked) for one in plan.arrays]
    report.entries += [*table.entries, *entries, *(entry for stack in stacks for entry in stack.entries)]
    lack = Lack("row.no_array", "no array of any modality", "Add its arrays.")
    rows = kept_rows(table, whose, np.logical_or.reduce([s.present for s in stacks]), lack, report)
    if not len(rows):
        hint = "Check that the files belong together."
        raise InputError("ingest.nothing", where=table.file, found="no row has an array", hint=hint)
    told = phenotypes_of_table(table, plan, options, report)
    subjects = [
        pl.Series("subject_id", [ids[row] for row in rows], dtype=pl.String),
        pl.Series("visit", [visits[row] for row in rows], dtype=pl.String),
        *(column.gather(rows) for column in told.columns),
    ]
    report.facts |= {"table_rows": len(ids), "rows_kept": len(rows), "people": subjects[0].n_unique()}
    report.facts["present"] = {s.modality.name: int(s.present[rows].sum()) for s in stacks}
    cohort = CohortData(
        title=options.title or plan.title or into.stem,
        modalities=tuple(s.modality for s in stacks),
        subjects=pl.DataFrame(subjects),
        dictionary=told.dictionary,
        recordings={s.modality.name: _stored(s, rows) for s in stacks},
        present={s.modality.name: s.present[rows] for s in stacks},
        report={},
    )
    if not options.dry_run:
        write(into, reported(cohort, report))
    return report


def _stored(stack: Stack, rows: np.ndarray) -> np.ndarray:
    """The kept rows as they are stored; who lacks the modality has NaN, or 0 where values are grey."""
    values = np.where(stack.present.reshape(-1, *[1] * (stack.values.ndim - 1)), stack.values, np.float32(np.nan))[rows]
    return stack.modality.stored(np.nan_to_num(values) if stack.modality.dtype == "uint8" else values)

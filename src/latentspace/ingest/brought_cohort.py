"""The rows of a cohort whose codes another program made: who is in the table and has a vector, and what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float32, Int64

from latentspace.errors import InputError
from latentspace.ingest.aligned import aligned
from latentspace.ingest.match import ids_of
from latentspace.ingest.options import IngestOptions
from latentspace.ingest.plan import Plan
from latentspace.ingest.table_told import phenotypes_of_table
from latentspace.modality import Modality
from latentspace.readers.table import Table
from latentspace.readers.vectors import Vectors
from latentspace.report import Entry, IngestReport
from latentspace.workspace import CohortData

VISIT = "visit"
Values = Mapping[str, Float32[np.ndarray, "n _"]]


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """Recordings of nobody: empty rows, made as they are written."""

    modality: Modality
    n: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        return (self.n, *self.modality.shape)

    @property
    def dtype(self) -> np.dtype:
        """Of every row."""
        return np.dtype(self.modality.dtype)

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Consecutive rows."""
        n = len(range(*rows.indices(self.n)))
        return np.full((n, *self.modality.shape), 0 if self.modality.dtype == "uint8" else np.nan, self.dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table with the embeddings of its people, by space, and what can be drawn of them."""

    table: Table
    vectors: Mapping[str, tuple[Path, Vectors]]
    modalities: tuple[Modality, ...]


def brought_cohort(
    source: Source, plan: Plan, options: IngestOptions, report: IngestReport
) -> tuple[CohortData, Values]:
    """The cohort without recordings, and the values of every space in its rows; what is left out is reported.

    Raises:
        InputError: vectors that do not fit the table, or nobody has one.
    """
    table = source.table
    if not plan.table.visit and VISIT in table.frame.columns:
        plan = replace(plan, table=replace(plan.table, visit=VISIT))
    ids, entries = ids_of(table, plan.table.subject)
    report.entries += [*table.entries, *entries]
    values: dict[str, np.ndarray] = {}
    for space, (path, vectors) in source.vectors.items():
        values[space], entries = aligned(path, vectors, table, ids)
        report.entries += entries
    visits = table.frame[plan.table.visit].fill_null("").to_list() if plan.table.visit else ["1"] * len(ids)
    known = np.logical_or.reduce([~np.isnan(z).any(axis=1) for z in values.values()])
    lacking = "no vector in any space, or one with numbers that are not finite"
    lack = Lack("row.no_vector", lacking, "Embed this person.")
    rows = kept_rows(table, list(zip(ids, visits, strict=True)), known, lack, report)
    if not len(rows):
        hint = "Check that the files belong together."
        raise InputError("embedding.nobody", where=table.file, found="no row has a vector", hint=hint)
    told = phenotypes_of_table(table, plan, options, report)
    subjects = pl.DataFrame(
        [
            pl.Series("subject_id", [ids[row] for row in rows], dtype=pl.String),
            pl.Series(VISIT, [visits[row] for row in rows], dtype=pl.String),
            *(column.gather(rows) for column in told.columns),
        ]
    )
    kept = {space: z[rows] for space, z in values.items()}
    report.facts |= _facts(table, subjects, kept)
    cohort = CohortData(
        title="",
        modalities=source.modalities,
        subjects=subjects,
        dictionary=told.dictionary,
        recordings={m.name: Unrecorded(m, len(rows)) for m in source.modalities},
        present={m.name: np.zeros(len(rows), bool) for m in source.modalities},
        report={},
    )
    return cohort, kept


@dataclass(frozen=True, slots=True)
class Lack:
    """What a row lacks that is left out: the line of the report."""

    code: str
    reason: str
    hint: str


def kept_rows(
    table: Table, whose: Sequence[tuple[str | None, str]], known: np.ndarray, lack: Lack, report: IngestReport
) -> Int64[np.ndarray, " kept"]:
    """Rows with an id that are `known`, each visit of a person once; the others are entries."""
    rows: list[int] = []
    seen: dict[tuple[str, str], int] = {}
    for row, (subject, visit) in enumerate(whose):
        number = table.rows[row]
        if subject is None:
            report.entries.append(_left_out(table, "row.no_subject", f"row {number} has no subject", "Fill it in."))
        elif (subject, visit) in seen:
            reason = f"row {number} repeats visit {visit} of row {seen[subject, visit]}; the first is kept"
            report.entries.append(
                _left_out(table, "row.duplicate", reason, "Give it a `visit`, or remove it.", subject)
            )
        elif not known[row]:
            report.entries.append(_left_out(table, lack.code, f"row {number} has {lack.reason}", lack.hint, subject))
        else:
            seen[subject, visit] = number
            rows.append(row)
    return np.array(rows, np.int64)


def _left_out(table: Table, code: str, reason: str, hint: str, subject: str = "") -> Entry:
    return Entry(file=table.file, code=code, reason=reason, hint=hint, subject=subject)


def _facts(table: Table, subjects: pl.DataFrame, values: Values) -> dict[str, object]:
    return {
        "table_rows": len(table.frame),
        "rows_kept": len(subjects),
        "people": subjects["subject_id"].n_unique(),
        "spaces": {name: z.shape[1] for name, z in values.items()},
        "embedded": {name: int((~np.isnan(z).any(axis=1)).sum()) for name, z in values.items()},
    }

"""Cells of a table as values of phenotypes: what the dictionary declares decides, what does not fit is reported."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from latentspace.phenotype import Phenotype
from latentspace.report import Entry

Value = float | int | bool | str | date | None
YES, NO = {"1", "true", "yes", "y", "t"}, {"0", "false", "no", "n", "f"}
MAX_ENTRIES = 200
DTYPES = {
    "continuous": pl.Float64,
    "time_to_event": pl.Float64,
    "count": pl.Int64,
    "boolean": pl.Boolean,
    "date": pl.Date,
}


@dataclass(frozen=True, slots=True)
class BadCell:
    """Why a cell is no value; without its text, which may be a name."""

    code: str
    reason: str


def read_column(
    phenotype: Phenotype, cells: Sequence[str | None], rows: Sequence[tuple[int, str]], file: str
) -> tuple[pl.Series, list[Entry]]:
    """The values of one column; a cell that does not fit is null and an entry.

    `rows` holds the number of each row in the file and its subject. After 200 entries the rest is only counted.
    """
    values: list[Value] = []
    entries: list[Entry] = []
    more: Counter[str] = Counter()
    for cell, (row, subject) in zip(cells, rows, strict=True):
        value = None if cell is None else read_cell(phenotype, cell)
        if isinstance(value, BadCell):
            if len(entries) < MAX_ENTRIES:
                entries.append(_entry(file, value.code, f"row {row}, column {phenotype.name}: {value.reason}", subject))
            else:
                more[value.code] += 1
            value = None
        values.append(value)
    for code, count in more.items():
        entries.append(_entry(file, code, f"column {phenotype.name}: {count} more cells like these", ""))
    return pl.Series(phenotype.name, values, dtype=DTYPES.get(phenotype.kind, pl.String)), entries


def read_cell(phenotype: Phenotype, cell: str) -> Value | BadCell:
    """The value of one cell; None where it says "missing"."""
    if _same(cell, phenotype.missing) is not None:
        return None
    if phenotype.numeric:
        return _date(cell) if phenotype.kind == "date" else _number(phenotype, cell)
    level = _level(phenotype, cell)
    if phenotype.kind == "boolean":
        return _boolean(cell) if level is None else level == phenotype.levels[-1]
    if phenotype.levels and level is None:
        return BadCell("cell.level", "none of the declared levels")
    return level or cell


def _number(phenotype: Phenotype, cell: str) -> float | int | BadCell | None:
    try:
        value = float(cell)
    except ValueError:
        return BadCell("cell.text", "text where a number was declared")
    if math.isnan(value):
        return None
    if math.isinf(value) or (phenotype.kind == "count" and value != int(value)):
        return BadCell("cell.number", "no finite number" if math.isinf(value) else "no whole number")
    if phenotype.kind == "time_to_event" and value < 0:
        return BadCell("cell.range", f"{value:g} is before the recording: a time to an event is 0 or more")
    if phenotype.range and not phenotype.range[0] <= value <= phenotype.range[1]:
        low, high = phenotype.range
        return BadCell("cell.range", f"{value:g} is outside {low:g} to {high:g}")
    return int(value) if phenotype.kind == "count" else value


def _level(phenotype: Phenotype, cell: str) -> str | None:
    code = _same(cell, phenotype.codes)
    if code is not None and code < len(phenotype.levels):
        return phenotype.levels[code]
    return cell if cell in phenotype.levels else None


def _boolean(cell: str) -> bool | BadCell:
    text = cell.lower().removesuffix(".0")
    if text in YES or text in NO:
        return text in YES
    return BadCell("cell.boolean", "neither yes nor no")


def _date(cell: str) -> date | BadCell:
    try:
        return date.fromisoformat(cell[:10])
    except ValueError:
        return BadCell("cell.date", "no date of the form 2026-11-23")


def _same(cell: str, codes: Sequence[str]) -> int | None:
    """Position of a cell among codes, as text or as number (`1.0` is `1`)."""
    if cell in codes:
        return codes.index(cell)
    bare = cell.removesuffix(".0")
    return codes.index(bare) if bare in codes else None


def _entry(file: str, code: str, reason: str, subject: str) -> Entry:
    hint = "The cell counts as missing; mend it, or the dictionary."
    return Entry(file=file, code=code, reason=reason, hint=hint, outcome="rejected", subject=subject)

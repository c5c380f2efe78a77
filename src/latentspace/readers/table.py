"""Tables of subjects (CSV, TSV, Parquet) as text: what a cell means is the dictionary's business."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from latentspace.errors import InputError, NotFoundError
from latentspace.report import Entry

DELIMITERS = {".csv": ",", ".tsv": "\t"}
MAX_BYTES, MAX_CELLS, MAX_COLUMNS = 2 << 30, 200_000_000, 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Every cell as text, empty ones as null; `rows` are the numbers of the rows in the file, the header being 1."""

    file: str
    frame: pl.DataFrame
    rows: tuple[int, ...]
    entries: tuple[Entry, ...]


def read_table(path: Path) -> Table:
    """Read a table; ragged rows, unclosed quotes and a foreign encoding are entries of the report.

    A row that is too short is filled with empty cells, one that is too long is left out.

    Raises:
        NotFoundError: no such file.
        InputError: neither CSV, TSV nor Parquet, without a header, or with a column name given twice.
    """
    if not path.is_file():
        raise NotFoundError("table.missing", where=str(path), found="no such file", hint="Check the table's path.")
    if path.stat().st_size > MAX_BYTES:
        raise _unreadable(path, "is larger than 2 GB")
    if path.suffix == ".parquet":
        frame = _parquet(path)
        return Table(file=path.name, frame=frame, rows=tuple(range(2, len(frame) + 2)), entries=())
    if path.suffix not in DELIMITERS:
        raise _unreadable(path, f"ends in {path.suffix or 'nothing'}, not in .csv, .tsv or .parquet")
    text, entries = _decode(path)
    rows, broken = _rows(text, DELIMITERS[path.suffix])
    if not rows or not any(rows[0]):
        raise _unreadable(path, "has no header")
    entries += [_row_entry(path, row, "has an unclosed quote", "rejected") for row in broken]
    return _table(path, rows, entries)


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The rows, and the numbers of those whose quotes are broken; these are empty rows."""
    first = text.split("\n", 1)[0]
    if delimiter == "," and "," not in first and ";" in first:
        delimiter = ";"
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)), []
    except csv.Error:  # one open quote would swallow the rest of the file: each line for itself
        rows: list[list[str]] = []
        broken: list[int] = []
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                rows += list(csv.reader([line], delimiter=delimiter, strict=True)) or [[]]
            except csv.Error:
                rows.append([])
                broken.append(number)
        return rows, broken


def _table(path: Path, rows: list[list[str]], entries: list[Entry]) -> Table:
    header = [name.strip() for name in rows[0]]
    if len(header) > MAX_COLUMNS:
        raise _unreadable(path, f"has {len(header)} columns, at most {MAX_COLUMNS}")
    if twice := sorted(name for name, times in Counter(header).items() if times > 1):
        raise _unreadable(path, f"has column {twice[0]!r} twice")
    whole: list[list[str | None]] = []
    numbers: list[int] = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        surplus = any(cell.strip() for cell in row[len(header) :])
        if len(row) != len(header):
            reason = f"has {len(row)} cells, the header {len(header)}"
            entries.append(_row_entry(path, number, reason, "rejected" if surplus else "repaired"))
        if not surplus:
            cells = [cell.replace("\0", "").strip() or None for cell in row[: len(header)]]
            whole.append(cells + [None] * (len(header) - len(cells)))
            numbers.append(number)
    frame = pl.DataFrame(whole, schema=dict.fromkeys(header, pl.String), orient="row")
    return Table(file=path.name, frame=frame, rows=tuple(numbers), entries=tuple(entries))


def _row_entry(path: Path, row: int, reason: str, outcome: str) -> Entry:
    done = "it is left out" if outcome == "rejected" else "its missing cells are taken as empty"
    return Entry(
        file=path.name,
        code="table.ragged",
        reason=f"row {row} {reason}; {done}",
        hint="Mend the row's commas and quotes.",
        outcome="rejected" if outcome == "rejected" else "repaired",
    )


def _decode(path: Path) -> tuple[str, list[Entry]]:
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), [_encoding(path, "UTF-16")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return data.decode("latin-1"), [_encoding(path, "Latin-1")]


def _encoding(path: Path, name: str) -> Entry:
    reason = f"is not UTF-8; read as {name}"
    return Entry(file=path.name, code="table.encoding", reason=reason, hint="Save it as UTF-8.", outcome="repaired")


def _parquet(path: Path) -> pl.DataFrame:
    try:
        rows, columns = pl.scan_parquet(path).select(pl.len()).collect().item(), len(pl.read_parquet_schema(path))
        if rows * columns > MAX_CELLS or columns > MAX_COLUMNS:
            raise _unreadable(path, f"claims {rows} rows of {columns} columns")
        return pl.read_parquet(path).cast(pl.String)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _unreadable(path, f"is no Parquet file of plain columns ({type(error).__name__})") from error


def _unreadable(path: Path, found: str) -> InputError:
    return InputError("table.unreadable", where=str(path), found=found, hint="Give a CSV, TSV or Parquet table.")

"""Which row of the table belongs to which file: people, visits, records; and what belongs to nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl

from latentspace.errors import InputError
from latentspace.ingest.plan import TableColumns
from latentspace.readers.table import Table
from latentspace.report import Entry

SUFFIXES = (".hea", ".dat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person at one visit: its position in the table (-1 without a table), its number there, and its record."""

    subject_id: str
    visit: str
    position: int
    row: int
    record: Path


def without_table(records: Sequence[Path]) -> tuple[list[Visit], list[Entry]]:
    """Every record is a person of its own, named by the file; of files of one name only the first is kept."""
    visits: dict[str, Visit] = {}
    entries: list[Entry] = []
    for record in records:
        name = record.stem
        if name in visits:
            reason = f"has the name of {visits[name].record}, and no table tells them apart"
            entries.append(_rejected(record.name, "record.duplicate", reason, "Give a table.", name))
        else:
            visits[name] = Visit(subject_id=name, visit="1", position=-1, row=0, record=record)
    return list(visits.values()), entries


def match(table: Table, columns: TableColumns, records: Sequence[Path]) -> tuple[list[Visit], list[Entry]]:
    """Visits in the order of the table, each with its record; rows without one and records without a row are entries.

    Raises:
        InputError: the table lacks a column that the modalities file names.
    """
    subjects, entries = _ids(table, columns.subject)
    visits, more = _ids(table, columns.visit) if columns.visit else (["1"] * len(subjects), [])
    entries += more
    files = _cells(table, columns.file or columns.subject) if columns.file else subjects
    found = _find([_parts(file) for file in files], records)
    matched: dict[tuple[str, str], Visit] = {}
    for position, (subject, visit, record) in enumerate(zip(subjects, visits, found, strict=True)):
        row = table.rows[position]
        if subject is None or visit is None:
            reason = f"row {row} has no {'subject' if subject is None else 'visit'}"
            entries.append(_rejected(table.file, "row.no_subject", reason, "Fill it in.", ""))
        elif (subject, visit) in matched:
            reason = f"row {row} repeats visit {visit} of row {matched[subject, visit].row}; the first is kept"
            hint = "Name a visit column in the modalities file, or remove one row."
            entries.append(_rejected(table.file, "row.duplicate", reason, hint, subject))
        elif record is None:
            reason = f"row {row} (visit {visit}) has no record in the sources"
            entries.append(_rejected(table.file, "row.no_record", reason, "Add the file, or its folder.", subject))
        else:
            matched[subject, visit] = Visit(subject_id=subject, visit=visit, position=position, row=row, record=record)
    return _once_each(list(matched.values()), entries), entries + _orphans(found, records)


def _once_each(visits: list[Visit], entries: list[Entry]) -> list[Visit]:
    """A record that several rows name belongs to the first."""
    owners: dict[Path, Visit] = {}
    for visit in visits:
        owner = owners.setdefault(visit.record, visit)
        if owner is not visit:
            reason = f"row {visit.row} names the record of row {owner.row} ({visit.record.name}); the first keeps it"
            entries.append(_rejected("table", "record.conflict", reason, "Mend the file column.", visit.subject_id))
    return list(owners.values())


def _ids(table: Table, column: str) -> tuple[list[str | None], list[Entry]]:
    """Ids as text: `007` stays; where a program wrote every id as a float (`15709.0`), the `.0` goes."""
    cells = _cells(table, column)
    known = [cell for cell in cells if cell is not None]
    if not known or not all(cell.endswith(".0") and cell[:-2].isdigit() for cell in known):
        return cells, []
    reason = f"column {column}: every id ends in .0, as a number written by a program; read without it"
    hint = "Export ids as text."
    entry = Entry(file=table.file, code="subject.float", reason=reason, hint=hint, outcome="repaired")
    return [cell and cell[:-2] for cell in cells], [entry]


def _cells(table: Table, column: str) -> list[str | None]:
    if column not in table.frame.columns:
        raise InputError(
            "table.column",
            where=table.file,
            found=f"has no column {column!r} (it has {', '.join(table.frame.columns)[:200]})",
            hint="Name the columns of subject, visit and file in [table] of the modalities file.",
        )
    return table.frame[column].cast(pl.String).to_list()


def _find(wanted: Sequence[tuple[str, ...]], records: Sequence[Path]) -> list[Path | None]:
    """The record of each row: the path in the table is the end of the file's path; else a file name found once."""
    by_name: dict[str, list[Path]] = {}
    for record in records:
        by_name.setdefault(record.stem, []).append(record)
    asked = Counter(parts[-1] for parts in set(wanted) if parts)
    found: list[Path | None] = []
    for parts in wanted:
        same = by_name.get(parts[-1], []) if parts else []
        ends = [path for path in same if path.with_suffix("").absolute().parts[-len(parts) :] == parts]
        lone = same if len(same) == 1 and asked[parts[-1]] == 1 else []
        found.append((ends if len(ends) == 1 else lone or [None])[0])
    return found


def _parts(file: str | None) -> tuple[str, ...]:
    if not file:
        return ()
    path = PurePosixPath(file.replace("\\", "/"))
    return tuple(part for part in (path.with_suffix("") if path.suffix in SUFFIXES else path).parts if part != ".")


def _orphans(found: Sequence[Path | None], records: Sequence[Path]) -> list[Entry]:
    reason, hint = "no row of the table names this record", "Add its row, or remove it from the sources."
    taken = set(found)
    return [_rejected(r.name, "record.no_row", reason, hint, "") for r in records if r not in taken]


def _rejected(file: str, code: str, reason: str, hint: str, subject: str) -> Entry:
    return Entry(file=file, code=code, reason=reason, hint=hint, outcome="rejected", subject=subject)

"""Which row of the table belongs to which files: people, visits, files; and what belongs to nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import polars as pl

from latentspace.errors import InputError
from latentspace.ingest.names import bare, biobank, first_whole
from latentspace.ingest.plan import TableColumns
from latentspace.readers.table import Table
from latentspace.report import Entry

Found = Mapping[str, Sequence[Path]]  # files and folders, by kind: `ecg`, `cine`
Inside = Mapping[Path, str]  # the ids that stand in files, where they are asked for
NONE: Inside = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person at one visit: its position in the table (-1 without a table), its number there, its file by kind."""

    subject_id: str
    visit: str
    position: int
    row: int
    files: Mapping[str, Path]


def without_table(found: Found, inside: Inside = NONE) -> tuple[list[Visit], list[Entry]]:
    """Files of one name are one person; of two of one kind and name only the first is kept.

    Files named as UK Biobank names them are people with visits; so are several files with one id inside.
    """
    files: dict[tuple[str, str], dict[str, Path]] = {}
    entries: list[Entry] = []
    for kind, paths in found.items():
        for path in paths:
            who = biobank(path) or (bare(path), "1")
            if path in inside:
                who = (inside[path], str(1 + sum(s == inside[path] and kind in files[s, v] for s, v in files)))
            there = files.setdefault(who, {}).setdefault(kind, path)
            if there is not path:
                reason = f"has the name of {there}, and no table tells them apart"
                entries.append(_rejected(path.name, "record.duplicate", reason, "Give a table.", who[0]))
    visits = [Visit(subject_id=s, visit=v, position=-1, row=0, files=each) for (s, v), each in files.items()]
    return visits, entries


def match(table: Table, columns: TableColumns, found: Found, inside: Inside = NONE) -> tuple[list[Visit], list[Entry]]:
    """Visits in the order of the table, each with its files; rows without any and files without a row are entries.

    Raises:
        InputError: the table lacks a column that the modalities file names.
    """
    subjects, entries = ids_of(table, columns.subject)
    instances = first_whole(found)
    visits, more = (
        ids_of(table, columns.visit) if columns.visit else ([instances.get(s or "", "1") for s in subjects], [])
    )
    entries += more
    named = {"ecg": columns.file, "cine": columns.cine}
    whose = list(zip(subjects, visits, strict=True))
    files = {k: _files(_cells(table, named[k]) if named[k] else None, whose, found[k], inside) for k in found}
    matched: dict[tuple[str, str], Visit] = {}
    for position, (subject, visit) in enumerate(whose):
        row = table.rows[position]
        own = {kind: path for kind in found if (path := files[kind][position]) is not None}
        if subject is None or visit is None:
            reason = f"row {row} has no {'subject' if subject is None else 'visit'}"
            entries.append(_rejected(table.file, "row.no_subject", reason, "Fill it in.", ""))
        elif (subject, visit) in matched:
            reason = f"row {row} repeats visit {visit} of row {matched[subject, visit].row}; the first is kept"
            hint = "Name a visit column in the modalities file, or remove one row."
            entries.append(_rejected(table.file, "row.duplicate", reason, hint, subject))
        elif not own:
            reason = f"row {row} (visit {visit}) has no record in the sources"
            entries.append(_rejected(table.file, "row.no_record", reason, "Add the file, or its folder.", subject))
        else:
            matched[subject, visit] = Visit(subject_id=subject, visit=visit, position=position, row=row, files=own)
    kept = _once_each(list(matched.values()), entries)
    return kept, entries + _orphans({path for each in files.values() for path in each if path}, found, subjects)


def _once_each(visits: list[Visit], entries: list[Entry]) -> list[Visit]:
    """A file that several rows name belongs to the first."""
    owners: dict[Path, Visit] = {}
    kept: list[Visit] = []
    for visit in visits:
        own = {kind: path for kind, path in visit.files.items() if owners.setdefault(path, visit) is visit}
        for path in visit.files.values():
            if (owner := owners[path]) is not visit:
                reason = f"row {visit.row} names the record of row {owner.row} ({path.name}); the first keeps it"
                entries.append(_rejected("table", "record.conflict", reason, "Mend the file column.", visit.subject_id))
        if own:
            kept.append(replace(visit, files=own))
    return kept


def ids_of(table: Table, column: str) -> tuple[list[str | None], list[Entry]]:
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
            hint="Name the columns of subject, visit and files in [table] of the modalities file.",
        )
    return table.frame[column].cast(pl.String).to_list()


def _files(
    cells: Sequence[str | None] | None,
    whose: Sequence[tuple[str | None, str | None]],
    paths: Sequence[Path],
    inside: Inside,
) -> list[Path | None]:
    """The file of each row: where a column names it, or else by the subject's id."""
    if cells is not None:
        return _find([_parts(cell) for cell in cells], paths)
    bulk = {who: path for path in paths if (who := biobank(path))}
    others = _find([_parts(subject) for subject, _ in whose], [path for path in paths if not biobank(path)], inside)
    return [bulk.get((s or "", v or ""), other) for (s, v), other in zip(whose, others, strict=True)]


def _find(wanted: Sequence[tuple[str, ...]], paths: Sequence[Path], inside: Inside = NONE) -> list[Path | None]:
    """The file of each row: the path in the table is the end of the file's path; else a file name found once."""
    by_name: dict[str, list[Path]] = {}
    for path in paths:
        by_name.setdefault(inside.get(path) or bare(path), []).append(path)
    asked = Counter(parts[-1] for parts in set(wanted) if parts)
    found: list[Path | None] = []
    for parts in wanted:
        same = by_name.get(parts[-1], []) if parts else []
        ends = [p for p in same if p.absolute().with_name(bare(p)).parts[-len(parts) :] == parts]
        lone = same if len(same) == 1 and asked[parts[-1]] == 1 else []
        found.append((ends if len(ends) == 1 else lone or [None])[0])
    return found


def _parts(file: str | None) -> tuple[str, ...]:
    if not file:
        return ()
    path = PurePosixPath(file.replace("\\", "/"))
    return tuple(part for part in path.with_name(bare(path)).parts if part != ".") if path.name else ()


def _orphans(taken: set[Path], found: Found, subjects: Sequence[str | None]) -> list[Entry]:
    """Files that no row has; those within a folder that a row has are taken with it."""
    known, every = set(subjects), [path for paths in found.values() for path in paths]
    folders = {folder for path in every for folder in path.parents}  # what is in them has its own line
    entries: list[Entry] = []
    for path in every:
        if path in taken or path in folders or taken & set(path.parents):
            continue
        who = biobank(path)
        if who and who[0] in known:
            reason, hint = f"is of visit {who[1]}, which no row has", "Give a table with a visit column and this visit."
            entries.append(_rejected(path.name, "record.other_visit", reason, hint, who[0]))
        else:
            reason, hint = "no row of the table names this record", "Add its row, or remove it from the sources."
            entries.append(_rejected(path.name, "record.no_row", reason, hint, ""))
    return entries


def _rejected(file: str, code: str, reason: str, hint: str, subject: str) -> Entry:
    return Entry(file=file, code=code, reason=reason, hint=hint, outcome="rejected", subject=subject)

"""Columns of diagnosis codes as boolean phenotypes."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from latentspace.errors import InputError
from latentspace.ingest.plan import FromCodes
from latentspace.phenotype import Phenotype
from latentspace.readers.table import read_table
from latentspace.report import Entry

PAIR = re.compile(r"""\s*(?:'([^']+)'|"([^"]+)")\s*:\s*([-+.\deE]+)\s*""")


def parse_codes(text: str) -> dict[str, float]:
    """Codes and their likelihood in percent: from `{'NORM': 100.0, 'SR': 0.0}`, or a plain list (each then 100).

    Raises:
        ValueError: braces around something else.
    """
    text = text.strip()
    if not text.startswith("{"):
        return dict.fromkeys((code for code in re.split(r"[\s,;|]+", text) if code), 100.0)
    if not text.endswith("}"):
        message = "an open brace"
        raise ValueError(message)
    inner = text.removeprefix("{").removesuffix("}").strip()
    codes: dict[str, float] = {}
    for part in inner.split(",") if inner else []:
        match = PAIR.fullmatch(part)
        if match is None:
            message = "not {'CODE': likelihood, ...}"
            raise ValueError(message)
        codes[match[1] or match[2]] = float(match[3])
    return codes


def code_classes(derive: FromCodes, folders: Sequence[Path]) -> dict[str, str]:
    """The class of each code, from the second table, which lies in one of `folders`.

    Raises:
        NotFoundError: the table is in none of them.
        InputError: it lacks a column that the modalities file names.
    """
    path = next((f / derive.table for f in folders if (f / derive.table).is_file()), folders[0] / derive.table)
    frame = read_table(path).frame
    code = derive.code or frame.columns[0]
    if absent := [name for name in (code, derive.group, *derive.where) if name not in frame.columns]:
        raise InputError(
            "derive.column", where=str(path), found=f"has no column {absent[0]!r}", hint="Check [[derive]] in the file."
        )
    for name, value in derive.where.items():
        frame = frame.filter(pl.col(name) == value)
    pairs = zip(frame[code].to_list(), frame[derive.group].to_list(), strict=True)
    return {c: group for c, group in pairs if c is not None and group is not None}


def derive_booleans(
    derive: FromCodes, classes: Mapping[str, str], cells: Sequence[str | None], rows: Sequence[int], file: str
) -> tuple[dict[str, list[bool | None]], list[Entry]]:
    """One column of booleans for each class (null where the cell is), and what could not be read.

    `rows` are the numbers of the table's rows, for the report.
    """
    columns: dict[str, list[bool | None]] = {c.name: [] for c in derive.classes}
    entries: list[Entry] = []
    for cell, row in zip(cells, rows, strict=True):
        found = None if cell is None else _groups(derive, classes, cell)
        if cell is not None and found is None:
            reason = f"row {row}, column {derive.column}: not {{'CODE': likelihood, ...}} nor a list of codes"
            entries.append(
                Entry(file=file, code="cell.codes", reason=reason, hint="Mend the cell; it counts as missing.")
            )
        for code_class in derive.classes:
            columns[code_class.name].append(None if found is None else code_class.value in found)
    return columns, entries


def phenotypes_of(derive: FromCodes) -> tuple[Phenotype, ...]:
    """The dictionary's entries for the derived columns."""
    return tuple(
        Phenotype(name=c.name, label=c.label, kind="boolean", section=derive.section, levels=("No", "Yes"))
        for c in derive.classes
    )


def _groups(derive: FromCodes, classes: Mapping[str, str], cell: str) -> set[str] | None:
    try:
        codes = parse_codes(cell)
    except ValueError:
        return None
    return {classes[c] for c, likelihood in codes.items() if c in classes and likelihood >= derive.min_likelihood}

"""UK Biobank's data dictionary (`Data_Dictionary_Showcase.csv`), for those of its fields that a table has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from latentspace.ingest.fields import Field, field_of
from latentspace.readers.table import read_table

COLUMNS = {"FieldID", "Field", "ValueType"}
CODINGS = ("Codings_Showcase.csv", "Codings.csv", "Codings_Showcase.tsv", "Codings.tsv")
MISSING = ("-1", "-2", "-3", "-11", "-121", "-313", "-818", "-906")
KINDS = {"Integer": "count", "Continuous": "continuous", "Categorical single": "nominal", "Date": "date"}
MOST_LEVELS = 60

Told = Mapping[str, str | None]
Coding = Sequence[tuple[str, str]]  # value and meaning, in order


def is_showcase(frame: pl.DataFrame) -> bool:
    """Whether a table is that dictionary."""
    return set(frame.columns) >= COLUMNS


def showcase_rows(
    path: Path, frame: pl.DataFrame, columns: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """A phenotype, as in phenotypes.json, for each column that is a field of it; and why others of its fields are none.

    `coded` says of numbers that they share their column with codes. Levels come from the table of codings beside it.
    """
    told = {int(row["FieldID"]): row for row in frame.iter_rows(named=True) if (row["FieldID"] or "").isdigit()}
    codings = _codings(path.parent)
    fields = {column: field for column in columns if (field := field_of(column)) and field.number in told}
    times = Counter(field.number for field in fields.values())
    rows: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    for column, field in fields.items():
        made = _row(column, field, told[field.number], codings)
        if isinstance(made, str):
            left_out[column] = made
        else:
            several = f", visit {field.instance}" + (f", answer {field.array}" if field.array else "")
            rows.append(made | {"label": made["label"] + (several if times[field.number] > 1 else "")})
    return rows, left_out


def _row(column: str, field: Field, told: Told, codings: Mapping[str, Coding]) -> dict[str, Any] | str:
    value, coding = told["ValueType"] or "", told.get("Coding") or ""
    kind = KINDS.get(value)
    if kind is None:
        several = "several answers in one column; [[derive]] makes conditions of codes"
        return several if value == "Categorical multiple" else f"{value or 'nothing'} by UK Biobank's dictionary"
    row: dict[str, Any] = {
        "name": column,
        "kind": kind,
        "label": told["Field"] or f"Field {field.number}",
        "unit": told.get("Units") or "",
        "section": (told.get("Path") or "Phenotypes").split(" > ")[-1],
        "missing": MISSING if coding else (),
        "coded": bool(coding) and kind in {"count", "continuous"},
    }
    if kind != "nominal":
        return row
    known = [(code, meaning) for code, meaning in codings.get(coding, ()) if code not in MISSING]
    if len(known) > MOST_LEVELS:
        return f"{len(known)} levels, at most {MOST_LEVELS} are drawn"
    return row | {"codes": [code for code, _ in known], "levels": [meaning for _, meaning in known]}


def _codings(folder: Path) -> dict[str, Coding]:
    path = next((folder / name for name in CODINGS if (folder / name).is_file()), None)
    if path is None:
        return {}
    found: dict[str, list[tuple[str, str]]] = {}
    for coding, value, meaning in read_table(path).frame.select("Coding", "Value", "Meaning").iter_rows():
        found.setdefault(coding or "", []).append((value or "", meaning or value or ""))
    return dict(found)

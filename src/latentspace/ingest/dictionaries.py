"""Data dictionaries in other people's formats, as ours: Frictionless, BIDS, UK Biobank's Showcase, and plain CSV."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from latentspace.errors import InputError
from latentspace.ingest.fields import spelled
from latentspace.ingest.infer import infer_kind
from latentspace.ingest.showcase import is_showcase, showcase_rows
from latentspace.phenotype import Dictionary, Phenotype, parse_dictionary, read_dictionary
from latentspace.readers.table import Table, read_table
from latentspace.report import Entry

LISTS, OURS = ("levels", "codes", "missing"), {"name", "kind"}
LESS_THAN_ONE = ("-10", "-1001")  # UK Biobank's codes in counts
FRICTIONLESS = {
    "number": "continuous",
    "integer": "count",
    "year": "count",
    "boolean": "boolean",
    "date": "date",
    "datetime": "date",
}
NOT_DRAWN = "free text by its dictionary, or of a kind that is not drawn"

Row = dict[str, Any]  # one phenotype, as in phenotypes.json


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a dictionary says of a table's columns; `left_out` are columns it names that cannot be drawn, and why.

    `table` has the dictionary's names for columns that are spelled in another dialect.
    """

    dictionary: Dictionary
    left_out: Mapping[str, str]
    table: Table
    entries: tuple[Entry, ...] = ()


def declared_in(path: Path, table: Table) -> Declared:
    """Read a dictionary file of any known format for a table.

    Raises:
        InputError: it cannot be read, is of no known format, or a phenotype of it cannot be understood.
    """
    if path.suffix.lower() in {".csv", ".tsv"}:
        return _tabular(path, table)
    content = _json(path)
    if not isinstance(content, dict):
        dictionary = read_dictionary(path)
        names = spelled([p.name for p in dictionary], table.frame.columns)
        return Declared(dictionary=dictionary, left_out={}, table=_renamed(table, names))
    fields = content.get("fields") or next((r.get("schema", {}).get("fields") for r in _resources(content)), None)
    if isinstance(fields, list):
        schema = content if "fields" in content else _resources(content)[0]["schema"]
        return _made(path, table, lambda: {str(f["name"]): _frictionless(f, schema) for f in schema["fields"]})
    return _made(path, table, lambda: {str(n): _bids(str(n), told, table.frame) for n, told in content.items()})


def _tabular(path: Path, table: Table) -> Declared:
    frame = read_table(path).frame
    if is_showcase(frame):
        rows, left_out = showcase_rows(path, frame, table.frame.columns)
        table, entries = _less_than_one(table, [row["name"] for row in rows if row.pop("coded")])
        dictionary = parse_dictionary(json.dumps(rows), where=path.name)
        return Declared(dictionary=dictionary, left_out=left_out, table=table, entries=tuple(entries))
    if set(frame.columns) >= OURS:
        rows = [_of_cells({k: v for k, v in row.items() if v is not None}) for row in frame.iter_rows(named=True)]
        dictionary = parse_dictionary(json.dumps(rows), where=path.name)
        names = spelled([p.name for p in dictionary], table.frame.columns)
        return Declared(dictionary=dictionary, left_out={}, table=_renamed(table, names))
    raise _unreadable(path, f"has neither {', '.join(sorted(OURS))} nor the columns of UK Biobank's Showcase")


def _of_cells(row: Mapping[str, str]) -> Row:
    """A line of our own CSV: lists are parted by `|`."""
    read: Row = {**row, **{key: row[key].split("|") for key in LISTS if key in row}}
    if "range" in row:
        read["range"] = row["range"].split("|")
    if "sensitive" in row:
        read["sensitive"] = row["sensitive"].lower() in {"1", "true", "yes"}
    return read


def _made(path: Path, table: Table, rows: Callable[[], Mapping[str, Row | None]]) -> Declared:
    """A dictionary of rows by name; None is a column that is not drawn. Names that the table lacks stay: it is said."""
    try:
        made = rows()
        dictionary = parse_dictionary(json.dumps([row for row in made.values() if row]), where=path.name)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise _unreadable(path, f"cannot be understood ({type(error).__name__})") from error
    left_out = {name: NOT_DRAWN for name, row in made.items() if row is None and name in table.frame.columns}
    names = spelled(made, table.frame.columns)
    return Declared(dictionary=dictionary, left_out=left_out, table=_renamed(table, names))


def _frictionless(field: Mapping[str, Any], schema: Mapping[str, Any]) -> Row | None:
    """A field of a Table Schema.

    Source:
        https://specs.frictionlessdata.io/table-schema and, for categories, https://datapackage.org/standard/table-schema
    """
    bounds: Mapping[str, Any] = field.get("constraints", {})
    given: Sequence[Any] = field.get("categories") or bounds.get("enum") or ()
    choices = [one if isinstance(one, dict) else {"value": one, "label": one} for one in given]
    kind = FRICTIONLESS.get(field.get("type", "string"), "")
    if choices:
        kind = "ordinal" if field.get("categoriesOrdered") else "nominal"
    if not kind:
        return None
    row: Row = {"name": field["name"], "label": field.get("title") or field["name"], "kind": kind}
    row |= {
        "unit": str(field.get("unit", "")),
        "missing": _missing(field.get("missingValues", schema.get("missingValues"))),
    }
    if choices:
        row |= {"codes": [c["value"] for c in choices], "levels": [c.get("label", c["value"]) for c in choices]}
    elif kind == "boolean":
        row |= {"levels": ["No", "Yes"], "codes": [field.get(key, [word])[0] for key, word in _BOOLEAN]}
    if "minimum" in bounds and "maximum" in bounds and kind in {"continuous", "count"}:
        row["range"] = [bounds["minimum"], bounds["maximum"]]
    return row


_BOOLEAN = (("falseValues", "false"), ("trueValues", "true"))


def _missing(values: Sequence[Any] | None) -> list[str]:
    return [str(v["value"] if isinstance(v, dict) else v) for v in values or () if v != ""]


def _bids(name: str, told: Mapping[str, Any], frame: pl.DataFrame) -> Row | None:
    """An entry of participants.json; its kind follows from levels, else from the column's own cells.

    Source:
        https://bids-specification.readthedocs.io, "Tabular files": LongName, Levels, Units, Minimum, Maximum.
    """
    row: Row = {"name": name, "label": told.get("LongName") or name, "unit": told.get("Units", ""), "missing": ["n/a"]}
    if levels := told.get("Levels"):
        texts = [one.get("Description", code) if isinstance(one, dict) else one for code, one in levels.items()]
        return row | {"kind": "nominal", "codes": list(levels), "levels": texts}
    cells = frame[name].drop_nulls().to_list() if name in frame.columns else []
    kind = infer_kind(name, [cell for cell in cells if cell != "n/a"])
    if "Units" in told or not cells:
        kind = Phenotype(name=name, label=name, kind="continuous")
    if isinstance(kind, str):
        return None
    if "Minimum" in told and "Maximum" in told:
        row["range"] = [told["Minimum"], told["Maximum"]]
    return row | {"kind": kind.kind, "levels": kind.levels}


def _less_than_one(table: Table, names: Sequence[str]) -> tuple[Table, list[Entry]]:
    """Cells that say "less than one" are 0, and said."""
    entries: list[Entry] = []
    for name in names:
        few = int(table.frame[name].is_in(LESS_THAN_ONE).sum())
        if few:
            reason = f"column {name}: {few} cells say less than one; read as 0"
            hint = "Nothing, if 0 will do."
            entries.append(Entry(file=table.file, code="cell.few", reason=reason, hint=hint, outcome="repaired"))
    changed = [pl.col(name).replace(dict.fromkeys(LESS_THAN_ONE, "0")) for name in names]
    return replace(table, frame=table.frame.with_columns(changed)), entries


def _renamed(table: Table, names: Mapping[str, str]) -> Table:
    return replace(table, frame=table.frame.rename(dict(names))) if names else table


def _json(path: Path) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None  # our own reader says why


def _resources(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of a data package that have a schema."""
    given = content.get("resources")
    return (
        [r for r in given if isinstance(r, dict) and isinstance(r.get("schema"), dict)]
        if isinstance(given, list)
        else []
    )


def _unreadable(path: Path, found: str) -> InputError:
    hint = "Give our JSON or CSV, a Frictionless Table Schema, BIDS participants.json or UK Biobank's Showcase."
    return InputError("dictionary.unreadable", where=path.name, found=found, hint=hint)

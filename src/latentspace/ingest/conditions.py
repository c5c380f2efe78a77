"""Conditions from diagnoses in ICD-10, by lists of prefixes: of a long table (one row a diagnosis), or of a column."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from latentspace.errors import InputError, NotFoundError
from latentspace.phenotype import Phenotype
from latentspace.report import Entry

CODE = re.compile(r"[A-Z]\d[0-9A-Z]{1,5}")
PREFIX = re.compile(r"[A-Z]\d[0-9A-Z]{0,5}")
WITHIN = re.compile(r"[A-Z0-9.]+")
SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One boolean phenotype: true where any diagnosis begins with any of the prefixes (`I21`, `I48.0`, `I20-I25`)."""

    name: str
    label: str
    prefixes: tuple[str, ...]

    def holds(self, code: str) -> bool:
        """Whether a code without its dot belongs to it."""
        for prefix in self.prefixes:
            first, _, last = prefix.partition("-")
            if code.startswith(first) if not last else first <= code[:3] <= last:
                return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class FromIcd10:
    """Conditions from `code` of a long `table` (joined by `subject`), or from a `column` of the people's own table.

    With `date` (of the diagnosis) and `until` (a column of the people's table), only diagnoses up to that day count.
    """

    classes: tuple[Condition, ...]
    table: str = ""
    subject: str = "subject_id"
    code: str = "code"
    date: str = ""
    until: str = ""
    column: str = ""
    section: str = "Diagnosis"

    @property
    def phenotypes(self) -> tuple[Phenotype, ...]:
        """The dictionary's entries for the conditions."""
        return tuple(
            Phenotype(name=c.name, label=c.label, kind="boolean", section=self.section, levels=("No", "Yes"))
            for c in self.classes
        )


def read_conditions(row: Mapping[str, Any]) -> FromIcd10:
    """A `[[derive]]` of kind `icd10`.

    Raises:
        ValueError, KeyError, TypeError: a field that is unknown or missing, or a prefix that begins no code.
    """
    if unknown := sorted(set(row) - {"kind", *FromIcd10.__dataclass_fields__}):
        message = f"[[derive]]: field {unknown[0]!r} is not known"
        raise ValueError(message)
    if (
        ("table" in row) == ("column" in row)
        or ("date" in row) != ("until" in row)
        or ("date" in row and "column" in row)
    ):
        message = "[[derive]]: icd10 takes a `table` or a `column`; `date` goes with `until`, and with a `table`"
        raise ValueError(message)
    classes = tuple(
        Condition(
            name=str(c["name"]), label=str(c.get("label", c["name"])), prefixes=tuple(map(_prefix, c["prefixes"]))
        )
        for c in row["classes"]
    )
    texts = {key: str(value) for key, value in row.items() if key not in {"kind", "classes"}}
    return FromIcd10(classes=classes, **texts)


def conditions(
    derive: FromIcd10, frame: pl.DataFrame, subject: str, folders: Sequence[Path]
) -> tuple[list[pl.Series], list[Entry]]:
    """A boolean column for each condition in the rows of `frame`, and what could not be read.

    In a long table nobody has a row for being well: who is not in it has none of the conditions. An empty cell of a
    column is null.

    Raises:
        NotFoundError: no such table.
        InputError: it, or the people's table, lacks a column that is named.
    """
    if derive.column:
        return _of_column(derive, frame)
    path = next((f / derive.table for f in folders if (f / derive.table).is_file()), None)
    if path is None:
        hint = "Put it beside the subjects' table, or the modalities file."
        raise NotFoundError("table.missing", where=derive.table, found="no such file", hint=hint)
    long, entries = _dated(derive, path, frame, subject)
    codes = _classified(derive, long["code"].unique().to_list())
    strange = int(long["code"].is_in([c for c, held in codes.items() if held is None]).sum())
    if strange:
        entries.append(_entry(path.name, f"{strange} of {len(long)} rows have no ICD-10 code; they are left out"))
    columns: list[pl.Series] = []
    for place, condition in enumerate(derive.classes):
        mine = [c for c, held in codes.items() if held and held[place]]
        rows = long.filter(pl.col("code").is_in(mine))["row"].unique().to_list()
        has = pl.Series(condition.name, [False]).new_from_index(0, len(frame)).rename(condition.name)
        columns.append(has.scatter(rows, values=True) if rows else has)
    return columns, entries


def _dated(derive: FromIcd10, path: Path, frame: pl.DataFrame, subject: str) -> tuple[pl.DataFrame, list[Entry]]:
    """`row` of the people's table and `code`, for every diagnosis of somebody in it that counts."""
    wanted = [derive.subject, derive.code, *([derive.date] if derive.date else [])]
    long = _read(path, wanted).rename({derive.subject: "who", derive.code: "code"}).drop_nulls(["who", "code"])
    long = long.with_columns(_id("who"))
    people = frame.select(pl.col(subject).alias("who")).with_columns(_id("who")).with_row_index("row")
    if not derive.until:
        return people.join(long, on="who").select("row", "code"), []
    if derive.until not in frame.columns:
        raise _lacks(derive.until, "the people's table")
    people = people.with_columns(_day(frame[derive.until]).alias("until"))
    joined = people.join(long.with_columns(_day(long[derive.date]).alias("day")), on="who")
    undated = int((joined["day"].is_null() | joined["until"].is_null()).sum())
    said = f"{undated} diagnoses without a date (2020-01-31 or 31/01/2020), or of people without one; they do not count"
    entries = [_entry(path.name, said)] if undated else []
    return joined.filter(pl.col("day") <= pl.col("until")).select("row", "code"), entries


def _id(column: str) -> pl.Expr:
    """Ids that a program wrote as `15709.0` are `15709`."""
    return pl.col(column).str.replace(r"^(\d+)\.0$", "$1")


def _read(path: Path, wanted: list[str]) -> pl.DataFrame:
    """These columns as text; a long table may have millions of rows."""
    try:
        if path.suffix == ".parquet":
            names = pl.read_parquet_schema(path)
            frame = pl.read_parquet(path, columns=[n for n in wanted if n in names]).cast(pl.String)
        else:
            frame = pl.scan_csv(
                path,
                separator=SEPARATORS.get(path.suffix, ","),
                infer_schema=False,
                encoding="utf8-lossy",
                truncate_ragged_lines=True,
            )
            frame = frame.select([n for n in wanted if n in frame.collect_schema()]).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        found, hint = f"is no table ({type(error).__name__})", "Give CSV, TSV (.txt) or Parquet."
        raise InputError("table.unreadable", where=path.name, found=found, hint=hint) from error
    if absent := [name for name in wanted if name not in frame.columns]:
        raise _lacks(absent[0], path.name)
    return frame.with_columns(pl.all().str.strip_chars())


def _of_column(derive: FromIcd10, frame: pl.DataFrame) -> tuple[list[pl.Series], list[Entry]]:
    """`['I500', 'I10']`, `I50.0|I10` and the like; a cell without any code is an entry."""
    if derive.column not in frame.columns:
        raise _lacks(derive.column, "the people's table")
    known: dict[str, tuple[bool, ...] | None] = {}
    found: list[list[tuple[bool, ...]] | None] = []
    for cell in frame[derive.column].to_list():
        words = WITHIN.findall((cell or "").upper())
        known |= _classified(derive, [word for word in words if word not in known])
        found.append([held for word in words if (held := known[word])] if cell else None)
    strange = sum(held == [] for held in found)
    reason = f"column {derive.column}: {strange} cells hold no ICD-10 code; they count as not known"
    columns = [
        pl.Series(c.name, [any(h[i] for h in held) if held else None for held in found], dtype=pl.Boolean)
        for i, c in enumerate(derive.classes)
    ]
    return columns, [_entry("table", reason)] if strange else []


def _classified(derive: FromIcd10, codes: Sequence[str]) -> dict[str, tuple[bool, ...] | None]:
    """For each code as it is written, whether it belongs to each condition; None where it is no ICD-10 code."""
    bare = {code: code.upper().replace(".", "") for code in codes}
    return {
        code: tuple(c.holds(plain) for c in derive.classes) if CODE.fullmatch(plain) else None
        for code, plain in bare.items()
    }


def _day(texts: pl.Series) -> pl.Series:
    """ISO dates, or day/month/year as English hospitals write them."""
    days = [texts.str.head(10).str.to_date(form, strict=False) for form in ("%Y-%m-%d", "%d/%m/%Y")]
    return pl.select(pl.coalesce(days)).to_series()


def _prefix(value: object) -> str:
    text = str(value).upper().replace(".", "")
    parts = text.split("-")
    if (
        len(parts) > 2
        or not all(PREFIX.fullmatch(part) for part in parts)
        or (len(parts) == 2 and set(map(len, parts)) != {3})
    ):
        message = f"[[derive]]: {str(value)[:20]!r} begins no ICD-10 code; write I21, I48.0 or I20-I25"
        raise ValueError(message)
    return text


def _lacks(column: str, where: str) -> InputError:
    return InputError("derive.column", where=where, found=f"has no column {column!r}", hint="Check [[derive]].")


def _entry(file: str, reason: str) -> Entry:
    return Entry(file=file, code="icd.codes", reason=reason, hint="Look at the table.", outcome="flagged")

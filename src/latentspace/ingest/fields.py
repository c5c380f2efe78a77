"""UK Biobank's fields as columns are called: `p21003_i2`, `21003-2.0`, `f.21003.2.0`, `21003_Age_2_0` are one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DIALECTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:participant\.)?p(?P<field>\d+)(?:_i(?P<instance>\d+))?(?:_a(?P<array>\d+))?",
        r"(?P<field>\d+)-(?P<instance>\d+)\.(?P<array>\d+)",
        r"f\.(?P<field>\d+)\.(?P<instance>\d+)\.(?P<array>\d+)",
        r"(?P<field>\d+)_(?:\w*_)?(?P<instance>\d+)_(?P<array>\d+)",
        r"\w+_f(?P<field>\d+)_(?P<instance>\d+)_(?P<array>\d+)",
    )
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of UK Biobank at one visit (`instance`), the n-th answer (`array`)."""

    number: int
    instance: int
    array: int


def field_of(column: str) -> Field | None:
    """The field that a column's name stands for in any of the dialects, None for any other name."""
    for dialect in DIALECTS:
        if found := dialect.fullmatch(column):
            return Field(int(found["field"]), int(found["instance"] or 0), int(found["array"] or 0))
    return None


def spelled(names: Iterable[str], columns: Iterable[str]) -> Mapping[str, str]:
    """The columns that are meant by names of another dialect: name by column. A column of that very name is left."""
    columns = list(columns)
    by_field = {field: column for column in reversed(columns) if (field := field_of(column))}
    meant = {name: field for name in names if name not in columns and (field := field_of(name))}
    return {by_field[field]: name for name, field in meant.items() if field in by_field}

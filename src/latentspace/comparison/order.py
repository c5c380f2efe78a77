"""The order of a comparison's rows: two tables, as a table 1 has them, the largest difference of each first."""

from collections.abc import Iterable, Iterator, Sequence

from latentspace.comparison.answer import ComparedRow

MEASURED, CATEGORIES = "Measurements", "Conditions and categories"


def ordered(rows: Iterable[ComparedRow]) -> tuple[ComparedRow, ...]:
    """Measurements before conditions: the diagnosis that a group was drawn around is no finding, what goes with it is.

    Rows without a difference are last in their table; ties by name, so that the order tells nothing else.
    """
    return tuple(sorted(rows, key=_place))


def table_of(row: ComparedRow) -> str:
    """In which of the two tables a row stands."""
    return MEASURED if row.shape == "numbers" else CATEGORIES


def by_table(rows: Sequence[ComparedRow]) -> Iterator[tuple[str, list[ComparedRow]]]:
    """The two tables with their rows, as far as they have any."""
    for name in (MEASURED, CATEGORIES):
        if some := [row for row in rows if table_of(row) == name]:
            yield name, some


def _place(row: ComparedRow) -> tuple[bool, float, str]:
    value = row.contrasts[0].smd.value if row.contrasts else None
    return (table_of(row) == CATEGORIES, 1.0 if value is None else -abs(value), row.name)

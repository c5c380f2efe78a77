"""Which row of the table each vector belongs to: by its id where the file has ids, else row by row."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from latentspace.errors import InputError
from latentspace.readers.table import Table
from latentspace.readers.vectors import Vectors
from latentspace.report import Entry


def aligned(
    path: Path, vectors: Vectors, table: Table, ids: Sequence[str | None]
) -> tuple[Float32[np.ndarray, "rows dims"], list[Entry]]:
    """The vector of every row of the table, NaN where it has none; what belongs to nobody is an entry.

    Raises:
        InputError: another number of rows and no ids, or ids that name nobody of the table or somebody twice.
    """
    if vectors.ids is None:
        _check_rows(path, len(vectors.values), table)
        return vectors.values, []
    if list(vectors.ids) == list(ids):
        return vectors.values, []
    _check_ids(path, vectors.ids, ids)
    place = {name: row for row, name in enumerate(vectors.ids)}
    found = np.array([place.get(name or "", -1) for name in ids], np.int64)
    values = np.where((found >= 0)[:, None], vectors.values[found], np.float32(np.nan))
    orphans = len(set(vectors.ids) - set(ids))
    return values, [_orphans(path, orphans)] if orphans else []


def _check_rows(path: Path, n: int, table: Table) -> None:
    left_out = sum(entry.outcome == "rejected" for entry in table.entries)
    if n == len(table.frame) and not left_out:
        return
    damaged = f", {left_out} more are damaged" if left_out else ""
    raise InputError(
        "embedding.rows",
        where=str(path),
        found=f"has {n} rows, {table.file} has {len(table.frame)}{damaged}",
        hint="Give one row for each row of the table in its order, or a file with an id for each.",
    )


def _check_ids(path: Path, given: Sequence[str], ids: Sequence[str | None]) -> None:
    shared = set(given) & set(ids)
    if not shared:
        found = f"names {given[0][:40]!r} and {len(given) - 1} others, none of whom is in the table"
        hint = "Write ids in both files alike, as text (007 is not 7)."
        raise InputError("embedding.ids", where=str(path), found=found, hint=hint)
    _once(path, given, "names {} twice", "Give each person one vector.")
    hint = "Give a file without ids, one row for each row of the table in its order."
    _once(path, [name for name in ids if name], "has ids, and the table has {} in several rows", hint)


def _once(path: Path, names: Sequence[str], found: str, hint: str) -> None:
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise InputError("embedding.ids", where=str(path), found=found.format(repr(twice[:40])), hint=hint)


def _orphans(path: Path, count: int) -> Entry:
    reason = f"{count} of its rows belong to no row of the table"
    return Entry(file=path.name, code="embedding.no_row", reason=reason, hint="Add their rows, or leave them out.")

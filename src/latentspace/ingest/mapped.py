"""Which lines of a series map say something of the series that are there, and which fit none."""

from collections.abc import Sequence
from pathlib import Path

from latentspace.errors import InputError
from latentspace.ingest.plan import Plan
from latentspace.report import Entry

NONE = "fits nobody: none of its {} lines names a series that is there"
MOST = 20  # lines that are named one by one
HINT = "Copy the lines that `latentspace ingest ... --dry-run` prints, or remove it."


def unmatched(plan: Plan, lines: int, fitting: Sequence[tuple[int, ...]]) -> list[Entry]:
    """A line of the report for each of the `lines` of the map that fits no series; `fitting` has those that do."""
    used = {line for each in fitting for line in each}
    unused = [line + 2 for line in range(lines) if line not in used]  # the first line has the names of the columns
    if not unused:
        return []
    if not used:
        return [_entry(plan, NONE.format(lines))]
    if len(unused) > MOST:
        named = ", ".join(map(str, unused[:MOST]))
        return [_entry(plan, f"{len(unused)} of its {lines} lines fit no series that is there: {named} ...")]
    return [_entry(plan, f"line {line} fits no series, or only those that a line above it fits") for line in unused]


def check_any(plan: Plan, lines: int, fitting: Sequence[tuple[int, ...]]) -> None:
    """Refuse a series map of which no line fits: whoever wrote it meant something.

    Raises:
        InputError: as said.
    """
    if lines and not any(fitting):
        raise InputError("series.unmatched", where=_name(plan), found=NONE.format(lines), hint=HINT)


def _entry(plan: Plan, reason: str) -> Entry:
    return Entry(file=_name(plan), code="series.unmatched", reason=reason, hint=HINT, outcome="flagged")


def _name(plan: Plan) -> str:
    return Path(plan.cine.series_map).name if plan.cine else ""

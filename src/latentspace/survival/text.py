"""Survival as a text that leaves the page: CSV with every time, or the short table as Markdown and HTML."""

import csv
import io
from collections.abc import Sequence
from html import escape

from latentspace.comparison.answer import Estimate
from latentspace.comparison.text import CELL, DASH, Form, chance, estimate, guarded
from latentspace.survival.answer import Followed, Hazards, Survival

HEADING = ("Group", "n", "events", "half had it by", "still followed at", "hazard ratio (95 %)", "adjusted (95 %)")


def survival_text(found: Survival, form: Form) -> str:
    """The groups with their notes; CSV has the curve instead, a line for each group and time."""
    match form:
        case "csv":
            return _csv(found)
        case "markdown":
            return _markdown(found)
        case "html":
            return _html(found)


def _csv(found: Survival) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["group", "n", "events", f"time, {found.unit}", "without the event", "low", "high"])
    for group in found.groups:
        points = zip(found.times, group.share, group.low, group.high, strict=False)
        for point in points if group.share else [("", None, None, None)]:
            cells = (group.name, group.n, group.events, *point)
            writer.writerow([guarded(each) for each in cells])
    return written.getvalue()


def _rows(found: Survival) -> list[list[str]]:
    ticks = " / ".join(f"{tick:g}" for tick in found.ticks)
    heading = [text.replace("followed at", f"followed at {ticks} {found.unit}") for text in HEADING]
    against: list[Hazards | None] = [None, *found.contrasts]
    return [heading, *(_row(group, one) for group, one in zip(found.groups, against, strict=True))]


def _row(group: Followed, against: Hazards | None) -> list[str]:
    """The first group over this one: the ratio stands in this one's line."""
    n, events, *left = (DASH if count is None else str(count) for count in (group.n, group.events, *group.at_risk))
    half = DASH if group.median is None else f"{group.median:.2f}"
    ratios = (
        [_ratio(against.ratio, against.reason), _ratio(against.adjusted, against.reason_adjusted)] if against else []
    )
    return [group.name, n, events, half, " / ".join(left) or group.reason, *(ratios or [DASH, DASH])]


def _ratio(one: Estimate, reason: str) -> str:
    return estimate(one) if one.value is not None else reason or DASH


def _footnotes(found: Survival) -> list[str]:
    held = ", ".join(found.adjust) or "nothing"
    p = (
        f"Log-rank p {chance(found.p, found.disclosure)}, exploratory."
        if found.p is not None
        else f"No log-rank p: {found.reason}."
    )
    said = (
        f"{found.label} ({found.event}). {p} Hazard of the first group over the other's; adjusted: with {held} equal."
    )
    return [said, *found.notes]


def _markdown(found: Survival) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in cells) + " |"

    heading, *rows = _rows(found)
    lines = [line(heading), line(["---"] * len(heading)), *map(line, rows)]
    return "\n".join([*lines, "", "\n\n".join(_footnotes(found)), ""])


def _html(found: Survival) -> str:
    def line(tag: str, cells: Sequence[str]) -> str:
        return "<tr>" + "".join(f'<{tag} style="{CELL}">{escape(text)}</{tag}>' for text in cells) + "</tr>"

    heading, *rows = _rows(found)
    body = "".join(line("td", row) for row in rows)
    notes = "".join(f"<p>{escape(text)}</p>" for text in _footnotes(found))
    table = f'<table style="border-collapse:collapse"><thead>{line("th", heading)}</thead><tbody>{body}</tbody></table>'
    return f'<!doctype html><meta charset="utf-8"><title>Survival</title>{table}{notes}'

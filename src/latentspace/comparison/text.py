"""A comparison as a text that leaves the page: CSV, Markdown, or HTML that pastes into a word processor."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Literal

from latentspace.comparison.answer import Compared, ComparedRow, Contrast, Estimate, Summary
from latentspace.comparison.order import by_table, table_of
from latentspace.disclosure import Preset

Form = Literal["csv", "markdown", "html"]
DASH, TO = "–", " to "
CELL = "border-bottom:1px solid #999;padding:2px 8px;text-align:left"


def table_text(found: Compared, form: Form, methods: str) -> str:
    """The whole table with its notes and how it was made."""
    match form:
        case "csv":
            return _csv(found)
        case "markdown":
            return _markdown(found, methods)
        case "html":
            return _html(found, methods)


def number(value: float | None, spread: float | None) -> str:
    """A value with as many places as give its spread two figures; a true minus sign."""
    if value is None:
        return DASH
    size = spread or abs(value) or 1.0
    places = min(max(1 - math.floor(math.log10(size)), 0), 4)
    return f"{value:.{places}f}".replace("-", "−")


def chance(p: float | None, preset: Preset = "laptop") -> str:
    """`<.001`, `.023`, `.41`; rounded: `≤.01`, `>.05`."""
    if p is None:
        return DASH
    if preset == "strict":
        return f"≤{p:g}".replace("0.", ".") if p < 1 else ">.05"
    if p <= 0.001:
        return "<.001"
    return f"{p:.{3 if p < 0.1 else 2}f}".lstrip("0")


def estimate(one: Estimate, places: int = 2) -> str:
    """`0.51 (0.36 to 0.66)`."""
    if one.value is None:
        return DASH
    value, *ends = (DASH if part is None else f"{part:.{places}f}" for part in (one.value, one.low, one.high))
    return f"{value} ({TO.join(ends)})".replace("-", "−")


def summary(row: ComparedRow, one: Summary) -> list[str]:
    """What a group's cell says: mean ± SD and median [quartiles], or the number of each level with its share."""
    if row.shape == "numbers":
        if one.mean is None:
            return [DASH]
        spread = min((g.sd for g in row.groups if g.sd), default=None)  # a row's figures have the same places
        low, middle, high = (number(v, spread) for v in (one.low_quartile, one.median, one.high_quartile))
        return [f"{number(one.mean, spread)} ± {number(one.sd, spread)}", f"{middle} [{low}, {high}]"]
    told = list(zip(row.levels, one.counts, strict=False))
    total = sum(n or 0 for _, n in told) if None not in one.counts else one.n or 0
    shown = told[1:] if row.shape == "share" else told
    texts = [DASH if n is None or not total else f"{n} ({100 * n / total:.1f} %)" for _, n in shown] or [DASH]
    names = "" if row.shape == "share" else [level for level, _ in shown]
    return [f"{name}: {text}" for name, text in zip(names, texts, strict=True)] if names else texts


def title(row: ComparedRow) -> str:
    """`LV mass, g`; `Sex: Man`."""
    level = f": {row.level}" if row.level not in {"", "Yes"} else ""
    return f"{row.label}{level}" + (f", {row.unit}" if row.unit else "")


def _heading(found: Compared) -> list[str]:
    groups = [f"{g.name} (n = {DASH if g.n is None else g.n})" for g in found.groups]
    several = len(found.groups) > 2
    each = ("SMD (95 %)", "adjusted SMD (95 %)", "odds ratio (95 %)", "p", "q", "other half")
    against = [f"{name}, against {g.name}" if several else name for g in found.groups[1:] for name in each]
    return ["Variable", *groups, *against, "missing"]


def _lines(rows: Sequence[ComparedRow], preset: Preset) -> Iterator[list[list[str]]]:
    """Cells of some rows; a cell has one or more lines."""
    for row in rows:
        against = [[text] for c in row.contrasts for text in _contrast(c, preset)]
        missing = [" / ".join(DASH if g.missing is None else str(g.missing) for g in row.groups)]
        name = title(row) + (" (defines a group)" if row.defines else "")
        yield [[name], *(summary(row, g) for g in row.groups), *against, missing]


def _contrast(c: Contrast, preset: Preset) -> list[str]:
    odds = estimate(c.odds) + (" †" if c.corrected else "")
    return [estimate(c.smd), estimate(c.adjusted), odds, *(chance(p, preset) for p in (c.p, c.q)), c.split or DASH]


def _footnotes(found: Compared) -> list[str]:
    held = ", ".join(found.adjust) or "nothing"
    return [
        (
            "SMD: standardised mean difference (of shares, of levels: Yang and Dalton), the first group less the "
            f"other, with 95 % interval. Adjusted: with {held} equal, by least squares, robust interval."
        ),
        (
            f"p: Welch, Mann-Whitney (under 30), chi-square or Fisher; q: Benjamini-Hochberg over {found.tests} tests. "
            "Both are exploratory."
        ),
        "† half a person added to each cell, because one was empty.",
        *found.notes,
    ]


def _markdown(found: Compared, methods: str) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    heading = _heading(found)
    rows: list[str] = []
    for name, some in by_table(found.rows):
        rows += [line([f"**{name}**", *[""] * (len(heading) - 1)])]
        rows += [line(["<br>".join(cell) for cell in cells]) for cells in _lines(some, found.disclosure)]
    notes = "\n\n".join((*_footnotes(found), methods))
    return "\n".join([line(heading), line(["---"] * len(heading)), *rows, "", notes, ""])


def _html(found: Compared, methods: str) -> str:
    """One table and paragraphs with their own styles, which a word processor keeps; headings for a screen reader."""
    heading = _heading(found)
    head = "".join(f'<th scope="col" style="{CELL}">{escape(text)}</th>' for text in heading)
    bodies = [
        f'<tr><th scope="rowgroup" colspan="{len(heading)}" style="{CELL}">{name}</th></tr>'
        + "".join(map(_html_row, _lines(some, found.disclosure)))
        for name, some in by_table(found.rows)
    ]
    rows = "".join(f"<tbody>{body}</tbody>" for body in bodies)
    notes = "".join(f"<p>{escape(text)}</p>" for text in (*_footnotes(found), methods))
    table = f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead>{rows}</table>'
    return f'<!doctype html><meta charset="utf-8"><title>Groups compared</title>{table}{notes}'


def _html_row(cells: Sequence[Sequence[str]]) -> str:
    name, *others = ("<br>".join(map(escape, cell)) for cell in cells)
    first = f'<th scope="row" style="{CELL};font-weight:normal">{name}</th>'
    return f"<tr>{first}" + "".join(f'<td style="{CELL}">{text}</td>' for text in others) + "</tr>"


def _csv(found: Compared) -> str:
    """One line for each variable, level by level, every figure in a column of its own and unrounded."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    of_group = ("n", "missing", "mean", "sd", "median", "low_quartile", "high_quartile", "count")
    of_pair = ("difference", "smd", "adjusted", "odds", "adjusted_odds")
    ends = ("", "_low", "_high")
    pair = [
        "difference",
        *(f"{name}{end}" for name in of_pair[1:] for end in ends),
        "test",
        "p",
        "q",
        "split",
        "reason",
    ]
    groups = [f"{g.name}: {name}" for g in found.groups for name in of_group]
    pairs = [f"against {g.name}: {name}" for g in found.groups[1:] for name in pair]
    writer.writerow([guarded(text) for text in ("table", "name", "label", "unit", "level", "defines", *groups, *pairs)])
    for row in found.rows:
        for i, level in enumerate(row.levels or ("",)):
            cells: list[object] = [table_of(row), row.name, row.label, row.unit, level, row.defines]
            for g in row.groups:
                count = g.counts[i] if i < len(g.counts) else None
                cells += [g.n, g.missing, g.mean, g.sd, g.median, g.low_quartile, g.high_quartile, count]
            whole = row.shape != "share" or level == row.level
            cells += [cell for c in row.contrasts for cell in (_figures(c) if whole else [""] * len(pair))]
            writer.writerow([guarded(cell) for cell in cells])
    return written.getvalue()


def _figures(c: Contrast) -> list[object]:
    spans = [part for e in (c.smd, c.adjusted, c.odds, c.adjusted_odds) for part in (e.value, e.low, e.high)]
    return [c.difference, *spans, c.test, c.p, c.q, c.split, c.reason]


def guarded(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return "" if value is None else value

"""The ingest report as one HTML page that needs nothing else: counts, what was left out and why, what to look at."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from latentspace.report import Entry, IngestReport, Outcome
from latentspace.workspace import CohortData

MOST, FEW = 2000, 12  # lines of one code that are written (all are in ingest.json), and that need no folding
COLUMNS = ("File", "Subject", "Reason", "What to do")
WIDTHS = '<col class="file"><col class="who"><col class="why"><col class="do">'
KINDS: tuple[tuple[Outcome, str, str], ...] = (
    ("rejected", "Left out", "These inputs are not in the workspace. A bad file never stops an ingest."),
    ("flagged", "Kept: please look", "These are in the workspace as they are; nothing was changed in silence."),
    ("repaired", "Repaired", "These were read in another way than they are written."),
)
STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #5a5a5a; --line: #d8d8d4; --ground: #f6f6f3; --panel: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #a8a8a8; --line: #3a3a3a; --ground: #161616; --panel: #1f1f1f }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1180px; padding: 32px 24px 64px; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif }
h1 { margin: 0 0 4px; font-size: 26px } h2 { margin: 36px 0 4px; font-size: 19px }
p { margin: 0 0 12px; color: var(--soft) }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0 }
.counts div { padding: 12px 16px; background: var(--panel); border: 1px solid var(--line); border-radius: 8px }
.counts b { display: block; font-size: 24px; font-variant-numeric: tabular-nums } .counts span { color: var(--soft) }
table { width: 100%; border-collapse: collapse; background: var(--panel); border: 1px solid var(--line); margin: 8px 0 }
th, td { padding: 6px 12px; text-align: left; vertical-align: top; border-top: 1px solid var(--line);
  overflow-wrap: anywhere }
thead th { font-weight: 600; border-top: 0; color: var(--soft) }
th[scope=rowgroup] { background: var(--ground); font-weight: 400 }
details { margin: 8px 0 } summary { cursor: pointer; padding: 6px 0 } summary code { font-weight: 600 }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
col.file { width: 22% } col.who { width: 13% } col.why { width: 37% } col.do { width: 28% }
@media print { body { max-width: none; padding: 0 } details { break-inside: avoid } }
"""


def reported(cohort: CohortData, report: IngestReport) -> CohortData:
    """The cohort with its report, as data and as a page."""
    return replace(cohort, report=report.to_json(), report_page=report_page(cohort.title, report))


def report_page(title: str, report: IngestReport) -> str:
    """The page; everything that comes from a file is escaped, and a policy in it forbids all but its own style."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Ingest report: {escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1><p>What was read, what was left out, and why.</p>"
        f"{_counts(report)}{_modalities(report.facts)}{''.join(_kind(*kind, report) for kind in KINDS)}"
        f"{_series(report.facts)}{_columns(report.facts)}</main></body></html>\n"
    )


def _counts(report: IngestReport) -> str:
    outcomes = Counter(entry.outcome for entry in report.entries)
    counts = {
        "people": report.facts.get("people", 0),
        "visits": report.facts.get("rows_kept", 0),
        "files found": report.facts.get("records_found", 0),
        "lines left out": outcomes["rejected"],
        "lines to look at": outcomes["flagged"],
        "lines repaired": outcomes["repaired"],
    }
    tiles = (f"<div><b>{int(n):,}</b><span>{escape(name)}</span></div>" for name, n in counts.items())
    return f'<section class="counts" aria-label="Counts">{"".join(tiles)}</section>'


def _modalities(facts: Mapping[str, Any]) -> str:
    present = {name: f"{n:,}" for name, n in facts.get("present", {}).items()}
    known = {name: f"{n:,}" for name, n in facts.get("phenotypes", {}).items()}
    return _pairs("Recordings", ("Modality", "Visits that have it"), present) + _pairs(
        "Phenotypes", ("Phenotype", "Visits where it is known"), known
    )


def _series(facts: Mapping[str, Any]) -> str:
    taken = {name: f"{n:,}" for name, n in facts.get("series_chosen", {}).items()}
    left = {name: f"{n:,}" for name, n in facts.get("series_ignored", {}).items()}
    return _pairs("Series taken", ("Description", "How many"), taken) + _pairs(
        "Series not taken", ("Description", "How many"), left
    )


def _columns(facts: Mapping[str, Any]) -> str:
    return _pairs("Columns not taken", ("Column", "Why"), facts.get("columns_left_out", {}))


def _pairs(heading: str, names: tuple[str, str], pairs: Mapping[str, object]) -> str:
    if not pairs:
        return ""
    rows = "".join(_row((escape(key or "(none)"), escape(str(value)))) for key, value in pairs.items())
    return f"<h2>{escape(heading)}</h2>{_table(names, rows)}"


def _kind(outcome: Outcome, heading: str, meaning: str, report: IngestReport) -> str:
    entries = [entry for entry in report.entries if entry.outcome == outcome]
    if not entries:
        return f"<h2>{heading}</h2><p>Nothing.</p>"
    by_code: dict[str, list[Entry]] = {}
    for entry in entries:
        by_code.setdefault(entry.code, []).append(entry)
    ordered = sorted(by_code.items(), key=lambda item: (-len(item[1]), item[0]))
    few = "".join(_code(code, lines) for code, lines in ordered if len(lines) <= FEW)
    many = (
        f"<details><summary>{_named(code, len(lines))}</summary>{_table(COLUMNS, _code(code, lines), WIDTHS)}"
        f"{_more(len(lines))}</details>"
        for code, lines in ordered
        if len(lines) > FEW
    )
    return f"<h2>{heading}</h2><p>{meaning}</p>{''.join(many)}{_table(COLUMNS, few, WIDTHS) if few else ''}"


def _code(code: str, entries: Sequence[Entry]) -> str:
    """The lines of one code, below its name."""
    rows = "".join(_row((escape(e.file), escape(e.subject), escape(e.reason), escape(e.hint))) for e in entries[:MOST])
    return f'<tr><th scope="rowgroup" colspan="4">{_named(code, len(entries))}</th></tr>{rows}'


def _named(code: str, n: int) -> str:
    return f"<code>{escape(code)}</code>: {n:,} line{'s' * (n > 1)}"


def _more(n: int) -> str:
    return f"<p>{n - MOST:,} more are in ingest.json.</p>" if n > MOST else ""


def _table(names: Iterable[str], rows: str, columns: str = "") -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return f"<table>{columns}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

"""What axe-core has against a page."""

import json
from pathlib import Path

from browser import Visit, lacking

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

# Tables that a screen reader could not read: no name, headings without a scope, a row without a heading of its own.
MUTE = """() => [...document.querySelectorAll('table')].filter((one) => one.checkVisibility()).flatMap((table) => {
  const named = table.caption?.textContent.trim() || table.ariaLabel || table.getAttribute('aria-labelledby');
  const wrong = named ? [] : ['no caption'];
  if (!table.tHead) wrong.push('no head');
  for (const head of table.querySelectorAll('th'))
    if (!head.scope) wrong.push(`no scope: ${head.textContent.trim()}`);
  for (const row of table.querySelectorAll('tbody tr'))
    if (row.cells.length > 1 && !row.querySelector('th[scope=row]')) wrong.push(`no heading: ${row.innerText}`);
  for (const sorted of table.querySelectorAll('[aria-sort]'))
    if (sorted.tagName !== 'TH' || sorted.scope !== 'col') wrong.push('sorted by no column');
  return wrong.map((one) => `${table.caption?.textContent.trim() ?? ''}: ${one}`.slice(0, 120));
})"""


def mute_tables(seen: Visit) -> list[str]:
    """What of the tables shown now a screen reader could not read."""
    return seen.page.evaluate(MUTE)


def barriers(seen: Visit, *, but: str = "") -> list[object]:
    """Each barrier in what is shown now with its elements, outside of those that `but` selects."""
    if not AXE.is_file():
        lacking("axe-core is not installed: run `npm ci` in frontend/")
    if not seen.page.evaluate("'axe' in window"):
        seen.page.evaluate(AXE.read_text(encoding="utf-8"))
    where = json.dumps({"exclude": but} if but else {"include": "html"})
    return seen.page.evaluate(
        f"axe.run({where}).then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 160))]))"
    )

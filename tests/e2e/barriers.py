"""What axe-core has against a page."""

import json
from pathlib import Path

from browser import Visit, lacking

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


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

"""Remake the guide's pictures of single views: `python -m docs.view_pictures W`, the demo's workspace.

The same walk through every view as that of the browser tests, so a view without a picture cannot be forgotten.
"""
# ruff: noqa: E402 - the tests' own modules lie beside each other, not in a package

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "e2e")]

from browser import visit
from views import every_view

from chromium import chromium, served
from docs.screenshots import IMAGES, shrink

SHOWN = ("directions", "groups", "own", "walk", "compare", "score", "survival")


def main() -> None:
    """Serve, walk through, keep what the guide shows."""
    workspace = Path(sys.argv[1])
    with (
        tempfile.TemporaryDirectory() as folder,
        served(workspace) as (link, _),
        chromium() as browser,
        visit(browser, link, workspace) as seen,
    ):
        for name in every_view(seen, Path(folder)):
            if name in SHOWN:
                seen.page.wait_for_timeout(5000)  # what comes later along a walk
                path = IMAGES / f"view_{name}.png"
                seen.page.screenshot(path=path)
                shrink(path)


if __name__ == "__main__":
    main()

"""The page of a real server, and when its canvases are painted."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

WATCH = Path(__file__).with_name("painted.js")
MAPS = "[data-testid^=map-] canvas"
STILL_MS = 120
PATIENCE_MS = 120_000


@contextmanager
def opened(browser: Browser, link: str) -> Generator[Page]:
    """The page in a fresh profile, its first maps painted."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(path=WATCH)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(link)
    page.wait_for_function("() => bench.firstMap !== null")
    try:
        yield page
    finally:
        context.close()


def settled(page: Page) -> None:
    """Wait until the first decode is drawn and nothing moves any more."""
    page.wait_for_selector("html[data-ready=true]:not([data-decoded='0'])")
    page.wait_for_function("() => bench.last > 0 && performance.now() - bench.last > 500")


def painted(page: Page, selector: str, *, at_least: int = 1, still_ms: int = STILL_MS) -> float:
    """Seconds from the gesture just made to the paint of the last canvas below `selector` that it made anew.

    It is over when nothing was painted for `still_ms`.
    """
    said = page.evaluate("([selector, still]) => bench.settled(selector, still)", [selector, still_ms])
    assert said["anew"] >= at_least, f"{said['anew']} of {said['of']} canvases below {selector} were drawn anew"
    return said["ms"] / 1000

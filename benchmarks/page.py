"""The page in the system's Chromium against a real server, and when its canvases are painted."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WATCH = Path(__file__).with_name("painted.js")
MAPS = "[data-testid^=map-] canvas"
STILL_MS = 120
PATIENCE_MS = 30_000


@contextmanager
def chromium() -> Generator[Browser]:
    """A browser with an empty profile.

    Raises:
        FileNotFoundError: none is installed.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        message = f"none of {', '.join(NAMES)} is installed"
        raise FileNotFoundError(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(workspace: Path) -> Generator[str]:
    """`latentspace serve` in a process of its own; its launch link."""
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-m", "latentspace", "serve", str(workspace), "--no-open", "--state", state]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            yield next(line.strip() for line in process.stdout or () if line.startswith("http://"))
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextmanager
def opened(browser: Browser, link: str) -> Generator[Page]:
    """The page in a fresh profile, its first maps painted."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(path=WATCH)
    page = context.new_page()
    page.goto(link)
    page.wait_for_function(f"() => [...document.querySelectorAll('{MAPS}')].some(map => bench.paint.has(map))")
    try:
        yield page
    finally:
        context.close()


def settled(page: Page) -> None:
    """Wait until the first decode is drawn and nothing moves any more."""
    page.wait_for_selector("html[data-ready=true]:not([data-decoded='0'])")
    page.wait_for_function("() => bench.last > 0 && performance.now() - bench.last > 500")


def painted(page: Page, selector: str, *, at_least: int = 1) -> float:
    """Seconds from the gesture just made to the paint of the last canvas below `selector` that it made anew."""
    said = page.wait_for_function(
        "([selector, still]) => bench.taken(selector, still)", arg=[selector, STILL_MS], timeout=PATIENCE_MS
    ).json_value()
    assert said["anew"] >= at_least, f"{said['anew']} of {said['of']} canvases below {selector} were drawn anew"
    return said["ms"] / 1000

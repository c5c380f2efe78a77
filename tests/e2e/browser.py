"""A person at the page: the system's Chromium, a served workspace, and what is seen there."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import latentspace
from latentspace import groups

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE_S = 15.0


@dataclass(slots=True)
class Visit:
    """One open page. `requests` and `complaints` (of its console) are kept for the test's end."""

    page: Page
    explorer: latentspace.Explorer
    origin: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def state(self, name: str) -> str:
        """What the page says of itself: `shown`, `selected`, `recipe`, `subject`, `decoded`."""
        return self.page.locator("html").get_attribute(f"data-{name}") or ""

    def picture(self, selector: str) -> list[str]:
        """The pixels of every canvas below a selector."""
        return self.page.locator(f"{selector} canvas").evaluate_all("all => all.map(one => one.toDataURL())")

    def mask(self) -> np.ndarray:
        """Whom Python selects by the page's recipe."""
        return self.explorer.select(groups.parse(json.loads(self.state("recipe"))))

    def settles(self, wanted: Callable[[], bool], what: str) -> None:
        """Wait until the page is so."""
        end = time.monotonic() + PATIENCE_S
        while not wanted():
            assert time.monotonic() < end, f"never happened: {what}"
            self.page.wait_for_timeout(20)

    def stroke(self, points: Sequence[tuple[float, float]]) -> None:
        """Press the mouse at the first point, draw through the others, let go."""
        mouse = self.page.mouse
        mouse.move(*points[0])
        mouse.down()
        for x, y in points[1:]:
            mouse.move(x, y)
        mouse.up()

    def place(self, selector: str, across: float, down: float) -> tuple[float, float]:
        """A point of an element, in shares of its width and height."""
        box = self.page.locator(selector).first.bounding_box()
        assert box, selector
        return box["x"] + across * box["width"], box["y"] + down * box["height"]


def require_chromium() -> str:
    """The system's browser; without one the test is skipped, or fails where a browser is required."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    reason = f"no browser: none of {', '.join(NAMES)} is installed (as root: apt-get install chromium)"
    if os.environ.get("LATENTSPACE_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def chromium() -> Generator[Browser]:
    """A browser with an empty profile."""
    path = require_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(workspace: Path, state: Path) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """`latentspace serve`: its launch link, and the process."""
    command = [sys.executable, "-m", "latentspace", "serve", str(workspace), "--no-open", "--state", str(state)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    link = next((line.strip() for line in process.stdout if line.startswith("http://")), None)
    assert link, "the server printed no link"
    try:
        yield link, process
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@contextmanager
def visit(
    browser: Browser, link: str, workspace: Path, *, size: tuple[int, int] = (1440, 900), theme: str = "light"
) -> Generator[Visit]:
    """Open the link in a fresh profile and wait for the first maps."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if theme == "dark" else "light"
    )
    page = context.new_page()
    parts = urlsplit(link)
    seen = Visit(page, latentspace.open(workspace), f"{parts.scheme}://{parts.netloc}")
    context.on("request", lambda request: seen.requests.append(request.url))
    page.on("console", lambda said: seen.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.goto(link)
    page.wait_for_selector("html[data-ready=true]")
    page.wait_for_selector("[data-testid^=map-] canvas")
    page.wait_for_selector("html:not([data-decoded='0'])")
    try:
        yield seen
    finally:
        context.close()

"""A person at the page, and what is seen there."""

import json
import os
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

import latentspace
from chromium import NAMES, find_chromium
from latentspace import groups
from latentspace.answers import Description
from latentspace.modality import Modality
from latentspace.phenotype import Phenotype

PATIENCE_S = 30.0


@dataclass(slots=True)
class Visit:
    """One open page. `requests` and `complaints` (of its console) are kept for the test's end."""

    page: Page
    explorer: latentspace.Explorer
    origin: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def about(self) -> Description:
        """What the workspace holds."""
        return self.explorer.describe()

    @property
    def two(self) -> tuple[Modality, Modality]:
        """The two modalities whose maps the page opens with."""
        first, second = (m for m in self.about.modalities if m.role == "modelled")
        return first, second

    @property
    def numeric(self) -> Phenotype:
        """The first phenotype that has a histogram."""
        return next(p for p in self.about.phenotypes if p.numeric)

    def map(self, modality: Modality) -> str:
        """Selects a modality's map."""
        return f"[data-testid=map-{modality.name}]"

    def find(self, subject: str) -> int:
        """Open a subject by typing its id, and wait until the model has drawn it; its row."""
        box = self.page.get_by_role("combobox", name="Find subject")
        box.fill(subject)
        before = self.state("decoded")
        box.press("Enter")
        self.settles(lambda: self.state("subject") != "", f"{subject} is found")
        self.settles(lambda: self.state("decoded") != before, f"{subject} is drawn")
        return int(self.state("subject"))

    def alone(self) -> str:
        """The id of somebody with a single visit, whom the model never saw."""
        subjects = self.explorer.workspace.subjects()
        once = subjects["subject_id"].is_unique().to_numpy()
        held_out = self.explorer.columns(["part"])["part"] == 2
        return subjects["subject_id"][int(np.flatnonzero(once & held_out)[0])]

    def state(self, name: str) -> str:
        """What the page says of itself: `shown`, `selected`, `recipe`, `subject`, `decoded`."""
        return self.page.locator("html").get_attribute(f"data-{name}") or ""

    def advanced(self) -> None:
        """Show everything, not only what a clinician needs."""
        self.page.get_by_role("button", name="Advanced", exact=True).click()

    def recipe(self) -> dict[str, object]:
        """The selection as data."""
        return json.loads(self.state("recipe"))

    def picture(self, selector: str) -> list[str]:
        """The pixels of every canvas below a selector."""
        return self.page.locator(f"{selector} canvas").evaluate_all("all => all.map(one => one.toDataURL())")

    def mask(self) -> np.ndarray:
        """Whom Python selects by the page's recipe."""
        return self.explorer.select(groups.parse(self.recipe()))

    def rests(self, selector: str) -> list[str]:
        """Wait until the pixels below a selector no longer change; them."""
        seen: list[list[str]] = [[], []]

        def same() -> bool:
            seen.append(self.picture(selector))
            self.page.wait_for_timeout(60)
            return bool(seen[-1]) and seen[-1] == seen[-2] == seen[-3]

        self.settles(same, f"{selector} rests")
        return seen[-1]

    def settles(self, wanted: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Wait until the page is so."""
        end = time.monotonic() + patience_s
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


def require_chromium() -> None:
    """Without a browser the test is skipped, or fails where one is required."""
    if find_chromium():
        return
    lacking(f"no browser: none of {', '.join(NAMES)} is installed (as root: apt-get install chromium)")


def lacking(reason: str) -> NoReturn:
    """Skip the test for what is not installed, or fail where a browser is required."""
    if os.environ.get("LATENTSPACE_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def visit(
    browser: Browser, link: str, workspace: Path, *, size: tuple[int, int] = (1440, 900), theme: str = "light"
) -> Generator[Visit]:
    """Open the link in a fresh profile and wait for the first maps.

    Whatever is done there, no request leaves the machine.
    """
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
    asked = [url.removeprefix("blob:") for url in seen.requests if not url.startswith("data:")]
    strangers = [url for url in asked if urlsplit(url).hostname not in {"127.0.0.1", "localhost"}]
    assert seen.requests
    assert not strangers

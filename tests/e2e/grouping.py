"""Groups as a person makes them on the page, and as the server keeps them."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np
from browser import Visit
from playwright.sync_api import Locator
from test_linking import circle

from latentspace import groups

FORGET = """async () => {
  for (const group of await (await fetch('groups')).json())
    await fetch(`remove_group?group_id=${group.id}`, { method: 'POST' });
}"""


@contextmanager
def forgetting(seen: Visit) -> Generator[Visit]:
    """The page of a workspace without groups; what is saved meanwhile is forgotten at the end."""
    try:
        yield seen
    finally:
        seen.page.evaluate(FORGET)


def row(seen: Visit, letter: str) -> Locator:
    return seen.page.get_by_role("group", name=f"Group {letter}", exact=True)


def saved(seen: Visit) -> dict[str, dict[str, Any]]:
    """What the server keeps, by letter."""
    return {group["letter"]: group for group in seen.page.evaluate("async () => (await fetch('groups')).json()")}


def members(seen: Visit, letter: str) -> np.ndarray:
    """Whom Python selects by the saved recipe."""
    return seen.explorer.select(groups.parse(saved(seen)[letter]["recipe"]))


def keep(seen: Visit, letter: str, name: str) -> np.ndarray:
    """Press `+ from selection`, type a name; who is in it."""
    seen.page.get_by_role("button", name="+ from selection").click()
    row(seen, letter).wait_for()
    seen.settles(lambda: bool(row(seen, letter).locator("input.name:focus").count()), "the name is asked for")
    seen.page.keyboard.type(name)
    seen.page.keyboard.press("Enter")
    seen.settles(lambda: saved(seen)[letter]["name"] == name, f"{letter} is called {name}")
    return members(seen, letter)


def outlined(seen: Visit, across: float = 0.45) -> None:
    """A lasso on the first map."""
    before = seen.state("recipe")
    circle(seen, f"{seen.map(seen.two[0])} canvas", across, 0.5)
    seen.settles(lambda: seen.state("recipe") != before, "the lasso counts")


def combined(seen: Visit, button: str, *letters: str) -> None:
    for letter in letters:
        row(seen, letter).get_by_role("checkbox").check()
    seen.page.get_by_role("button", name=button, exact=True).click()


def says(seen: Visit, letter: str, mask: np.ndarray) -> None:
    """The row writes this count."""
    row(seen, letter).get_by_text(f"{mask.sum():,} / {len(mask):,}", exact=True).wait_for()

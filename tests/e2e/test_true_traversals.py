"""The slider of a direction as the page has it: what is measured on the drawing rises with it, and is Explorer's."""

from itertools import pairwise

import numpy as np
import pytest
from browser import Visit
from playwright.sync_api import Locator
from test_newcomer import same
from views import direction

from studies.slider import moved, origin_of

PRESSES = 6  # of PageUp, half a standard deviation each


def measured(seen: Visit, label: str) -> Locator:
    """Where the page writes what is measured on the drawing now."""
    return (
        seen.page.get_by_role("region", name="Measured").first.locator("dl div").filter(has_text=label).locator(".now")
    )


def test_the_page_says_what_moves_and_how_well_two_levels_are_told(hearts: Visit) -> None:
    label = {p.name: p.label for p in hearts.about.phenotypes}
    levels = {p.name: p.levels for p in hearts.about.phenotypes}
    said = hearts.explorer.direction("qrs")
    direction(hearts, label["qrs"])
    moves = hearts.page.get_by_test_id("direction-moves").inner_text()
    assert [m.space for m in said.moves] == [part.space for part in hearts.about.layout]
    assert f"moves {said.moves[0].n} shared" in moves
    for part in said.moves[1:]:
        assert f"{part.n:,} of {part.of:,}" in moves
    two = next(name for name in ("lbbb", "sex", "lvh") if not hearts.explorer.direction(name).reason)
    said = hearts.explorer.direction(two)
    assert said.share is not None
    direction(hearts, label[two])
    assert f"AUC {said.share:.2f}".replace("0.", ".") in hearts.page.get_by_test_id("direction-share").inner_text()
    slider = hearts.page.get_by_role("slider", name="Direction of")
    before = int(hearts.state("decoded"))
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == levels[two][1]
    hearts.settles(lambda: int(hearts.state("decoded")) > before, "the drawings follow")


@pytest.mark.parametrize("name", ["qrs"])
def test_the_measured_number_follows_the_slider_as_explorer_measures_it(hearts: Visit, name: str) -> None:
    row = hearts.find(hearts.alone())
    label = next(p.label for p in hearts.about.phenotypes if p.name == name)
    direction(hearts, label)
    said, course = hearts.explorer.direction(name), hearts.explorer.course(name)
    z = hearts.explorer.encode(row, [m.name for m in hearts.two]).z
    origin = origin_of(float(hearts.explorer.columns([name])[name][row]), course, said.centre or np.nan)
    slider, shown = hearts.page.get_by_role("slider", name="Direction of"), []
    slider.press("Home")
    for press in range(PRESSES + 1):
        if press:
            slider.press("PageUp")
        to = float(slider.input_value())
        value = next(m.value for m in hearts.explorer.measure(row, moved(course, z, origin, to)) if m.name == name)
        assert value is not None
        now = measured(hearts, label)
        hearts.settles(lambda now=now, value=value: same(now.inner_text(), value), f"{label} at {to} is measured")
        shown.append(float(now.inner_text()))
    assert all(after >= before for before, after in pairwise(shown))
    assert shown[-1] - shown[0] > 10

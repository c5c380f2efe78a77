"""A cohort so large that its page counts, draws and means by other ways than a small one: Python's numbers."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import Visit, visit
from playwright.sync_api import Browser, Request, Route, expect

from built import Built
from chromium import served
from latentspace.workspace import open_folder

sys.path.append(str(Path(__file__).parents[2]))
from benchmarks.crowd import write

N = 25_000


@pytest.fixture(scope="module")
def crowd(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("crowd") / "crowd"
    write(open_folder(built.path), path, N)
    return path


@pytest.fixture
def many(browser: Browser, crowd: Path) -> Iterator[Visit]:
    with served(crowd) as (address, _), visit(browser, address, crowd) as opened:
        yield opened
        assert not opened.complaints


def test_counts_and_medians_of_many_are_those_of_numpy_also_where_charts_are_scrolled_away(many: Visit) -> None:
    histogram = f"[role=group][aria-label='{many.numeric.label}'] canvas"
    many.stroke([many.place(histogram, share, 0.4) for share in (0.45, 0.6, 0.95)])
    many.settles(lambda: many.state("shown") != str(N), "fewer are shown")
    mask = many.mask()
    assert 20 < mask.sum() == int(many.state("shown")) < N - 20
    for phenotype in (p for p in many.about.phenotypes if p.numeric):
        values = many.explorer.columns([phenotype.name])[phenotype.name][mask]
        middle = float(np.nanmedian(values))
        chart = many.page.get_by_role("group", name=phenotype.label, exact=True).get_by_title("median of those shown")
        many.settles(
            lambda c=chart, m=middle: abs(number(c.inner_text()) - m) <= 0.006 * abs(m) + 0.006, phenotype.name
        )


def number(text: str) -> float:
    try:
        return float(text.replace("\u2212", "-").replace(",", ""))
    except ValueError:
        return float("nan")


def test_the_mean_of_a_selection_is_asked_for_bit_by_bit_and_decoded(many: Visit) -> None:
    sent: dict[str, bytes] = {}

    def keep(request: Request) -> None:
        sent[request.url.rpartition("/")[2]] = request.post_data_buffer or b""

    histogram = f"[role=group][aria-label='{many.numeric.label}'] canvas"
    many.stroke([many.place(histogram, share, 0.4) for share in (0.45, 0.6, 0.95)])
    many.settles(lambda: many.state("shown") != str(N), "fewer are shown")
    many.page.on("request", keep)
    before = many.state("decoded")
    many.page.get_by_role("button", name="Mean of the selection", exact=True).click()
    many.settles(lambda: "mean" in sent and many.state("decoded") != before, "the mean is drawn")
    bits = np.unpackbits(np.frombuffer(sent["mean"], np.uint8))[:N].astype(bool)
    np.testing.assert_array_equal(bits, many.mask())
    np.testing.assert_array_equal(np.frombuffer(sent["decode"], "<f4"), many.explorer.mean(bits))


def test_the_first_maps_are_drawn_before_a_column_has_come_and_make_way_for_the_page(many: Visit) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    many.page.route("**/columns?*", hold)
    many.page.reload()
    first = many.page.locator("[data-testid^=first-map-] canvas")
    first.first.wait_for()
    expect(many.page.get_by_role("status")).to_have_text(re.compile(rf"Loading \d+ columns of {N:,}\s+subjects"))
    lit = """canvas => new Set(new Uint32Array(canvas.getContext('2d')
        .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    many.settles(lambda: first.first.evaluate(lit) > 1, "dots are drawn")
    place = many.page.locator("[data-testid^=first-map-] .ground").first.bounding_box()
    for route in held:
        route.continue_()
    many.page.unroute("**/columns?*")
    many.page.wait_for_selector("html[data-ready=true]")
    assert first.count() == 0
    then = many.page.locator("[data-testid^=map-] .ground").first.bounding_box()
    assert place
    assert then
    assert all(abs(place[side] - then[side]) <= 1 for side in ("x", "y", "width", "height")), (place, then)

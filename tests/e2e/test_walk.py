"""Walk from one group to another: every number shown is what Explorer says of the same codes."""

import numpy as np
import pytest
from barriers import barriers
from browser import Visit, visit
from playwright.sync_api import Browser, Locator, Request
from test_page import CLIPPED, CUT, SIZES

from built import Built
from latentspace.explorer.manifold import Walk

STEPS = 61
WALK = "[data-testid=walk]"
MOST_MEANT = 256


@pytest.fixture
def sent(seen: Visit) -> list[bytes]:
    """The two codes of every path that the page asks for."""
    bodies: list[bytes] = []

    def keep(request: Request) -> None:
        if "/interpolate" in request.url:
            bodies.append(request.post_data_buffer or b"")

    seen.page.on("request", keep)
    return bodies


def select(seen: Visit) -> None:
    """Brush the upper part of a histogram."""
    histogram = f"[role=group][aria-label='{seen.numeric.label}'] canvas"
    seen.stroke([seen.place(histogram, share, 0.4) for share in (0.45, 0.6, 0.95)])
    seen.settles(lambda: seen.state("shown") != str(seen.about.n), "fewer are shown")


def open_walk(seen: Visit) -> None:
    seen.page.get_by_role("navigation", name="Views").get_by_role("button", name="Walk").click()
    seen.page.wait_for_selector(WALK)


def walking(seen: Visit) -> None:
    seen.page.wait_for_selector(f"{WALK}[data-ready=true]")
    # 61 hearts are drawn here, one after another: a loaded machine needs longer for them than for one answer.
    seen.settles(lambda: told(seen, "drawn") == str(STEPS), "every step is drawn", patience_s=90)


def told(seen: Visit, name: str) -> str:
    return seen.page.locator(WALK).get_attribute(f"data-{name}") or ""


def mean_code(seen: Visit, mask: np.ndarray) -> np.ndarray:
    """The mean of each part of the code, of its first 256 numbers."""
    z = np.zeros(seen.about.n_latent, np.float32)
    for part in seen.about.layout:
        mean = np.nanmean(seen.explorer.run.embedding(part.space)[mask], axis=0)[:MOST_MEANT]
        z[part.start : part.start + len(mean)] = mean
    return z


def path(seen: Visit, body: bytes, how: str = "straight") -> Walk:
    a, b = np.split(np.frombuffer(body, "<f4"), 2)
    return seen.explorer.interpolate(a, b, STEPS, "density" if how == "density" else "straight")


def slider(seen: Visit) -> Locator:
    return seen.page.get_by_role("slider", name="Position on the way")


def is_as_explorer_says(seen: Visit, walk: Walk, step: int) -> None:
    """Density, nearest subject and every prediction on the page, at one step."""
    z = walk.z[step]
    density = seen.explorer.density(z)
    row = seen.page.get_by_test_id("walk-density")
    assert float(row.get_attribute("data-centile") or "nan") == pytest.approx(density.centile, abs=0.1)
    assert row.locator("strong").last.inner_text().rstrip("stndrh") == f"{density.centile:.0f}"
    assert density.where in row.inner_text()
    near = seen.explorer.neighbours(z, 1).nearest[0]
    shown = seen.page.get_by_test_id("walk-nearest-now")
    seen.settles(lambda: near.subject_id in shown.inner_text(), f"{near.subject_id} is the nearest")
    assert f"{near.distance:.2f}" in shown.inner_text()
    lines = seen.page.locator("[data-testid^=walk-line-]")
    seen.settles(lambda: all(line.get_attribute("data-step") == str(step) for line in lines.all()), "all are predicted")
    said = {p.name: p for p in seen.explorer.predict(None, z)}
    for line in lines.all():
        key = (line.get_attribute("data-testid") or "").removeprefix("walk-line-")
        assert float(line.get_attribute("data-now") or "nan") == pytest.approx(said[key].value, rel=1e-3, abs=1e-3)


def test_at_every_place_of_a_walk_to_the_rest_the_page_says_what_explorer_says(seen: Visit, sent: list[bytes]) -> None:
    select(seen)
    open_walk(seen)
    walking(seen)
    mask = seen.mask()
    ends = np.split(np.frombuffer(sent[-1], "<f4"), 2)
    np.testing.assert_allclose(ends, [mean_code(seen, mask), mean_code(seen, ~mask)], atol=1e-4)
    walk = path(seen, sent[-1])
    choose_phenotypes(seen)
    for step, keys in ((0, []), (10, ["PageUp"]), (21, ["PageUp", "ArrowRight"]), (60, ["End"])):
        for key in keys:
            slider(seen).press(key)
        assert told(seen, "step") == str(step)
        is_as_explorer_says(seen, walk, step)
    tiles = seen.page.get_by_test_id("walk-nearest").get_by_role("button")
    assert [int(t.get_attribute("data-row") or -1) for t in tiles.all()] == walk.nearest[::10].tolist()


def choose_phenotypes(seen: Visit) -> None:
    """Two more read-outs, where there is anything left to choose."""
    added = seen.page.get_by_label("Add a phenotype")
    for _ in range(2):
        if added.count() and added.locator("option").count() > 1:
            added.select_option(index=1)
    seen.page.locator("[data-testid^=walk-line-]").first.wait_for()


def test_what_is_measured_on_the_way_is_what_explorer_measures_on_the_same_code(seen: Visit, sent: list[bytes]) -> None:
    select(seen)
    open_walk(seen)
    walking(seen)
    slider(seen).press("PageUp")
    z = path(seen, sent[-1]).z[10]
    said = {m.name: m.value for m in seen.explorer.measure(None, z)}
    lines = seen.page.locator("[data-testid^=walk-line-]").filter(has_text="measured")
    if not said.keys() & {p.name for p in seen.explorer.predict(None, z) if not p.reason}:
        assert lines.count() == 0
        pytest.skip("nothing of this cohort is measured")
    lines.first.wait_for()
    for line in lines.all():
        key = (line.get_attribute("data-testid") or "").removeprefix("walk-line-")
        assert float(line.get_attribute("data-measured") or "nan") == pytest.approx(said[key], rel=0.01)


def test_through_people_swapped_or_by_some_numbers_another_path_is_walked(seen: Visit, sent: list[bytes]) -> None:
    select(seen)
    open_walk(seen)
    walking(seen)
    first = sent[-1]
    seen.page.get_by_role("button", name="Swap A and B").click()
    seen.settles(lambda: sent[-1] != first, "the other way round is asked for")
    assert sent[-1] == first[len(first) // 2 :] + first[: len(first) // 2]
    seen.page.get_by_label("Numbers that walk").select_option("joint")
    seen.settles(lambda: len(sent) > 2, "another path is asked for")
    a, b = np.split(np.frombuffer(sent[-1], "<f4"), 2)
    shared = seen.about.layout[0].stop
    np.testing.assert_array_equal(a[shared:], b[shared:])
    assert not np.array_equal(a[:shared], b[:shared])
    before = len(sent)
    seen.page.get_by_role("button", name="Through people").click()
    seen.settles(lambda: len(sent) > before, "the bent one is asked for")
    walking(seen)
    slider(seen).press("PageUp")
    is_as_explorer_says(seen, path(seen, sent[-1], "density"), 10)


def test_without_ends_the_page_says_what_to_do_and_two_subjects_can_be_walked_between(
    seen: Visit, sent: list[bytes]
) -> None:
    open_walk(seen)
    assert "Choose both ends" in seen.page.locator(WALK).inner_text()
    seen.page.get_by_role("button", name="Between two subjects").click()
    ids = seen.explorer.workspace.subjects()["subject_id"]
    first, second = seen.alone(), ids[len(ids) // 2]
    for label, who in (("Find subject", first), ("Find second subject", second)):
        box = seen.page.get_by_role("combobox", name=label, exact=True)
        box.fill(who)
        box.press("Enter")
    walking(seen)
    rows = [ids.to_list().index(who) for who in (first, second)]
    codes = [seen.explorer.encode(row, [m.name for m in seen.two]).z for row in rows]
    np.testing.assert_allclose(np.split(np.frombuffer(sent[-1], "<f4"), 2), codes, atol=1e-4)
    shown = seen.page.get_by_test_id("walk-nearest-now")
    seen.settles(lambda: first in shown.inner_text(), "at A the nearest is the subject itself")


def test_a_step_of_the_slider_draws_other_pictures(seen: Visit) -> None:
    select(seen)
    open_walk(seen)
    walking(seen)
    before = seen.picture("aside[aria-label='At the slider']")
    slider(seen).press("End")
    seen.settles(lambda: seen.picture("aside[aria-label='At the slider']") != before, "other pictures are drawn")


def test_every_tile_and_every_picture_says_what_it_is(seen: Visit) -> None:
    select(seen)
    open_walk(seen)
    walking(seen)
    tiles = seen.page.locator(f"{WALK} .tiles")
    names = [t.locator("canvas").evaluate_all("all => all.map(e => e.ariaLabel)") for t in tiles.all()]
    assert all(len(row) == 7 for row in names)
    assert all("GENERATED" in name for row in names[:-1] for name in row)
    ids = set(seen.explorer.workspace.subjects()["subject_id"])
    assert all(name.rsplit(", ", 1)[1] in ids for name in names[-1])


@pytest.mark.parametrize("size", SIZES)
def test_nothing_of_a_walk_is_clipped(browser: Browser, link: str, built: Built, size: tuple[int, int]) -> None:
    with visit(browser, link, built.path, size=size) as seen:
        select(seen)
        open_walk(seen)
        walking(seen)
        for check in (CLIPPED, CUT):
            assert seen.page.evaluate(check) == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier_on_a_walk(browser: Browser, link: str, built: Built, theme: str) -> None:
    with visit(browser, link, built.path, theme=theme) as seen:
        open_walk(seen)
        assert barriers(seen) == []
        select(seen)
        walking(seen)
        assert barriers(seen) == []


def test_the_gauge_says_the_density_of_the_dragged_code(seen: Visit) -> None:
    row = seen.find(seen.alone())
    z = seen.explorer.encode(row, [m.name for m in seen.two]).z
    gauge = seen.page.get_by_test_id("gauge")

    def shows(code: np.ndarray) -> bool:
        centile = seen.explorer.density(code, row).centile
        return abs(float(gauge.get_attribute("data-centile") or "nan") - centile) < 0.11

    seen.settles(lambda: shows(z), "the gauge shows the subject's own density")
    dot = seen.page.get_by_role("slider", name="Latent z").first
    name = (dot.get_attribute("aria-label") or "").removeprefix("Latent ")
    for _ in range(6):
        dot.press("PageUp")
    z[seen.explorer.spaces[0].dims.index(name)] = float(dot.input_value())
    seen.settles(lambda: shows(z), "the gauge follows the dot")
    answer = seen.explorer.density(z, row)
    assert gauge.inner_text().startswith(f"{answer.centile:.0f}")
    assert answer.where in gauge.inner_text()


def test_the_card_shows_the_nearest_recorded_subjects_and_opens_one(seen: Visit) -> None:
    row = seen.find(seen.alone())
    z = seen.explorer.encode(row, [m.name for m in seen.two]).z
    tiles = seen.page.get_by_test_id("nearest").get_by_role("button")

    def rows() -> list[int]:
        return [int(tile.get_attribute("data-row") or -1) for tile in tiles.all()]

    for space, label in (("joint", "Nearest by the shared latents"), ("code", "Nearest by all latents")):
        seen.page.get_by_role("button", name=label).click()
        near = seen.explorer.neighbours(z, 4, row, "code" if space == "code" else "joint").nearest
        seen.settles(lambda near=near: rows() == [n.row for n in near], f"the nearest by {space}")
        assert [n.subject_id in t.inner_text() for n, t in zip(near, tiles.all(), strict=True)] == [True] * 4
    wanted = rows()[1]
    tiles.nth(1).click()
    seen.settles(lambda: seen.state("subject") == str(wanted), "the neighbour is opened")

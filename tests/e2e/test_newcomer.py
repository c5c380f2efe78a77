"""A newcomer finds by the page alone what was planted in the simulated hearts: the island of LBBB, and what it is."""

import math
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import numpy as np
from browser import Visit
from followed import survival_is_pythons
from playwright.sync_api import Locator
from test_comparing import agrees, opened
from test_walk import mean_code, open_walk, path, slider, walking

from latentspace.comparison.answer import Side
from latentspace.groups import Not, parse

LBBB = "Left bundle branch block"
QRS = "QRS duration"
FIT_PX = 14  # margin of a map
STRIDE = 5  # steps of the walk from one look to the next


def shown(number: float) -> str:
    """As the page writes it."""
    size = abs(number)
    digits = 0 if size >= 100 or number == int(number) else 1 if size >= 10 else 2
    return str(Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))  # Python's own rounds 146.5 down


def on_screen(seen: Visit, rows: np.ndarray) -> np.ndarray:
    """Where the dots of some rows lie on the first map, in CSS pixels of the window."""
    points = seen.explorer.points(seen.two[0].name, "tsne")
    box = seen.page.locator(f"{seen.map(seen.two[0])} canvas").first.bounding_box()
    assert box
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    size = np.array([box["width"], box["height"]])
    scale = ((size - 2 * FIT_PX) / (high - low)).min()
    return np.array([box["x"], box["y"]]) + size / 2 + (points[rows] - (low + high) / 2) * [scale, -scale]


def outlined(seen: Visit, dots: np.ndarray) -> None:
    """A lasso around where most of these dots lie together."""
    middle = np.median(dots, axis=0)
    radius = np.percentile(np.linalg.norm(dots - middle, axis=1), 60) + 4
    turns = [2 * math.pi * i / 32 for i in range(33)]
    before = seen.state("recipe")
    seen.stroke([(middle[0] + radius * math.cos(a), middle[1] + radius * math.sin(a)) for a in turns])
    seen.settles(lambda: seen.state("recipe") != before, "the lasso counts")


def bar(seen: Visit) -> Locator:
    return seen.page.get_by_role("button", name=f"Yes: {LBBB}")


def island(seen: Visit) -> np.ndarray:
    """Colour by LBBB, show only those who have it, look where they lie, show everyone again, lasso them; who."""
    page = seen.page
    page.get_by_label("Colour by").select_option(label=LBBB)
    page.get_by_role("group", name=f"Legend: {LBBB}").wait_for()
    bar(seen).click()
    has = seen.explorer.columns(["lbbb"])["lbbb"] == 1
    seen.settles(lambda: seen.state("shown") == str(has.sum()), "those with LBBB are shown")
    dots = on_screen(seen, np.flatnonzero(has))
    page.get_by_role("button", name="Clear all").click()
    seen.settles(lambda: seen.state("shown") == str(len(has)), "everyone is shown")
    outlined(seen, dots)
    mask = seen.mask()
    assert int(seen.state("selected")) == mask.sum()
    return mask


def test_the_island_of_lbbb_is_found_on_the_ecg_map_and_its_qrs_is_wide_in_the_charts(hearts: Visit) -> None:
    mask = island(hearts)
    columns = hearts.explorer.columns(["lbbb", "qrs"])
    has = columns["lbbb"] == 1
    assert has[mask].mean() > 0.8
    assert (has & mask).sum() > has.sum() / 2
    chart = hearts.page.get_by_role("group", name=QRS, exact=True)
    everyone, selected = np.nanmedian(columns["qrs"]), np.nanmedian(columns["qrs"][mask])
    assert everyone < 100
    assert selected > 130
    assert chart.get_by_title("median of those shown").inner_text() == shown(float(everyone))
    assert chart.get_by_title("median of those selected").inner_text() == shown(float(selected))
    assert f"{(has & mask).sum()} /" in bar(hearts).inner_text()
    beside_the_rest_qrs_duration_and_t_axis_come_first(hearts)


def beside_the_rest_qrs_duration_and_t_axis_come_first(hearts: Visit) -> None:
    """Beside everyone else QRS duration and the T wave that turns away from it come first, of conditions the diagnosis.

    Of those who have LBBB QRS duration is first alone (`tests/test_guide_groups.py`); an outline of 40 people leaves
    the two within each other's intervals.
    """
    opened(hearts)
    found = hearts.explorer.compare([Side(name="Selection", recipe=parse(hearts.recipe()))])
    names = [row.name for row in found.rows]
    assert set(names[:2]) == {"qrs", "t_axis"}
    assert next(row.name for row in found.rows if row.shape != "numbers") == "lbbb"
    assert (found.rows[names.index("qrs")].contrasts[0].smd.value or 0) > 2
    shown_names = hearts.page.locator("tr[data-name]").evaluate_all("all => all.map(one => one.dataset.name)")
    assert shown_names == names
    agrees(hearts, found)
    hearts.page.get_by_label("Disclosure").select_option(value="strict")
    strictly_scored_small_cells_are_gone(hearts)


def strictly_scored_small_cells_are_gone(hearts: Visit) -> None:
    """The preset chosen in Compare holds in Score: nearly all of the island have LBBB, so who has not is not told."""
    hearts.page.get_by_label("Views").get_by_role("button", name="Score").click()
    hearts.page.wait_for_selector("[data-testid=score][data-ready=true][data-disclosure=strict][data-people='1']")
    told = hearts.explorer.score([parse(hearts.recipe())], disclosure="strict")
    hidden = 0
    for task in told.tasks:
        lines = hearts.page.get_by_test_id(f"task-{task.name}").locator("tr[data-people]").all()
        for line, scored in zip(lines, task.scored, strict=True):
            counts = [scored.events, scored.n] if task.level else [scored.n]
            said = " / ".join("–" if n is None else f"{n:,}" for n in counts)
            assert line.locator("td").first.inner_text().strip() == said, task.name
            hidden += (None in counts) and "suppressed" in line.inner_text()
            assert all(n is None or n % 5 == 0 for n in counts)
    assert hidden >= 1
    survival_is_pythons(hearts)


def test_the_mean_heart_and_ecg_of_the_island_are_drawn_and_measured(hearts: Visit) -> None:
    mask = island(hearts)
    before = hearts.rests("section[aria-label=Decoded]")
    page = hearts.page
    page.get_by_role("group", name="Start from").get_by_role("button", name="Selection").click()
    hearts.settles(lambda: hearts.picture("section[aria-label=Decoded]") != before, "the mean is drawn")
    assert "GENERATED" in page.locator("section[aria-label=Decoded]").inner_text()
    z = mean_code(hearts, mask)
    said = {m.label: m.value for m in hearts.explorer.measure(None, z)}
    assert (said[QRS] or 0) > 130
    table = page.get_by_role("region", name="Measured").first
    for label in (QRS, "LV ejection fraction"):
        line = table.locator("dl div").filter(has_text=label).locator(".now")
        value = said[label]
        assert value is not None
        hearts.settles(lambda line=line, value=value: same(line.inner_text(), value), f"{label} is measured")


def same(written: str, value: float) -> bool:
    """Whether a number on the page is this one, up to one step of its rounding."""
    try:
        said = float(written.replace("\u2212", "-"))
    except ValueError:
        return False
    return abs(said - value) <= (1.01 if abs(value) >= 100 else 0.11 if abs(value) >= 10 else 0.011)


def test_on_the_way_from_the_rest_to_the_island_the_measured_qrs_widens_step_by_step(hearts: Visit) -> None:
    bodies: list[bytes] = []
    hearts.page.on("request", lambda r: bodies.append(r.post_data_buffer or b"") if "/interpolate" in r.url else None)
    mask = island(hearts)
    recipe = parse(hearts.recipe())
    open_walk(hearts)
    walking(hearts)
    hearts.page.get_by_role("button", name="Swap A and B").click()
    hearts.settles(lambda: len(bodies) > 1, "the way to the island is asked for")
    walking(hearts)
    ends = np.split(np.frombuffer(bodies[-1], "<f4"), 2)
    assert (hearts.explorer.select(Not(of=recipe)) == ~mask).all()
    np.testing.assert_allclose(ends, [mean_code(hearts, ~mask), mean_code(hearts, mask)], atol=1e-4)
    walk = path(hearts, bodies[-1])
    line, widths = hearts.page.get_by_test_id("walk-line-qrs"), []
    written = line.get_by_test_id("measured")
    for step in range(0, 61, STRIDE):
        for _ in range(STRIDE if step else 0):
            slider(hearts).press("ArrowRight")
        said = next(m.value for m in hearts.explorer.measure(None, walk.z[step]) if m.name == "qrs")
        assert said is not None
        hearts.settles(
            lambda step=step, said=said: (
                line.get_attribute("data-step") == str(step)
                and written.count() == 1
                and same(written.inner_text(), said)
            ),
            f"QRS of step {step} is measured as Explorer does",
        )
        widths.append(float(written.inner_text()))
    assert widths[0] < 110
    assert widths[-1] > 140
    assert all(after >= before for before, after in pairwise(widths))

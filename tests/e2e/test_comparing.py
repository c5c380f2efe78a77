"""Compare: what the table writes is what Python says of the same recipes."""

from pathlib import Path

import pytest
from barriers import barriers
from browser import Visit, visit
from grouping import forgetting, keep, outlined, saved
from playwright.sync_api import Browser
from test_linking import brush
from test_page import BESIDE, CLIPPED, CUT, SIZES

from built import Built
from latentspace import groups
from latentspace.comparison.answer import Compared, CompareOptions, Contrast, Side
from latentspace.comparison.text import chance

READY = "[data-testid=compare][data-ready=true]"


def opened(seen: Visit) -> None:
    """Press Compare in the panel of groups."""
    seen.page.get_by_label("Groups", exact=True).first.get_by_role("button", name="Compare", exact=True).click()
    seen.page.wait_for_selector(READY)


def cell(seen: Visit, row: str, name: str) -> str:
    return seen.page.locator(f"tr[data-name='{row}'] [data-cell={name}]").inner_text().strip()


def effect(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def agrees(seen: Visit, found: Compared, contrast: int = 0) -> None:
    """Every number of the table is Python's."""
    assert seen.page.locator("tr[data-name]").count() == len(found.rows)
    for row in found.rows:
        said: Contrast = row.contrasts[contrast]
        assert cell(seen, row.name, "smd") == effect(said.smd.value), row.name
        assert cell(seen, row.name, "adjusted") == effect(said.adjusted.value), row.name
        assert cell(seen, row.name, "q") == chance(said.q, found.disclosure), row.name
        missing = " / ".join("–" if g.missing is None else f"{g.missing:,}" for g in row.groups)
        assert cell(seen, row.name, "missing") == missing, row.name
        if row.shape == "numbers":
            for i, g in enumerate(row.groups):
                if g.mean is not None:
                    written = cell(seen, row.name, f"group{i}").split()[0].replace("−", "-")
                    places = len(written.partition(".")[2])
                    assert float(written) == pytest.approx(g.mean, abs=0.5001 * 10**-places), row.name


def selection(seen: Visit) -> Side:
    return Side(name="Selection", recipe=groups.parse(seen.recipe()))


def test_a_lasso_beside_the_rest_is_pythons_table_sorted_by_effect(bare: Visit) -> None:
    outlined(bare)
    opened(bare)
    found = bare.explorer.compare([selection(bare)])
    agrees(bare, found)
    order = bare.page.locator("tr[data-name]").evaluate_all("all => all.map(one => one.dataset.name)")
    assert order == [row.name for row in found.rows]
    first = found.rows[0]
    bare.page.locator(f"tr[data-name='{first.name}'] button").press("Enter")
    low = effect(first.contrasts[0].smd.low)
    assert low in bare.page.locator(f"tr[data-details='{first.name}']").inner_text()
    a = groups.parse(bare.recipe())
    ranked = bare.explorer.separates(a, groups.Not(of=a)).ranked
    listed = bare.page.get_by_role("list", name="Latents that part them").locator("li")
    assert listed.first.get_attribute("data-dim") == ranked[0].dim


def test_strict_takes_small_cells_away_and_rounds(bare: Visit) -> None:
    outlined(bare)
    opened(bare)
    bare.page.get_by_label("Disclosure").select_option(value="strict")
    bare.page.wait_for_selector(f"{READY}[data-disclosure=strict]")
    agrees(bare, bare.explorer.compare([selection(bare)], CompareOptions(disclosure="strict")))
    shown = bare.page.locator("thead [data-n]").first.get_attribute("data-n")
    assert shown
    assert int(shown) % 5 == 0


def test_groups_stand_beside_each_other_among_those_shown_and_with_nothing_held_equal(bare: Visit) -> None:
    outlined(bare)
    keep(bare, "A", "left")
    bare.page.get_by_role("button", name="Clear all").click()
    outlined(bare, 0.6)
    keep(bare, "B", "right")
    bare.page.get_by_role("button", name="Clear all").click()
    opened(bare)
    bare.page.get_by_role("button", name="B right").click()
    bare.page.wait_for_selector(READY)
    for name in bare.explorer.compare([Side(name="A", recipe=groups.AllOf(of=()))]).adjust:
        label = next(p.label for p in bare.about.phenotypes if p.name == name)
        bare.page.get_by_role("button", name=f"Do not hold {label} equal").click()
    brush(bare)
    bare.page.get_by_text("Only among those shown").wait_for()
    bare.page.wait_for_selector(READY)
    kept = saved(bare)
    sides = [Side(name=letter, recipe=groups.parse(kept[letter]["recipe"])) for letter in "AB"]
    within = groups.parse(bare.recipe())
    adjust = () if bare.page.get_by_text("nothing", exact=True).count() else None
    agrees(bare, bare.explorer.compare(sides, CompareOptions(within=within, adjust=adjust)))


@pytest.mark.parametrize(("button", "form"), [("as CSV", "csv"), ("as Markdown", "markdown"), ("as HTML", "html")])
def test_the_file_that_is_saved_is_pythons(bare: Visit, button: str, form: str) -> None:
    outlined(bare)
    opened(bare)
    with bare.page.expect_download() as download:
        bare.page.get_by_role("button", name=button).click()
    written = Path(download.value.path()).read_text(encoding="utf-8")
    (outline,) = groups.leaves(groups.parse(bare.recipe()))
    sides = [Side(name="Selection", recipe=outline), Side(name="The rest", recipe=groups.Not(of=outline))]
    assert written == bare.explorer.compare_table(sides, CompareOptions(), form)  # pyright: ignore[reportArgumentType] - one of the three


def test_without_anybody_it_says_what_to_do(bare: Visit) -> None:
    bare.page.get_by_role("button", name="Compare", exact=True).first.click()
    bare.page.get_by_text("Nobody to compare yet").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier_where_groups_are_compared(browser: Browser, link: str, built: Built, theme: str) -> None:
    with visit(browser, link, built.path, theme=theme) as seen, forgetting(seen):
        outlined(seen)
        opened(seen)
        seen.page.locator("tr[data-name] button").first.click()
        assert barriers(seen) == []


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_clipped_where_groups_are_compared(
    browser: Browser, link: str, built: Built, size: tuple[int, int]
) -> None:
    with visit(browser, link, built.path, size=size) as seen, forgetting(seen):
        outlined(seen)
        opened(seen)
        for check in (CLIPPED, BESIDE, CUT):
            assert seen.page.evaluate(check) == []

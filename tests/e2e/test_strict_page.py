"""The page of a server that tells of groups and never of one person: one visit to all of it."""

import math
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from barriers import barriers, mute_tables
from browser import Visit, visit
from playwright.sync_api import Browser
from views import CUT_TEXT, OVERLAPPING

from built import Built
from chromium import served
from latentspace.comparison.answer import Side
from latentspace.disclosure import DOORS
from latentspace.groups import AllOf, parse
from latentspace.server.alone import OF_GROUPS

FEW = DOORS["strict"].fewest


@pytest.fixture
def strict(browser: Browser, built: Built) -> Iterator[Visit]:
    """The page of a server with `strict`; Python counts by the same preset."""
    with served(built.path, "--disclosure", "strict") as (link, _), visit(browser, link, built.path) as opened:
        opened.explorer.disclosure = "strict"
        yield opened
        assert not opened.complaints, "no question was refused"


def outline(seen: Visit, selector: str) -> None:
    """An ellipse about the middle of a map."""
    turns = [2 * math.pi * i / 24 for i in range(25)]
    seen.stroke([seen.place(selector, 0.5 + 0.24 * math.cos(a), 0.5 + 0.3 * math.sin(a)) for a in turns])


def bars_say_what_python_tells(seen: Visit) -> None:
    """Every level of every phenotype: shown of all by the brushes, selected by the outline too."""
    recipe = parse(seen.recipe())
    assert isinstance(recipe, AllOf)
    shown = AllOf(of=tuple(part for part in recipe.of if part.kind != "inside"))
    nominal = [p for p in seen.about.phenotypes if p.levels and p.kind != "boolean"]
    told = seen.explorer.tally([shown, recipe], [p.name for p in nominal])
    assert nominal
    for phenotype in nominal:
        for i, level in enumerate(phenotype.levels):
            bar = seen.page.get_by_role("button", name=f"{phenotype.label}: {level}").inner_text()
            every, chosen = (int(told[f"{k}.{phenotype.name}.counts"][i]) for k in (0, 1))
            said = [word.replace(",", "") for word in bar.replace("/", " ").split()[-2:]]
            assert said == ["few" if n < 0 else str(n) for n in (chosen, every)], (phenotype.name, level)


def cells_are_drawn_where_python_tells_them(seen: Visit, modality: str) -> None:
    """The middle of a cell has another colour than the ground where its count is told, and only there."""
    grid = seen.explorer.grid(modality, "tsne", [AllOf(of=())])
    left, bottom, right, top = grid["box"].tolist()
    side = len(grid["0"])
    middles = [
        (left + (i + 0.5) / side * (right - left), bottom + (j + 0.5) / side * (top - bottom))
        for j in range(side)
        for i in range(side)
    ]
    drawn = seen.page.locator(f"[data-testid=map-{modality}] canvas").first.evaluate(
        """(canvas, { box: [left, bottom, right, top], middles }) => {
          const { width, height } = canvas.getBoundingClientRect(), ratio = canvas.width / width;
          const scale = Math.min((width - 28) / (right - left), (height - 28) / (top - bottom));
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          const at = (x, y) => 4 * (Math.round(y * ratio) * canvas.width + Math.round(x * ratio));
          const colour = (x, y) => data.slice(at(x, y), at(x, y) + 4).join();
          const ground = colour(2, 2);
          return middles.map(([x, y]) => colour(width / 2 + (x - (left + right) / 2) * scale,
            height / 2 - (y - (bottom + top) / 2) * scale) !== ground);
        }""",
        {"box": [left, bottom, right, top], "middles": middles},
    )
    assert drawn == (grid["0"] > 0).ravel().tolist()


def looks_right(seen: Visit) -> None:
    """Nothing cut, nothing over another, no barrier, at the sizes of clinics' screens, light and dark."""
    for width, height, theme in ((1280, 800, "dark"), (1920, 1080, "light"), (1440, 900, "light")):
        seen.page.set_viewport_size({"width": width, "height": height})
        seen.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        seen.page.wait_for_timeout(300)
        assert seen.page.evaluate(CUT_TEXT) == [], width
        assert seen.page.evaluate(OVERLAPPING) == [], width
        assert barriers(seen) == [], theme
    assert mute_tables(seen) == []


def test_with_strict_the_page_shows_groups_as_python_tells_them_and_asks_for_nobody(strict: Visit) -> None:
    page, one, other = strict.page, *strict.two
    first = strict.map(one)
    for modality in (one, other):
        assert page.locator(strict.map(modality)).get_attribute("data-drawn") == "cells"
    everyone = strict.explorer.grid(one.name, "tsne", [AllOf(of=())])["0"]
    assert (everyone >= FEW).any()
    assert f"up to {everyone.max()}" in page.get_by_role("group", name="Legend: people in a cell").inner_text()
    before = strict.rests(f"{first} .ground")
    cells_are_drawn_where_python_tells_them(strict, one.name)
    outline(strict, f"{first} .ground")
    strict.settles(lambda: strict.state("selected") != strict.state("shown"), "some are selected")
    size = int(strict.explorer.tally([parse(strict.recipe())], [])["total"][0])
    assert strict.state("selected") == str(size) > str(FEW)
    assert strict.rests(f"{first} .ground") != before
    bars_say_what_python_tells(strict)
    histogram = f"[role=group][aria-label='{strict.numeric.label}'] canvas"
    strict.stroke([strict.place(histogram, share, 0.4) for share in (0.3, 0.5, 0.8)])
    strict.settles(lambda: len(strict.recipe()["of"]) == 2, "the brush is part of the recipe")  # type: ignore[arg-type]
    size = int(strict.explorer.tally([parse(strict.recipe())], [])["total"][0])
    strict.settles(lambda: strict.state("selected") == (str(size) if size > 0 else "few"), "the server has counted")
    bars_say_what_python_tells(strict)
    page.get_by_role("button", name="+ from selection").click()
    row = page.get_by_role("group", name="Group A", exact=True)
    row.wait_for()
    assert row.get_attribute("data-count") == (str(size) if size > 0 else "NaN")
    drawn = strict.state("decoded")
    page.get_by_role("slider", name="Latent ").first.press("ArrowRight")
    strict.settles(lambda: strict.state("decoded") != drawn, "a mean heart is dragged")
    page.get_by_role("region", name="Groups only").get_by_text("nobody can be recognised").wait_for()
    looks_right(strict)
    compares_walks_and_scores(strict)
    asked = {urlsplit(url).path.rpartition("/")[2] for url in strict.requests if "/w/" in url}
    assert asked - {""} <= OF_GROUPS
    assert not [url for url in strict.requests if "row=" in url]


def compares_walks_and_scores(seen: Visit) -> None:
    """Views that need groups alone."""
    page, recipe = seen.page, parse(seen.recipe())
    page.get_by_role("button", name="Compare", exact=True).first.click()
    page.locator("table").first.wait_for()
    table = seen.explorer.compare([Side(name="Selection", recipe=recipe)])
    assert table.disclosure == "strict"
    main = page.get_by_role("main").inner_text()
    assert f"n = {table.groups[0].n:,}" in main, "each person once"
    page.get_by_role("button", name="Score", exact=True).first.click()
    page.get_by_test_id("score").and_(page.locator("[data-ready=true]")).wait_for()
    page.get_by_role("button", name="Walk A → B").click()
    page.get_by_test_id("walk").and_(page.locator("[data-ready=true]")).wait_for()
    assert "Through people" not in page.get_by_test_id("walk").inner_text()
    seen.settles(lambda: page.get_by_test_id("walk").get_attribute("data-drawn") == "61", "the walk is drawn", 60)

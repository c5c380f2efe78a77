"""Groups: the counts that the page writes are those that numpy finds for the same recipes."""

import subprocess

import numpy as np
import pytest
from barriers import barriers
from browser import Visit, visit
from grouping import combined, forgetting, keep, members, outlined, row, saved, says
from playwright.sync_api import Browser
from test_linking import brush
from test_page import BESIDE, CLIPPED, CUT, SIZES

from built import Built


def test_a_is_a_lasso_and_b_is_the_rest(bare: Visit) -> None:
    outlined(bare)
    drawn = bare.mask()
    a = keep(bare, "A", "Edge of the map")
    assert 0 < a.sum() < len(a)
    assert (a == drawn).all()
    says(bare, "A", a)
    assert (
        f"{bare.about.maps[1].label} outline" in row(bare, "A").inner_text() or "outline" in row(bare, "A").inner_text()
    )
    combined(bare, "The rest: not in A", "A")
    says(bare, "B", ~a)
    assert "not A" in row(bare, "B").inner_text()
    assert (members(bare, "B") == ~a).all()


def test_union_intersection_and_difference_are_numpys(bare: Visit) -> None:
    outlined(bare)
    a = keep(bare, "A", "outlined")
    bare.page.get_by_role("button", name="Clear all").click()
    brush(bare)
    b = keep(bare, "B", "brushed")
    bare.page.get_by_role("button", name="Clear all").click()
    assert (a & b).any()
    assert (a & ~b).any()
    combined(bare, "In A or in B", "A", "B")
    says(bare, "C", a | b)
    combined(bare, "In A and in B", "A", "B")
    says(bare, "D", a & b)
    combined(bare, "In B, not in A", "B", "A")
    says(bare, "E", b & ~a)
    for letter, wanted in (("C", a | b), ("D", a & b), ("E", b & ~a)):
        assert (members(bare, letter) == wanted).all()


def test_counts_follow_the_brush_and_a_press_selects_the_people(bare: Visit) -> None:
    outlined(bare)
    a = keep(bare, "A", "outlined")
    bare.page.get_by_role("button", name="Clear all").click()
    brush(bare)
    shown = bare.mask()
    row(bare, "A").get_by_text(f"{(a & shown).sum():,} shown of {a.sum():,}", exact=True).wait_for()
    bare.page.get_by_role("button", name="Select the people of A").click()
    bare.settles(lambda: bare.state("selected") == str((a & shown).sum()), "those of A who are shown are selected")
    assert (bare.mask() == (a & shown)).all()
    assert bare.page.get_by_role("button", name="Select the people of A").get_attribute("aria-pressed") == "true"
    bare.page.get_by_role("button", name="Undo").click()
    bare.settles(lambda: bare.state("selected") == str(shown.sum()), "undo takes the selection back")


def test_groups_outlive_the_page_and_a_deleted_one_comes_back(bare: Visit) -> None:
    outlined(bare)
    a = keep(bare, "A", "outlined")
    combined(bare, "The rest: not in A", "A")
    says(bare, "B", ~a)
    bare.page.reload()
    says(bare, "A", a)
    says(bare, "B", ~a)
    assert row(bare, "A").get_by_role("textbox").input_value() == "outlined"
    bare.page.get_by_role("button", name="Delete A", exact=True).click()
    row(bare, "A").wait_for(state="detached")
    assert list(saved(bare)) == ["B"]
    bare.page.get_by_role("button", name="Bring it back").click()
    says(bare, "A", a)
    assert list(saved(bare)) == ["A", "B"]


def test_a_group_of_another_runs_map_is_listed_with_the_reason(bare: Visit) -> None:
    outline = {
        "kind": "inside",
        "run": "elsewhere",
        "space": "joint",
        "method": "tsne",
        "polygon": [[0, 0], [1, 0], [0, 1]],
    }
    ask = "recipe => fetch('save_group?name=Old', {method: 'POST', body: JSON.stringify(recipe)})"
    bare.page.evaluate(ask, outline)
    bare.page.reload()
    row(bare, "A").get_by_text("Not usable here").wait_for()
    assert "map of run elsewhere" in row(bare, "A").inner_text()
    assert bare.page.get_by_role("button", name="Select the people of A").is_disabled()


def test_groups_are_seen_on_maps_in_strips_on_the_card_and_as_a_start(bare: Visit) -> None:
    first = bare.map(bare.two[0])
    strips, chart = "section[aria-label=Latents]", f"[role=group][aria-label='{bare.numeric.label}']"
    outlined(bare)
    before, plain = bare.rests(strips), bare.rests(chart)
    a = keep(bare, "A", "outlined")
    bare.settles(lambda: bare.picture(strips) != before, "strips have a line of A")
    bare.settles(lambda: bare.picture(chart) != plain, "histograms have a line of A")
    before = bare.rests(first)
    bare.page.get_by_label("Colour by").select_option(label="Groups")
    bare.settles(lambda: bare.picture(first) != before, "the map is coloured by groups")
    bare.page.get_by_role("group", name="Legend: groups").get_by_text("outlined").wait_for()
    bare.page.get_by_role("button", name="Mean of A", exact=True).click()
    dot = bare.page.get_by_role("slider", name="Latent z").first
    name = (dot.get_attribute("aria-label") or "").removeprefix("Latent ")
    values = bare.explorer.columns([f"joint.{name}"])[f"joint.{name}"].astype(float)
    wanted = (np.nanmean(values[a]) - np.nanmean(values)) / np.nanstd(values)
    pressed = bare.page.get_by_role("button", name="Mean of A", exact=True)
    bare.settles(lambda: pressed.get_attribute("aria-pressed") == "true", "the mean of A is dragged")
    written = bare.page.get_by_test_id(f"latent-{name}").locator(".now")

    def starts_there() -> bool:
        dot.press("PageUp")
        start = written.inner_text().split()[0].replace("\u2212", "-")
        return bool(abs(float(start) - wanted) <= 0.051)

    bare.settles(starts_there, f"the dot starts at {wanted:.2f} SD")
    ids = bare.explorer.workspace.subjects()["subject_id"]
    alone = ids.is_unique().to_numpy()
    bare.find(ids[int(np.flatnonzero(alone & a)[0])])
    assert "A" in bare.page.get_by_test_id("member-of").inner_text()
    bare.find(ids[int(np.flatnonzero(alone & ~a)[0])])
    bare.page.get_by_test_id("member-of").wait_for(state="detached")


def tab_to(seen: Visit, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    focused = "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''"
    for _ in range(400):
        if str(seen.page.evaluate(focused)).strip() == name:
            return
        seen.page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {name}")


def test_the_keyboard_alone_makes_combines_and_selects_groups(bare: Visit) -> None:
    press = bare.page.keyboard.press
    tab_to(bare, f"{bare.numeric.label} from")
    for _ in range(5):
        press("ArrowRight")
    bare.settles(lambda: bare.state("shown") != str(bare.about.n), "fewer are shown")
    tab_to(bare, "+ from selection")
    press("Enter")
    row(bare, "A").wait_for()
    bare.settles(lambda: bool(row(bare, "A").locator("input.name:focus").count()), "the name is asked for")
    bare.page.keyboard.type("By keys")
    press("Enter")
    bare.settles(lambda: saved(bare)["A"]["name"] == "By keys", "A has its name")
    a = members(bare, "A")
    assert a.sum() == int(bare.state("shown"))
    tab_to(bare, "Tick A to combine it")
    press("Space")
    tab_to(bare, "The rest: not in A")
    press("Enter")
    row(bare, "B").wait_for()
    assert (members(bare, "B") == ~a).all()
    tab_to(bare, "Clear")
    press("Enter")
    tab_to(bare, "Select the people of B")
    press("Enter")
    bare.settles(lambda: bare.state("selected") == str((~a).sum()), "the people of B are selected")


def test_a_group_that_cannot_be_kept_is_said_in_its_panel(own_server: tuple[Visit, subprocess.Popen[str]]) -> None:
    seen, server = own_server
    outlined(seen)
    server.terminate()
    server.wait(timeout=20)
    seen.page.get_by_role("button", name="+ from selection").click()
    alert = seen.page.get_by_role("region", name="Groups").get_by_role("alert")
    alert.wait_for()
    assert "does not answer" in alert.inner_text()


def filled(seen: Visit) -> None:
    """Two groups, a lasso, a brush, a subject, the maps coloured by groups."""
    outlined(seen)
    keep(seen, "A", "A name that is rather long for the place that it has")
    combined(seen, "The rest: not in A", "A")
    row(seen, "B").wait_for()
    brush(seen)
    seen.page.get_by_label("Colour by").select_option(label="Groups")
    seen.find(seen.alone())
    seen.page.get_by_role("slider", name="Latent z").first.press("PageUp")
    seen.page.get_by_role("list", name="Moved dimensions").get_by_role("button").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_clipped_where_groups_are(browser: Browser, link: str, built: Built, size: tuple[int, int]) -> None:
    with visit(browser, link, built.path, size=size) as seen, forgetting(seen):
        filled(seen)
        for check in (CLIPPED, BESIDE, CUT):
            assert [found for found in seen.page.evaluate(check) if "<canvas" not in found] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier_among_groups(browser: Browser, link: str, built: Built, theme: str) -> None:
    with visit(browser, link, built.path, theme=theme) as seen, forgetting(seen):
        filled(seen)
        assert barriers(seen, but="section[aria-label=Subject] figure") == []
        seen.page.get_by_role("button", name="Views").click()
        seen.page.get_by_role("textbox", name="Name of the view").wait_for()
        assert barriers(seen, but="section[aria-label=Subject] figure") == []

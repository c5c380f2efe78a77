"""Links and named views: they open the same page elsewhere, and name nobody."""

import base64
import json
import zlib
from urllib.parse import urlsplit

import pytest
from browser import Visit, visit
from grouping import FORGET, keep, members, outlined, row
from playwright.sync_api import Browser
from test_linking import brush

from built import Built


def carried(link: str) -> str:
    """What a link says, as text."""
    packed = urlsplit(link).fragment.removeprefix("v1=")
    return zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), -15).decode()


def test_a_link_opens_the_same_page_elsewhere_and_names_nobody(
    bare: Visit, browser: Browser, link: str, built: Built
) -> None:
    bare.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=bare.origin)
    outlined(bare)
    a = keep(bare, "A", "outlined")
    bare.advanced()
    bare.page.get_by_role("button", name="PCA", exact=True).click()
    brush(bare)
    bare.page.get_by_label("Colour by").select_option(label="Groups")
    at = bare.find(bare.alone())
    bare.page.get_by_role("slider", name="Latent z").first.press("PageUp")
    moved = bare.page.get_by_role("list", name="Moved dimensions")
    moved.get_by_role("button").wait_for()
    bare.page.get_by_role("button", name="Copy link").click()
    bare.page.get_by_role("button", name="Copied").wait_for()
    copied = str(bare.page.evaluate("navigator.clipboard.readText()"))
    told = json.loads(carried(copied))
    assert {"subject_id", "id", "ids"} & set(told) == set()
    texts = {part for part in carried(copied).split('"') if part}
    assert texts & set(bare.explorer.workspace.subjects()["subject_id"].to_list()) == set()
    bare.page.evaluate(FORGET)
    with visit(browser, link, built.path) as other:
        other.page.goto(copied)
        other.settles(lambda: other.state("recipe") == bare.state("recipe"), "the same recipe")
        for what in ("shown", "selected"):
            other.settles(lambda what=what: other.state(what) == bare.state(what), f"as many {what}")
        other.settles(lambda: other.state("subject") == str(at), "the same subject")
        elsewhere = other.page.get_by_role("list", name="Moved dimensions")
        other.settles(lambda: elsewhere.inner_text() == moved.inner_text(), "the same dots are moved as far")
        assert other.page.get_by_label("Colour by").input_value() == bare.page.get_by_label("Colour by").input_value()
        other.advanced()
        assert other.page.get_by_role("button", name="PCA", exact=True).get_attribute("aria-pressed") == "true"
        assert "From the link, not saved" in row(other, "A").inner_text()
        assert urlsplit(other.page.url).fragment == ""
        row(other, "A").get_by_role("button", name="Save", exact=True).click()
        other.settles(lambda: "not saved" not in row(other, "A").inner_text(), "it is saved")
        assert (members(other, "A") == a).all()


def test_without_a_clipboard_the_link_is_shown_to_copy_by_hand(browser: Browser, link: str, built: Built) -> None:
    with visit(browser, link, built.path) as seen:
        seen.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        brush(seen)
        seen.page.get_by_role("button", name="Copy link").click()
        shown = seen.page.get_by_role("textbox", name="Link")
        shown.wait_for()
        brushed = json.loads(carried(shown.input_value()))["brushes"][0]
        assert brushed == json.loads(seen.state("recipe"))["of"][0]
        assert seen.page.evaluate("String(getSelection())") == shown.input_value() or shown.evaluate(
            "field => field.selectionEnd - field.selectionStart === field.value.length"
        )


@pytest.mark.parametrize("fragment", ["v1=AAAA", "v1=%%%", "v1="])
def test_a_broken_link_says_so_and_changes_nothing(seen: Visit, fragment: str) -> None:
    seen.page.evaluate("fragment => { location.hash = fragment }", fragment)
    alert = seen.page.get_by_role("region", name="Maps").get_by_role("alert")
    alert.wait_for()
    assert "This link cannot be opened" in alert.inner_text()
    assert seen.state("shown") == str(seen.about.n)


def test_a_view_is_saved_opened_and_deleted_by_name(seen: Visit) -> None:
    brush(seen)
    shown, recipe = seen.state("shown"), seen.state("recipe")
    seen.page.get_by_role("button", name=f"Pin {seen.numeric.label}", exact=True).press("Enter")
    seen.page.get_by_role("button", name="Views").click()
    seen.page.get_by_role("textbox", name="Name of the view").fill("Brushed")
    seen.page.keyboard.press("Enter")
    seen.page.get_by_role("button", name="Open Brushed").wait_for()
    seen.page.keyboard.press("Escape")
    seen.page.get_by_role("button", name="Clear all").click()
    seen.settles(lambda: seen.state("shown") == str(seen.about.n), "everyone is shown")
    seen.page.reload()
    seen.page.wait_for_selector("html[data-ready=true]")
    seen.page.get_by_role("button", name="Views").click()
    seen.page.get_by_role("button", name="Open Brushed").click()
    seen.settles(lambda: seen.state("shown") == shown, "the view is back")
    assert seen.state("recipe") == recipe
    assert seen.page.locator("[data-pinned]").get_attribute("data-pinned") == seen.numeric.name
    seen.page.get_by_role("button", name="Views").click()
    seen.page.get_by_role("button", name="Delete Brushed").click()
    seen.page.get_by_text("None yet").wait_for()
    assert seen.page.evaluate("async () => (await fetch('views')).json()") == []

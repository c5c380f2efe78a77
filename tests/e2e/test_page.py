"""The page as a whole: sizes, themes, accessibility, a second visit, a server that is gone."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from barriers import barriers
from browser import Visit, visit
from playwright.sync_api import Browser

from built import Built
from chromium import served

SIZES = [(1280, 800), (1440, 900), (1920, 1080)]
# Controls and texts that lie outside of the window or of a panel that does not scroll.
CLIPPED = """() => {
  const scrolls = (e) => e && (/(auto|scroll)/.test(getComputedStyle(e).overflowY) || scrolls(e.parentElement));
  return [...document.querySelectorAll('button, select, input:not([type=range]), h2, figcaption, p')]
    .filter((e) => e.checkVisibility() && !scrolls(e.parentElement))
    .filter((e) => { const r = e.getBoundingClientRect();
      return r.width > 0 && (r.left < -1 || r.top < -1 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1); })
    .map((e) => e.outerHTML.slice(0, 100));
}"""
# Controls that reach over the right edge of their panel.
BESIDE = """() => [...document.querySelectorAll('.panel :is(button, select, canvas)')]
  .filter((e) => e.checkVisibility() && !e.closest('dialog, [popover], .hidden'))
  .filter((e) => e.getBoundingClientRect().right > e.closest('.panel').getBoundingClientRect().right - 4)
  .map((e) => e.outerHTML.slice(0, 100))"""
# Rows of controls that cut what is in them without offering to scroll.
CUT = """() => [...document.querySelectorAll('header, .head, .rank, .key, .legend')]
  .filter((e) => getComputedStyle(e).overflowX !== 'auto' && e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 100))"""
# Panels that must show all they have without being scrolled; a filmstrip takes the room of the last rows.
SCROLLED = """() => [...(document.querySelector('[data-tiles]') ? [] : ['Latents']), 'Decoded', 'Maps'].filter((name) =>
  [...document.querySelectorAll(`section[aria-label=${name}] .scroll, section[aria-label=${name}]`)]
    .some((e) => e.scrollHeight > e.clientHeight + 1))
  .map((name) => [name, ...[...document.querySelectorAll(`section[aria-label=${name}] .scroll`)].map(
    (e) => `${e.scrollHeight} in ${e.clientHeight}`)].join(' '))"""


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_clipped(browser: Browser, link: str, built: Built, size: tuple[int, int]) -> None:
    with visit(browser, link, built.path, size=size) as seen:

        def is_whole() -> None:
            for check in (CLIPPED, BESIDE, CUT, SCROLLED):
                assert seen.page.evaluate(check) == []
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]

        is_whole()
        seen.find(seen.alone())
        seen.page.get_by_role("slider", name="Latent z").first.press("PageUp")
        seen.page.get_by_role("list", name="Moved dimensions").get_by_role("button").wait_for()
        seen.rests("section[aria-label=Decoded]")
        is_whole()
        seen.page.get_by_role("button", name="Translate", exact=True).click()
        seen.page.get_by_text("This translation misses").wait_for()
        seen.rests("section[aria-label=Decoded]")
        is_whole()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier(browser: Browser, link: str, built: Built, theme: str) -> None:
    with visit(browser, link, built.path, theme=theme) as seen:
        assert seen.page.locator("html").get_attribute("data-theme") == theme

        assert barriers(seen) == []
        seen.advanced()
        seen.find(seen.alone())
        direction = seen.page.get_by_role("group", name="Direction", exact=True)
        direction.get_by_role("combobox").select_option(label=seen.numeric.label)
        direction.get_by_role("slider").press("PageUp")
        seen.page.get_by_role("slider", name="Latent z").first.press("PageUp")
        slider = seen.page.get_by_role("slider", name=f"{seen.numeric.label} from")
        slider.press("PageUp")
        seen.page.get_by_role("button", name="What is Latent dimension?").click()
        assert barriers(seen) == []
        seen.page.keyboard.press("Escape")
        seen.page.get_by_role("button", name="As table").click()
        seen.page.get_by_role("button", name="Translate", exact=True).click()
        seen.page.get_by_text("This translation misses").wait_for()
        assert barriers(seen) == []


def test_a_word_is_explained_where_it_stands_and_escape_closes_only_that(seen: Visit) -> None:
    slider = seen.page.get_by_role("slider", name=f"{seen.numeric.label} from")
    slider.press("PageUp")
    seen.settles(lambda: seen.state("shown") != str(seen.about.n), "fewer are shown")
    shown = seen.state("shown")
    text = seen.page.get_by_text("A flat map that keeps neighbours together")
    assert not text.is_visible()
    seen.page.get_by_role("button", name="What is t-SNE?").press("Enter")
    text.wait_for()
    box = text.bounding_box()
    assert box
    assert 0 <= box["x"] <= 1440 - box["width"]
    assert 0 <= box["y"] <= 900 - box["height"]
    seen.page.keyboard.press("Escape")
    text.wait_for(state="hidden")
    assert seen.state("shown") == shown


def test_after_the_link_the_page_needs_no_link(browser: Browser, link: str, built: Built) -> None:
    with visit(browser, link, built.path) as seen:
        assert link.rpartition("/")[2] not in seen.page.url
        assert "token" not in seen.page.url
        seen.page.goto(seen.page.url)
        seen.page.wait_for_selector("html[data-ready=true]")


def test_without_the_link_nothing_is_answered(browser: Browser, link: str, built: Built) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(link.split("/launch", maxsplit=1)[0] + f"/w/{built.path.name}/describe")
    assert answer
    assert answer.status == 401
    assert "phenotypes" not in page.content()
    context.close()


def test_a_server_that_is_gone_is_said_where_it_happened_and_back_the_page_goes_on(
    browser: Browser, built: Built, tmp_path: Path
) -> None:
    with served(built.path, kept=tmp_path) as (address, server), visit(browser, address, built.path) as seen:
        seen.page.get_by_role("slider", name=f"{seen.numeric.label} from").press("PageUp")
        seen.settles(lambda: seen.state("shown") != str(seen.about.n), "fewer are shown")
        shown, recipe = seen.state("shown"), seen.recipe()
        seen.page.wait_for_timeout(1500)  # until what a new selection asks for has come
        dot = seen.page.get_by_role("slider", name="Latent z").first
        dot.wait_for()
        server.kill()
        server.wait(timeout=20)
        dot.press("ArrowRight")
        alert = seen.page.locator("section[aria-label=Latents]").get_by_role("alert").first
        alert.wait_for()
        assert "does not answer" in alert.inner_text()
        assert "latentspace serve" in alert.inner_text()
        assert "server.unreachable" in alert.inner_text()
        port = urlsplit(address).port
        with served(built.path, kept=tmp_path, port=port or 0) as (again, _):
            assert again == address, "the same port and the same key"
            before = seen.state("decoded")
            dot.press("ArrowRight")
            seen.settles(lambda: seen.state("decoded") != before, "it is drawn again")
            seen.settles(lambda: not seen.page.get_by_role("alert").count(), "and nothing says that it is away")
            assert (seen.state("shown"), seen.recipe()) == (shown, recipe)
            assert seen.page.url.startswith(address.partition("/launch")[0] + "/w/")

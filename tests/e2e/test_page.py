"""The page as a whole: sizes, themes, accessibility, a second visit, a server that is gone."""

import subprocess
from pathlib import Path

import pytest
from browser import Visit, visit
from playwright.sync_api import Browser

from built import Built

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
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
# Rows of controls that cut what is in them without offering to scroll.
CUT = """() => [...document.querySelectorAll('header, .head, .rank, .key, .legend')]
  .filter((e) => getComputedStyle(e).overflowX !== 'auto' && e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_clipped(browser: Browser, link: str, ptbxl: Built, size: tuple[int, int]) -> None:
    with visit(browser, link, ptbxl.path, size=size) as seen:
        assert seen.page.evaluate(CLIPPED) == []
        assert seen.page.evaluate(CUT) == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier(browser: Browser, link: str, ptbxl: Built, theme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `npm ci` in frontend/")
    with visit(browser, link, ptbxl.path, theme=theme) as seen:
        assert seen.page.locator("html").get_attribute("data-theme") == theme
        seen.page.get_by_role("combobox", name="Find subject").fill("15709")
        seen.page.keyboard.press("Enter")
        seen.settles(lambda: seen.state("subject") != "", "a subject is shown")
        seen.page.get_by_role("button", name="Height: missing").click()
        seen.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = seen.page.evaluate("axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]))")
        assert found == []


def test_after_the_link_the_page_needs_no_link(browser: Browser, link: str, ptbxl: Built) -> None:
    with visit(browser, link, ptbxl.path) as seen:
        assert "token" not in seen.page.url
        seen.page.goto(seen.page.url)
        seen.page.wait_for_selector("html[data-ready=true]")


def test_without_the_link_nothing_is_answered(browser: Browser, link: str, ptbxl: Built) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(link.split("/launch", maxsplit=1)[0] + f"/w/{ptbxl.path.name}/describe")
    assert answer
    assert answer.status == 401
    assert "PTB-XL" not in page.content()
    context.close()


def test_a_server_that_is_gone_is_said_where_it_happened(own_server: tuple[Visit, subprocess.Popen[str]]) -> None:
    seen, server = own_server
    server.terminate()
    server.wait(timeout=20)
    seen.page.get_by_role("slider", name="Latent z").first.press("ArrowRight")
    alert = seen.page.get_by_role("alert").first
    alert.wait_for()
    assert "latentspace serve" in alert.inner_text()

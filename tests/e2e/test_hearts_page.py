"""The page of simulated hearts in every view: whole at every size, open to everyone, and without help from outside."""

import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from barriers import barriers, mute_tables
from browser import Visit, visit
from grouping import forgetting, saved
from playwright.sync_api import Browser
from test_page import BESIDE, CLIPPED, CUT
from views import CUT_TEXT, DECODED, OVERLAPPING, wrong_in

from built import Built
from chromium import FLAGS, find_chromium, served

LOOKS = [((1280, 800), "dark"), ((1440, 900), "light"), ((1920, 1080), "light")]
# A server whose every look outside is refused and written down.
GUARD = """import os, sys
def refuse(event, args):
    if event not in ('socket.connect', 'socket.getaddrinfo'):
        return
    host = args[1][0] if event == 'socket.connect' and isinstance(args[1], tuple) else args[0]
    if event == 'socket.connect' and not isinstance(args[1], tuple) or host in ('127.0.0.1', '::1', 'localhost', None):
        return
    with open(os.environ['LATENTSPACE_TEST_ASKED'], 'a') as asked:
        asked.write(f'{event} {host}\\n')
    raise OSError('the network is cut')
sys.addaudithook(refuse)
"""
WITHOUT_3D = ("--disable-3d-apis", "--disable-features=WebGPU", "--disable-gpu", "--disable-software-rasterizer")
WITHOUT_NETWORK = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",)


def axe_and_layout(width: int) -> Callable[[Visit], list[object]]:
    """What axe-core and the rules of the layout find in what is shown now."""

    def checks(seen: Visit) -> list[object]:
        found: list[object] = [
            trouble for check in (CLIPPED, BESIDE, CUT, CUT_TEXT, OVERLAPPING) for trouble in seen.page.evaluate(check)
        ]
        wide = seen.page.evaluate("document.documentElement.scrollWidth")
        return found + barriers(seen) + mute_tables(seen) + ([f"{wide} px wide"] if wide > width else [])

    return checks


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_no_view_of_the_hearts_is_cut_or_overlaps_and_axe_finds_no_barrier(
    browser: Browser, heart_link: str, cardiac: Built, tmp_path: Path, size: tuple[int, int], theme: str
) -> None:
    with visit(browser, heart_link, cardiac.path, size=size, theme=theme) as seen, forgetting(seen):
        assert seen.page.locator("html").get_attribute("data-theme") == theme
        assert wrong_in(seen, tmp_path, axe_and_layout(size[0])) == {}


def test_without_webgl_webgpu_and_network_every_view_works(
    browser: Browser, cardiac: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    (tmp_path / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    monkeypatch.setenv("LATENTSPACE_TEST_ASKED", str(asked))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    flags = [*FLAGS, *WITHOUT_3D, *WITHOUT_NETWORK]
    with (
        closing(browser.browser_type.launch(executable_path=find_chromium(), args=flags)) as lonely,
        served(cardiac.path) as (link, _),
        visit(lonely, link, cardiac.path) as seen,
        forgetting(seen),
    ):
        assert seen.page.evaluate("async () => (await navigator.gpu?.requestAdapter() ?? null) === null")
        for kind in ("webgl", "webgl2"):
            assert seen.page.evaluate(f"document.createElement('canvas').getContext('{kind}') === null")

        def alerts(seen: Visit) -> list[object]:
            blank = "all => all.filter((one) => one.width === 0 || one.height === 0).length"
            empty: int = seen.page.locator("canvas").evaluate_all(blank)
            said: list[object] = list(seen.page.get_by_role("alert").all_inner_texts())
            return said + ([f"{empty} empty canvases"] if empty else [])

        assert wrong_in(seen, tmp_path, alerts) == {}
        # The browser itself reports, some time later, that WebGPU was asked for in vain.
        assert [said for said in seen.complaints if "WebGPU" not in said] == []
    assert not asked.exists()


def test_with_the_keyboard_alone_a_group_of_hearts_is_made_and_a_latent_is_dragged(hearts: Visit) -> None:
    page = hearts.page

    def named() -> str:
        script = "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? '').trim()"
        return page.evaluate(script)

    def tab_to(start: str) -> None:
        for _ in range(400):
            if named().startswith(start):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"no Tab leads to {start}")

    tab_to(f"{hearts.numeric.label} from")
    for _ in range(3):
        page.keyboard.press("PageUp")
    hearts.settles(lambda: hearts.state("shown") != str(hearts.about.n), "fewer are shown")
    who = hearts.mask()
    tab_to("+ from selection")
    page.keyboard.press("Enter")
    hearts.settles(lambda: bool(page.locator("input.name:focus").count()), "the name is asked for")
    page.keyboard.type("The older")
    page.keyboard.press("Enter")
    hearts.settles(lambda: saved(hearts).get("A", {}).get("name") == "The older", "A is kept")
    text = page.get_by_role("group", name="Group A", exact=True).inner_text()
    assert f"{who.sum():,} shown of {who.sum():,}" in text
    before = hearts.rests(DECODED)
    tab_to("Latent z")
    page.keyboard.press("PageUp")
    hearts.settles(lambda: hearts.picture(DECODED) != before, "the decoded signals change")

"""From the mouse's move of a brush on a histogram to all charts and both maps on screen."""

from itertools import count

from playwright.sync_api import Browser, Page

from benchmarks import cohorts
from benchmarks.page import MAPS, opened, painted, settled
from benchmarks.timing import Claim, claim, in_turns
from latentspace.workspace import Workspace
from tests.chromium import chromium, served

PEERS = ("floor: one frame of an idle page",)
CHART = "[role=group]:has(input[type=range]) canvas"
FRAME = "() => new Promise(done => requestAnimationFrame(a => requestAnimationFrame(b => done((b - a) / 1000))))"


def measure() -> list[Claim]:
    """Widen and narrow a brush of the first histogram of the digits' page and of the ECGs'."""
    with chromium() as browser:
        return [_of(browser, workspace) for workspace in (cohorts.digits(), cohorts.ecgs())]


def _of(browser: Browser, workspace: Workspace) -> Claim:
    with served(workspace.path) as (link, _), opened(browser, link) as page:
        settled(page)
        maps = page.locator(MAPS).count()
        box = page.locator(CHART).first.bounding_box()
        assert box
        y = box["y"] + 0.4 * box["height"]
        page.mouse.move(box["x"] + 0.25 * box["width"], y)
        page.mouse.down()
        ends = (box["x"] + box["width"] * (0.45 + 0.45 * (i * 0.382 % 1)) for i in count())
        timers = {"ours": lambda: _brush(page, next(ends), y, maps), PEERS[0]: lambda: page.evaluate(FRAME)}
        taken = in_turns(timers, rounds=30, warm_up=5)
        page.mouse.up()
    n = len(workspace.subjects())
    return claim(f"brush to {maps} map canvases and all charts, {n} rows", None, "ms", taken, PEERS)


def _brush(page: Page, x: float, y: float, maps: int) -> float:
    page.mouse.move(x, y)
    return painted(page, f"{MAPS}, {CHART}", at_least=maps // 2 + 1)

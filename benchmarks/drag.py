"""From the mouse's move of a latent's dot to decoded signals on screen: 100 ms or less."""

from functools import partial
from itertools import count

from playwright.sync_api import Browser, Page

import latentspace
from benchmarks import cohorts
from benchmarks.page import opened, painted, settled
from benchmarks.timing import Claim, claim, in_turns, seconds
from latentspace.workspace import Workspace
from tests.chromium import chromium, served

LIMIT_MS = 100.0
PEERS = ("the same request, from the page", "floor: Explorer.decode")
DOT = "[data-testid^=latent-] canvas"
REQUEST = """async (z) => {
  const begun = performance.now();
  const body = Float32Array.from(z);
  await (await fetch('decode', { method: 'POST', body })).arrayBuffer();
  return (performance.now() - begun) / 1000;
}"""


def measure() -> list[Claim]:
    """Drag the first dot of the digits' page and of the ECGs'."""
    with chromium() as browser:
        return [_of(browser, workspace) for workspace in (cohorts.digits(), cohorts.ecgs())]


def _of(browser: Browser, workspace: Workspace) -> Claim:
    explorer = latentspace.Explorer(workspace, workspace.run())
    z = explorer.encode(0, [m.name for m in workspace.modelled]).z
    with served(workspace.path) as (link, _), opened(browser, link) as page:
        settled(page)
        box = page.locator(DOT).first.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.6 * box["height"])
        page.mouse.down()
        steps = (box["x"] + box["width"] * (0.2 + 0.6 * (i * 0.382 % 1)) for i in count())
        timers = {
            "ours": lambda: _drag(page, next(steps), box["y"] + 0.6 * box["height"]),
            PEERS[0]: partial(page.evaluate, REQUEST, z.tolist()),
            PEERS[1]: partial(seconds, partial(explorer.decode, z)),
        }
        taken = in_turns(timers, rounds=40, warm_up=5)
        page.mouse.up()
    return claim(f"drag to pixels, {workspace.title}", LIMIT_MS, "ms", taken, PEERS)


def _drag(page: Page, x: float, y: float) -> float:
    page.mouse.move(x, y)
    return painted(page, "section[aria-label=Decoded] canvas")

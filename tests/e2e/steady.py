"""A hand that goes on for long, and what the page holds on to: nodes, listeners, memory of its process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page

CHART = "[role=group]:has(input[type=range]) canvas"
DOT = "[data-testid^=latent-] canvas"
MAP = "[data-testid^=map-] canvas[role=application]"


@dataclass(frozen=True, slots=True)
class Held:
    """What a page holds once its garbage is collected; memory is private to its process, in MB."""

    nodes: int
    listeners: int
    heap_mb: float
    memory_mb: float


def cycle(page: Page) -> int:
    """Brush, lasso, drag, a subject, another view and back, colours, all undone and done again: how many that were."""
    doings: list[Callable[[], object]] = [
        lambda: _stroke(page, CHART, (0.3, 0.5), (0.7, 0.5)),
        lambda: _stroke(page, MAP, (0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7)),
        lambda: _stroke(page, DOT, (0.5, 0.6), (0.6, 0.6), (0.8, 0.6)),
        lambda: page.locator(MAP).first.click(position={"x": 90, "y": 90}),
        lambda: _turn(page, "Compare"),
        lambda: _turn(page, "Explore"),
        lambda: page.get_by_label("Colour by").select_option(index=1),
        lambda: page.get_by_label("Colour by").select_option(index=0),
        *[lambda: page.keyboard.press("Control+z")] * 6,
        *[lambda: page.keyboard.press("Control+Shift+z")] * 2,
        lambda: page.get_by_role("button", name="Undo").focus(),
        lambda: page.keyboard.press("Escape"),
        lambda: page.keyboard.press("Escape"),
    ]
    for doing in doings:
        doing()
    page.wait_for_timeout(50)
    return len(doings)


def held(browser: Browser, page: Page) -> Held:
    """What the page holds now."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    told = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return Held(
        int(told["Nodes"]), int(told["JSEventListeners"]), told["JSHeapUsedSize"] / 2**20, _memory(browser) / 2**20
    )


def _memory(browser: Browser) -> int:
    """Bytes that the largest renderer has alone (the figure of the heap leaves typed arrays out)."""
    session: CDPSession = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    sizes = [0]
    for each in processes:
        lines = Path(f"/proc/{each['id']}/smaps_rollup").read_text(encoding="ascii").splitlines()
        if each["type"] == "renderer":
            sizes.append(sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Private_")))
    return max(sizes)


def _turn(page: Page, view: str) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("button", name=view).click()


def _stroke(page: Page, selector: str, *points: tuple[float, float]) -> None:
    box = page.locator(selector).first.bounding_box()
    assert box, selector
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()

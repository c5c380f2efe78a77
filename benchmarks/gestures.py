"""Every gesture that has a budget, but compare and score, on the page of 37,774 and of a million subjects."""

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.crowd import crowd
from benchmarks.page import MAPS, PATIENCE_MS, opened, painted, settled
from benchmarks.peers import SOFTWARE_GL, filters, panned
from benchmarks.timing import Claim, Effort, claim, in_turns
from tests.chromium import chromium, served
from tests.ecg_records import made_ecg, write_record

CHART = "[role=group]:has(input[type=range]) canvas"
DECODED = "section[aria-label=Decoded] canvas"
WALKED = "aside[aria-label='At the slider'] canvas"
FRAME = "() => new Promise(done => requestAnimationFrame(a => requestAnimationFrame(b => done((b - a) / 1000))))"
CROSSFILTER, REGL = "crossfilter2", "regl-scatterplot, software GL"
IDLE = "floor: one frame of an idle page"
GOLDEN = 0.382
GOES_ON_MS = 60  # a hand that drags moves on before the page takes it to rest and measures what is drawn
PAN = """async (seconds) => {
  const canvas = document.querySelectorAll('[data-testid^=map-] canvas')[1];
  const key = (frame) => (Math.floor(frame / 8) % 2 ? 'ArrowLeft' : 'ArrowRight');
  return bench.rate((frame) => canvas.dispatchEvent(new KeyboardEvent('keydown', { key: key(frame) })), seconds);
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A cohort and what its gestures may take, in the order of the table of budgets."""

    n: int
    open_s: float
    brush_ms: float
    lasso_ms: float
    frames: float

    @property
    def of(self) -> str:
        """The end of a claim's text."""
        return f"{self.n:,} subjects"


SIZES = (
    Size(n=37_774, open_s=2, brush_ms=33, lasso_ms=60, frames=40),
    Size(n=1_000_000, open_s=6, brush_ms=120, lasso_ms=300, frames=20),
)
FEW = Size(n=5_000, open_s=2, brush_ms=33, lasso_ms=60, frames=40)
FEW_GESTURES = ("open", "brush", "filter", "lasso", "pan", "drag")
DRAG_MS, OWN_S, WALK_MS = 50, 1, 50


def measure(effort: Effort, sizes: tuple[Size, ...] = (), gestures: tuple[str, ...] = ()) -> list[Claim]:
    """One claim for each gesture and size; quickly, some of them of 5,000 subjects by the same budgets."""
    claims: list[Claim] = []
    chosen = gestures or (FEW_GESTURES if effort.quick else tuple(DONE))
    for size in sizes or ((FEW,) if effort.quick else SIZES):
        with chromium(*SOFTWARE_GL) as browser, served(crowd(size.n, effort).path) as (link, _):
            for name in chosen:
                claims += DONE[name](browser, link, size, effort)
                print(f"  {claims[-1].text}: {claims[-1].ours.median:.3g} {claims[-1].unit}", flush=True)
    return claims


def _open(browser: Browser, link: str, size: Size, effort: Effort) -> list[Claim]:
    """Of each visit two times: the first map, and everything (charts, ranking, the first decode)."""
    whole: list[float] = []

    def once() -> float:
        with opened(browser, link) as page:
            page.wait_for_selector("html[data-ready=true]:not([data-decoded='0'])", timeout=PATIENCE_MS)
            whole.append(page.evaluate("bench.last") / 1000)
            return page.evaluate("bench.firstMap") / 1000

    taken = in_turns({"ours": once}, rounds=effort.rounds(20), warm_up=1)
    return [
        claim(f"page open to first map, {size.of}", size.open_s, "s", taken, ()),
        claim(f"page open to charts and the first decode, {size.of}", None, "s", np.array(whole[1:])[:, None], ()),
    ]


@contextmanager
def _ready(browser: Browser, link: str) -> Generator[Page]:
    with opened(browser, link) as page:
        settled(page)
        yield page


def _brush(browser: Browser, link: str, size: Size, effort: Effort) -> list[Claim]:
    with _ready(browser, link) as page:
        maps = page.locator(MAPS).count()
        box = page.locator(CHART).first.bounding_box()
        assert box
        y = box["y"] + 0.4 * box["height"]
        page.mouse.move(box["x"] + 0.25 * box["width"], y)
        page.mouse.down()
        ends = (box["x"] + box["width"] * (0.45 + 0.45 * (i * GOLDEN % 1)) for i in count())

        def once() -> float:
            page.mouse.move(next(ends), y)
            return painted(page, f"{MAPS}, {CHART}", at_least=maps // 2 + 1)

        taken = in_turns({"ours": once, IDLE: partial(page.evaluate, FRAME)}, rounds=effort.rounds(30), warm_up=5)
        page.mouse.up()
        text = f"brush to all charts and {maps // 2} maps, {size.of}"
        return [claim(text, size.brush_ms, "ms", taken, (IDLE,))]


def _filter(browser: Browser, link: str, size: Size, effort: Effort) -> list[Claim]:
    """The arithmetic of a brush alone: rows filtered, every column counted."""
    with filters(browser, link) as (ours, theirs):
        taken = in_turns({"ours": ours, CROSSFILTER: theirs}, rounds=effort.rounds(40), warm_up=5)
    return [claim(f"filter and count every column, {size.of}", None, "ms", taken, (CROSSFILTER,))]


def _lasso(browser: Browser, link: str, size: Size, effort: Effort) -> list[Claim]:
    with _ready(browser, link) as page:
        box = page.locator(MAPS).nth(1).bounding_box()
        assert box
        turns = count()

        def once() -> float:
            reach = 0.15 + 0.25 * (next(turns) * GOLDEN % 1)
            angles = np.linspace(0, 2 * np.pi, 40)
            xs = box["x"] + box["width"] * (0.5 + reach * np.cos(angles))
            ys = box["y"] + box["height"] * (0.5 + reach * np.sin(angles))
            page.mouse.move(xs[0], ys[0])
            page.mouse.down()
            for x, y in zip(xs, ys, strict=True):
                page.mouse.move(x, y)
            before = page.evaluate(
                "[document.documentElement.dataset.shown, document.documentElement.dataset.selected].join()"
            )
            page.evaluate("(before) => void (window.told = bench.counted(before))", before)
            page.mouse.up()
            said = page.evaluate("told")
            painted(page, MAPS)
            return said / 1000

        taken = in_turns({"ours": once}, rounds=effort.rounds(20), warm_up=3)
    return [claim(f"lasso release to counts, {size.of}", size.lasso_ms, "ms", taken, ())]


def _pan(browser: Browser, link: str, size: Size, effort: Effort) -> list[Claim]:
    """Frames in which a map is drawn elsewhere: each asked for as soon as the one before it is on screen."""
    with _ready(browser, link) as page, panned(browser, link, page.locator(MAPS).first.bounding_box()) as theirs:
        rates = in_turns({"ours": partial(page.evaluate, PAN, 1.0), REGL: theirs}, rounds=effort.rounds(20), warm_up=1)
    return [claim(f"a frame of a map's pan, {size.of}", 1000 / size.frames, "ms", 1 / rates, (REGL,))]


def _drag(browser: Browser, link: str, size: Size, effort: Effort) -> list[Claim]:
    with _ready(browser, link) as page:
        box = page.locator("[data-testid^=latent-] canvas").first.bounding_box()
        assert box
        y = box["y"] + 0.6 * box["height"]
        page.mouse.move(box["x"] + box["width"] / 2, y)
        page.mouse.down()
        steps = (box["x"] + box["width"] * (0.2 + 0.6 * (i * GOLDEN % 1)) for i in count())

        def once() -> float:
            page.mouse.move(next(steps), y)
            return painted(page, DECODED, at_least=2, still_ms=GOES_ON_MS)

        taken = in_turns({"ours": once}, rounds=effort.rounds(60), warm_up=5)
        page.mouse.up()
    return [claim(f"drag a dot to ECG and 50-frame cine, {size.of}", DRAG_MS, "ms", taken, ())]


def _own(browser: Browser, link: str, size: Size, effort: Effort) -> list[Claim]:
    with tempfile.TemporaryDirectory() as folder, _ready(browser, link) as page:
        header = write_record(Path(folder), "own", made_ecg(np.arange(0.4, 9.4, 0.8).tolist()))
        files = [header.with_suffix(".hea"), header.with_suffix(".dat")]

        def once() -> float:
            with page.expect_response(lambda answer: "/place" in answer.url):
                page.get_by_label("Files of your own ECG").set_input_files(files)
            said = painted(page, MAPS)
            page.get_by_role("button", name="Close own ECG").click()
            page.wait_for_timeout(300)
            return said

        taken = in_turns({"ours": once}, rounds=effort.rounds(20), warm_up=2)
    return [claim(f"drop an ECG to its place on the maps, {size.of}", OWN_S, "s", taken, ())]


def _walk(browser: Browser, link: str, size: Size, effort: Effort) -> list[Claim]:
    """Steps in an order that has not been walked yet, begun as soon as the path is there: most are not decoded yet."""
    taken: list[np.ndarray] = []
    with _ready(browser, link) as page:
        box = page.locator(CHART).first.bounding_box()
        assert box
        y = box["y"] + 0.4 * box["height"]
        page.mouse.move(box["x"] + 0.5 * box["width"], y)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.95 * box["width"], y)
        page.mouse.up()
        page.get_by_role("navigation", name="Views").get_by_role("button", name="Walk").click()
        page.wait_for_selector("[data-testid=walk][data-ready=true] #walk-position")
        page.wait_for_function("() => document.querySelector('[data-testid=walk]').dataset.shown === '0'")
        slider = page.locator("#walk-position")
        steps = (1 + 37 * i % 59 for i in count())

        def once() -> float:
            slider.evaluate(
                "(input, step) => { input.value = step; input.dispatchEvent(new Event('input', { bubbles: true })); }",
                next(steps),
            )
            return painted(page, WALKED, at_least=2)

        taken.append(in_turns({"ours": once, IDLE: partial(page.evaluate, FRAME)}, rounds=effort.rounds(40), warm_up=2))
    return [claim(f"step of a walk, both modalities, {size.of}", WALK_MS, "ms", taken[0], (IDLE,))]


DONE: dict[str, Callable[[Browser, str, Size, Effort], list[Claim]]] = {
    "open": _open,
    "brush": _brush,
    "filter": _filter,
    "lasso": _lasso,
    "pan": _pan,
    "drag": _drag,
    "own": _own,
    "walk": _walk,
}

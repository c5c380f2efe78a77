"""crossfilter2 and regl-scatterplot on the same columns and points, in the same browser: in the bench alone."""

import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page, Route

from benchmarks.cohorts import BUILT, ROOT

FOLDER = Path(__file__).with_name("peers")
SOFTWARE_GL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")  # regl needs WebGL; the page needs none
ROUTE = "**/w/*/peer/**"
SCRIPTS = {
    "crossfilter.js": FOLDER / "node_modules" / "crossfilter2" / "crossfilter.min.js",
    "regl.js": FOLDER / "node_modules" / "regl" / "dist" / "regl.min.js",
    "pub-sub.js": FOLDER / "node_modules" / "pub-sub-es" / "dist" / "index.js",
    "scatterplot.js": FOLDER / "node_modules" / "regl-scatterplot" / "dist" / "regl-scatterplot.esm.js",
    "regl-module.js": FOLDER / "regl-module.js",
    "ours.js": BUILT / "crossfilter.js",
    "peers.js": FOLDER / "peers.js",
}
PAGE = """<!doctype html><title>peers</title>
<script src="crossfilter.js"></script><script src="regl.js"></script>
<script type="importmap">{"imports": {"pub-sub-es": "./pub-sub.js", "regl": "./regl-module.js"}}</script>
<script type="module" src="peers.js"></script><body style="margin:0">"""


def install() -> None:
    """Fetch the peers, in the versions of their lock file, where they are not there yet; make ours a module alone."""
    if not (FOLDER / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)
    page = ROOT / "frontend"
    bundle = [page / "node_modules" / ".bin" / "rolldown", "src/lib/crossfilter.ts", "--format", "esm"]
    subprocess.run([*bundle, "--file", SCRIPTS["ours.js"]], cwd=page, check=True, capture_output=True)


@contextmanager
def peers_page(browser: Browser, link: str) -> Generator[Page]:
    """A page of the server's own address with the peers on it, beside nothing of ours."""
    install()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(link)
    home = page.url

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name in SCRIPTS:
            route.fulfill(path=SCRIPTS[name], content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    page.route(ROUTE, answer)
    page.goto(f"{home}peer/")
    page.wait_for_function("() => window.ready")
    try:
        yield page
    finally:
        context.close()


@contextmanager
def filters(browser: Browser, link: str) -> Generator[tuple[Callable[[], float], Callable[[], float]]]:
    """Two timers of one brush of every column in turn, in seconds: ours and crossfilter2's, which must count alike."""
    with peers_page(browser, link) as page:
        page.evaluate("filtersReady = linkedCharts()")
        page.evaluate("filtersReady")
        turn = {"ours": count(), "theirs": count()}

        def timer(whose: str) -> Callable[[], float]:
            return lambda: page.evaluate("([whose, i]) => brushed(whose, i)", [whose, next(turn[whose])])

        assert page.evaluate("alike(7)"), "the counts of ours and of crossfilter2 differ"
        yield timer("ours"), timer("theirs")


@contextmanager
def panned(browser: Browser, link: str, box: FloatRect | None) -> Generator[Callable[[], float]]:
    """Frames a second of a map by regl-scatterplot, as large as `box`."""
    assert box
    with peers_page(browser, link) as page:
        page.evaluate("([width, height]) => scatterMap(width, height)", [round(box["width"]), round(box["height"])])
        yield lambda: page.evaluate("rate(pan, 1)")

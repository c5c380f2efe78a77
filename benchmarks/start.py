"""From `latentspace serve` of a built workspace to the first map on screen: 5 s or less."""

import subprocess
import sys
import time
from functools import partial

from playwright.sync_api import Browser

from benchmarks import cohorts
from benchmarks.page import opened
from benchmarks.timing import Claim, claim, in_turns, seconds
from latentspace.workspace import Workspace
from tests.chromium import chromium, served

LIMIT_S = 5.0
PEERS = ("floor: Python imports the server",)
IMPORTS = [sys.executable, "-c", "import latentspace.server.launch"]


def measure() -> list[Claim]:
    """Start, open the link in a running browser, wait for a map; the digits and the ECGs."""
    with chromium() as browser:
        return [_of(browser, workspace) for workspace in (cohorts.digits(), cohorts.ecgs())]


def _of(browser: Browser, workspace: Workspace) -> Claim:
    timers = {
        "ours": partial(_start, browser, workspace),
        PEERS[0]: partial(seconds, partial(subprocess.run, IMPORTS, check=True)),
    }
    taken = in_turns(timers, rounds=20, warm_up=1)
    return claim(f"serve to the first map, {workspace.title}", LIMIT_S, "s", taken, PEERS)


def _start(browser: Browser, workspace: Workspace) -> float:
    begun = time.perf_counter()
    with served(workspace.path) as (link, _), opened(browser, link):
        return time.perf_counter() - begun

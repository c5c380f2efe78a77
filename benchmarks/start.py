"""From `latentspace serve` of a built workspace to its page and to the first map on screen; and what help takes."""

import subprocess
import sys
import time
import urllib.request
from functools import partial

from playwright.sync_api import Browser

from benchmarks import cohorts
from benchmarks.crowd import crowd
from benchmarks.page import opened
from benchmarks.timing import Claim, Effort, claim, in_turns, seconds
from latentspace.workspace import Workspace
from tests.chromium import chromium, served

HELP_S, READY_S, MAP_S = 0.5, 2.0, 5.0
PEERS = ("floor: Python imports the server",)
PYTHON = "floor: Python starts and ends"
HELP = [sys.executable, "-m", "latentspace", "--help"]
IMPORTS = [sys.executable, "-c", "import latentspace.server.launch"]


def measure(effort: Effort) -> list[Claim]:
    """`--help`; the page of a server that was just started; then, in a running browser, a map of it."""
    many = crowd(5_000 if effort.quick else 37_774, effort)
    with chromium() as browser:
        maps = [_of(browser, workspace, effort) for workspace in (cohorts.digits(), many)]
    return [_help(effort), _ready(many, effort), *maps]


def _help(effort: Effort) -> Claim:
    timers = {
        "ours": partial(seconds, partial(subprocess.run, HELP, check=True, capture_output=True)),
        PYTHON: partial(seconds, partial(subprocess.run, [sys.executable, "-c", "pass"], check=True)),
    }
    taken = in_turns(timers, rounds=effort.rounds(20), warm_up=1)
    return claim("`latentspace --help`", HELP_S, "s", taken, (PYTHON,))


def _ready(workspace: Workspace, effort: Effort) -> Claim:
    timers = {
        "ours": partial(_page, workspace),
        PEERS[0]: partial(seconds, partial(subprocess.run, IMPORTS, check=True)),
    }
    taken = in_turns(timers, rounds=effort.rounds(20), warm_up=1)
    return claim(f"`latentspace serve` until it sends the page, {workspace.title}", READY_S, "s", taken, PEERS)


def _page(workspace: Workspace) -> float:
    begun = time.perf_counter()
    with served(workspace.path) as (link, _):
        jar = urllib.request.HTTPCookieProcessor()
        with urllib.request.build_opener(jar).open(link) as page:  # the link's own address leads to the page
            assert b"<html" in page.read()
            return time.perf_counter() - begun


def _of(browser: Browser, workspace: Workspace, effort: Effort) -> Claim:
    timers = {
        "ours": partial(_start, browser, workspace),
        PEERS[0]: partial(seconds, partial(subprocess.run, IMPORTS, check=True)),
    }
    taken = in_turns(timers, rounds=effort.rounds(20), warm_up=1)
    return claim(f"serve to the first map, {workspace.title}", MAP_S, "s", taken, PEERS)


def _start(browser: Browser, workspace: Workspace) -> float:
    begun = time.perf_counter()
    with served(workspace.path) as (link, _), opened(browser, link):
        return time.perf_counter() - begun

"""One browser and one server for all tests of the page: real ECGs, or digits where those are not at hand."""

import subprocess
from collections.abc import Iterator

import pytest
from browser import Visit, require_chromium, visit
from grouping import forgetting
from playwright.sync_api import Browser

from built import Built
from chromium import chromium, served
from ecg_records import real_data


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require_chromium()
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def built(browser: Browser, request: pytest.FixtureRequest) -> Built:
    """PTB-XL, or digits; built only where there is a browser to look at it."""
    assert browser
    try:
        real_data()
    except pytest.skip.Exception:
        return request.getfixturevalue("digits")
    return request.getfixturevalue("ptbxl")


@pytest.fixture(scope="module")
def link(built: Built) -> Iterator[str]:
    """The launch link of the workspace."""
    with served(built.path) as (address, _):
        yield address


@pytest.fixture
def seen(browser: Browser, link: str, built: Built) -> Iterator[Visit]:
    """The page. Whatever a test does there, the console stays silent."""
    with visit(browser, link, built.path) as opened:
        yield opened
        assert not opened.complaints


@pytest.fixture
def own_server(browser: Browser, built: Built) -> Iterator[tuple[Visit, subprocess.Popen[str]]]:
    """A page whose server the test may stop."""
    with (
        served(built.path) as (address, process),
        visit(browser, address, built.path) as opened,
    ):
        yield opened, process


@pytest.fixture
def bare(seen: Visit) -> Iterator[Visit]:
    """The page of a workspace without groups."""
    with forgetting(seen):
        yield seen


@pytest.fixture(scope="module")
def heart_link(browser: Browser, cardiac: Built) -> Iterator[str]:
    """The launch link of the simulated hearts."""
    assert browser
    with served(cardiac.path) as (address, _):
        yield address


@pytest.fixture
def hearts(browser: Browser, heart_link: str, cardiac: Built) -> Iterator[Visit]:
    """The page of the simulated hearts, without groups. The console stays silent."""
    with visit(browser, heart_link, cardiac.path) as opened, forgetting(opened):
        yield opened
        assert not opened.complaints

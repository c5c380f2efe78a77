"""One browser and one server for all tests of the page."""

import subprocess
from collections.abc import Iterator

import pytest
from browser import Visit, chromium, served, visit
from playwright.sync_api import Browser

from built import Built


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="package")
def link(browser: Browser, ptbxl: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The launch link of the real ECGs."""
    assert browser
    with served(ptbxl.path, tmp_path_factory.mktemp("state")) as (address, _):
        yield address


@pytest.fixture
def seen(browser: Browser, link: str, ptbxl: Built) -> Iterator[Visit]:
    """The page with the real ECGs. Whatever a test does there, no request leaves the machine, nothing complains."""
    with visit(browser, link, ptbxl.path) as opened:
        yield opened
        strangers = [url for url in opened.requests if not url.startswith((opened.origin, "data:", "blob:"))]
        assert not strangers
        assert not opened.complaints


@pytest.fixture
def own_server(
    browser: Browser, ptbxl: Built, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Visit, subprocess.Popen[str]]]:
    """A page whose server the test may stop."""
    with (
        served(ptbxl.path, tmp_path_factory.mktemp("state")) as (address, process),
        visit(browser, address, ptbxl.path) as opened,
    ):
        yield opened, process

"""The system's Chromium and a served workspace: for the tests of the page, its benchmarks and its pictures."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def find_chromium() -> str | None:
    """Where the browser is, None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium(*more: str) -> Generator[Browser]:
    """A browser with an empty profile; `more` flags.

    Raises:
        FileNotFoundError: none is installed.
    """
    path = find_chromium()
    if path is None:
        message = f"none of {', '.join(NAMES)} is installed (as root: apt-get install chromium)"
        raise FileNotFoundError(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *more])
        yield browser
        browser.close()


@contextmanager
def served(
    workspace: Path, *more: str, kept: Path | None = None, port: int = 0
) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """`latentspace serve` with `more` options: its launch link, and the process; its key is kept nowhere, or in `kept`.

    At any free port: one of the usual ones, once left, would be taken by the server of another test at once.
    """
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-m", "latentspace", "serve", str(workspace), "--no-open"]
        command += ["--state", str(kept or state), "--port", str(port), *more]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        try:
            link = next((line.strip() for line in process.stdout if line.startswith("http://")), None)
            assert link, "the server printed no link"
            yield link, process
        finally:
            process.terminate()
            process.wait(timeout=20)
            process.stdout.close()

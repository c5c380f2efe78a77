"""Several server processes at one socket: one key, one state, one page."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest
from starlette.testclient import TestClient

import latentspace
from built import Built
from door import KEY
from latentspace.errors import StoppedError
from latentspace.server.app import create_app
from latentspace.server.several import keep_answering

EVERYONE = {"kind": "all_of", "of": []}


def begotten(pid: int) -> list[int]:
    """Processes that this one has started and that still run, without Python's own tracker of resources."""
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            command = (stat.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid and state != "Z" and b"resource_tracker" not in command:
            found.append(int(stat.parent.name))
    return found


def two_of(pid: int, without: int = 0) -> tuple[int, int]:
    """Wait until two server processes run, none of them `without`."""
    give_up = time.monotonic() + 60
    while len(found := [child for child in begotten(pid) if child != without]) != 2:
        assert time.monotonic() < give_up, found
        time.sleep(0.05)
    return found[0], found[1]


@pytest.fixture
def serving(digits: Built, tmp_path: Path) -> Generator[subprocess.Popen[str]]:
    """A server of two processes."""
    command = [sys.executable, "-m", "latentspace", "serve", digits.path, "--port", "0", "--no-open"]
    process = subprocess.Popen(
        [*command, "--state", tmp_path / "state", "--processes", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def test_two_processes_answer_with_one_state_outlive_a_death_and_end_together(
    serving: subprocess.Popen[str], digits: Built
) -> None:
    assert serving.stdout
    link = serving.stdout.readline().strip()
    home = f"{link.partition('/launch')[0]}/w/{digits.path.name}"
    browser = build_opener(HTTPCookieProcessor(CookieJar()))  # a fresh connection for every question
    first, second = two_of(serving.pid)

    def alone(other: int, question: str | Request) -> bytes:
        """What is answered while the other process cannot."""
        os.kill(other, signal.SIGSTOP)
        try:
            return asked(browser, question)
        finally:
            os.kill(other, signal.SIGCONT)

    assert b"<html" in alone(second, link)
    assert b"<html" in alone(first, link)
    kept = Request(f"{home}/save_group?name=kept", json.dumps(EVERYONE).encode(), method="POST")  # noqa: S310 - our own server
    letter = json.loads(alone(second, kept))["id"]
    assert letter in alone(first, f"{home}/groups").decode()
    os.kill(first, signal.SIGKILL)
    assert letter in asked(browser, f"{home}/groups").decode()
    heir = next(child for child in two_of(serving.pid, without=first) if child != second)
    assert letter in alone(second, f"{home}/groups").decode()
    everyone = [heir, second, *begotten(heir), *begotten(second)]
    serving.send_signal(signal.SIGTERM)
    _, said = serving.communicate(timeout=30)
    assert f"server process {first} ended (SIGKILL), {heir} takes its place" in said
    assert (serving.returncode, "Traceback" in said) == (128 + signal.SIGTERM, False)
    assert not [pid for pid in everyone if Path(f"/proc/{pid}").exists()]


def asked(browser: OpenerDirector, question: str | Request) -> bytes:
    """The body of an answer that came in time."""
    with browser.open(question, timeout=60) as answer:
        return answer.read()


def dies() -> None:
    """What a process does that cannot serve."""
    sys.exit(7)


def test_processes_that_die_again_and_again_end_the_server_with_a_code() -> None:
    with pytest.raises(StoppedError, match=r"serve\.dying"):
        keep_answering(dies, 2)
    assert begotten(os.getpid()) == []


@pytest.mark.parametrize(("processes", "each"), [(1, 30), (2, 15), (4, 7), (30, 1)])
def test_several_processes_together_take_no_more_files_than_one(digits: Built, processes: int, each: int) -> None:
    app = create_app(latentspace.open(digits.path), KEY, processes=processes).app
    client = TestClient(app, base_url="http://127.0.0.1:8765")
    client.get(f"/launch?token={KEY.launch_token}")
    codes = [client.post(f"/w/{digits.path.name}/own", content=b"no files").status_code for _ in range(each + 1)]
    assert [code == 429 for code in codes] == [False] * each + [True]

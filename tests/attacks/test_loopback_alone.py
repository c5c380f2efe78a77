"""Where there is no network but loopback all works; and nothing asks for more where there is."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from foreign_run import foreign_run
from studies.alone import refusal, within

ROOT = Path(__file__).parents[2]
# Every verb after the cohort, a server, a few questions; prints every address that was connected to or looked up.
VERBS = """
import io, json, os, sys, threading, time, urllib.request
from contextlib import redirect_stdout
from http.cookiejar import CookieJar
asked = set()
def heard(event, arguments):
    if event == "socket.connect":
        asked.add(str(arguments[1][0] if isinstance(arguments[1], tuple) else arguments[1]))
    elif event == "socket.getaddrinfo" and arguments[0] not in (None, b"127.0.0.1"):
        asked.add(str(arguments[0]))
sys.addaudithook(heard)
from latentspace.cli import main
path, state = sys.argv[1:3]
said = io.StringIO()
with redirect_stdout(sys.stderr):
    ended = [main([verb, path]) for verb in ("embed", "project", "evaluate", "info", "verify")]
def ask():
    while "http://" not in said.getvalue():
        time.sleep(0.05)
    link = next(line for line in said.getvalue().splitlines() if line.startswith("http://"))
    jar = urllib.request.HTTPCookieProcessor(CookieJar())
    opened = urllib.request.build_opener(jar, urllib.request.ProxyHandler({}))
    home = opened.open(link).geturl()
    questions = ("", "describe", "points?space=joint&method=tsne", "subject?row=5")
    answers = [opened.open(home + question).status for question in questions]
    print(json.dumps({"ended": ended, "answers": answers, "asked": sorted(asked)}), file=sys.__stdout__, flush=True)
    os._exit(0)
threading.excepthook = lambda arguments: os._exit(3)
threading.Thread(target=ask).start()
sys.stdout = said
main(["serve", path, "--port", "0", "--no-open", "--state", state])
"""
OUTWARD = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=3)"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What the verbs and the server did in a namespace of their own, or, where that is not allowed, in the open."""
    path = foreign_run(tmp_path_factory.mktemp("alone"))[0].path
    command = [sys.executable, "-c", VERBS, str(path), str(tmp_path_factory.mktemp("state"))]
    search = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command if refusal() else within(command),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_verb_and_the_server_work_where_there_is_only_loopback(told: dict[str, list[object]]) -> None:
    assert told["ended"] == [0] * 5
    assert told["answers"] == [200] * 4


def test_no_verb_and_no_server_connects_or_looks_anything_up_but_loopback(told: dict[str, list[object]]) -> None:
    assert "127.0.0.1" in told["asked"], "the test itself asks the server, so the ear hears"
    assert set(told["asked"]) <= {"127.0.0.1", "localhost"}


def test_in_that_namespace_nothing_else_can_be_reached() -> None:
    if why := refusal():
        pytest.skip(f"no network namespace on this machine: {why}")
    tried = subprocess.run(
        within([sys.executable, "-c", OUTWARD]), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "Network is unreachable" in tried.stderr
    with socket.create_server(("127.0.0.1", 0)) as outside:
        inward = f"import socket; socket.create_connection(('127.0.0.1', {outside.getsockname()[1]}), timeout=3)"
        tried = subprocess.run(
            within([sys.executable, "-c", inward]), cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert "ConnectionRefusedError" in tried.stderr, "loopback is up, and it is another one"

"""Every route behind every door: the list is made from the router, so that a new route cannot be forgotten."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from starlette.testclient import TestClient

import latentspace
from door import client_of
from foreign_run import foreign_run
from latentspace.server.app import create_api

NAME = "linear.ls"
DOCUMENT = create_api(NAME).openapi()["paths"]
ROUTES = [(verb.upper(), path) for path, verbs in DOCUMENT.items() for verb in verbs]
VERBS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
SAFE = ("GET", "HEAD", "OPTIONS")
AT = {"host": "127.0.0.1:8765"}
DOORS: dict[str, tuple[dict[str, str], str, tuple[str, ...]]] = {
    "another name": ({"host": "evil.example"}, "door.host", VERBS),
    "a name that begins alike": ({"host": "127.0.0.1.evil.example"}, "door.host", VERBS),
    "another page": ({**AT, "sec-fetch-site": "cross-site"}, "door.origin", ("POST", "PUT", "PATCH", "DELETE")),
    "another origin": ({**AT, "origin": "http://evil.example"}, "door.origin", ("POST", "PUT", "PATCH", "DELETE")),
    "a packed body": ({**AT, "content-encoding": "gzip"}, "door.encoding", VERBS),
}
TRICKS = (
    *(
        "..",
        "../..",
        "..%2f..",
        "%2e%2e/%2e%2e",
        "..\\..",
        "%252e%252e%252f",
        "describe/../../..",
        "assets/../../../etc",
    ),
    *("%00", "describe%00", "describe;x", "describe%2f", "/describe", "\u202edescribe", "CON", "~root", "." * 4000),
)
NONSENSE = ("", "-1", "1e999", "NaN", "9" * 40, "\x00", "'; DROP TABLE groups", "../../etc/passwd", "💀" * 50)
BODIES = (
    *(b"", b"\0" * 7, b"\xff" * 64, b"[" * 20_000, b'{"a":' * 5_000, b"null", b"[]", b"{}", b'[{"kind":"inside"}]'),
    json.dumps({"groups": [{"name": "a", "recipe": {"kind": "all_of", "of": "x"}}]}).encode(),
    json.dumps({"groups": [{"name": 3, "recipe": None}], "within": [1], "adjust": {"a": 1}}).encode(),
    *(b"\x00\x00\xc0\x7f" * 4, b"\x00\x00\x80\x7f" * 4),  # NaN and infinity
)


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> latentspace.Explorer:
    workspace, _ = foreign_run(tmp_path_factory.mktemp("doors"), missing=3)
    return latentspace.open(workspace.path)


@pytest.fixture(scope="module")
def client(explorer: latentspace.Explorer) -> Iterator[TestClient]:
    with client_of(explorer) as opened:
        yield opened


def test_there_are_routes_to_try() -> None:
    assert len(ROUTES) > 30
    assert {path.rpartition("/")[2] for _, path in ROUTES} >= {"describe", "subject", "compare", "own", "save_group"}


def test_no_route_and_no_verb_is_answered_without_the_cookie(explorer: latentspace.Explorer) -> None:
    client = client_of(explorer, launched=False)
    paths = {path for _, path in ROUTES} | {f"/w/{NAME}/", "/assets/index.js", "/nowhere", "/w/other.ls/describe"}
    open_to_all = [(v, p) for v, p in product(VERBS, sorted(paths)) if client.request(v, p).status_code != 401]
    assert open_to_all == []


@pytest.mark.parametrize("door", DOORS)
def test_every_route_and_verb_stands_behind_every_door(client: TestClient, door: str) -> None:
    headers, code, verbs = DOORS[door]
    paths = {path for _, path in ROUTES} | {f"/w/{NAME}/", "/assets/index.js", "/healthz"}
    for verb, path in product(verbs, sorted(paths)):
        answer = client.request(verb, path, headers=headers)
        assert answer.status_code in {403, 415}, (verb, path)
        if verb != "HEAD":
            assert answer.json()["code"] == code, (verb, path)


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_with_paths_leads_out_of_the_page(
    client: TestClient, explorer: latentspace.Explorer, trick: str
) -> None:
    for before in (f"/w/{NAME}/", "/assets/", "/"):
        answer = client.get(before + trick)
        assert answer.status_code in {200, 307, 400, 404, 405, 414, 422}, (before, trick)
        assert str(explorer.workspace.path) not in answer.text
        assert "root:" not in answer.text
        if answer.status_code == 200:
            assert "<title>Latent Space Explorer" in answer.text or "linear" in answer.text.lower()


@pytest.mark.parametrize(("verb", "path"), ROUTES)
def test_nonsense_is_refused_with_a_code_or_answered_and_never_a_defect(
    client: TestClient, explorer: latentspace.Explorer, verb: str, path: str
) -> None:
    given: list[dict[str, str]] = DOCUMENT[path][verb.lower()].get("parameters", [])
    names = [one["name"] for one in given]
    queries = [{}, *(dict.fromkeys(names, value) for value in NONSENSE)]
    for query, body in product(queries, BODIES if verb == "POST" else (b"",)):
        answer = client.request(verb, path, params=query, content=body)
        assert answer.status_code < 500, (query, body[:40], answer.text)
        if answer.status_code >= 400:
            assert {"code", "where", "found", "hint"} <= answer.json().keys()
            assert str(explorer.workspace.path) not in answer.text


def test_two_hundred_half_sent_requests_do_not_stop_a_new_client(
    explorer: latentspace.Explorer, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "latentspace", "serve", explorer.workspace.path, "--port", "0", "--no-open"]
    process = subprocess.Popen([*command, "--state", tmp_path], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    held: list[socket.socket] = []
    try:
        link = urlsplit(next(line.strip() for line in process.stdout if line.startswith("http://")))
        for _ in range(200):
            held.append(socket.create_connection((str(link.hostname), int(link.port or 0)), timeout=10))
            held[-1].sendall(b"POST /w/linear.ls/decode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le")
        with urlopen(link.geturl().partition("/launch")[0] + "/healthz", timeout=5) as answer:  # noqa: S310 - ours
            assert answer.read() == b"ok"
    finally:
        for one in held:
            one.close()
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()

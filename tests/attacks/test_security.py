"""What a stranger tries at the door of the server, and what a damaged workspace tells the page."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.types import Message

import latentspace
from door import KEY, client_of
from foreign_run import foreign_run
from latentspace.server.app import create_app
from latentspace.server.security import LOOPBACK, MAX_BODY, Key, host_name

OTHER = Key(bytes(range(1, 33)))
HOME = "/w/linear.ls"


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> latentspace.Explorer:
    workspace, _ = foreign_run(tmp_path_factory.mktemp("door"), missing=3)
    return latentspace.open(workspace.path)


@pytest.fixture(scope="module")
def client(explorer: latentspace.Explorer) -> Iterator[TestClient]:
    with client_of(explorer) as opened:
        yield opened


@pytest.mark.parametrize("token", [b"\xe9", b"\xff" * 64, b"%C3%A9", b"", b"a" * 100_000])
def test_a_token_of_any_bytes_is_refused_and_not_a_defect(explorer: latentspace.Explorer, token: bytes) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    headers = [(b"host", b"127.0.0.1")]
    scope = {"type": "http", "method": "GET", "path": "/launch", "query_string": b"token=" + token, "headers": headers}
    app = create_app(explorer, KEY).app

    async def knock() -> None:
        await app(scope, receive, send)

    asyncio.run(knock())
    assert sent[0]["status"] == 401


def test_the_cookie_of_another_server_opens_nothing(explorer: latentspace.Explorer) -> None:
    assert OTHER.cookie_name != KEY.cookie_name
    client = TestClient(create_app(explorer, KEY).app, base_url="http://127.0.0.1:8765")
    for value in (OTHER.cookie, KEY.launch_token, "", "\xe9", KEY.cookie + "0", KEY.cookie):
        cookie = f"{KEY.cookie_name}={value}".encode("latin-1")
        answer = client.get(f"{HOME}/describe", headers={b"cookie": cookie})
        assert answer.status_code == (200 if value == KEY.cookie else 401), value


def test_cookies_of_other_programs_on_this_host_close_nothing(explorer: latentspace.Explorer) -> None:
    client = TestClient(create_app(explorer, KEY).app, base_url="http://127.0.0.1:8765")
    for other in ("name=caf\xe9", 'a={"b": [1, 2]}', "a b=c", "=", 'x="y; z'):
        cookie = f"{other}; {KEY.cookie_name}={KEY.cookie}".encode("latin-1")
        assert client.get(f"{HOME}/describe", headers={b"cookie": cookie}).status_code == 200, other


def test_a_name_that_was_allowed_is_answered_and_no_other(explorer: latentspace.Explorer) -> None:
    client = client_of(explorer, "explorer.example")
    for host, status in (("explorer.example", 200), ("explorer.example:443", 200), ("x.explorer.example", 403)):
        assert client.get(f"{HOME}/describe", headers={"host": host}).status_code == status
    assert client.get(f"{HOME}/describe", headers={"host": "[::1]:8765"}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:9820@evil", "[::1]evil", "[::1", "localhost:x", "localhost:1:2", ""])
def test_a_host_that_only_begins_like_ours_is_nobody(host: str) -> None:
    assert host_name(host) not in LOOPBACK
    assert [host_name(name) for name in ("127.0.0.1", "localhost:80", "[::1]:8765")] == list(LOOPBACK)


def test_a_body_that_would_unpack_to_more_is_refused(client: TestClient) -> None:
    answer = client.post(f"{HOME}/decode", content=b"\0" * 32, headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (415, "door.encoding")


def test_a_body_that_does_not_say_its_length_is_cut_at_the_cap(client: TestClient) -> None:
    blocks = (bytes(MAX_BODY // 4) for _ in range(8))
    answer = client.post(f"{HOME}/decode", content=blocks)
    assert (answer.status_code, answer.json()["code"]) == (422, "body.malformed")
    assert str(MAX_BODY) in answer.json()["found"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{HOME}/nowhere", 404),
        ("GET", "/w/other.ls/describe", 404),
        ("GET", "/assets/%2e%2e/%2e%2e/app.py", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/docs", 404),
        ("POST", f"{HOME}/describe", 405),
        ("DELETE", f"{HOME}/subject?row=0", 405),
    ],
)
def test_an_address_that_is_not_there_is_answered_like_every_mistake(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, "request.unknown")
    assert set(answer.json()) == {"code", "where", "found", "hint"}


@pytest.mark.parametrize(
    ("artifact", "question", "code"),
    [
        ("recordings/a.zarr/values/c/0/0", "subject?row=20", "array.damaged"),
        ("runs/linear/embedding.zarr/joint/mean/c/0/0", "columns?names=joint.z0", "array.damaged"),
        ("runs/linear/encoder_a.onnx", "encode?row=20&modalities=a", "run.unreadable"),
        ("runs/linear/run.json", "describe", "run.unreadable"),
        ("subjects.parquet", "describe", "workspace.damaged"),
    ],
)
def test_damage_is_named_without_saying_where_on_this_machine_it_lies(
    tmp_path: Path, artifact: str, question: str, code: str
) -> None:
    workspace, _ = foreign_run(tmp_path)
    client = client_of(latentspace.open(workspace.path))
    victim = workspace.path / artifact
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    answer = client.get(f"{HOME}/{question}")
    assert answer.json()["code"] == code
    assert answer.status_code == 422
    assert "verify" in answer.json()["hint"]
    assert str(tmp_path) not in answer.text


def test_a_subject_who_lacks_a_modality_is_answered_with_the_other(
    client: TestClient, explorer: latentspace.Explorer
) -> None:
    assert set(explorer.subject(1).recordings) == {"a"}
    assert set(explorer.subject(50).recordings) == {"a", "b"}
    answer = client.get(f"{HOME}/encode?row=1&modalities=b")
    assert (answer.status_code, answer.json()["code"]) == (404, "subject.no_recording")
    both, alone = explorer.encode(1, ["a", "b"]), explorer.encode(1, ["a"])
    np.testing.assert_array_equal(both.z, alone.z)
    latent = explorer.columns(["b.z0", "joint.z0"])
    assert np.isnan(latent["b.z0"]).tolist() == [row < 3 for row in range(120)]
    assert np.isfinite(latent["joint.z0"]).all()

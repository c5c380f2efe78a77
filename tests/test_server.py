"""Every route answers what Explorer answers, and nobody comes in without the link."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load
from starlette.testclient import TestClient
from starlette.types import Message

import latentspace
from built import Built
from door import KEY, client_of
from latentspace.errors import BusyError, InputError
from latentspace.server.app import create_api
from latentspace.server.launch import ServeOptions, serve
from latentspace.server.pool import Pool
from latentspace.server.security import load_key


@pytest.fixture(scope="module")
def explorer(digits: Built) -> latentspace.Explorer:
    return latentspace.open(digits.path)


@pytest.fixture(scope="module")
def client(explorer: latentspace.Explorer) -> Iterator[TestClient]:
    with client_of(explorer) as opened:
        yield opened


def test_the_launch_link_leads_to_the_page_with_a_strict_cookie(explorer: latentspace.Explorer) -> None:
    client = client_of(explorer, launched=False)
    answer = client.get(f"/launch?token={KEY.launch_token}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/w/digits/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    page = client.get("/w/digits/")
    assert page.status_code == 200
    assert "<title>" in page.text


def test_every_answer_carries_the_headers_that_keep_the_page_to_itself(client: TestClient) -> None:
    for path in ("/w/digits/", "/w/digits/describe", "/healthz", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/w/digits/", "/w/digits/describe", "/w/digits/subject?row=0", "/assets/x.js", "/x"])
def test_without_the_cookie_nothing_is_answered(explorer: latentspace.Explorer, path: str) -> None:
    client = client_of(explorer, launched=False)
    assert client.get(path).status_code == 401
    client.cookies.set(KEY.cookie_name, KEY.launch_token)
    assert client.get(path).status_code == 401
    assert client.get("/launch?token=" + "0" * 64).status_code == 401
    assert client.get("/launch").status_code == 401
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.2:8765", ""])
def test_a_request_by_another_name_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/w/digits/describe", headers={"host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_page_cannot_ask_for_anything_that_works(client: TestClient, headers: dict[str, str]) -> None:
    body = np.zeros(1, np.float32).tobytes()
    answer = client.post("/w/digits/decode", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "door.origin")


def test_routes_answer_what_the_explorer_answers(client: TestClient, explorer: latentspace.Explorer) -> None:
    about = client.get("/w/digits/describe").json()
    assert (about["n"], about["n_latent"]) == (1797, explorer.n_latent)
    columns = load(client.get("/w/digits/columns?names=digit,ink,joint.z01").content)
    for name, values in explorer.columns(["digit", "ink", "joint.z01"]).items():
        np.testing.assert_array_equal(columns[name], values)
    points = load(client.get("/w/digits/points?space=right&method=pca").content)["points"]
    np.testing.assert_array_equal(points, explorer.points("right", "pca"))
    recordings = load(client.get("/w/digits/subject?row=5").content)
    np.testing.assert_array_equal(recordings["left"], explorer.subject(5).recordings["left"])
    code = load(client.get("/w/digits/encode?row=5&modalities=left").content)
    np.testing.assert_array_equal(code["z"], explorer.encode(5, ["left"]).z)
    drawn = load(client.post("/w/digits/decode", content=code["z"].tobytes()).content)
    np.testing.assert_array_equal(drawn["right"], explorer.decode(code["z"])["right"])
    placed = load(client.post("/w/digits/place", content=code["z"].tobytes()).content)
    np.testing.assert_allclose(placed["joint.tsne"], explorer.place(code["z"])["joint.tsne"], atol=1e-4)
    alone = load(client.post("/w/digits/place?maps=right.pca", content=code["z"].tobytes()).content)
    assert list(alone) == ["right.pca"]
    ranked = client.get("/w/digits/rank?by=association&name=digit").json()
    assert [d["dim"] for d in ranked] == [d.dim for d in explorer.rank("association", "digit")]


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "decode", b"", (422, "body.malformed")),
        ("POST", "decode", b"abc", (422, "body.malformed")),
        ("POST", "decode", b"\0" * 8, (422, "code.malformed")),
        ("POST", "decode", b"\0" * ((1 << 20) + 4), (422, "body.malformed")),
        ("POST", "place", b"\xff" * 240, (422, "code.malformed")),
        ("GET", "subject?row=99999", None, (404, "subject.missing")),
        ("GET", "subject?row=-1", None, (422, "request.malformed")),
        ("GET", "subject?row=x", None, (422, "request.malformed")),
        ("GET", "columns?names=../../etc/passwd", None, (404, "column.missing")),
        ("GET", "points?space=..&method=tsne", None, (404, "map.missing")),
        ("GET", "rank?by=magic", None, (422, "request.malformed")),
        ("GET", "rank?by=effect&name=x", None, (404, "modality.unknown")),
        ("GET", "encode?row=0&modalities=", None, (404, "subject.no_recording")),
    ],
)
def test_nonsense_is_answered_with_what_to_do(
    client: TestClient, method: str, path: str, body: bytes | None, expected: tuple[int, str]
) -> None:
    answer = client.request(method, f"/w/digits/{path}", content=body)
    assert (answer.status_code, answer.json()["code"]) == expected
    assert answer.json()["hint"]
    assert "Traceback" not in answer.text


def test_a_defect_is_answered_plainly_and_logged_with_its_number(
    explorer: latentspace.Explorer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: latentspace.Explorer) -> None:
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(latentspace.Explorer, "describe", broken)
    client = client_of(explorer)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/w/digits/describe")
    assert (answer.status_code, answer.json()["code"]) == (500, "server.bug")
    assert "secret" not in answer.text
    assert answer.json()["id"] in caplog.text


def test_a_path_of_this_machine_does_not_reach_the_page(
    explorer: latentspace.Explorer, digits: Built, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.ls"
    (bare / "runs" / "r").mkdir(parents=True)
    for name in ("workspace.json", "subjects.parquet", "phenotypes.json", "ingest.json"):
        (bare / name).write_bytes((digits.path / name).read_bytes())
    record = (explorer.run.path / "run.json").read_text()
    (bare / "runs" / "r" / "run.json").write_text(record)
    (bare / "runs" / "latest").write_text("r")
    opened = latentspace.open(bare, "r")
    answer = client_of(opened).get("/w/bare.ls/points?space=joint&method=tsne")
    assert (answer.status_code, answer.json()["code"]) == (404, "run.incomplete")
    assert str(tmp_path) not in answer.text
    assert "latentspace project bare.ls" in answer.json()["hint"]


def test_a_full_pool_says_when_to_come_back() -> None:
    pool = Pool(workers=1, waiting=0)
    with pool.worker(), pytest.raises(BusyError) as raised, pool.worker():
        pass
    assert raised.value.status == 503
    with pool.worker():
        pass  # the place is free again


def test_a_busy_server_sends_503_with_a_retry_time(explorer: latentspace.Explorer) -> None:
    client = client_of(explorer)
    client.app.app.app.app.state.pool = pool = Pool(workers=1, waiting=0)  # type: ignore[attr-defined]
    with pool.worker():
        answer = client.post("/w/digits/decode", content=np.zeros(explorer.n_latent, np.float32).tobytes())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["code"] == "server.busy"


def test_a_measurement_that_takes_long_does_not_hold_up_decoding(explorer: latentspace.Explorer) -> None:
    client = client_of(explorer)
    with client.app.app.app.app.state.measuring.worker():  # type: ignore[attr-defined]
        answer = client.post("/w/digits/decode", content=np.zeros(explorer.n_latent, np.float32).tobytes())
    assert answer.status_code == 200


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = load_key(tmp_path / "state" / "server.key")
    assert load_key(tmp_path / "state" / "server.key") == key
    assert (tmp_path / "state" / "server.key").stat().st_mode & 0o777 == 0o600
    assert load_key(tmp_path / "other" / "server.key") != key
    (tmp_path / "state" / "server.key").write_bytes(b"short")
    with pytest.raises(InputError, match=r"state\.bad_key"):
        load_key(tmp_path / "state" / "server.key")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "example.org", "::"])  # noqa: S104
def test_only_loopback_is_served(explorer: latentspace.Explorer, tmp_path: Path, host: str) -> None:
    options = ServeOptions(host=host, port=0, allowed_hosts=(), key_folder=tmp_path, open_browser=False)
    with pytest.raises(InputError, match=r"serve\.not_loopback"):
        serve(explorer, options, say=lambda link: pytest.fail(f"it would listen: {link}"))


def test_the_server_imports_no_torch() -> None:
    code = "import latentspace.server.launch, sys; sys.exit('torch' in sys.modules or 'latentspace.vae' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_whoever_leaves_before_the_question_is_whole_leaves_no_error_behind(
    explorer: latentspace.Explorer, caplog: pytest.LogCaptureFixture
) -> None:
    api, said = create_api("digits"), list[Message]()
    api.state.explorer, api.state.pool = explorer, Pool(workers=1, waiting=1)

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/w/digits/decode", "headers": [],
        "query_string": b"", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 9),
    }  # fmt: skip
    asyncio.run(api(scope, gone, send))
    assert said[0]["status"] == 499
    assert not caplog.records

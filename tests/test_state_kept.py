"""Saved groups and named views over the wire, through the explorer and on the command line."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

import latentspace
from door import client_of
from foreign_run import foreign_run
from latentspace.explorer import Explorer
from latentspace.groups import parse
from latentspace.progress import silent
from latentspace.project import ProjectOptions, project
from latentspace.state import FILE

TALL = {"kind": "between", "column": "height", "low": 0.0, "high": 99.0}
RECIPE = parse(TALL)


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Explorer:
    workspace, run = foreign_run(tmp_path_factory.mktemp("state"))
    project(workspace, run, ProjectOptions(perplexity=10.0, seed=0), silent)
    return latentspace.open(workspace.path)


@pytest.fixture
def client(explorer: Explorer) -> Iterator[TestClient]:
    with client_of(explorer) as opened:
        yield opened
    for group in explorer.groups():
        explorer.remove_group(group.id)


def test_routes_keep_what_they_are_given(client: TestClient, explorer: Explorer) -> None:
    made = client.post("/w/linear.ls/save_group?name=Tall", json=TALL)
    assert made.status_code == 200, made.text
    assert made.json() == client.get("/w/linear.ls/groups").json()[0]
    said = made.json()
    assert (said["letter"], said["name"], said["reason"]) == ("A", "Tall", "")
    height = explorer.workspace.subjects()["height"].to_numpy()
    assert (explorer.select(parse(said["recipe"])) == (height >= 0)).all()
    renamed = client.post(f"/w/linear.ls/save_group?name=Taller&group_id={said['id']}", json=TALL).json()
    assert (renamed["name"], renamed["id"], renamed["letter"]) == ("Taller", said["id"], "A")
    assert client.post(f"/w/linear.ls/remove_group?group_id={said['id']}").status_code == 204
    assert client.get("/w/linear.ls/groups").json() == []
    state = {"version": 1, "moved": {"joint.z01": 1.25}}
    assert client.post("/w/linear.ls/save_view?name=Mine", json=state).json()["state"] == state
    assert [view["name"] for view in client.get("/w/linear.ls/views").json()] == ["Mine"]
    assert client.post("/w/linear.ls/remove_view?name=Mine").status_code == 204
    assert client.get("/w/linear.ls/views").json() == []


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("save_group?name=x", b"{", (422, "body.malformed")),
        ("save_group?name=x", b"{}", (422, "recipe.malformed")),
        ("save_group?name=x", b'{"kind": "not", "of": NaN}', (422, "body.malformed")),
        ("save_group?name=x", b"[" * 100_000, (422, "body.malformed")),
        ("save_group?name=x", b" " * ((1 << 20) + 1), (422, "body.malformed")),
        ("save_group?name=", b'{"kind": "all_of", "of": []}', (422, "state.name")),
        ("save_group?name=x&group_id=../x", b"{}", (422, "request.malformed")),
        ("remove_group?group_id=zz", b"", (404, "state.missing")),
        ("save_view?name=x", b"[1]", (422, "body.malformed")),
        ("save_view?name=x", b'{"a": "\\ud800"}', (422, "body.malformed")),
        ("remove_view?name=none", b"", (404, "state.missing")),
    ],
)
def test_nonsense_is_not_kept(client: TestClient, path: str, body: bytes, expected: tuple[int, str]) -> None:
    answer = client.post(f"/w/linear.ls/{path}", content=body)
    assert (answer.status_code, answer.json()["code"]) == expected
    assert client.get("/w/linear.ls/groups").json() == []


def test_a_group_of_another_runs_map_says_why_it_cannot_be_used(client: TestClient, explorer: Explorer) -> None:
    outline = {"kind": "inside", "run": "elsewhere", "space": "a", "method": "pca", "polygon": [[0, 0], [1, 0], [0, 1]]}
    made = client.post("/w/linear.ls/save_group?name=Elsewhere", json={"kind": "not", "of": outline}).json()
    assert "map of run elsewhere" in made["reason"]
    assert "this run is" in made["reason"] or explorer.run.name in made["reason"]
    here = client.post("/w/linear.ls/save_group?name=Here", json={**outline, "run": explorer.run.name}).json()
    assert here["reason"] == ""
    gone = {"kind": "between", "column": "shoe size", "low": 0, "high": 1}
    assert "shoe size" in client.post("/w/linear.ls/save_group?name=Gone", json=gone).json()["reason"]
    assert [bool(group.reason) for group in explorer.groups()] == [True, False, True]


def test_another_folder_keeps_another_state(explorer: Explorer, tmp_path: Path) -> None:
    elsewhere = Explorer(explorer.workspace, explorer.run, tmp_path)
    elsewhere.save_group("Mine", RECIPE)
    assert (len(elsewhere.groups()), explorer.groups()) == (1, [])
    assert (tmp_path / FILE).stat().st_size > 0


def test_the_command_line_lists_saved_groups_with_their_numbers(explorer: Explorer, tmp_path: Path) -> None:
    elsewhere = Explorer(explorer.workspace, explorer.run, tmp_path)
    elsewhere.save_group("Tall", RECIPE)
    command = [sys.executable, "-m", "latentspace", "group", str(explorer.workspace.path), "list", "--json"]
    done = subprocess.run([*command, "--state", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    wanted = int((explorer.workspace.subjects()["height"].to_numpy().astype(np.float32) >= 0).sum())
    assert f'"selected": {wanted}' in done.stdout
    assert '"name": "Tall"' in done.stdout

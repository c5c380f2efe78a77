"""Attacks on a server with `strict`: every route is asked, and no answer may hold anything of a single person."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load, save
from starlette.testclient import TestClient

import latentspace
from built import Built
from door import client_of
from latentspace.errors import TooOftenError
from latentspace.explorer import Explorer
from latentspace.groups import AllOf, Between, OneOf
from latentspace.server.alone import OF_GROUPS
from latentspace.server.app import QUESTIONS, create_api
from latentspace.server.rate import Rate

HOME = "/w/digits/"
ROW, PLANTED = 700, 654321.125  # a value that nobody else has, and that any float holds exactly
EVERYONE = {"kind": "all_of", "of": []}
DARK = {"kind": "between", "column": "ink", "low": 0.0, "high": 20.0}
SIDES = json.dumps({"groups": [{"name": "dark", "recipe": DARK}], "disclosure": "laptop"})
GROUPS = json.dumps([EVERYONE, DARK])


@pytest.fixture(scope="module")
def planted(digits: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits, one of whom has an ink that nobody else has."""
    path = tmp_path_factory.mktemp("planted") / digits.path.name
    shutil.copytree(digits.path, path)
    people = pl.read_parquet(path / "subjects.parquet")
    changed = pl.Series("ink", [PLANTED if i == ROW else x for i, x in enumerate(people["ink"])], people["ink"].dtype)
    people.with_columns(changed).write_parquet(path / "subjects.parquet")
    return path


@pytest.fixture(scope="module")
def strict(planted: Path) -> Explorer:
    explorer = latentspace.open(planted)
    explorer.disclosure = "strict"
    return explorer


@pytest.fixture(scope="module")
def client(strict: Explorer) -> Iterator[TestClient]:
    with client_of(strict) as opened:
        yield opened


def questions(explorer: Explorer) -> dict[str, list[tuple[str, dict[str, Any], bytes | str | None]]]:
    """Of every route what can be asked of it: method, query and body."""
    about = explorer.describe()
    z = np.zeros(about.n_latent, np.float32)
    names = ",".join([*(p.name for p in (*about.phenotypes, *about.told)), "part", "joint.z00"])
    a_map, row = {"space": about.maps[0].space, "method": about.maps[0].method}, {"row": ROW}
    code, two = z.tobytes(), np.concatenate([z, z + 1]).tobytes()
    modality = about.modalities[0].name
    strip = {"index": 0, "values": "-1,0,1", "modalities": modality}
    return {
        "describe": [("GET", {}, None)],
        "provenance": [("GET", {}, None)],
        "columns": [("GET", {"names": names}, None), ("GET", {"names": "subject_id,visit"}, None)],
        "points": [("GET", a_map, None)],
        "subject": [("GET", row, None)],
        "encode": [("GET", {**row, "modalities": modality}, None)],
        "decode": [("POST", {}, code)],
        "place": [("POST", {}, code)],
        "rank": [("GET", {"by": "variance"}, None), ("GET", {"by": "association", "name": "ink"}, None)],
        "measure": [("GET", row, None), ("POST", row, code), ("POST", {}, code)],
        "areas": [("GET", row, None), ("POST", {}, code)],
        "predict": [("GET", row, None), ("POST", row, code), ("POST", {}, code)],
        "traverse": [("POST", strip, code)],
        "translate": [("GET", {**row, "source": modality}, None)],
        "own": [("POST", {}, save({"a.csv": np.frombuffer(b"time,I\n0,1\n", np.uint8)}))],
        "density": [("POST", {}, code), ("POST", row, code)],
        "neighbours": [("POST", {"n": 5}, code), ("POST", {"n": 5, **row}, code)],
        "interpolate": [("POST", {"steps": 9, "how": how}, two) for how in ("straight", "density")],
        "mean": [("POST", {}, np.packbits(np.ones(about.n, bool)).tobytes())],
        "separates": [("POST", {}, json.dumps([DARK, {"kind": "not", "of": DARK}]))],
        "axes": [("POST", {}, json.dumps([EVERYONE]))],
        "direction": [("GET", {"name": "ink"}, None)],
        "course": [("GET", {"name": "ink"}, None)],
        "tally": [("POST", {"names": names}, GROUPS)],
        "grid": [("POST", a_map, GROUPS)],
        "centre": [("POST", {}, json.dumps([EVERYONE])), ("POST", {}, json.dumps([DARK]))],
        "compare": [("POST", {}, SIDES)],
        "compare_table": [("POST", {"form": form}, SIDES) for form in ("csv", "markdown", "html")],
        "score": [("POST", {"disclosure": "laptop"}, GROUPS)],
        "score_task": [("POST", {"name": "ink", "disclosure": "laptop"}, GROUPS)],
        "survival": [("POST", {}, SIDES)],
        "hazards": [("GET", {"disclosure": "laptop"}, None)],
        "groups": [("GET", {}, None)],
        "save_group": [("POST", {"name": "dark"}, json.dumps(DARK))],
        "remove_group": [("POST", {"group_id": "0"}, None)],
        "views": [("GET", {}, None)],
        "save_view": [("POST", {"name": "one"}, "{}")],
        "remove_view": [("POST", {"name": "one"}, None)],
    }


def ask(client: TestClient, route: str, question: tuple[str, dict[str, Any], bytes | str | None]) -> Any:
    method, query, body = question
    return client.request(method, HOME + route, params=query, content=body)


def secrets_of(explorer: Explorer) -> list[bytes]:
    """How one person could be told of: the planted value as text or number, every id, the person's code and places."""
    about = explorer.describe()
    ids = [text.encode() for text in explorer.workspace.subjects()["subject_id"].to_list()]
    code = np.concatenate([explorer.run.embedding(part.space)[ROW, :8] for part in about.layout])
    places = np.concatenate([explorer.points(m.space, m.method)[ROW] for m in about.maps])
    numbers = np.concatenate([code, places]).astype(np.float32)
    planted = [b"654321", np.float32(PLANTED).tobytes(), np.float64(PLANTED).tobytes()]
    return [*planted, *ids, *(x.tobytes() for x in numbers if x), *(repr(float(x)).encode() for x in numbers if x)]


def shapes_of(answer: Any) -> list[int]:
    """The lengths of all lists and arrays of an answer, however deep."""
    if not answer.content:
        return []
    if answer.headers["content-type"].startswith("application/octet-stream"):
        return [length for values in load(answer.content).values() for length in values.shape]
    if not answer.headers["content-type"].startswith("application/json"):
        return [answer.text.count("\n")]
    lengths, waiting = list[int](), [answer.json()]
    while waiting:
        one = waiting.pop()
        inner = list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
        lengths.append(len(inner))
        waiting.extend(inner)
    return lengths


def test_every_route_is_asked(strict: Explorer) -> None:
    asked = questions(strict)
    assert asked.keys() == QUESTIONS
    verbs = {
        (v.upper(), path[len("/w/x/") :]) for path, each in create_api("x").openapi()["paths"].items() for v in each
    }
    assert {(method, route) for route, each in asked.items() for method, _, _ in each} == verbs
    assert OF_GROUPS < QUESTIONS


def test_with_strict_no_answer_of_any_route_holds_anything_of_a_single_person(
    client: TestClient, strict: Explorer
) -> None:
    secrets, n, refused = secrets_of(strict), strict.describe().n, set[str]()
    for route, each in questions(strict).items():
        for question in each:
            answer = ask(client, route, question)
            assert answer.status_code != 500, route
            found = [secret for secret in secrets if secret in answer.content]
            assert not found, (route, question[:2], found)
            assert not {n, n - 1} & set(shapes_of(answer)), (route, question[:2])
            if answer.status_code == 403:
                refused.add(route)
                said = answer.json()
                assert said["code"] == "disclosure.strict"
                assert said["hint"]
            elif "row" in question[1]:
                pytest.fail(f"{route} answers about a row: {answer.status_code}")
    individual = {"columns", "points", "subject", "encode", "translate", "neighbours", "mean", "own"}
    assert refused == individual | {"measure", "areas", "predict", "density", "interpolate"}, "the last ones of a row"


def test_the_same_search_finds_what_a_server_without_a_preset_tells(planted: Path) -> None:
    """Else the search above could not fail."""
    openly = latentspace.open(planted)
    secrets, telling = secrets_of(openly), set[str]()
    with client_of(openly) as client:
        for route in ("columns", "points", "subject", "neighbours", "axes", "encode"):
            for question in questions(openly)[route]:
                answer = ask(client, route, question)
                assert answer.status_code == 200, route
                if any(s in answer.content for s in secrets) or openly.describe().n in shapes_of(answer):
                    telling.add(route)
    assert telling >= {"columns", "points", "subject", "neighbours", "axes"}


def test_no_preset_that_a_client_names_opens_what_the_server_closed(client: TestClient) -> None:
    for preset in ("laptop", "ukb5", "strict"):
        query = {"names": "ink", "disclosure": preset}
        assert client.get(HOME + "columns", params=query).json()["code"] == "disclosure.strict"
    for path in ("columns/", "./columns", "columns%2f", "tally/../columns"):
        assert client.get(HOME + path, params={"names": "ink"}).status_code in {403, 404}, path


def test_strict_hides_small_cells_and_no_bound_is_a_value_of_one_person(strict: Explorer) -> None:
    told = strict.tally([AllOf(of=())], ["ink", "digit"])
    edges = told["ink.edges"]
    assert edges[-1] < 100 < PLANTED, "the one who has most does not stretch the chart"
    np.testing.assert_allclose(np.diff(edges), edges[1] - edges[0], rtol=1e-4)
    grid = strict.grid("joint", "tsne", [AllOf(of=()), OneOf(column="digit", values=("three",))])
    every = np.concatenate([told["0.ink.counts"], told["0.digit.counts"], grid["0"].ravel(), grid["1"].ravel()])
    assert set(every[every >= 0].tolist()) <= set(range(15, 2000, 5)) | {11, 12, 13, 14}
    for cells, n in ((grid["0"], 1797), (grid["1"], 183)):
        assert cells[cells > 0].sum() > 0.6 * n, "most people lie in cells that are told"
        assert len(cells) > 3
    few = strict.tally([Between(column="ink", low=0.0, high=1e-3)], ["ink", "digit"])
    assert few["total"].tolist() == [-1]
    assert all((few[key] == -1).all() for key in ("0.ink.counts", "0.digit.counts"))
    assert np.isnan(few["0.ink.figures"]).all()


def test_an_own_recording_may_be_dropped_only_so_often_and_not_at_all_with_strict(
    client: TestClient, digits: Built
) -> None:
    question = questions(latentspace.open(digits.path))["own"][0]
    assert ask(client, "own", question).status_code == 403
    with client_of(latentspace.open(digits.path)) as openly:
        codes = [ask(openly, "own", question) for _ in range(31)]
    assert {answer.status_code for answer in codes[:30]} == {422}, "no ECG among digits, which is said as before"
    assert (codes[30].status_code, codes[30].json()["code"]) == (429, "own.too_often")


def test_after_a_while_it_may_be_asked_again() -> None:
    clock = [0.0]
    rate = Rate(2, 60.0, now=lambda: clock[0])
    rate.take("here")
    clock[0] = 59.0
    rate.take("here")
    with pytest.raises(TooOftenError, match=r"Try again in 1 s"):
        rate.take("here")
    clock[0] = 60.0
    rate.take("here")
    with pytest.raises(TooOftenError):
        rate.take("here")

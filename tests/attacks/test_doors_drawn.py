"""Requests drawn from the OpenAPI document, right and wrong in turn: an answer or a refusal with a code, no defect."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

import latentspace
from door import client_of
from foreign_run import foreign_run
from latentspace.server.app import create_api

NAME, EXAMPLES = "linear.ls", 12
DOCUMENT = create_api(NAME).openapi()["paths"]
ROUTES = [(verb.upper(), path) for path, verbs in DOCUMENT.items() for verb in verbs]
KNOWN = (
    "joint",
    "a",
    "b",
    "a,b",
    "height",
    "joint.z0",
    "tsne",
    "pca",
    "joint.tsne",
    "laptop",
    "strict",
    "1",
    "0",
    "119",
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(KNOWN))
KEYS = (
    "kind",
    "of",
    "column",
    "low",
    "high",
    "values",
    "groups",
    "recipe",
    "name",
    "within",
    "adjust",
    "polygon",
    "run",
)
KINDS = ("all_of", "any_of", "not", "between", "one_of", "inside")
FIELDS = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), LEAVES, max_size=5)
RECIPES = FIELDS | st.builds(lambda kind, rest: {**rest, "kind": kind}, st.sampled_from(KINDS), FIELDS)
JSON = st.recursive(
    LEAVES | RECIPES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
CODES = st.lists(st.floats(width=32), min_size=6, max_size=9).map(lambda z: struct.pack(f"<{len(z)}f", *z))
BYTES = st.binary(max_size=80) | CODES


def values_of(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    """Texts for one parameter: such as its schema wants, and others."""
    parts = schema.get("anyOf", [schema])
    wanted: list[st.SearchStrategy[Any]] = [st.sampled_from(KNOWN), st.text(max_size=30)]
    for part in parts:
        if "enum" in part:
            wanted += [st.sampled_from(part["enum"])] * 3
        elif part.get("type") == "integer":
            wanted += [st.integers(-2, 130), st.integers()]
        elif part.get("type") == "number":
            wanted.append(st.floats())
    return st.one_of(wanted).map(str)


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> latentspace.Explorer:
    workspace, _ = foreign_run(tmp_path_factory.mktemp("drawn"), missing=3)
    return latentspace.open(workspace.path)


@pytest.fixture(scope="module")
def client(explorer: latentspace.Explorer) -> Iterator[TestClient]:
    with client_of(explorer) as opened:
        yield opened


@pytest.mark.parametrize(("verb", "path"), ROUTES)
def test_a_request_that_is_drawn_from_the_document_meets_no_defect(
    client: TestClient, explorer: latentspace.Explorer, verb: str, path: str
) -> None:
    operation = DOCUMENT[path][verb.lower()]
    asked = {one["name"]: values_of(one["schema"]) for one in operation.get("parameters", [])}
    content = operation.get("requestBody", {}).get("content", {})
    body = st.just({}) if not content else JSON.map(lambda value: {"json": value})
    if "application/octet-stream" in content:
        body = BYTES.map(lambda value: {"content": value})

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.fixed_dictionaries({}, optional=asked), body)
    def meets_no_defect(query: dict[str, str], sent: dict[str, Any]) -> None:
        try:
            request = client.build_request(verb, path, params=query, **sent)
        except (ValueError, UnicodeError):  # what no client can send: NaN as JSON, half a letter
            return
        answer = client.send(request)
        assert answer.status_code < 500, (query, sent, answer.text)
        if answer.status_code >= 400:
            assert {"code", "where", "found", "hint"} <= answer.json().keys()
            assert str(explorer.workspace.path) not in answer.text

    meets_no_defect()

"""The committed OpenAPI document, from which the page's types are made, says what the server does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import latentspace
from built import Built
from latentspace.server.app import create_app
from latentspace.server.schema import openapi_text
from latentspace.server.security import Key

BACKEND = Path(__file__).parents[1] / "frontend/src/backend"
COMMITTED = json.loads((BACKEND / "openapi.json").read_text(encoding="utf-8"))
SCHEMAS = COMMITTED["components"]["schemas"]
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}
ROUTES = {path.removeprefix("/w/workspace/") for path in COMMITTED["paths"]}


@pytest.fixture(scope="module")
def client(digits: Built) -> Iterator[TestClient]:
    key = Key(bytes(32))
    served = create_app(latentspace.open(digits.path), key)
    with TestClient(served.app, base_url="http://127.0.0.1:8765") as opened:
        opened.get(f"/launch?token={key.launch_token}")
        yield opened


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a JSON value has the fields, types and choices that a schema of the document asks for, and no others."""
    if "$ref" in schema:
        return fits(value, SCHEMAS[schema["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in schema:
        return any(fits(value, option) for option in schema["anyOf"])
    return (
        isinstance(value, TYPES[schema["type"]]) and value in schema.get("enum", [value]) and parts_fit(value, schema)
    )


def parts_fit(value: Any, schema: dict[str, Any]) -> bool:
    if schema["type"] == "array":
        parts = schema.get("prefixItems") or [schema["items"]] * len(value)
        return len(parts) == len(value) and all(map(fits, value, parts))
    if schema["type"] == "object":
        fields: dict[str, Any] = schema.get("properties") or dict.fromkeys(
            value, schema.get("additionalProperties", {})
        )
        return set(value) == set(schema.get("required", value)) and all(
            fits(value[name], fields[name]) for name in value
        )
    return True


def schema_of(route: str) -> dict[str, Any]:
    """What the document says that a route answers."""
    answer = COMMITTED["paths"][f"/w/workspace/{route}"]["get"]["responses"]["200"]
    return answer["content"]["application/json"]["schema"]


def test_the_committed_document_is_the_servers() -> None:
    assert (BACKEND / "openapi.json").read_text(encoding="utf-8") == openapi_text(), "run `make schema`"


def test_a_route_is_a_method_of_explorer_and_of_the_pages_backend() -> None:
    source = (BACKEND / "backend.ts").read_text(encoding="utf-8")
    methods = set(re.findall(r"^  (\w+)\(.*\): Promise<", source, re.MULTILINE))
    assert methods - {"texts"} == ROUTES, "`texts` asks `columns` for text columns"
    assert set(dir(latentspace.Explorer)) >= ROUTES


@pytest.mark.parametrize("question", ["describe", "rank?by=variance", "rank?by=association&name=digit"])
def test_an_answer_has_the_fields_of_the_document(client: TestClient, question: str) -> None:
    answer = client.get(f"/w/digits/{question}")
    assert answer.status_code == 200, answer.text
    assert fits(answer.json(), schema_of(question.partition("?")[0]))
    assert not fits(answer.json(), SCHEMAS["Refused"])


@pytest.mark.parametrize("question", ["subject?row=999999", "subject?row=x", "points?space=no&method=pca", "rank"])
def test_a_refusal_has_the_fields_of_the_document(client: TestClient, question: str) -> None:
    answer = client.get(f"/w/digits/{question}")
    assert 400 <= answer.status_code < 500
    assert fits(answer.json(), SCHEMAS["Refused"])

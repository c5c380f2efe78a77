"""Requests that Schemathesis draws from the OpenAPI document: `python -m studies.schema_fuzz W [CASES [ROUTE ...]]`.

Every operation is asked so many times (default 200) behind the door: half with parameters and bodies that fit the
document, half with such as do not. Prints a row for each; exit code 1 where an answer was a defect (500 and above but
for 503, which says to come back) or a refusal without its four parts. `pip install schemathesis` first.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import schemathesis  # pyright: ignore[reportMissingImports] - installed by hand
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode  # pyright: ignore[reportMissingImports]
from schemathesis.transport.serialization import Binary  # pyright: ignore[reportMissingImports]
from starlette.testclient import TestClient

import latentspace
from latentspace.server.app import create_api
from tests.door import client_of

PARTS = {"code", "where", "found", "hint"}
BUSY = 503
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came back from one operation: how often each status, and for each defect what was sent."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    defects: dict[str, str] = field(default_factory=dict[str, str])

    def hear(self, answer: httpx2.Response, sent: str) -> None:
        """Count one answer."""
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500 and answer.status_code != BUSY:
            self.defects[answer.text[:200]] = sent
        elif answer.status_code >= 400 and not answer.json().keys() >= PARTS:
            self.defects[f"{answer.status_code} without its parts"] = sent


def request_of(client: TestClient, case: schemathesis.Case) -> httpx2.Request | None:
    """The case as a request; None for what no client can send (NaN as JSON, half a letter)."""
    query: Mapping[str, Any] = case.query or {}
    body: dict[str, Any] = {}
    if isinstance(case.body, Binary):
        body = {"content": case.body.data}
    elif isinstance(case.body, dict | list | str | int | float | None):
        body = {"json": case.body}
    try:
        return client.build_request(case.method, case.path, params=query, **body)
    except (ValueError, UnicodeError, TypeError):
        return None


def ask(client: TestClient, operation: schemathesis.APIOperation[Any, Any, Any, Any], cases: int) -> Asked:
    """One operation, so many times."""
    heard = Asked()
    drawn: list[st.SearchStrategy[schemathesis.Case]] = [operation.as_strategy(mode) for mode in GenerationMode]

    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=QUIET)
    @given(st.one_of(drawn))
    def one(case: schemathesis.Case) -> None:
        if (request := request_of(client, case)) is not None:
            heard.hear(client.send(request), f"{request.url} {request.content[:200]!r}")

    one()
    return heard


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    opened = latentspace.open(Path(arguments[0]))
    cases, routes = int(arguments[1]) if len(arguments) > 1 else 200, arguments[2:]
    defects = 0
    print("| operation | answers | defects |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as state:
        explorer = latentspace.Explorer(opened.workspace, opened.run, Path(state))
        document = create_api(explorer.workspace.name).openapi()
        with client_of(explorer) as client:
            for found in schemathesis.openapi.from_dict(document).get_all_operations():
                operation = found.ok()
                name = operation.path.rpartition("/")[2]
                if not routes or name in routes:
                    heard = ask(client, operation, cases)
                    defects += len(heard.defects)
                    print(f"| {operation.method} {name} | {dict(heard.statuses)} | {heard.defects or 0} |", flush=True)
    return int(defects > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A view has a time budget: who asks what takes too long is told so in time, and an answer that has begun is whole."""

import asyncio
import json
import time
from contextlib import nullcontext

import pytest
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import latentspace
from built import Built
from door import client_of
from latentspace.server.budget import Budget

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


def asked(app: ASGIApp, *, ended_after: float | None = None) -> list[tuple[float, Message]]:
    """What is sent, each with the seconds since it was asked; the server may end after some seconds."""
    sent: list[tuple[float, Message]] = []
    begun = time.monotonic()

    async def receive() -> Message:
        await asyncio.sleep(60)  # nobody leaves
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append((time.monotonic() - begun, message))

    async def ask() -> None:
        asking = asyncio.ensure_future(app(dict(SCOPE), receive, send))
        if ended_after is not None:
            await asyncio.sleep(ended_after)
            asking.cancel()
        with pytest.raises(asyncio.CancelledError) if ended_after is not None else nullcontext():
            await asking

    asyncio.run(ask())
    return sent


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    await run_in_threadpool(time.sleep, 1.0)
    await PlainTextResponse("late")(scope, receive, send)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    await slow(scope, receive, send)
    raise ZeroDivisionError


async def dripping(scope: Scope, receive: Receive, send: Send) -> None:
    async def drops():  # noqa: ANN202 - of a test
        for _ in range(3):
            yield b"x"
            await asyncio.sleep(0.1)

    await StreamingResponse(drops())(scope, receive, send)


@pytest.mark.parametrize("app", [slow, broken])
def test_what_takes_too_long_is_answered_in_time_with_a_code_and_only_once(app: ASGIApp) -> None:
    sent = asked(Budget(app=app, seconds=0.1))
    assert [message["type"] for _, message in sent] == ["http.response.start", "http.response.body"]
    (when, start), (_, body) = sent
    assert when < 0.9, "not when the work was done"
    assert start["status"] == 503
    assert (b"retry-after", b"60") in start["headers"]
    said = json.loads(body["body"])
    assert (said["code"], set(said)) == ("server.slow", {"code", "where", "found", "hint"})


def test_what_is_in_time_is_answered_as_it_was_and_what_has_begun_is_not_cut_off() -> None:
    assert asked(Budget(app=slow, seconds=30))[-1][1]["body"] == b"late"
    bodies = [message.get("body", b"") for _, message in asked(Budget(app=dripping, seconds=0.05))]
    assert b"".join(bodies) == b"xxx"


def test_what_the_end_of_the_server_cuts_off_is_told_so_with_a_code_unless_it_has_begun() -> None:
    (_, start), (_, body) = asked(Budget(app=slow), ended_after=0.1)
    assert start["status"] == 503
    assert json.loads(body["body"])["code"] == "server.ending"
    begun = [message for _, message in asked(Budget(app=dripping), ended_after=0.05)]
    assert [message["status"] for message in begun if message["type"] == "http.response.start"] == [200]


def test_every_route_has_the_budget_and_the_audit_notes_that_it_was_exceeded(
    digits: Built, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = latentspace.open(digits.path)
    explorer = latentspace.Explorer(opened.workspace, opened.run, tmp_path_factory.mktemp("state"))
    monkeypatch.setattr(latentspace.Explorer, "describe", lambda _: time.sleep(0.5))
    client = client_of(explorer)
    budget = client.app.app.app  # type: ignore[attr-defined]
    assert isinstance(budget, Budget)
    assert budget.seconds >= 60
    object.__setattr__(budget, "seconds", 0.05)
    answer = client.get("/w/digits/describe")
    assert (answer.status_code, answer.json()["code"]) == (503, "server.slow")
    said = (explorer.audit.folder / "audit.jsonl").read_text(encoding="utf-8")
    assert json.loads(said.splitlines()[-1])["outcome"] == 503

"""A time budget for every view: a question that takes too long is answered that it does, and nobody waits for ever."""

import asyncio
from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUDGET_S = 120.0  # far beyond what any view of a million people takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """ASGI middleware: after `seconds` without an answer, 503 with a code; another code where the server ends.

    A thread that computes cannot be ended: it goes on, what it finds is kept where answers are kept, and the places
    that bound its kind of work stay taken until it is done.
    """

    app: ASGIApp
    seconds: float = BUDGET_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request in time, or say that it takes too long; an answer that has begun is not cut off."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, late = asyncio.Event(), False

        async def in_time(message: Message) -> None:
            begun.set()
            if not late:
                await send(message)

        work = asyncio.ensure_future(self.app(scope, receive, in_time))
        beginning = asyncio.ensure_future(begun.wait())
        try:
            await asyncio.wait((work, beginning), timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if begun.is_set() or work.done():
                await work
                return
            late = True
            await _too_long(self.seconds)(scope, receive, send)
            await _done(work)
        except asyncio.CancelledError:  # the server ends: it has waited as long as it may
            if not (begun.is_set() or late):
                late = True
                await _ending()(scope, receive, send)
            raise
        finally:
            beginning.cancel()
            if not work.done():
                work.cancel()


async def _done(work: "asyncio.Future[None]") -> None:
    """Wait for what nobody hears; what goes wrong in it is logged where it does."""
    await asyncio.wait((work,))
    if not work.cancelled():
        work.exception()


def _too_long(seconds: float) -> JSONResponse:
    hint = "Try again in a minute, or ask about fewer people."
    return _later("server.slow", f"this takes more than {seconds:g} s", hint, "60")


def _ending() -> JSONResponse:
    hint = "Start it again with `latentspace serve`, then ask again."
    return _later("server.ending", "was told to end before this was answered", hint, "5")


def _later(code: str, found: str, hint: str, after_s: str) -> JSONResponse:
    return JSONResponse({"code": code, "where": "server", "found": found, "hint": hint}, 503, {"Retry-After": after_s})

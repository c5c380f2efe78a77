"""Every question about people is noted before its answer leaves: who, what, of how many, with what outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latentspace.audit import Audit, Deed
from latentspace.errors import InputError

HERE = "this machine"
MAX_WHO = 80
# What follows from one code that the page has already: asked many times a second, and tells of nobody in the cohort.
UNHEARD = frozenset(("decode", "place", "density", "measure", "areas", "predict", "traverse", "interpolate", "course"))
# The same of a recorded person, where a row is named.
OF_A_ROW = frozenset(("measure", "areas", "predict"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """ASGI middleware behind the guard: what the guard refuses is no question.

    `questions` are the names of the routes; what is not of them is the page itself. `who` is what the header
    `user_header` says, which a proxy before this server must set.
    """

    app: ASGIApp
    audit: Audit
    home: str
    questions: frozenset[str]
    user_header: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; one that cannot be noted is not answered."""
        what = self._what(scope)
        if what is None:
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        digest, hashed = sha256(), False

        async def hashing() -> Message:
            nonlocal hashed
            message = await receive()
            if message.get("body"):
                digest.update(message["body"])
                hashed = True
            return message

        def note(status: int) -> None:
            n = scope["state"].get("n")
            recipe = digest.hexdigest()[:16] if hashed and what not in UNHEARD else None
            self.audit.add(Deed(who=self._who(scope), what=what, recipe=recipe, n=n, outcome=status))

        await self.app(scope, hashing, _noting(scope, receive, send, note))

    def _what(self, scope: Scope) -> str | None:
        """The question, or None for what is not noted."""
        if scope["type"] != "http":
            return None
        what = scope["path"].removeprefix(self.home) if scope["path"].startswith(self.home) else ""
        if what not in self.questions:
            return None
        of_a_row = what in OF_A_ROW and scope["method"] == "GET"
        return what if what not in UNHEARD or of_a_row else None

    def _who(self, scope: Scope) -> str:
        said = Headers(scope=scope).get(self.user_header, "") if self.user_header else ""
        return "".join(letter for letter in said if letter.isprintable())[:MAX_WHO] or HERE


def _noting(scope: Scope, receive: Receive, send: Send, note: Callable[[int], None]) -> Send:
    """Send that notes the outcome first; what cannot be noted becomes a refusal."""
    refused = False

    async def noting(message: Message) -> None:
        nonlocal refused
        if message["type"] == "http.response.start":
            try:
                note(message["status"])
            except InputError as error:
                refused = True
                body = {"code": error.code, "where": "audit", "found": error.found, "hint": error.hint}
                await JSONResponse(body, 503)(scope, receive, send)
        if not refused:
            await send(message)

    return noting

"""The doors: launch link and cookie, Host and Origin guards, a body cap, response headers. Plain ASGI middleware."""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latentspace.errors import InputError

OPEN_PATHS = ("/healthz", "/launch")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^\[\]@:/\s]+)(:\d{1,5})?")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MAX_BODY = 1 << 20
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Key:
    """The secret that signs launch link and cookie; kept in a file of mode 0600 so that it survives a restart."""

    secret: bytes

    @property
    def launch_token(self) -> str:
        """What the printed link carries."""
        return self._sign(b"launch")

    @property
    def cookie_name(self) -> str:
        """One name for each key, so that two servers on one host do not overwrite each other's cookie."""
        return "latentspace_" + self._sign(b"name")[:8]

    @property
    def cookie(self) -> str:
        """What the launch link is exchanged for."""
        return self._sign(b"cookie")

    def _sign(self, what: bytes) -> str:
        return hmac.new(self.secret, what, hashlib.sha256).hexdigest()


def load_key(path: Path) -> Key:
    """Read the key file, or make it.

    Raises:
        InputError: it can neither be read nor made (read-only workspace).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
        secret = path.read_bytes()
    except OSError as error:
        raise InputError(
            "state.not_writable",
            where=str(path),
            found=f"cannot be written ({error.strerror})",
            hint="Give a folder of your own with --state DIR.",
        ) from error
    if len(secret) != 32:
        raise InputError(
            "state.bad_key", where=str(path), found="is no key of 32 bytes", hint="Delete it; a new one is made."
        )
    return Key(secret)


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses what does not come from this server's own page, opened with the launch link."""

    app: ASGIApp
    key: Key
    home: str
    allowed_hosts: tuple[str, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request, then pass it on; every answer gets the security headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_headers_for(scope["path"]))
            await send(message)

        answer = self._refusal(scope, headers) or self._launch(scope)
        await (answer or self.app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if host_name(headers.get("host", "")) not in (*LOOPBACK, *self.allowed_hosts):
            return _refuse(403, "door.host", "Host header", "this server is not known by that name", "--allow-host")
        if scope["method"] not in SAFE_METHODS and not _same_origin(headers):
            return _refuse(403, "door.origin", "Origin header", "the request comes from another page", "its own page")
        if headers.get("content-encoding", "identity") != "identity":
            return _refuse(415, "door.encoding", "Content-Encoding", "compressed requests are refused", "plain bytes")
        if scope["path"] not in OPEN_PATHS and not self._has_cookie(scope):
            return _refuse(401, "door.cookie", "this page", "was not opened with the launch link", "that link again")
        return None

    def _launch(self, scope: Scope) -> Response | None:
        if scope["path"] != "/launch":
            return None
        given = scope["query_string"].removeprefix(b"token=")
        if not hmac.compare_digest(given, self.key.launch_token.encode()):
            return _refuse(401, "door.token", "launch link", "its token is not the one printed", "the link as printed")
        answer = RedirectResponse(self.home, status_code=303)
        encrypted = scope.get("scheme") == "https"  # as a proxy with TLS on this machine says
        answer.set_cookie(
            self.key.cookie_name, self.key.cookie, httponly=True, samesite="strict", path="/", secure=encrypted
        )
        return answer

    def _has_cookie(self, scope: Scope) -> bool:
        """Among others' cookies on this host, whatever those hold."""
        given = HTTPConnection(scope).cookies.get(self.key.cookie_name, "")
        return hmac.compare_digest(given.encode(), self.key.cookie.encode())


def _headers_for(path: str) -> Mapping[str, str]:
    if path.startswith("/assets/"):  # file names carry a content hash
        return {**HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}
    return HEADERS


def host_name(host: str) -> str:
    """Without its port; whatever else stands there makes it the name of nobody."""
    named = HOST.fullmatch(host)
    return named["name"] if named else ""


def _same_origin(headers: Headers) -> bool:
    """Datasette's rule: trust Sec-Fetch-Site, else Origin must name this host; neither: not a browser."""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == headers.get("host", "")


def _refuse(status: int, code: str, where: str, found: str, use: str) -> Response:
    return JSONResponse({"code": code, "where": where, "found": found, "hint": f"Use {use}."}, status)

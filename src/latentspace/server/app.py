"""The application: routes under /w/<workspace>/, the built page, and one table from errors to answers."""

import logging
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from latentspace.errors import BusyError, LatentSpaceError, NotFoundError, TooOftenError
from latentspace.explorer import Explorer
from latentspace.server import (
    areas_routes,
    compare_routes,
    manifold_routes,
    means_routes,
    own_routes,
    provenance_routes,
    score_routes,
    survival_routes,
    told_routes,
)
from latentspace.server.alone import only_of_groups
from latentspace.server.audited import Audited
from latentspace.server.budget import Budget
from latentspace.server.latents_routes import router as latents_router
from latentspace.server.pool import Pool
from latentspace.server.rate import Rate
from latentspace.server.routes import router
from latentspace.server.security import Guard, Key
from latentspace.server.state_routes import router as state_router
from latentspace.server.translation_routes import router as translation_router

STATIC = Path(__file__).parent / "static"
ROUTERS = (
    router,
    areas_routes.router,
    latents_router,
    manifold_routes.router,
    means_routes.router,
    own_routes.router,
    score_routes.router,
    provenance_routes.router,
    state_router,
    compare_routes.router,
    survival_routes.router,
    told_routes.router,
    translation_router,
)
QUESTIONS = frozenset(route.path[1:] for each in ROUTERS for route in each.routes if isinstance(route, APIRoute))
DROPS = (30, 60.0)  # files of one's own, in so many seconds
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An application and the path of its page."""

    app: ASGIApp
    home: str


def create_api(name: str) -> FastAPI:
    """The routes alone, without page and guard (also what the OpenAPI document is made from)."""
    api = FastAPI(
        title="Latent Space Explorer",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    for each in ROUTERS:
        api.include_router(each, prefix=f"/w/{name}", dependencies=[Depends(only_of_groups)])
    api.add_exception_handler(LatentSpaceError, _known)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _no_route)
    api.add_exception_handler(ClientDisconnect, _left)
    api.add_exception_handler(Exception, _unknown)
    return api


def create_app(
    explorer: Explorer, key: Key, *, allowed_hosts: tuple[str, ...] = (), user_header: str = "", processes: int = 1
) -> Served:
    """The whole application for one workspace; `user_header` is where a proxy before it says who asks.

    It is one of so many `processes`, which together take no more dropped files than one does.

    Raises:
        NotFoundError: the page was not built.
    """
    if not (STATIC / "index.html").is_file():
        raise NotFoundError(
            "page.missing", where=str(STATIC), found="the page is not built", hint="Install again: `pip install .`."
        )
    home = f"/w/{explorer.workspace.name}/"
    api = create_api(explorer.workspace.name)
    api.state.explorer = explorer
    api.state.pool = Pool(workers=os.cpu_count() or 1, waiting=128, patience_s=10.0)  # a hundred at once
    api.state.measuring = Pool(workers=1, waiting=16, patience_s=30.0)  # a drag never waits for a measurement
    api.state.learning = Pool(workers=2, waiting=14, patience_s=30.0)  # threads are left for all other questions
    api.state.reading = Pool(workers=1, waiting=4, patience_s=30.0)
    files, seconds = DROPS
    api.state.dropping = Rate(files // processes, seconds, now=time.monotonic)
    api.add_api_route("/healthz", lambda: PlainTextResponse("ok"), include_in_schema=False)
    api.add_api_route(home, lambda: FileResponse(STATIC / "index.html"), include_in_schema=False)
    api.mount("/assets", StaticFiles(directory=STATIC / "assets"))
    audited = Audited(
        app=Budget(app=api), audit=explorer.audit, home=home, questions=QUESTIONS, user_header=user_header
    )
    return Served(app=Guard(audited, key, home, allowed_hosts), home=home)


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LatentSpaceError)  # noqa: S101 - registered for this class alone
    workspace = request.app.state.explorer.workspace

    def without_path(text: str) -> str:
        """The page knows the workspace's name; where it lies on this machine is no business of a page."""
        text = text.replace(workspace.elsewhere, "recordings") if workspace.elsewhere else text
        return text.replace(str(workspace.path), workspace.name)

    said = {"where": error.where, "found": error.found, "hint": error.hint}
    body = {"code": error.code, **{key: without_path(text) for key, text in said.items()}}
    headers = {"Retry-After": "1"} if isinstance(error, BusyError | TooOftenError) else None
    return JSONResponse(body, error.status, headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    body = {"code": "request.malformed", "where": where, "found": first["msg"], "hint": "Correct this parameter."}
    return JSONResponse(body, 422)


async def _no_route(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    body = {
        "code": "request.unknown",
        "where": f"{request.method} {request.url.path}"[:200],
        "found": error.detail.lower(),
        "hint": "Open the page again: it and the server are of different versions.",
    }
    return JSONResponse(body, error.status_code, error.headers)


async def _left(_request: Request, _error: Exception) -> Response:
    """Whoever asked has closed the page: nobody hears the answer, and nothing is wrong."""
    return Response(status_code=499)


async def _unknown(_request: Request, error: Exception) -> JSONResponse:
    number = secrets.token_hex(4)
    log.error("unexpected error %s", number, exc_info=error)
    body = {
        "code": "server.bug",
        "where": "server",
        "found": "an unexpected error",
        "hint": f"Report number {number} with the server's log.",
        "id": number,
    }
    return JSONResponse(body, 500)

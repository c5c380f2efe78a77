"""Routes of what people keep: saved groups and named views."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from latentspace.answers import SavedGroup, SavedView
from latentspace.errors import InputError
from latentspace.groups import parse
from latentspace.server.routes import Asked, Word
from latentspace.server.wire import JSON_BODY, Refused, json_body

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})
Id = Annotated[str, Query(max_length=40, pattern="^[A-Za-z0-9]*$")]
Slot = Annotated[int, Query(ge=0, lt=26)]


@router.get("/groups")
def groups(explorer: Asked) -> list[SavedGroup]:
    """Saved groups by letter."""
    return explorer.groups()


@router.post("/save_group", openapi_extra=JSON_BODY)
async def save_group(
    request: Request,
    explorer: Asked,
    name: Word,
    group_id: Id = "",
    slot: Slot | None = None,
) -> SavedGroup:
    """Keep a group; its recipe is the body."""
    recipe = parse(await json_body(request))
    return await run_in_threadpool(explorer.save_group, name, recipe, group_id, slot)


@router.post("/remove_group", status_code=204)
def remove_group(explorer: Asked, group_id: Id) -> None:
    """Forget a saved group."""
    explorer.remove_group(group_id)


@router.get("/views")
def views(explorer: Asked) -> list[SavedView]:
    """Named views, the newest first."""
    return explorer.views()


@router.post("/save_view", openapi_extra=JSON_BODY)
async def save_view(request: Request, explorer: Asked, name: Word) -> SavedView:
    """Keep what the page shows, which is the body, under a name."""
    state = await json_body(request)
    if not isinstance(state, dict):
        raise InputError("body.malformed", where="request body", found="no object", hint="Send a JSON object.")
    return await run_in_threadpool(explorer.save_view, name, state)


@router.post("/remove_view", status_code=204)
def remove_view(explorer: Asked, name: Word) -> None:
    """Forget a named view."""
    explorer.remove_view(name)

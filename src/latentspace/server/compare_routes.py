"""Routes of groups side by side: as data, and as a text that leaves the page."""

from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool

from latentspace.comparison.answer import Compared, CompareOptions, Side
from latentspace.comparison.text import Form
from latentspace.disclosure import Preset
from latentspace.errors import InputError
from latentspace.groups import parse
from latentspace.server.routes import Asked
from latentspace.server.wire import JSON_BODY, Refused, json_body

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})
MAX_NAME = 80


@router.post("/compare", openapi_extra=JSON_BODY)
async def compare(request: Request, explorer: Asked) -> Compared:
    """The first group against each other one (`groups`: name and recipe), or against the rest."""
    sides, options = asked(await json_body(request))
    found = await run_in_threadpool(explorer.compare, sides, options)
    request.state.n = found.groups[0].n
    return found


@router.post("/compare_table", response_class=PlainTextResponse, openapi_extra=JSON_BODY)
async def compare_table(request: Request, explorer: Asked, form: Form) -> PlainTextResponse:
    """The same as CSV, Markdown or HTML."""
    sides, options = asked(await json_body(request))
    return PlainTextResponse(await run_in_threadpool(explorer.compare_table, sides, options, form))


def asked(body: object) -> tuple[list[Side], CompareOptions]:
    """What is to be compared, and how."""
    if not isinstance(body, dict):
        raise _malformed("no object")
    given: dict[str, Any] = body
    groups, adjust, preset = given.get("groups"), given.get("adjust"), given.get("disclosure", "laptop")
    if not isinstance(groups, list) or preset not in get_args(Preset):
        raise _malformed("no list of groups, or no such preset of disclosure")
    if adjust is not None and not (isinstance(adjust, list) and all(isinstance(name, str) for name in adjust)):
        raise _malformed("columns to hold equal that are no list of names")
    within = parse(given["within"]) if given.get("within") else None
    names = None if adjust is None else tuple(str(name) for name in adjust)
    return [_side(group) for group in groups], CompareOptions(within=within, adjust=names, disclosure=preset)


def _side(group: object) -> Side:
    if not isinstance(group, dict) or not isinstance(group.get("name"), str):
        raise _malformed("a group without name")
    return Side(name=group["name"][:MAX_NAME], recipe=parse(group.get("recipe")))


def _malformed(found: str) -> InputError:
    return InputError(
        "compare.malformed",
        where="request body",
        found=found,
        hint="Send groups, each with name and recipe; within, adjust and disclosure if wanted.",
    )

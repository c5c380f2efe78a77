"""Routes of groups counted and averaged by the server: histograms, densities on maps, mean codes."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from latentspace.server.routes import Asked, Names, Word
from latentspace.server.wire import RECIPES_BODY, ArraysResponse, Refused, arrays_response, recipes_body

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})


@router.post("/tally", response_class=ArraysResponse, openapi_extra=RECIPES_BODY)
async def tally(request: Request, explorer: Asked, names: Names = "") -> ArraysResponse:
    """Groups (a list of recipes) counted by the bins or levels of columns; -1 where a count is not told."""
    groups = await recipes_body(request)
    found = await run_in_threadpool(explorer.tally, groups, [name for name in names.split(",") if name])
    request.state.n = max(int(found["total"][-1]), 0) if groups else None
    return arrays_response(found)


@router.post("/grid", response_class=ArraysResponse, openapi_extra=RECIPES_BODY)
async def grid(request: Request, explorer: Asked, space: Word, method: Word) -> ArraysResponse:
    """Groups (a list of recipes) counted by the cells of a map; -1 where a count is not told."""
    groups = await recipes_body(request)
    return arrays_response(await run_in_threadpool(explorer.grid, space, method, groups))


@router.post("/centre", response_class=ArraysResponse, openapi_extra=RECIPES_BODY)
async def centre(request: Request, explorer: Asked) -> ArraysResponse:
    """The mean code of a group (a list of one recipe)."""
    (group,) = await recipes_body(request, 1)
    return arrays_response({"z": await run_in_threadpool(explorer.centre, group)})

"""Routes of groups followed in time: their curves, and how well the event is foreseen."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from latentspace.disclosure import Preset
from latentspace.server.compare_routes import asked
from latentspace.server.routes import Asked, Word
from latentspace.server.wire import JSON_BODY, Refused, json_body
from latentspace.survival.answer import CoxModels, Survival

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})


@router.post("/survival", openapi_extra=JSON_BODY)
async def survival(request: Request, explorer: Asked, event: Word = "") -> Survival:
    """Curves of the groups (as for `compare`) until an event; of everyone where there is no group."""
    sides, options = asked(await json_body(request))
    found = await run_in_threadpool(explorer.survival, sides, event, options)
    request.state.n = found.groups[0].n
    return found


@router.get("/hazards")
def hazards(explorer: Asked, event: Word = "", disclosure: Preset = "laptop") -> CoxModels:
    """Cox models of everyone on latents, phenotypes and both."""
    return explorer.hazards(event, disclosure)

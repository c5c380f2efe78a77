"""Routes of scores: every phenotype from one space, and one phenotype from every space."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from latentspace.disclosure import Preset
from latentspace.errors import InputError
from latentspace.groups import Recipe, parse
from latentspace.modality import JOINT
from latentspace.scores.answer import ScoreTable, TaskScore
from latentspace.server.routes import Asked, Word
from latentspace.server.wire import RECIPES_BODY, Refused, json_body

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})
By = Annotated[str | None, Query(max_length=4096, description="phenotypes that divide people, separated by commas")]


@router.post("/score", openapi_extra=RECIPES_BODY)
async def score(
    request: Request, explorer: Asked, space: Word = JOINT, by: By = None, disclosure: Preset = "laptop"
) -> ScoreTable:
    """Every phenotype from one space, for everyone and each group (a list of recipes)."""
    groups = await _groups(request)
    found = await run_in_threadpool(lambda: explorer.score(groups, space=space, by=_names(by), disclosure=disclosure))
    request.state.n = found.tasks[0].scored[-1].n if found.tasks else None
    return found


@router.post("/score_task", openapi_extra=RECIPES_BODY)
async def score_task(
    request: Request,
    explorer: Asked,
    name: Word,
    space: Word = JOINT,
    by: By = None,
    disclosure: Preset = "laptop",
) -> TaskScore:
    """One phenotype from every space, for everyone and each group (a list of recipes)."""
    groups = await _groups(request)
    return await run_in_threadpool(
        lambda: explorer.score_task(name, groups, space=space, by=_names(by), disclosure=disclosure)
    )


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name for name in text.split(",") if name]


async def _groups(request: Request) -> list[Recipe]:
    given = await json_body(request)
    if not isinstance(given, list):
        raise InputError("recipe.malformed", where="request body", found="no list", hint="Send a JSON list of recipes.")
    return [parse(recipe) for recipe in given]

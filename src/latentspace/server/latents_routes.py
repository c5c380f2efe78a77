"""Routes of the latents made readable: directions, filmstrips, what parts two groups, and the axes of one."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from latentspace.answers import Direction, Reach, Separated
from latentspace.errors import InputError
from latentspace.server.pool import Pool
from latentspace.server.routes import Asked, Names, Word, pool_of
from latentspace.server.wire import (
    BYTES_BODY,
    RECIPES_BODY,
    ArraysResponse,
    Refused,
    arrays_response,
    float32_body,
    recipes_body,
)

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})


def learning_of(request: Request) -> Pool:
    """The pool that bounds what is learnt from the cohort when it is first asked for: seconds for each phenotype."""
    return request.app.state.learning


Learning = Annotated[Pool, Depends(learning_of)]


@router.get("/direction")
def direction(explorer: Asked, pool: Learning, name: Word, reach: Reach = "all") -> Direction:
    """How far the course of a phenotype may be trusted."""
    with pool.worker():
        return explorer.direction(name, reach)


@router.get("/course", response_class=ArraysResponse)
def course(explorer: Asked, pool: Learning, name: Word, reach: Reach = "all") -> ArraysResponse:
    """The course of a phenotype: its values, and what to add to a code at each."""
    with pool.worker():
        return arrays_response(explorer.course(name, reach))


@dataclass(frozen=True, slots=True)
class Strip:
    """What a filmstrip shows: values of one dimension, some modalities, one frame of a cine."""

    index: Annotated[int, Query(ge=0)]
    values: Annotated[str, Query(max_length=400, description="numbers, separated by commas")]
    modalities: Names
    frame: Annotated[int | None, Query(ge=0)] = None

    def asked(self) -> tuple[int, list[float], list[str], int | None]:
        """What Explorer is asked for.

        Raises:
            InputError: values that are no numbers.
        """
        try:
            values = [float(value) for value in self.values.split(",")]
        except ValueError as error:
            raise InputError(
                "traverse.malformed", where="values", found=str(error)[:80], hint="Send numbers and commas."
            ) from error
        return self.index, values, [name for name in self.modalities.split(",") if name], self.frame


@router.post("/traverse", response_class=ArraysResponse, openapi_extra=BYTES_BODY)
async def traverse(
    request: Request, explorer: Asked, pool: Annotated[Pool, Depends(pool_of)], strip: Annotated[Strip, Depends()]
) -> ArraysResponse:
    """Some modalities for several values of one dimension of a code (raw float32)."""
    z, asked = await float32_body(request), strip.asked()

    def work() -> ArraysResponse:
        with pool.worker():
            return arrays_response(explorer.traverse(z, *asked))

    return await run_in_threadpool(work)


@router.post("/separates", openapi_extra=RECIPES_BODY)
async def separates(request: Request, explorer: Asked) -> Separated:
    """The joint dimensions by how well they part two groups (a list of two recipes)."""
    a, b = await recipes_body(request, 2)
    return await run_in_threadpool(explorer.separates, a, b)


@router.post("/axes", response_class=ArraysResponse, openapi_extra=RECIPES_BODY)
async def axes(request: Request, explorer: Asked) -> ArraysResponse:
    """The principal axes of a group (a list of one recipe)."""
    (group,) = await recipes_body(request, 1)
    return arrays_response(await run_in_threadpool(explorer.axes, group))

"""Routes of what a code lies among: density, nearest recorded rows, walks."""

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from latentspace.errors import InputError
from latentspace.explorer.manifold import Density, How, Near, Neighbours
from latentspace.modality import JOINT
from latentspace.server.pool import Pool
from latentspace.server.routes import Asked, Row, pool_of
from latentspace.server.wire import BYTES_BODY, ArraysResponse, Refused, arrays_response, float32_body

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})
Bounded = Annotated[Pool, Depends(pool_of)]


@router.post("/density", openapi_extra=BYTES_BODY)
async def density(request: Request, explorer: Asked, pool: Bounded, row: Row | None = None) -> Density:
    """How densely the cohort lies about one code (raw float32), without the person of a row."""
    z = await float32_body(request)

    def work() -> Density:
        with pool.worker():
            return explorer.density(z, row)

    return await run_in_threadpool(work)


@router.post("/neighbours", openapi_extra=BYTES_BODY)
async def neighbours(
    request: Request,
    explorer: Asked,
    pool: Bounded,
    n: Annotated[int, Query(ge=1, le=50)],
    row: Row | None = None,
    space: Near = JOINT,
) -> Neighbours:
    """The recorded rows nearest to one code (raw float32), without those of a row's person."""
    z = await float32_body(request)

    def work() -> Neighbours:
        with pool.worker():
            return explorer.neighbours(z, n, row, space)

    return await run_in_threadpool(work)


@router.post("/interpolate", response_class=ArraysResponse, openapi_extra=BYTES_BODY)
async def interpolate(
    request: Request, explorer: Asked, pool: Bounded, steps: Annotated[int, Query(ge=2, le=1000)], how: How
) -> ArraysResponse:
    """A way between two codes (raw float32, one after the other)."""
    ends = await float32_body(request)

    def work() -> ArraysResponse:
        with pool.worker():
            if len(ends) % 2:
                raise InputError(
                    "walk.ends", where="request body", found=f"{len(ends)} numbers", hint="Send two codes."
                )
            a, b = np.split(ends, 2)
            walk = explorer.interpolate(a, b, steps, how)
            rows = {"nearest": walk.nearest.astype(np.int32), "distance": walk.distance}
            return arrays_response({"z": walk.z, "centile": walk.centile, **rows})

    return await run_in_threadpool(work)

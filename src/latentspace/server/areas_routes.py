"""Routes of the left ventricle's area through the beat, recorded and drawn."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from latentspace.server.pool import Pool
from latentspace.server.routes import Asked, Row, measuring_of
from latentspace.server.wire import BYTES_BODY, ArraysResponse, Refused, arrays_response, float32_body

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})
Measuring = Annotated[Pool, Depends(measuring_of)]


@router.get("/areas", response_class=ArraysResponse)
async def areas_recorded(explorer: Asked, pool: Measuring, row: Row) -> ArraysResponse:
    """The area on every frame of one row's cines, cm2."""

    def work() -> ArraysResponse:
        with pool.worker():
            return arrays_response(explorer.areas(row))

    return await run_in_threadpool(work)


@router.post("/areas", response_class=ArraysResponse, openapi_extra=BYTES_BODY)
async def areas(request: Request, explorer: Asked, pool: Measuring) -> ArraysResponse:
    """The area on every frame of the cines generated from one code (raw float32), cm2."""
    z = await float32_body(request)

    def work() -> ArraysResponse:
        with pool.worker():
            return arrays_response(explorer.areas(None, z))

    return await run_in_threadpool(work)

"""A file dropped on the page."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from latentspace.answers import MOST_BYTES
from latentspace.server.pool import Pool
from latentspace.server.rate import Rate
from latentspace.server.routes import Asked
from latentspace.server.wire import BYTES_BODY, ArraysResponse, Refused, arrays_response, files_body

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})


def reading_of(request: Request) -> Pool:
    """The pool that bounds reading of dropped files."""
    return request.app.state.reading


def rate_of(request: Request) -> Rate:
    """How often a file may be dropped: whoever has many could look for their people among the cohort."""
    return request.app.state.dropping


@router.post("/own", response_class=ArraysResponse, openapi_extra=BYTES_BODY)
async def own(
    request: Request,
    explorer: Asked,
    pool: Annotated[Pool, Depends(reading_of)],
    rate: Annotated[Rate, Depends(rate_of)],
) -> ArraysResponse:
    """What the model makes of a recording that is not of the cohort (files, as safetensors of bytes); not kept."""
    rate.take("own ECG")
    files = await files_body(request, MOST_BYTES)

    def work() -> ArraysResponse:
        with pool.worker():
            found = explorer.own(files)
        said = {"modalities": json.dumps(found.modalities), "notes": json.dumps(found.notes), "rr_ms": str(found.rr_ms)}
        return arrays_response({"z": found.code.z, "log_var": found.code.log_var, **found.recordings}, said)

    return await run_in_threadpool(work)

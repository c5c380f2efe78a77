"""The route of means."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from latentspace.server.routes import Asked
from latentspace.server.wire import BYTES_BODY, ArraysResponse, Refused, arrays_response, bits_body

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})


@router.post("/mean", response_class=ArraysResponse, openapi_extra=BYTES_BODY)
async def mean(request: Request, explorer: Asked) -> ArraysResponse:
    """The mean code of some rows: one bit for each row, eight to a byte, the first the highest."""
    chosen = await bits_body(request)
    return arrays_response({"z": await run_in_threadpool(explorer.mean, chosen)})

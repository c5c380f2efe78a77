"""The route of translations: means and bands of every other modality as one body."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool

from latentspace.server.pool import Pool
from latentspace.server.routes import Asked, Row, Word, measuring_of
from latentspace.server.wire import ArraysResponse, Refused, arrays_response

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})


@router.get("/translate", response_class=ArraysResponse)
async def translate(
    explorer: Asked, pool: Annotated[Pool, Depends(measuring_of)], row: Row, source: Word
) -> ArraysResponse:
    """What one modality of a row tells of the others: `<m>.mean`, `<m>.low`, `<m>.high`, and how often bands hold."""

    def work() -> ArraysResponse:
        with pool.worker():
            translated = explorer.translate(row, source)
        arrays = {f"{t.modality}.{part}": getattr(t, part) for t in translated for part in ("mean", "low", "high")}
        said: dict[str, object] = {}
        for t in translated:
            why = t.reason or t.covered.reason or ""
            said |= {
                f"{t.modality}.covered": t.covered.value,
                f"{t.modality}.n": t.covered.n,
                f"{t.modality}.reason": why,
            }
        return arrays_response(arrays, {key: "" if value is None else str(value) for key, value in said.items()})

    return await run_in_threadpool(work)

"""One route for each question of Explorer: parse, ask once, serialise."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from latentspace.answers import Description, Measured, Predicted
from latentspace.explorer import Explorer
from latentspace.latent import RankedDim
from latentspace.modality import CODE
from latentspace.server.pool import Pool
from latentspace.server.wire import BYTES_BODY, ArraysResponse, Refused, arrays_response, float32_body

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})
Names = Annotated[str, Query(max_length=4096, description="names, separated by commas")]
Row = Annotated[int, Query(ge=0, le=2**31)]
Word = Annotated[str, Query(max_length=200)]


def explorer_of(request: Request) -> Explorer:
    """The explorer that this server was started with."""
    return request.app.state.explorer


def pool_of(request: Request) -> Pool:
    """The pool that bounds decoding."""
    return request.app.state.pool


def measuring_of(request: Request) -> Pool:
    """The pool that bounds measuring, whose first use loads signal processing."""
    return request.app.state.measuring


Asked = Annotated[Explorer, Depends(explorer_of)]


@router.get("/describe")
def describe(explorer: Asked) -> Description:
    """What is measured, embedded and drawn, and how well."""
    return explorer.describe()


@router.get("/columns", response_class=ArraysResponse)
def columns(explorer: Asked, names: Names) -> ArraysResponse:
    """Phenotypes, ids and latents, one array each."""
    return arrays_response(explorer.columns([name for name in names.split(",") if name]))


@router.get("/points", response_class=ArraysResponse)
def points(explorer: Asked, space: Word, method: Word) -> ArraysResponse:
    """One map."""
    return arrays_response({"points": explorer.points(space, method)})


@router.get("/subject", response_class=ArraysResponse)
def subject(explorer: Asked, row: Row) -> ArraysResponse:
    """One row's recordings."""
    found = explorer.subject(row)
    who = {"row": str(found.row), "subject_id": found.subject_id, "visit": found.visit, "part": found.part}
    return arrays_response(found.recordings, who)


@router.get("/encode", response_class=ArraysResponse)
def encode(explorer: Asked, row: Row, modalities: Names) -> ArraysResponse:
    """The posterior of one row from some of its modalities."""
    code = explorer.encode(row, [name for name in modalities.split(",") if name])
    return arrays_response({"z": code.z, "log_var": code.log_var})


@router.post("/decode", response_class=ArraysResponse, openapi_extra=BYTES_BODY)
async def decode(request: Request, explorer: Asked, pool: Annotated[Pool, Depends(pool_of)]) -> ArraysResponse:
    """Every modality, generated from one code (raw float32)."""
    z = await float32_body(request)

    def work() -> ArraysResponse:
        with pool.worker():
            return arrays_response(explorer.decode(z))

    return await run_in_threadpool(work)


@router.post("/place", response_class=ArraysResponse, openapi_extra=BYTES_BODY)
async def place(
    request: Request, explorer: Asked, pool: Annotated[Pool, Depends(pool_of)], maps: Names = ""
) -> ArraysResponse:
    """Where one code (raw float32) would lie on some maps, such as `joint.tsne`, or on all."""
    z = await float32_body(request)
    wanted = [name for name in maps.split(",") if name]

    def work() -> ArraysResponse:
        with pool.worker():
            return arrays_response(explorer.place(z, wanted))

    return await run_in_threadpool(work)


@router.get("/rank")
def rank(explorer: Asked, by: Literal["association", "variance", "effect"], name: Word = "") -> list[RankedDim]:
    """The joint dimensions, best first."""
    return explorer.rank(by, name)


@router.get("/measure")
async def measure_recorded(explorer: Asked, pool: Annotated[Pool, Depends(measuring_of)], row: Row) -> list[Measured]:
    """What is read from one row's recordings."""

    def work() -> list[Measured]:
        with pool.worker():
            return explorer.measure(row)

    return await run_in_threadpool(work)


@router.post("/measure", openapi_extra=BYTES_BODY)
async def measure(
    request: Request, explorer: Asked, pool: Annotated[Pool, Depends(measuring_of)], row: Row | None = None
) -> list[Measured]:
    """What is read from the signals and images generated from one code (raw float32); `row` lends its RR interval."""
    z = await float32_body(request)

    def work() -> list[Measured]:
        with pool.worker():
            return explorer.measure(row, z)

    return await run_in_threadpool(work)


@router.get("/predict")
def predict_recorded(explorer: Asked, row: Row, space: Word = CODE) -> list[Predicted]:
    """What is predicted of one row's person, out of fold."""
    return explorer.predict(row, space=space)


@router.post("/predict", openapi_extra=BYTES_BODY)
async def predict(request: Request, explorer: Asked, row: Row | None = None, space: Word = CODE) -> list[Predicted]:
    """What is predicted of one code (raw float32), by others than the person of the row that it was moved from."""
    return explorer.predict(row, await float32_body(request), space)

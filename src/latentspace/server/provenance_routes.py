"""The route of what everything saved says of its origin."""

from fastapi import APIRouter

from latentspace.answers import Provenance
from latentspace.server.routes import Asked
from latentspace.server.wire import Refused

router = APIRouter(responses={"default": {"model": Refused, "description": "A refusal"}})


@router.get("/provenance")
def provenance(explorer: Asked) -> Provenance:
    """Versions, settings and hashes of the run and its cohort."""
    return explorer.provenance()

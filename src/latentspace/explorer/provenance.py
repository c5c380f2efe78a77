"""Where the figures of a run come from: versions, settings and hashes, for the methods line of everything saved."""

import hashlib
import json

from latentspace.answers import Provenance
from latentspace.run import Run
from latentspace.workspace import Workspace


def provenance(workspace: Workspace, run: Run) -> Provenance:
    """What a reader needs to find this cohort and this run again."""
    record = run.record
    config = record.get("config", {})
    return Provenance(
        cohort=cohort_hash(workspace),
        run=run.name,
        versions=dict(record.get("versions", {})),
        model=str(config.get("model", "")),
        preset=str(config.get("preset", "")),
        seed=record.get("seed"),
        split_seed=record.get("split_seed"),
        n_train=record.get("n_train"),
        hashes=run.hashes,
    )


def cohort_hash(workspace: Workspace) -> str:
    """SHA-256 of the names and content hashes of everything that was ingested: other data have another one."""
    return hashlib.sha256(json.dumps(dict(workspace.hashes), sort_keys=True).encode()).hexdigest()

"""`evaluation.safetensors`: what each held-out person adds to each figure, so that two runs can be paired."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from jaxtyping import Int64
from safetensors import safe_open
from safetensors.numpy import save

from latentspace.run import Run
from latentspace.stats.bootstrap import Figure, Ratio
from latentspace.workspace import Workspace

ARTIFACT = "evaluation.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Whom an evaluation was about (`people`, rows of the subjects table) and their parts of each figure.

    `drawn_by` says what the choice of people and of pairings hangs on: the cohort, both seeds, the version.
    """

    drawn_by: Mapping[str, Any]
    people: Int64[np.ndarray, " n"]
    figures: Mapping[str, Ratio]


def drawn_by(workspace: Workspace, run: Run, seed: int) -> dict[str, Any]:
    """The cohort's hash, the seeds of split and evaluation, and the version, which decides what is drawn."""
    cohort = json.dumps(dict(workspace.hashes), sort_keys=True).encode()
    return {
        "cohort": hashlib.sha256(cohort).hexdigest()[:16],
        "split_seed": run.record["split_seed"],
        "seed": seed,
        "version": version("latent-space-explorer"),
    }


def plain(figure: Figure) -> dict[str, Any]:
    """A figure as JSON: without its parts and without what it has not, but always with its value."""
    fields = {key: getattr(figure, key) for key in ("value", "low", "high", "n", "reason")}
    return {key: value for key, value in fields.items() if key == "value" or value is not None}


def write_parts(
    run: Run, people: Int64[np.ndarray, " n"], figures: Mapping[str, Figure], drawn: Mapping[str, Any]
) -> None:
    """Write `people` and `<figure>/above`, `<figure>/below` of every figure that is a ratio of sums over people.

    People of a figure come in the order of `people`, those left out who lack what it takes; those of an out-of-fold
    figure (`downstream`) are everybody whom it is about, in one order for every run of the cohort.
    """
    tensors: dict[str, np.ndarray] = {"people": people}
    for name, figure in figures.items():
        if figure.parts is not None:
            tensors |= {f"{name}/above": figure.parts.above, f"{name}/below": figure.parts.below}
    whole = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    run.write_file(ARTIFACT, save(whole, metadata={"drawn_by": json.dumps(drawn, sort_keys=True)}))


def read_parts(run: Run) -> Parts | None:
    """What was written; None for a run that an older version evaluated."""
    if not run.has(ARTIFACT):
        return None
    with safe_open(run.file(ARTIFACT), framework="numpy") as file:
        names = sorted(name.removesuffix("/above") for name in file.keys() if name.endswith("/above"))  # noqa: SIM118 - it is no mapping
        return Parts(
            drawn_by=json.loads(file.metadata()["drawn_by"]),
            people=file.get_tensor("people"),
            figures={n: Ratio(file.get_tensor(f"{n}/above"), file.get_tensor(f"{n}/below")) for n in names},
        )

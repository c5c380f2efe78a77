"""`embed`: the posterior of every subject in every space of a run."""

import math

import numpy as np

from latentspace.arrays import read_rows
from latentspace.codec import OnnxCodec
from latentspace.errors import InputError
from latentspace.latent import PosteriorArray
from latentspace.progress import Progress
from latentspace.run import Run
from latentspace.uncertainty import estimate_uncertainty
from latentspace.workspace import Workspace

BATCH, BATCH_BYTES = 256, 1 << 26  # recordings encoded at once, at most, and their size as float32


def embed(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Encode all recordings in batches and write `embedding.zarr`; NaN where a subject has not the modality.

    Then, from validation people, how far a translation may be off: `uncertainty.zarr`.

    Raises:
        InputError: the codes of this run were made elsewhere.
    """
    if run.brought:
        raise InputError(
            "run.brought",
            where=str(run.path),
            found="its codes were made by another program, so there is nothing to embed",
            hint=f"Go on with `latentspace project {workspace.path}`.",
        )
    codec = OnnxCodec(run, workspace.modalities)
    arrays = {m.name: workspace.recordings(m.name) for m in workspace.modelled}
    present = {name: workspace.present(name) for name in arrays}
    n = len(workspace.subjects())
    largest = max(4 * math.prod(m.shape) for m in workspace.modelled)
    batch = max(1, min(BATCH, BATCH_BYTES // largest))
    batches: list[dict[str, PosteriorArray]] = []
    for first in range(0, n, batch):
        progress("embed", first, n)
        rows = slice(first, min(first + batch, n))
        recordings = {name: read_rows(array, rows).astype(np.float32) for name, array in arrays.items()}
        for name, values in recordings.items():
            values[~present[name][rows]] = np.nan
        batches.append(codec.encode(recordings))
    run.write_embedding(
        {
            space: {
                "mean": np.concatenate([b[space].mean for b in batches]).astype(np.float32),
                "log_var": np.concatenate([b[space].log_var for b in batches]).astype(np.float32),
            }
            for space in batches[0]
        }
    )
    progress("embed", n, n)
    estimate_uncertainty(workspace, run, progress)

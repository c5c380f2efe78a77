"""`embed`: the posterior of every subject in every space of a run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from latentspace.arrays import Waiting, read_rows
from latentspace.artifact import room_for, scratch
from latentspace.cluster import Workers, each
from latentspace.codec import OnnxCodec
from latentspace.errors import InputError
from latentspace.latent import PosteriorArray
from latentspace.progress import Progress
from latentspace.run import Run
from latentspace.uncertainty import estimate_uncertainty
from latentspace.workspace import Workspace, open_folder

BATCH, BATCH_BYTES = 256, 1 << 26  # recordings encoded at once, at most, and their size as float32
Codes = Mapping[str, Mapping[str, Waiting]]  # by space, then mean and log_var


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a workspace to encode by a run; `made` says which cohort and which networks these are."""

    workspace: Path
    run: str
    made: str
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace, the networks of a run, and who has which modality."""

    workspace: Workspace
    codec: OnnxCodec
    present: Mapping[str, Bool[np.ndarray, " n"]]


def embed(workspace: Workspace, run: Run, progress: Progress, workers: Workers = 1) -> None:
    """Encode all recordings in batches and write `embedding.zarr`; NaN where a subject has not the modality.

    The batches, and so the bytes, are the same whoever encodes them. Then, from validation people, how far a
    translation may be off: `uncertainty.zarr`.

    Raises:
        InputError: the codes of this run were made elsewhere.
        LatentSpaceError: as `cluster.each`.
    """
    if run.brought:
        raise InputError(
            "run.brought",
            where=str(run.path),
            found="its codes were made by another program, so there is nothing to embed",
            hint=f"Go on with `latentspace project {workspace.path}`.",
        )
    n = len(workspace.subjects())
    largest = max(4 * math.prod(m.shape) for m in workspace.modelled)
    batch = max(1, min(BATCH, BATCH_BYTES // largest))
    made = str(sorted({**workspace.hashes, **run.hashes}.items()))
    asked = [
        Rows(workspace.path.resolve(), run.name, made, first, min(first + batch, n)) for first in range(0, n, batch)
    ]
    progress("embed", 0, n)
    done = 0
    with scratch(run.path / "codes") as folder:
        codes: Codes = {}
        for i, spaces in each(workers, encoded, asked):
            codes = codes or _waiting(spaces, n, folder)
            with room_for(run.path / "embedding.zarr"):
                _put(codes, asked[i].first, spaces)
            done += asked[i].stop - asked[i].first
            progress("embed", done, n)
        _opened.cache_clear()
        run.write_embedding(codes)
    estimate_uncertainty(workspace, run, progress)


def _waiting(spaces: Mapping[str, PosteriorArray], n: int, folder: Path) -> Codes:
    """Where the codes of `n` people wait, as wide as these of a few: together they need not fit in memory."""
    wide = {space: posterior.mean.shape[1] for space, posterior in spaces.items()}
    return {
        space: {part: Waiting(folder / f"{i}_{part}", (n, dims), np.dtype(np.float32)) for part in ("mean", "log_var")}
        for i, (space, dims) in enumerate(wide.items())
    }


def _put(codes: Codes, first: int, spaces: Mapping[str, PosteriorArray]) -> None:
    for space, posterior in spaces.items():
        codes[space]["mean"].put(first, posterior.mean)
        codes[space]["log_var"].put(first, posterior.log_var)


def encoded(rows: Rows) -> dict[str, PosteriorArray]:
    """What the encoders say of some rows, in every space; runs wherever the workspace is seen.

    Raises:
        InputError: a chunk of the recordings or a network is damaged.
    """
    opened = _opened(rows.workspace, rows.run, rows.made)
    these = slice(rows.first, rows.stop)
    recordings: dict[str, np.ndarray] = {}
    for name, present in opened.present.items():
        values = read_rows(opened.workspace.recordings(name), these).astype(np.float32)
        values[~present[these]] = np.nan
        recordings[name] = values
    return opened.codec.encode(recordings)


@lru_cache(maxsize=1)
def _opened(path: Path, run: str, made: str) -> Opened:
    """Kept from batch to batch: networks of cines take long to read. `made` is there to forget what was before."""
    del made
    workspace = open_folder(path)
    present = {m.name: workspace.present(m.name) for m in workspace.modelled}
    return Opened(workspace, OnnxCodec(workspace.run(run), workspace.modalities), present)

"""Median beats of real PTB-XL recordings, twelve leads, with what is known of the people."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Float64

from latentspace.arrays import read_rows
from latentspace.simulate.torso import twelve
from latentspace.workspace import Workspace

DIAGNOSES = ("infarction", "hypertrophy", "conduction", "st_t_change")


@dataclass(frozen=True)
class RealBeats:
    """(n, 12, 600) mV, the recorded RR interval of each (ms), and the subjects table's rows."""

    beats: Float64[np.ndarray, "n 12 600"]
    rr_ms: Float64[np.ndarray, " n"]
    subjects: pl.DataFrame


def real_beats(workspace: Workspace, *, normal: bool = False) -> RealBeats:
    """All complete recordings of the ingested PTB-XL workspace, or those called normal and nothing else."""
    eight = np.concatenate([read_rows(workspace.recordings(m)) for m in ("limb", "chest")], axis=1).astype(np.float64)
    subjects = workspace.subjects()
    rr = subjects["rr_ms"].fill_null(np.nan).to_numpy()
    keep = np.isfinite(eight).all(axis=(1, 2)) & np.isfinite(rr)
    if normal:
        plain = pl.all_horizontal([pl.col("normal"), *(~pl.col(name) for name in DIAGNOSES)])
        keep &= subjects.select(plain.fill_null(value=False)).to_series().to_numpy()
    return RealBeats(np.stack([twelve(beat, 2.0**-20) for beat in eight[keep]]), rr[keep], subjects.filter(keep))

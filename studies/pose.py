"""Fit the coefficients of `latentspace.prepare.pose`: python -m studies.pose [n_subjects].

Simulated cines with poses, contrast and sharpness wider than any cohort's; prints the error on a fifth left out.
Writes prepare/pose.npz in the package.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from latentspace.prepare import pose as prepared
from studies.outlines import Example, examples, ridge

PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)


def write(seen: Sequence[Example]) -> None:
    """Choose the penalty on a fifth left out, fit on all, write the file."""
    features = np.array([prepared.pose_features(cine.astype(np.float32)) for cine, _, _ in seen])
    poses = np.array([list(place.values()) for _, _, place in seen])
    mean, spread = features.mean(axis=0), features.std(axis=0) + 0.02
    x = (features - mean) / spread
    held = np.arange(len(x)) // 2 % 5 == 0
    errors: dict[float, np.ndarray] = {}
    for penalty in PENALTIES:
        weights = ridge(x[~held], poses[~held], penalty)
        errors[penalty] = (x[held] @ weights[:-1] + weights[-1] - poses[held]).std(axis=0)
        print("penalty", penalty, "error mm, mm, degrees:", errors[penalty].round(2))
    best = min(PENALTIES, key=lambda penalty: errors[penalty].sum())
    weights = ridge(x, poses, best)
    np.savez_compressed(
        Path(prepared.__file__).with_name("pose.npz"),
        mean=mean.astype(np.float32), spread=spread.astype(np.float32), weights=weights.astype(np.float32),
    )  # fmt: skip


if __name__ == "__main__":
    write(examples(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))

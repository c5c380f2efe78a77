"""Fit the coefficients of `latentspace.prepare.pose`: python -m studies.pose [n_subjects].

Simulated cines with poses, contrast and sharpness wider than any cohort's, each person twice; prints the error of every
stage on a fifth left out, and writes prepare/pose.npz in the package.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from latentspace.prepare import pose as prepared
from latentspace.prepare.pose import CANONICAL, Pose
from latentspace.simulate.physiology import draw
from studies.outlines import SEED, ridge, subject

PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)
FOLDS = 4
SLACK = 1.1  # the strongest penalty that costs at most so much: real hearts differ from simulated ones
Seen = tuple[np.ndarray, np.ndarray]  # maps (maps, 96, 96), true pose (3,)


def looks(job: tuple[int, dict[str, float]]) -> list[Seen]:
    """Two looks at one person: the maps of the cine, and where the heart lies."""
    number, person = job
    pair = subject(person, np.random.default_rng([SEED, number]))
    return [(prepared.pose_maps(cine.astype(np.float32)), np.array([*place.values()])) for cine, _, place in pair]


def wrong(pose: Pose, truth: np.ndarray) -> np.ndarray:
    """What `corrected` should be told."""
    turn = np.deg2rad(pose.turn_deg - CANONICAL.turn_deg)
    x, y = truth[0] - pose.x_mm, truth[1] - pose.y_mm
    along, aside = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    return np.array([along, aside, truth[2] - pose.turn_deg])


def write(seen: list[Seen]) -> None:
    """Stage by stage; each learns from estimates made without the person (four folds)."""
    poses = [CANONICAL] * len(seen)
    person = np.arange(len(seen)) // 2
    held = person % 5 == 0
    stages: dict[str, np.ndarray] = {}
    for stage in range(len(prepared.POOL)):
        x = np.array([prepared.pose_features(maps, pose, stage) for (maps, _), pose in zip(seen, poses, strict=True)])
        y = np.array([wrong(pose, truth) for (_, truth), pose in zip(seen, poses, strict=True)])
        spread = x.std(axis=0) + 0.02
        x /= spread
        errors = {p: _said(x, y, ~held, held, p) - y[held] for p in PENALTIES}
        size = {p: float(error.std(axis=0).sum()) for p, error in errors.items()}
        best = max(p for p in PENALTIES if size[p] < SLACK * min(size.values()))
        print("stage", stage, "penalty", best, "error mm, mm, degrees:", errors[best].std(axis=0).round(2), flush=True)
        weights = ridge(x, y, best)
        weights[:-1] /= spread[:, None]
        stages[f"stage{stage}"] = weights.astype(np.float32)
        said = np.empty_like(y)
        for fold in range(FOLDS):
            out = person % FOLDS == fold
            said[out] = _said(x, y, ~out, out, best)
        poses = [prepared.corrected(pose, one) for pose, one in zip(poses, said, strict=True)]
    np.savez_compressed(Path(prepared.__file__).with_name("pose.npz"), **stages)  # pyright: ignore[reportArgumentType] - no stage is `allow_pickle`


def _said(x: np.ndarray, y: np.ndarray, learn: np.ndarray, ask: np.ndarray, penalty: float) -> np.ndarray:
    """Ridge in its dual form: there are more squares than people."""
    mean_x, mean_y = x[learn].mean(axis=0), y[learn].mean(axis=0)
    a, b = x[learn] - mean_x, x[ask] - mean_x
    gram = a @ a.T
    level = penalty * np.trace(gram) / x.shape[1]
    return b @ (a.T @ np.linalg.solve(gram + level * np.eye(len(gram)), y[learn] - mean_y)) + mean_y


def main(n: int) -> None:
    """Simulate, fit, write."""
    people = draw(n, seed=SEED, cohort="clinic").to_dicts()
    with ProcessPoolExecutor(2) as pool:
        seen = [look for pair in pool.map(looks, enumerate(people), chunksize=20) for look in pair]
    write(seen)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1500)

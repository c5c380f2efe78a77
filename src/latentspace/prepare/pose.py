"""Where the heart lies in a prepared cine, and the warp between that place and the canonical one.

A ridge regression on the pooled cine; its coefficients were fitted on simulated cines, whose pose is known, by
`studies/pose.py`.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Float32, Float64, Real
from scipy.ndimage import map_coordinates

POOL, HARMONICS = 6, 2
PIXEL_MM = 1.8
REACH_MM, REACH_DEG = 40.0, 45.0  # estimates are cut off this far from the canonical pose


@dataclass(frozen=True)
class Pose:
    """Place and direction of a heart.

    `x_mm` right and `y_mm` down from the frame's centre to the middle between the mitral and the tricuspid ring at end
    diastole; `turn_deg` clockwise from the frame's upright to the left ventricle's axis, which points to the apex.
    """

    x_mm: float
    y_mm: float
    turn_deg: float


CANONICAL = Pose(-15.0, 11.5, 36.0)  # the mean of simulated cines


def estimate_pose(frames: Real[np.ndarray, "50 96 96"]) -> Pose:
    """The pose of a heart that is roughly in the middle of its frames, of any grey scale."""
    mean, spread, weights = _coefficients()
    known = np.append((pose_features(frames) - mean) / spread, 1.0)
    x, y, turn = known @ weights
    return Pose(
        float(np.clip(x, CANONICAL.x_mm - REACH_MM, CANONICAL.x_mm + REACH_MM)),
        float(np.clip(y, CANONICAL.y_mm - REACH_MM, CANONICAL.y_mm + REACH_MM)),
        float(np.clip(turn, CANONICAL.turn_deg - REACH_DEG, CANONICAL.turn_deg + REACH_DEG)),
    )


def pose_features(frames: Real[np.ndarray, "50 96 96"]) -> Float64[np.ndarray, " features"]:
    """Mean and first harmonics in time on the cine's own grey scale, averaged over squares of `POOL` pixels."""
    low, high = np.percentile(frames[::5], [2, 98])
    phase = 2 * np.pi * np.arange(len(frames)) * np.arange(1, HARMONICS + 1)[:, None] / len(frames)
    curves = np.concatenate([np.ones((1, len(frames))), np.cos(phase), np.sin(phase)]).astype(np.float32) / len(frames)
    grey = np.clip((frames - np.float32(low)) / np.float32(max(high - low, 1e-9)), 0, 1)
    maps = np.tensordot(curves, grey, axes=1).astype(np.float64)
    n = frames.shape[1] // POOL
    return maps.reshape(len(maps), n, POOL, n, POOL).mean(axis=(2, 4)).ravel()


def to_canonical(frames: Real[np.ndarray, "*n 96 96"], pose: Pose) -> Float32[np.ndarray, "*n 96 96"]:
    """Shift and turn the frames so that the heart lies in the canonical pose (linear interpolation, edges repeated)."""
    return _warp(frames, CANONICAL, pose)


def from_canonical(frames: Real[np.ndarray, "*n 96 96"], pose: Pose) -> Float32[np.ndarray, "*n 96 96"]:
    """Put frames of a heart in the canonical pose back to where it lay."""
    return _warp(frames, pose, CANONICAL)


def _warp(frames: Real[np.ndarray, "*n 96 96"], wanted: Pose, given: Pose) -> Float32[np.ndarray, "*n 96 96"]:
    size = frames.shape[-1]
    y, x = (np.mgrid[:size, :size] - (size - 1) / 2) * PIXEL_MM
    x, y = x - wanted.x_mm, y - wanted.y_mm
    turn = np.deg2rad(given.turn_deg - wanted.turn_deg)
    source_x, source_y = (
        np.cos(turn) * x - np.sin(turn) * y + given.x_mm,
        np.sin(turn) * x + np.cos(turn) * y + given.y_mm,
    )
    place = np.stack([source_y, source_x]) / PIXEL_MM + (size - 1) / 2
    flat = frames.reshape(-1, size, size).astype(np.float32)
    warped = np.stack([map_coordinates(frame, place, order=1, mode="nearest") for frame in flat])
    return warped.reshape(frames.shape)


@cache
def _coefficients() -> tuple[
    Float64[np.ndarray, " features"], Float64[np.ndarray, " features"], Float64[np.ndarray, "known 3"]
]:
    """Mean and spread of the features, and the weights with the constant last."""
    with (files("latentspace.prepare") / "pose.npz").open("rb") as file, np.load(file) as arrays:
        mean, spread, weights = (arrays[name].astype(np.float64) for name in ("mean", "spread", "weights"))
    return mean, spread, weights

"""Where the heart lies in a prepared cine, and the warp between that place and the canonical one.

Ridge regressions in a cascade: the first reads the pooled cine, each further one reads it again where the one before
put it, and says what is still wrong. Their coefficients were fitted on simulated cines, whose pose is known, by
`studies/pose.py`.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Float32, Float64, Real

POOL, HARMONICS = (6, 3, 3), 2  # pixels to a side of what each stage reads; harmonics of the beat
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
    maps, pose = pose_maps(frames), CANONICAL
    for stage, weights in enumerate(coefficients()):
        pose = corrected(pose, np.append(pose_features(maps, pose, stage), 1.0) @ weights)
    return pose


def corrected(pose: Pose, wrong: Float64[np.ndarray, "3"]) -> Pose:
    """A pose moved by what is wrong with it: mm right, mm down and degrees as seen in the canonical pose."""
    turn = np.deg2rad(pose.turn_deg - CANONICAL.turn_deg)
    x = pose.x_mm + np.cos(turn) * wrong[0] - np.sin(turn) * wrong[1]
    y = pose.y_mm + np.sin(turn) * wrong[0] + np.cos(turn) * wrong[1]
    return Pose(
        float(np.clip(x, CANONICAL.x_mm - REACH_MM, CANONICAL.x_mm + REACH_MM)),
        float(np.clip(y, CANONICAL.y_mm - REACH_MM, CANONICAL.y_mm + REACH_MM)),
        float(np.clip(pose.turn_deg + wrong[2], CANONICAL.turn_deg - REACH_DEG, CANONICAL.turn_deg + REACH_DEG)),
    )


def pose_maps(frames: Real[np.ndarray, "50 96 96"]) -> Float32[np.ndarray, "maps 96 96"]:
    """Mean and first harmonics in time, on a grey scale from the 1st (0) to the 99th percentile (1)."""
    low, high = np.percentile(frames[::5], [1, 99])
    grey = np.clip((frames - np.float32(low)) / np.float32(max(high - low, 1e-9)), 0, 1).astype(np.float32)
    return np.tensordot(courses(len(frames)), grey, axes=1)


def courses(frames: int) -> Float32[np.ndarray, "maps frames"]:
    """What a cine is multiplied with in time for its maps."""
    phase = 2 * np.pi * np.arange(frames) * np.arange(1, HARMONICS + 1)[:, None] / frames
    return np.concatenate([np.ones((1, frames)), np.cos(phase), np.sin(phase)]).astype(np.float32) / frames


def pose_features(maps: Float32[np.ndarray, "maps 96 96"], pose: Pose, stage: int) -> Float64[np.ndarray, " features"]:
    """What a stage reads: the maps, put where they should lie if the pose were right, averaged over squares."""
    pool = POOL[stage]
    seen = maps if stage == 0 else to_canonical(maps, pose)
    n = seen.shape[1] // pool
    return seen.reshape(len(seen), n, pool, n, pool).mean(axis=(2, 4), dtype=np.float64).ravel()


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
    place_y, place_x = (np.clip(v.ravel() / PIXEL_MM + (size - 1) / 2, 0, size - 1) for v in (source_y, source_x))
    return _between_pixels(frames.reshape(-1, size**2).astype(np.float32), place_y, place_x).reshape(frames.shape)


def _between_pixels(
    flat: Float32[np.ndarray, "n pixels"], y: Float64[np.ndarray, " pixels"], x: Float64[np.ndarray, " pixels"]
) -> Float32[np.ndarray, "n pixels"]:
    """Square frames at places inside them, linear between four pixels; scipy goes frame by frame, a third as fast."""
    size = round(flat.shape[1] ** 0.5)
    top, left = (np.minimum(v.astype(np.int64), size - 2) for v in (y, x))
    corner, down, right = top * size + left, y - top, x - left
    shares = (
        (0, (1 - down) * (1 - right)),
        (1, (1 - down) * right),
        (size, down * (1 - right)),
        (size + 1, down * right),
    )
    return sum(
        (flat.take(corner + step, axis=1) * share.astype(np.float32) for step, share in shares), np.zeros_like(flat)
    )


@cache
def coefficients() -> tuple[Float64[np.ndarray, "known 3"], ...]:
    """Weights of each stage, the constant last."""
    with (files("latentspace.prepare") / "pose.npz").open("rb") as file, np.load(file) as arrays:
        return tuple(arrays[f"stage{i}"].astype(np.float64) for i in range(len(POOL)))

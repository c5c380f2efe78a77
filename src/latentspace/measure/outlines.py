"""Find the walls of the heart on every frame of a four-chamber cine: a linear shape model, no neural net.

A first guess comes from the pooled cine; then each stage looks at the grey values across the walls, where they are
thought to be, and corrects the shape linearly. Coefficients: `studies/outlines.py`, fitted on simulated cines.

Source:
    Cootes 1995 (shape model); Xiong & De la Torre 2013 (cascade of linear corrections).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Float32, Float64
from scipy.ndimage import map_coordinates

from latentspace.prepare.cine import FRAMES, SIZE
from latentspace.prepare.pose import PIXEL_MM

SIDES = (
    "septal", "lateral", "septal_epi", "lateral_epi", "rv_septal", "rv_free",
    "la_septal", "la_free", "ra_septal", "ra_free",
)  # fmt: skip
PER_SIDE = 15  # from the valve to the apex or roof
POOL = 6
HARMONICS = 2
REACH = np.arange(-4, 5)  # steps across a wall
SHIFTS = np.array([[8.0, 0.0], [-8.0, 0.0], [0.0, 8.0], [0.0, -8.0]])  # mm, other places to start from
CLEARLY = 0.08  # contrast, as a share of blood above black (between starts that end well: about 0.04)
EVERY = 10  # frames on which the starts are compared
Cine = Float32[np.ndarray, "frames 96 96"]
Codes = Float64[np.ndarray, "frames modes"]
Shape = Float64[np.ndarray, "frames 150 2"]  # mm from the centre of the frame, x to the right, y down


@dataclass(frozen=True)
class Model:
    """Coefficients.

    `mean` and `modes` of shapes, `look` and `guess` from the pooled cine, `stages` of corrections, their `steps` in mm.
    """

    mean: Float64[np.ndarray, " coordinates"]
    modes: Float64[np.ndarray, "modes coordinates"]
    pooled: Float64[np.ndarray, "2 pooled"]  # mean and spread of the pooled features
    look: Float64[np.ndarray, "pooled_and_one rank"]
    guess: Float64[np.ndarray, "rank outputs"]
    stages: Float64[np.ndarray, "stages profiles_and_one modes"]
    steps: Float64[np.ndarray, " stages"]


@dataclass(frozen=True)
class Outlines:
    """Walls on each frame, mm from the centre; `modes`: the shape in standard deviations of each mode."""

    shape: Shape
    modes: Float64[np.ndarray, "frames modes"]

    def side(self, name: str) -> Float64[np.ndarray, "frames 15 2"]:
        """One side of a chamber, from the valve to the apex or roof (names as `SIDES`)."""
        i = SIDES.index(name) * PER_SIDE
        return self.shape[:, i : i + PER_SIDE]


@dataclass(frozen=True)
class Fit:
    """One run of the corrections: places, codes, and the grey of black and blood that it was read with."""

    shape: Shape
    codes: Codes
    level: tuple[float, float]


def outlines(cine: Cine) -> Outlines:
    """Fit the walls on all frames; any finite grey scale.

    The corrections are first tried on a few frames from several places. Another start than the guess is taken for all
    frames only if its walls end up clearly darker beside its blood.
    """
    model = shipped()
    guess = first_guess(model, pooled(cine))
    back = np.linalg.pinv(model.modes)
    starts = [guess] + [guess + (np.tile(shift, len(model.mean) // 2) @ back) for shift in SHIFTS]
    few = slice(None, None, EVERY)
    scores = [_score(cine[few], _corrected(model, cine[few], start[few])) for start in starts]
    scores[0] += CLEARLY
    codes = _steady(_corrected(model, cine, starts[int(np.argmax(scores))]).codes)
    return Outlines(to_shape(model, codes), codes)


def _corrected(model: Model, cine: Cine, codes: Codes) -> Fit:
    """The codes after all stages."""
    level = grey_levels(cine, to_shape(model, codes))
    for weights, step in zip(model.stages, model.steps, strict=True):
        seen = profiles(cine, to_shape(model, codes), level, float(step))
        codes = codes + seen @ weights[:-1] + weights[-1]
    return Fit(to_shape(model, codes), codes, level)


def _score(cine: Cine, fit: Fit) -> float:
    """Contrast of the walls of the left ventricle with the blood inside, less what an unusual shape costs."""
    sides = fit.shape.reshape(len(cine), len(SIDES), PER_SIDE, 2)
    wall = 0.5 * (sides[:, :2, 1:] + sides[:, 2:4, 1:]).reshape(len(cine), -1, 2)
    blood = 0.5 * (sides[:, 0, 1:-2] + sides[:, 1, 1:-2])
    black, white = fit.level
    contrast = _sample(cine, blood).mean() - np.clip(_sample(cine, wall), None, 2 * white).mean()
    return float(contrast / (white - black) - 0.05 * np.sqrt((fit.codes**2).mean()))


@cache
def shipped() -> Model:
    """The coefficients that come with the package."""
    with (files("latentspace.measure") / "outlines.npz").open("rb") as file, np.load(file) as arrays:
        return Model(**{name: arrays[name].astype(np.float64) for name in arrays.files})


def to_shape(model: Model, codes: Float64[np.ndarray, "frames modes"]) -> Shape:
    """From codes (standard deviations of the modes) to places."""
    return (model.mean + codes @ model.modes).reshape(len(codes), -1, 2)


def first_guess(model: Model, features: Float64[np.ndarray, " pooled"]) -> Float64[np.ndarray, "50 modes"]:
    """Codes of all frames: each a sum of harmonics of the heartbeat."""
    standard = (features - model.pooled[0]) / model.pooled[1]
    amplitudes = (standard @ model.look[:-1] + model.look[-1]) @ model.guess
    return harmonics() @ amplitudes.reshape(2 * HARMONICS + 1, -1)


def harmonics() -> Float64[np.ndarray, "50 curves"]:
    """1, cos and sin of the first harmonics over the frames."""
    phase = 2 * np.pi * np.arange(FRAMES)[:, None] * np.arange(1, HARMONICS + 1) / FRAMES
    return np.concatenate([np.ones((FRAMES, 1)), np.cos(phase), np.sin(phase)], axis=1)


def pooled(cine: Cine) -> Float64[np.ndarray, " pooled"]:
    """Mean and harmonics of the cine, averaged over squares of `POOL` pixels, on its own grey scale."""
    low, high = np.percentile(cine[::5], [2, 98])
    maps = np.tensordot(harmonics().T / FRAMES, np.clip((cine - low) / max(high - low, 1e-9), 0, 1), axes=1)
    n = SIZE // POOL
    return maps.reshape(len(maps), n, POOL, n, POOL).mean(axis=(2, 4)).ravel()


def grey_levels(cine: Cine, shape: Shape) -> tuple[float, float]:
    """Black, and the blood of the left ventricle."""
    middle = 0.5 * (shape[:, 2 : PER_SIDE - 5] + shape[:, PER_SIDE + 2 : 2 * PER_SIDE - 5])
    black = float(np.percentile(cine[::5], 2))
    return black, max(float(np.median(_sample(cine, middle))), black + 1e-9)


def profiles(
    cine: Cine, shape: Shape, level: tuple[float, float], step: float
) -> Float64[np.ndarray, "frames profiles"]:
    """Grey values across the walls at every second point, on a scale from black (0) to blood (1)."""
    sides = shape.reshape(len(shape), len(SIDES), PER_SIDE, 2)
    along = np.gradient(sides, axis=2)
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    across /= np.linalg.norm(across, axis=-1, keepdims=True) + 1e-9
    places = sides[:, :, ::2, None] + step * REACH[:, None] * across[:, :, ::2, None]
    grey = _sample(cine, places.reshape(len(shape), -1, 2))
    return np.clip((grey - level[0]) / (level[1] - level[0]), 0, 1.6)


def _sample(cine: Cine, places: Float64[np.ndarray, "frames places 2"]) -> Float64[np.ndarray, "frames places"]:
    x, y = np.moveaxis(places / PIXEL_MM + SIZE / 2 - 0.5, -1, 0)
    frame = np.broadcast_to(np.arange(len(places))[:, None], x.shape)
    return map_coordinates(cine, [frame, y, x], order=1, mode="nearest", output=np.float64)


def _steady(codes: Float64[np.ndarray, "50 modes"]) -> Float64[np.ndarray, "50 modes"]:
    """Without what changes faster than ten times a beat."""
    spectrum = np.fft.rfft(codes, axis=0)
    spectrum[11:] = 0
    return np.fft.irfft(spectrum, n=FRAMES, axis=0)

"""What makes flat areas look scanned: grain of tissue, drifting streaks of blood, sensitivity of the coils."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64
from scipy import fft

from latentspace.simulate.cycle import FRAMES, Cycle
from latentspace.simulate.raster import PIXEL_MM, SIZE

Factors = Mapping[str, float]
Field = Float32[np.ndarray, "size size"]
Place = Float64[np.ndarray, " 2"]
ORDER = np.array([0, 1, 1, 2, 3, 4])  # beats of each streak field through the cycle
STRENGTH = np.array([0.9, 1, 1, 0.8, 0.6, 0.5])


@dataclass(frozen=True)
class Texture:
    """Relative modulation: `grain` fixed; blood's is `weights` (a frame each) of `fields`."""

    grain: Field
    fields: Float32[np.ndarray, "fields size size"]
    weights: Float32[np.ndarray, "frames fields"]


def textures(view: Factors, beat: Cycle, hot: tuple[Place, Place], rng: np.random.Generator) -> Texture:
    """Streaks lie along the heart's axis; fresh blood glows at `hot`: mm in the frame, right and left atrium."""
    white = rng.standard_normal((len(ORDER) + 2, SIZE, SIZE), dtype=np.float32)
    spectrum = np.asarray(fft.rfft2(white))
    streak, cloud = _filters(np.deg2rad(view["turn"]))
    spectrum[:-2] *= streak
    spectrum[-2:] *= cloud
    smooth = np.asarray(fft.irfft2(spectrum, s=(SIZE, SIZE)))
    smooth /= smooth.std(axis=(1, 2), keepdims=True)
    fields = np.concatenate([smooth[:-2], _glow(view, hot)])
    grain = 0.16 * (smooth[-2] + 0.5 * smooth[-1])
    return Texture(grain.astype(np.float32), fields.astype(np.float32), _weights(view, beat, rng))


def coil(rng: np.random.Generator) -> Field:
    """Sensitivity of the surface coils: a smooth slope, a little stronger in front and behind."""
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2) / (SIZE / 2)
    a, b, c, d = rng.normal(0, 1, 4)
    slope = 0.10 * a * x + (0.07 * b - 0.02) * y + 0.06 * c * x * y + 0.09 * y**2 + 0.05 * d * x**2
    return np.exp(slope).astype(np.float32)


def _filters(turn: float) -> tuple[Float32[np.ndarray, "size half"], Float32[np.ndarray, "size half"]]:
    """Spectra of the streaks and of the grain."""
    ky, kx = np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None]
    along, aside = kx * np.sin(turn) - ky * np.cos(turn), kx * np.cos(turn) + ky * np.sin(turn)
    coarse = np.exp(-((along * 12) ** 2) - (aside * 5.0) ** 2)
    fine = np.exp(-((along * 5) ** 2) - (aside * 2.6) ** 2)
    radius = kx**2 + ky**2
    cloud = np.exp(-radius * 81) + 0.5 * np.exp(-radius * 9)
    return (coarse + 0.12 * fine).astype(np.float32), cloud.astype(np.float32)


def _glow(view: Factors, hot: tuple[Place, Place]) -> Float64[np.ndarray, "3 size size"]:
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2) * PIXEL_MM
    turn = np.deg2rad(view["turn"])
    spots = [np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 19.0**2) for at in hot]
    towards_base = (y * np.cos(turn) - x * np.sin(turn)) / 60
    return np.stack([*spots, towards_base])


def _weights(view: Factors, beat: Cycle, rng: np.random.Generator) -> Float32[np.ndarray, "frames fields"]:
    time = 2 * np.pi * np.arange(FRAMES) / FRAMES
    streaks = STRENGTH * np.cos(ORDER * time[:, None] + rng.uniform(0, 2 * np.pi, len(ORDER)))
    streaks[:, 0] = STRENGTH[0]
    pour = 0.55 + 0.45 * beat.outflow + 0.3 * beat.inflow
    hot = np.stack([0.62 * view["inflow"] * pour, 0.26 * pour, np.full(FRAMES, 0.13)], axis=1)
    return np.concatenate([view["blood_texture"] * streaks, hot], axis=1).astype(np.float32)

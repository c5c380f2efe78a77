"""From the heart's dipole to the electrodes: one matrix for each subject and each part of the beat."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64

INDEPENDENT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")  # the other four follow from I and II
CHEST = slice(2, 8)

# Volts at the leads above for a unit dipole to the left, to the feet and to the back.
# Source: Dower, Machado & Osborne, Clin Cardiol 1980 (the transform from the Frank leads).
DOWER = np.array(
    [
        [0.632, -0.235, 0.059],
        [0.235, 1.066, -0.132],
        [-0.515, 0.157, -0.917],
        [0.044, 0.164, -1.387],
        [0.882, 0.098, -1.277],
        [1.213, 0.127, -0.601],
        [1.125, 0.127, -0.086],
        [0.831, 0.076, 0.230],
    ]
)
# Standard normals of a torso: where the chest electrodes lie, how well each conducts, how the heart sits.
FREE = ("sideways", "upwards", "near", "spread", *(f"gain_{lead.lower()}" for lead in INDEPENDENT))

Matrix = Float64[np.ndarray, "8 3"]


def draw_torso(rng: np.random.Generator) -> dict[str, float]:
    """Standard normals (cut off at 2.5) for `FREE`."""
    return dict(zip(FREE, np.clip(rng.standard_normal(len(FREE)), -2.5, 2.5).tolist(), strict=True))


def projection(torso: Mapping[str, float], bmi: float) -> Matrix:
    """What each lead sees of a dipole in this chest.

    Electrodes that lie further left see what their neighbours see (`sideways`, in spacings between electrodes), higher
    ones see forces to the feet turned round, a near heart makes V2 to V4 large. In a heavy chest the electrodes are
    further away.
    """
    matrix = DOWER.copy()
    place = np.arange(6) + 0.40 * torso["sideways"] + 0.10 * torso["spread"] * (np.arange(6) - 2.5)
    for column in range(3):
        matrix[CHEST, column] = np.interp(place, np.arange(6), DOWER[CHEST, column])
    matrix[CHEST, 1] += 0.14 * torso["upwards"]
    proximity = np.exp(-(((place - 2.0) / 1.3) ** 2))
    matrix[CHEST] *= 1 + (0.16 * torso["near"] - 0.05 * (bmi - 26.6) / 4.3) * proximity[:, None]
    matrix[2] *= 0.76
    own = np.array([torso[f"gain_{lead.lower()}"] for lead in INDEPENDENT])
    smooth = own.copy()
    smooth[CHEST] = 0.8 * own[CHEST] + 0.4 * (np.roll(own[CHEST], 1) * [0, 1, 1, 1, 1, 1] + 0.0)
    return matrix * np.exp(np.array([0.06, 0.06, 0.15, 0.15, 0.13, 0.12, 0.11, 0.11]) * smooth)[:, None]


def nearby(matrix: Matrix, rng: np.random.Generator, size: float) -> Matrix:
    """The matrix of another part of the heart: what a single dipole cannot show."""
    return matrix + size * rng.standard_normal((8, 3)) * np.array([0.25, 0.25, 1, 1, 1, 0.8, 0.7, 0.6])[:, None]


def twelve(leads: Float64[np.ndarray, "8 samples"], grid: float) -> Float64[np.ndarray, "12 samples"]:
    """All leads from I, II, V1 to V6, on a grid of a power of two mV on which Einthoven and Goldberger hold exactly."""
    on_grid = np.rint(leads / (2 * grid)) * (2 * grid)
    first, second = on_grid[0], on_grid[1]
    return np.concatenate(
        [
            np.stack([first, second, second - first, -(first + second) / 2, first - second / 2, second - first / 2]),
            on_grid[CHEST],
        ]
    )

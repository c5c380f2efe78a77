"""Scikit-learn's 1,797 handwritten digits as a cohort: the halves, or the quarters, of each are its modalities."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import polars as pl
from jaxtyping import Float32
from sklearn.datasets import load_digits

from latentspace.modality import Axis, Modality
from latentspace.phenotype import Dictionary, Phenotype
from latentspace.workspace import CohortData

SIZE, HALF = 8, 4
Cut = Literal["halves", "quarters"]
_PARTS: Mapping[Cut, Mapping[str, tuple[slice, slice]]] = {  # rows and columns
    "halves": {"left": np.s_[:, :HALF], "right": np.s_[:, HALF:]},
    "quarters": {
        "top_left": np.s_[:HALF, :HALF],
        "top_right": np.s_[:HALF, HALF:],
        "bottom_left": np.s_[HALF:, :HALF],
        "bottom_right": np.s_[HALF:, HALF:],
    },
}
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def digits_cohort(cut: Cut = "halves") -> CohortData:
    """The digits with simple measures of their ink as phenotypes; nothing is downloaded.

    Pixels run from 0 (paper) to 1 (ink).

    Source:
        Alpaydin & Kaynak 1998, UCI Optical Recognition of Handwritten Digits, as bundled with scikit-learn.
    """
    data: Any = load_digits()
    images: Float32[np.ndarray, "n 8 8"] = (data.images / data.images.max()).astype(np.float32)
    ids = [f"digit-{i:04d}" for i in range(len(images))]
    measures = ink_measures(images)
    subjects = pl.DataFrame(
        {
            "subject_id": ids,
            "visit": ["1"] * len(ids),
            "digit": [NAMES[t] for t in data.target],
            **{name: values.astype(np.float64) for name, values in measures.items()},
        }
    )
    parts = _PARTS[cut]
    return CohortData(
        title=f"Handwritten digits, {'left and right half' if cut == 'halves' else 'four quarters'}",
        modalities=tuple(_part(name, cut, *where) for name, where in parts.items()),
        subjects=subjects,
        dictionary=_dictionary(),
        recordings={name: images[:, rows, columns] for name, (rows, columns) in parts.items()},
        present={name: np.ones(len(ids), bool) for name in parts},
        report={"sources": ["scikit-learn load_digits"], "read": len(ids), "entries": []},
    )


def ink_measures(images: Float32[np.ndarray, "n row col"]) -> dict[str, np.ndarray]:
    """Ink, extent and slant of each image, from its raw moments (pixels, degrees)."""
    n, rows, cols = images.shape
    y, x = np.mgrid[0:rows, 0:cols].astype(np.float64)
    ink = images.reshape(n, -1).sum(axis=1, dtype=np.float64)
    weight = images / np.maximum(ink, 1e-9)[:, None, None]
    centre_x, centre_y = (weight * x).sum(axis=(1, 2)), (weight * y).sum(axis=(1, 2))
    dx, dy = x - centre_x[:, None, None], y - centre_y[:, None, None]
    var_x, var_y = (weight * dx**2).sum(axis=(1, 2)), (weight * dy**2).sum(axis=(1, 2))
    slant = -np.degrees(np.arctan2((weight * dx * dy).sum(axis=(1, 2)), var_y))
    right = images[:, :, cols // 2 :].sum(axis=(1, 2), dtype=np.float64)
    return {
        "ink": ink,
        "width": 2 * np.sqrt(var_x),
        "height": 2 * np.sqrt(var_y),
        "slant": slant,
        "right_share": 100 * right / np.maximum(ink, 1e-9),
    }


def _part(name: str, cut: Cut, rows: slice, columns: slice) -> Modality:
    axes = tuple(
        Axis(name=axis, size=len(range(SIZE)[along]), origin=float(along.start or 0))
        for axis, along in (("row", rows), ("column", columns))
    )
    label = f"{name.replace('_', ' ').capitalize()} {'half' if cut == 'halves' else 'quarter'}"
    return Modality(name=name, label=label, axes=axes, unit="ink")


def _dictionary() -> Dictionary:
    def measure(name: str, label: str, unit: str) -> Phenotype:
        return Phenotype(name=name, label=label, unit=unit, kind="continuous", section="Ink")

    return Dictionary(
        (
            Phenotype(name="digit", label="Digit", kind="nominal", section="What it is", levels=NAMES),
            measure("ink", "Ink", "pixels"),
            measure("width", "Width", "pixels"),
            measure("height", "Height", "pixels"),
            measure("slant", "Slant to the right", "degrees"),
            measure("right_share", "Ink in the right half", "%"),
        )
    )

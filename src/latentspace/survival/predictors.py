"""Columns of a table as predictors of a Cox model: numbers as they are, levels as yes or no."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from latentspace.columns import Columns

MOST_LEVELS = 12


@dataclass(frozen=True, slots=True)
class Predictor:
    """One column of a model, for some rows; NaN where missing."""

    name: str
    label: str
    values: Float64[np.ndarray, " n"]
    number: bool


def predictors(columns: Columns, names: Sequence[str], rows: Int64[np.ndarray, " n"]) -> list[Predictor]:
    """Of levels without an order each but the first is one, unless there are more than twelve.

    What is the same for everybody is left out.
    """
    found: list[Predictor] = []
    for name in names:
        phenotype, levels, values = columns.dictionary[name], columns.levels(name), columns.numbers(name)[rows]
        if not levels or phenotype.kind == "ordinal":
            found.append(Predictor(name, phenotype.label, values, number=True))
        elif len(levels) <= MOST_LEVELS:
            has = {level: np.where(np.isnan(values), np.nan, values == code) for code, level in enumerate(levels)}
            texts = [(level, _label(phenotype.label, level)) for level in levels[1:]]
            found += [Predictor(name, label, has[level], number=False) for level, label in texts]
    return [p for p in found if np.nanstd(p.values) > 0] if len(rows) else []


def usable(columns: Columns) -> list[str]:
    """The phenotypes that may foresee: not what happened later, and no date."""
    return [p.name for p in columns.dictionary if p.kind != "date" and not columns.dictionary.later(p.name)]


def filled(found: Sequence[Predictor], n: int) -> Float64[np.ndarray, "n d"]:
    """Numbers in SD from their mean, levels as 0 and 1; what is missing is the mean."""
    return np.column_stack([_filled(p) for p in found]) if found else np.zeros((n, 0))


def _filled(p: Predictor) -> Float64[np.ndarray, " n"]:
    mean, spread = (np.nanmean(p.values), np.nanstd(p.values)) if p.number else (0.0, 1.0)
    return (np.where(np.isnan(p.values), np.nanmean(p.values), p.values) - mean) / spread


def _label(label: str, level: str) -> str:
    return label if level == "Yes" else f"{label}: {level}"

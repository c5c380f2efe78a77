"""The difference between two groups that is left when other columns are held equal."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from latentspace.stats.difference import Z95

SINGULAR = 1e10  # condition of the normal equations beyond which the columns do not tell group and others apart
MAX_STEPS = 30


@dataclass(frozen=True, slots=True)
class Held:
    """A coefficient of the group with its 95 % interval, learnt from `n` people; NaN where there is none."""

    value: float
    low: float
    high: float
    n: int


def design(a: int, others: Float64[np.ndarray, "n held"]) -> Float64[np.ndarray, "n columns"]:
    """Intercept, membership of the first `a` rows, and the columns to hold equal, in SDs from their means."""
    spread = others.std(axis=0)
    scaled = (others - others.mean(axis=0)) / np.where(spread > 0, spread, 1)
    member = np.zeros(len(others))
    member[:a] = 1
    return np.column_stack([np.ones(len(others)), member, scaled[:, spread > 0]])


def held_equal(y: Float64[np.ndarray, " n"], x: Float64[np.ndarray, "n columns"]) -> Held:
    """How much more `y` the members (column 1 of `x`) have by least squares, with an interval for any spread.

    Rows where `y` is NaN are left out.

    Source:
        MacKinnon & White 1985, HC1.
    """
    y, x = _known(y, x)
    gram, (n, k) = x.T @ x, x.shape
    if n <= k or np.linalg.cond(gram) > SINGULAR:
        return Held(np.nan, np.nan, np.nan, n)
    inverse = np.linalg.inv(gram)
    coefficients = inverse @ (x.T @ y)
    influence = (x @ inverse[1]) * (y - x @ coefficients)
    half = Z95 * float(np.sqrt(n / (n - k) * (influence @ influence)))
    value = float(coefficients[1])
    return Held(value, value - half, value + half, n)


def odds_held_equal(y: Float64[np.ndarray, " n"], x: Float64[np.ndarray, "n columns"]) -> Held:
    """How many times the odds of `y` (0, 1 or NaN) the members have, by logistic regression (Newton's method).

    Nothing where it does not converge: a column that parts all with from all without has no finite odds.
    """
    y, x = _known(y, x)
    n, k = x.shape
    nothing = Held(np.nan, np.nan, np.nan, n)
    coefficients = np.zeros(k)
    if not 0 < y.sum() < n:
        return nothing
    coefficients[0] = np.log(y.mean() / (1 - y.mean()))
    for _ in range(MAX_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ coefficients, -30, 30)))
        information: Any = x.T @ (x * (chance * (1 - chance))[:, None])
        if np.linalg.cond(information) > SINGULAR:
            return nothing
        step = np.linalg.solve(information, x.T @ (y - chance))
        coefficients += step
        if np.abs(step).max() < 1e-8:
            half = Z95 * float(np.sqrt(np.linalg.inv(information)[1, 1]))
            value, low, high = (float(np.exp(coefficients[1] + side * half)) for side in (0, -1, 1))
            return Held(value, low, high, n)
    return nothing


def _known(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(y)
    return (y, x) if known.all() else (y[known], x[known])

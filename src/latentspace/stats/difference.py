"""How far two groups lie apart: standardised differences, odds ratios and tests, for many columns at once.

Every function takes one number for each column (any shape that broadcasts) and gives NaN where there is no answer.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64
from scipy.special import gammaln, ndtr, ndtri, stdtr

if TYPE_CHECKING:
    Array = np.ndarray
else:
    Array = np.ndarray | np.generic  # arithmetic on arrays without axes gives scalars

Z95 = float(ndtri(0.975))


@dataclass(frozen=True, slots=True)
class Sample:
    """How many are known, their mean and their variance (n - 1), one of each for every column."""

    n: Array
    mean: Array
    variance: Array


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference or a ratio with its 95 % interval."""

    value: Array
    low: Array
    high: Array


def sample(values: Array) -> tuple[int, float, float]:
    """Of the finite values: how many, mean and variance (n - 1); NaN where there are too few for one."""
    known = values[np.isfinite(values)].astype(np.float64)
    if not len(known):
        return 0, np.nan, np.nan
    mean = float(known.mean())
    return len(known), mean, float(((known - mean) ** 2).sum() / (len(known) - 1)) if len(known) > 1 else np.nan


def pooled(one: Sample, other: Sample) -> Sample:
    """Both samples as one.

    Source:
        Chan, Golub & LeVeque 1983, updating formulae for variances.
    """
    n = one.n + other.n
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(
            one.n == 0, other.mean, np.where(other.n == 0, one.mean, (one.n * one.mean + other.n * other.mean) / n)
        )
        squares = _squares(one) + _squares(other)
        between = np.where((one.n > 0) & (other.n > 0), one.n * other.n / n * (one.mean - other.mean) ** 2, 0.0)
        return Sample(n, mean, np.where(n > 1, (squares + between) / (n - 1), np.nan))


def _squares(one: Sample) -> Array:
    return np.where(one.n > 1, one.variance * (one.n - 1), 0.0)


def mean_difference(a: Sample, b: Sample) -> Effect:
    """Mean of `a` less mean of `b` in units of the root of their mean variance.

    Source:
        Austin 2009, Communications in Statistics 38: 1228 (the unit); Bonett 2008, Psychological Methods 13: 99,
        equation 10 (the interval, for unequal variances and sizes).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = (a.variance + b.variance) / 2
        d = (a.mean - b.mean) / np.sqrt(unit)
        spread = a.variance**2 / (a.n - 1) + b.variance**2 / (b.n - 1)
        variance = (a.variance / a.n + b.variance / b.n) / unit + d**2 * spread / (8 * unit**2)
        return _interval(np.where(unit > 0, d, np.nan), variance)


def share_difference(a: Array, n_a: Array, b: Array, n_b: Array) -> Effect:
    """Share of `a` (events of n) less share of `b` in units of the root of their mean variance p (1 - p).

    The interval is the delta method's.

    Source:
        Austin 2009, Communications in Statistics 38: 1228.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = a / n_a, b / n_b
        unit = np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
        d = (p - q) / unit
        slope_p = 1 / unit - (p - q) * (1 - 2 * p) / (4 * unit**3)
        slope_q = -1 / unit - (p - q) * (1 - 2 * q) / (4 * unit**3)
        variance = slope_p**2 * p * (1 - p) / n_a + slope_q**2 * q * (1 - q) / n_b
        return _interval(np.where(unit > 0, d, np.nan), variance)


def levels_difference(a: Float64[Array, " levels"], b: Float64[Array, " levels"]) -> tuple[float, float, float]:
    """Distance between the shares of several levels, in units of their mean covariance, with its interval.

    Levels that neither group has are left out; never negative, for levels without an order have no direction.

    Source:
        Yang & Dalton 2012, SAS Global Forum 335: a unified approach to standardised differences.
    """
    seen = (a + b) > 0
    n_a, n_b = a.sum(), b.sum()
    if seen.sum() < 2 or not n_a or not n_b:
        return np.nan, np.nan, np.nan
    p, q = a[seen][1:] / n_a, b[seen][1:] / n_b
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    if np.linalg.cond(covariance) > 1e10:
        return np.nan, np.nan, np.nan
    d = float(np.sqrt((p - q) @ np.linalg.solve(covariance, p - q)))
    half = Z95 * float(np.sqrt((n_a + n_b) / (n_a * n_b) + d**2 / (2 * (n_a + n_b))))
    return d, max(d - half, 0.0), d + half


def odds_ratio(a: Array, n_a: Array, b: Array, n_b: Array) -> tuple[Effect, Array]:
    """Odds of `a` over odds of `b` with Woolf's interval, and where half a person was added to each cell.

    Source:
        Woolf 1955; Haldane 1956 for tables with an empty cell.
    """
    cells = np.stack(np.broadcast_arrays(a, n_a - a, b, n_b - b)).astype(np.float64)
    corrected = (cells == 0).any(axis=0)
    cells = cells + 0.5 * corrected
    logarithm = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    half = Z95 * np.sqrt((1 / cells).sum(axis=0))
    nobody = (n_a == 0) | (n_b == 0)
    value, low, high = (np.where(nobody, np.nan, np.exp(logarithm + side * half)) for side in (0, -1, 1))
    return Effect(value, low, high), corrected


def welch(a: Sample, b: Sample) -> Array:
    """Two-sided p of Welch's test of two means.

    Source:
        Welch 1947.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        of_a, of_b = a.variance / a.n, b.variance / b.n
        freedom = (of_a + of_b) ** 2 / (of_a**2 / (a.n - 1) + of_b**2 / (b.n - 1))
        return 2 * stdtr(freedom, -np.abs(a.mean - b.mean) / np.sqrt(of_a + of_b))


def rank_sum(a: Array, b: Array) -> float:
    """Two-sided p of the test of Mann & Whitney for finite values, by the normal law with ties and continuity."""
    if not len(a) or not len(b):
        return np.nan
    n, both = len(a) + len(b), np.sort(np.concatenate([a, b]))
    others = np.sort(b)
    u = (np.searchsorted(others, a, "left") + np.searchsorted(others, a, "right")).sum() / 2
    tied = np.diff(np.flatnonzero(np.concatenate([[True], both[1:] != both[:-1], [True]]))).astype(np.float64)
    variance = len(a) * len(b) / 12 * (n + 1 - (tied**3 - tied).sum() / (n * (n - 1)))
    if variance <= 0:
        return np.nan
    z = max(abs(u - len(a) * len(b) / 2) - 0.5, 0.0) / np.sqrt(variance)
    return float(2 * ndtr(-z))


def fisher(a: int, n_a: int, b: int, n_b: int) -> float:
    """Two-sided p of Fisher's exact test: the chance of all tables that are no more likely than this one."""
    events, n = a + b, n_a + n_b
    x = np.arange(max(0, events - n_b), min(events, n_a) + 1)
    logarithm = _choose(n_a, x) + _choose(n_b, events - x) - _choose(n, np.array(events))
    chance = np.exp(logarithm)
    return float(min(chance[chance <= chance[a - x[0]] * (1 + 1e-7)].sum(), 1.0))


def _choose(n: int, k: Array) -> Array:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def benjamini_hochberg(p: Float64[Array, " tests"]) -> Float64[Array, " tests"]:
    """The smallest share of false findings at which each test is one; NaN is no test.

    Source:
        Benjamini & Hochberg 1995.
    """
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(np.isfinite(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def _interval(value: Array, variance: Array) -> Effect:
    half = Z95 * np.sqrt(variance)
    return Effect(value, value - half, value + half)

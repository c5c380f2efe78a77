"""How sure a figure is: its 95 % interval over people drawn anew."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

DRAWS, FEWEST = 1000, 5

Statistic = Callable[[Float64[np.ndarray, "draws n"]], Float64[np.ndarray, " draws"]]
"""Weights of the people -> one value for each draw."""


@dataclass(frozen=True, slots=True, eq=False)
class Ratio:
    """The sum over people of `above` divided by that of `below`: a statistic that remembers each person's part."""

    above: Float64[np.ndarray, " n"]
    below: Float64[np.ndarray, " n"]

    def __call__(self, weights: Float64[np.ndarray, "draws n"]) -> Float64[np.ndarray, " draws"]:
        """The ratio for each draw of weights."""
        return (weights @ self.above) / (weights @ self.below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A value with its 95 % interval over `n` people, or the reason why there is none.

    `parts` are what each of these people adds to it, where it is a ratio of sums: they let two runs be compared in
    pairs, and stay out of evaluation.json.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    reason: str | None = None
    parts: Ratio | None = field(default=None, repr=False, compare=False)


def figure(statistic: Statistic, n: int, rng: np.random.Generator) -> Figure:
    """The statistic over n people with its percentile interval over 1,000 draws of n with replacement.

    Source:
        Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    if n < FEWEST:
        return Figure(n=n, reason=f"{n} held-out people have what it takes, at least {FEWEST} are needed")
    return figure_over(statistic, resampled(n, rng))


def resampled(n: int, rng: np.random.Generator, *, draws: int = DRAWS) -> Float64[np.ndarray, "draws n"]:
    """How often each of n people is drawn, in each of several draws; many figures of the same people may share it."""
    return rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)


def figure_over(statistic: Statistic, weights: Float64[np.ndarray, "draws n"]) -> Figure:
    """As `figure`, over draws that were made before."""
    n = weights.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(np.ones((1, n)))[0])
        drawn = statistic(weights)
    drawn = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or not len(drawn):
        return Figure(n=n, reason="not defined here: nothing varies")
    low, high = np.quantile(drawn, (0.025, 0.975))
    parts = statistic if isinstance(statistic, Ratio) else None
    return Figure(value=value, low=float(low), high=float(high), n=n, parts=parts)


def mean(values: Float64[np.ndarray, " n"]) -> Ratio:
    """The mean of one value for each person."""
    return Ratio(values, np.ones(len(values)))


def ratio(above: Float64[np.ndarray, " n"], below: Float64[np.ndarray, " n"]) -> Ratio:
    """Sum over people of `above` divided by that of `below`."""
    return Ratio(above, below)


def median(values: Float64[np.ndarray, " n"]) -> Statistic:
    """The lower median of one value for each person."""
    order = np.argsort(values, kind="stable")

    def statistic(weights: Float64[np.ndarray, "draws n"]) -> Float64[np.ndarray, " draws"]:
        below = np.cumsum(weights[:, order], axis=1)
        return values[order][(below >= below[:, -1:] / 2).argmax(axis=1)]

    return statistic

"""The difference between two groups that is left when other columns are held equal."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64

from latentspace.stats.difference import Z95

SINGULAR = 1e10  # condition of the normal equations beyond which the columns do not tell group and others apart
MAX_STEPS = 30
HELD, ALIKE = 2, 1e-9  # first row of what is held equal; SD, of 1, below which all are alike but for rounding
TOGETHER = 1 << 15  # people whose chances stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Held:
    """A coefficient of the group with its 95 % interval, learnt from `n` people; NaN where there is none."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Design:
    """A row each for the intercept, for who is a member, and for what is held equal, in SDs from its mean."""

    x: Float64[np.ndarray, "rows n"]

    @classmethod
    def of(cls, a: int, others: Float64[np.ndarray, "n held"]) -> "Design":
        """The first `a` people are the members; a column of `others` that is the same in everyone is left out."""
        columns = [c for c in np.ascontiguousarray(others.T, np.float64) if c.std() > ALIKE * max(1, abs(c.mean()))]
        member = np.zeros(len(others))
        member[:a] = 1
        return cls(np.stack([np.ones(len(others)), member, *((c - c.mean()) / c.std() for c in columns)]))

    def difference(self, y: Float64[np.ndarray, " n"]) -> Held:
        """How much more `y` the members have by least squares, with an interval for any spread.

        People whose `y` is NaN are left out.

        Source:
            MacKinnon & White 1985, HC1.
        """
        y, known = self._known(y)
        (k, n), solved = known.x.shape, known.least_squares
        if solved is None:
            return Held(np.nan, np.nan, np.nan, n)
        inverse, pull = solved
        coefficients = inverse @ (known.x @ y)
        influence = pull * (y - coefficients @ known.x)
        half = Z95 * float(np.sqrt(n / (n - k) * (influence @ influence)))
        value = float(coefficients[1])
        return Held(value, value - half, value + half, n)

    def odds(self, y: Float64[np.ndarray, " n"]) -> Held:
        """How many times the odds of `y` (0, 1 or NaN) the members have, by logistic regression (Newton's method).

        Nothing where it does not converge: a column that parts all with from all without has no finite odds.
        """
        y, known = self._known(y)
        x, (k, n) = known.x, known.x.shape
        nothing = Held(np.nan, np.nan, np.nan, n)
        coefficients = np.zeros(k)
        if not 0 < y.sum() < n:
            return nothing
        coefficients[0] = np.log(y.mean() / (1 - y.mean()))
        for _ in range(MAX_STEPS):
            information, slope = _curved(x, y, coefficients)
            if np.linalg.cond(information) > SINGULAR:
                return nothing
            step = np.linalg.solve(information, slope)
            coefficients += step
            if np.abs(step).max() < 1e-8:
                half = Z95 * float(np.sqrt(np.linalg.inv(information)[1, 1]))
                value, low, high = (float(np.exp(coefficients[1] + side * half)) for side in (0, -1, 1))
                return Held(value, low, high, n)
        return nothing

    def _known(self, y: np.ndarray) -> "tuple[np.ndarray, Design]":
        """Of those whose `y` is known, without columns that are the same in all of them, as sex among women is."""
        known = np.isfinite(y)
        if known.all():
            return y, self
        x = self.x[:, known]
        return y[known], Design(x[[i < HELD or row.std() > ALIKE for i, row in enumerate(x)]])

    @cached_property
    def least_squares(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The inverse of the normal equations and how each person pulls at the members' coefficient."""
        gram, (k, n) = self.x @ self.x.T, self.x.shape
        if n <= k or np.linalg.cond(gram) > SINGULAR:
            return None
        inverse = np.linalg.inv(gram)
        return inverse, inverse[1] @ self.x


def _curved(x: np.ndarray, y: np.ndarray, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Information and slope of the log likelihood of a logistic model."""
    information, slope = np.zeros((len(x), len(x))), np.zeros(len(x))
    for first in range(0, x.shape[1], TOGETHER):
        some = x[:, first : first + TOGETHER]
        chance = 1 / (1 + np.exp(-np.clip(coefficients @ some, -30, 30)))
        information += (some * (chance * (1 - chance))) @ some.T
        slope += some @ (y[first : first + TOGETHER] - chance)
    return information, slope

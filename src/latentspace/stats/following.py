"""People who are followed until an event or the end of follow-up: survival curves, log-rank test, concordance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.special import chdtrc

Z = 1.959963984540054
BLOCK = 1_000_000  # pairs looked at at once


@dataclass(frozen=True, slots=True)
class Course:
    """Of some people, in any order: how long each was followed, and whether the event came then."""

    time: Float64[np.ndarray, " n"]
    event: Bool[np.ndarray, " n"]

    @property
    def events(self) -> int:
        """How many had the event."""
        return int(self.event.sum())

    def at_risk(self, times: Float64[np.ndarray, " t"]) -> Int64[np.ndarray, " t"]:
        """How many are followed still, just before each time."""
        return (len(self.time) - np.searchsorted(np.sort(self.time), times, side="left")).astype(np.int64)

    def at(self, rows: np.ndarray) -> "Course":
        """Some of them."""
        return Course(self.time[rows], self.event[rows])


@dataclass(frozen=True, slots=True)
class Curve:
    """Share of people without the event at some times, with its 95 % interval; NaN where there is none."""

    share: Float64[np.ndarray, " t"]
    low: Float64[np.ndarray, " t"]
    high: Float64[np.ndarray, " t"]


def kaplan_meier(course: Course, times: Float64[np.ndarray, " t"]) -> Curve:
    """The product-limit estimate at some times, NaN after the last person's; its interval on the log(-log) scale.

    No interval where all or none are without the event: the variance is then 0 or unknown.

    Source:
        Kaplan & Meier 1958; Greenwood 1926; Kalbfleisch & Prentice 2002, section 1.4.
    """
    when, died = np.unique(course.time[course.event], return_counts=True)
    risk = course.at_risk(when)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.concatenate([[1.0], np.cumprod(1 - died / risk)])
        greenwood = np.concatenate([[0.0], np.cumsum(died / (risk * (risk - died)))])
        width = Z * np.sqrt(greenwood) / np.abs(np.log(share))
        low, high = share ** np.exp(width), share ** np.exp(-width)
    open_ended = (share <= 0) | (share >= 1)
    low[open_ended] = high[open_ended] = np.nan
    place = np.searchsorted(when, times, side="right")
    last = course.time.max(initial=-np.inf)
    share, low, high = (np.where(times <= last, values[place], np.nan) for values in (share, low, high))
    return Curve(share, low, high)


def median(course: Course) -> float | None:
    """The first time by which half had the event; none where fewer had."""
    when = np.unique(course.time[course.event])
    reached = np.flatnonzero(kaplan_meier(course, when).share <= 0.5)
    return float(when[reached[0]]) if reached.size else None


def log_rank(groups: Sequence[Course]) -> float | None:
    """Chance (p) of the log-rank test that several groups have one course; none where no event tells.

    Source:
        Mantel 1966; Peto & Peto 1972. Tied events by the hypergeometric variance.
    """
    together = np.concatenate([g.time[g.event] for g in groups])
    when, died = np.unique(together, return_counts=True)
    risk = np.stack([g.at_risk(when) for g in groups], axis=1).astype(np.float64)
    seen = np.stack([np.bincount(np.searchsorted(when, g.time[g.event]), minlength=len(when)) for g in groups], axis=1)
    total = risk.sum(axis=1)
    part = risk / total[:, None]
    scale = died * (total - died) / np.maximum(total - 1, 1)
    excess = (seen - died[:, None] * part).sum(axis=0)
    spread = np.diag((scale[:, None] * part).sum(axis=0)) - np.einsum("t,ti,tj->ij", scale, part, part)
    freedom = len(groups) - 1
    if not len(when) or np.linalg.matrix_rank(spread[1:, 1:]) < freedom:
        return None
    squared = float(excess[1:] @ np.linalg.solve(spread[1:, 1:], excess[1:]))
    return float(chdtrc(freedom, max(squared, 0.0)))


@dataclass(frozen=True, slots=True)
class Concordance:
    """Of pairs of whom is known who had the event first, how often the higher risk was said of that one."""

    value: float
    low: float
    high: float


def concordance(course: Course, risk: Float64[np.ndarray, " n"], fold: Int64[np.ndarray, " n"]) -> Concordance | None:
    """Harrell's C over pairs within a fold, with a 95 % interval by the jackknife; none where there is no such pair.

    A pair counts where the one with the event had it before the other's follow-up ended; ties of risk count half.
    Risks of two folds come from two fits, so they are not compared.

    Source:
        Harrell, Lee & Mark 1996.
    """
    right, pairs = np.zeros(len(risk)), np.zeros(len(risk))
    for part in np.unique(fold):
        rows = np.flatnonzero(fold == part)
        for block in _blocks(rows[course.event[rows]], len(rows)):
            first, time = course.time[block, None], course.time[rows]
            later = (time > first) | ((time == first) & ~course.event[rows])
            higher = (risk[block, None] > risk[rows]) + 0.5 * (risk[block, None] == risk[rows])
            good = later * higher
            right[block] += good.sum(axis=1)
            right[rows] += good.sum(axis=0)
            pairs[block] += later.sum(axis=1)
            pairs[rows] += later.sum(axis=0)
    whole, n = pairs.sum() / 2, len(risk)
    if whole <= pairs.max(initial=0.0):
        return None
    value = right.sum() / 2 / whole
    without = (right.sum() / 2 - right) / (whole - pairs)
    spread = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    return Concordance(float(value), float(max(0.0, value - Z * spread)), float(min(1.0, value + Z * spread)))


def _blocks(rows: Int64[np.ndarray, " k"], width: int) -> list[np.ndarray]:
    return np.array_split(rows, max(1, -(-len(rows) * width // BLOCK)))

"""Calibration: of people who are said to be alike, what is true."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from latentspace.stats.accuracy import Ranked, Z
from latentspace.stats.skill import calibration_slope

MOST_BINS, FEWEST_IN_BIN = 10, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Rows of whom about the same is said: the means of what is said and of what is true, this with a 95 % interval."""

    n: int
    predicted: float
    observed: float
    low: float
    high: float


def bins(ranked: Ranked, *, binary: bool) -> tuple[Bin, ...]:
    """Up to ten of equal size, with at least twenty rows each where there are as many; none of nobody."""
    if not len(ranked.said):
        return ()
    many = int(np.clip(len(ranked.said) // FEWEST_IN_BIN, 1, MOST_BINS))
    pairs = zip(np.array_split(ranked.said, many), np.array_split(ranked.truth, many), strict=True)
    return tuple(_bin(said, truth, binary=binary) for said, truth in pairs)


def merged(found: Sequence[Bin], fewest: int) -> tuple[Bin, ...]:
    """Bins of events, neighbours put together until each holds so many rows with the event and as many without.

    The rest goes to the last; one bin of all where they do not suffice.
    """
    groups: list[list[Bin]] = [[]]
    for one in found:
        groups[-1].append(one)
        if _least(groups[-1]) >= fewest:
            groups.append([])
    last = groups.pop()
    if groups:
        groups[-1] += last
    return tuple(_together(some) for some in groups or [last] if some)


def _least(some: Sequence[Bin]) -> int:
    had = [round(one.observed * one.n) for one in some]
    return min(sum(had), sum(one.n for one in some) - sum(had))


def _together(some: Sequence[Bin]) -> Bin:
    n, had = sum(one.n for one in some), sum(one.observed * one.n for one in some)
    low, high = wilson(had, n)
    return Bin(n=n, predicted=sum(one.predicted * one.n for one in some) / n, observed=had / n, low=low, high=high)


def slope(ranked: Ranked) -> float | None:
    """Slope of the true log odds along the predicted ones; none where predictions hardly vary, or of one class."""
    if not len(ranked.truth) or np.ptp(ranked.truth) == 0:
        return None
    found = float(calibration_slope(ranked.truth, ranked.said)(np.ones((1, len(ranked.truth))))[0])
    return found if np.isfinite(found) else None


def wilson(events: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share.

    Source:
        Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    share = events / n
    middle, width = share + Z**2 / (2 * n), Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return float(middle - width) / (1 + Z**2 / n), float(middle + width) / (1 + Z**2 / n)


def _bin(said: Float64[np.ndarray, " n"], truth: Float64[np.ndarray, " n"], *, binary: bool) -> Bin:
    n, observed = len(truth), float(truth.mean())
    width = Z * float(truth.std(ddof=1)) / np.sqrt(n) if n > 1 else 0.0
    low, high = wilson(float(truth.sum()), n) if binary else (observed - width, observed + width)
    return Bin(n=n, predicted=float(said.mean()), observed=observed, low=float(low), high=float(high))

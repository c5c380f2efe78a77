"""What is known of one column in one group, and what two groups differ by."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float64

from latentspace.stats.contingency import cell_test
from latentspace.stats.difference import (
    Sample,
    levels_difference,
    mean_difference,
    pooled,
    rank_sum,
    sample,
    share_difference,
    welch,
)

Test = Literal["Welch", "Mann-Whitney", "chi-square", "Fisher", ""]
FEWEST_WELCH = 30  # known in each group, below which ranks are compared and not means


@dataclass(frozen=True, slots=True)
class Numbers:
    """Finite values with their mean and variance."""

    values: Float[np.ndarray, " n"]
    sample: Sample

    @property
    def n(self) -> int:
        """How many are known."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many have each level."""

    counts: Float64[np.ndarray, " levels"]

    @property
    def n(self) -> int:
        """How many are known."""
        return int(self.counts.sum())


Known = Numbers | Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A standardised difference with its 95 % interval, the plain difference, and p; NaN with the reason."""

    difference: float = np.nan
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan
    test: Test = ""
    reason: str = ""


def known(values: np.ndarray, levels: int) -> Known:
    """What is known: finite numbers (no levels), or codes of levels from 0 on."""
    if levels:
        return Counts(np.bincount(values[values >= 0], minlength=levels).astype(np.float64))
    finite = values[np.isfinite(values)]
    n, mean, variance = sample(finite)
    return Numbers(finite, Sample(*(np.asarray(part, np.float64) for part in (n, mean, variance))))


def join(one: Known, other: Known) -> Known:
    """Two halves as one group."""
    if isinstance(one, Counts) and isinstance(other, Counts):
        return Counts(one.counts + other.counts)
    assert isinstance(one, Numbers)  # noqa: S101 - halves are of one column
    assert isinstance(other, Numbers)  # noqa: S101
    return Numbers(np.concatenate([one.values, other.values]), pooled(one.sample, other.sample))


def outcome(a: Known, b: Known) -> Outcome:
    """`a` less `b`; of two levels the share of the second."""
    for n in (a.n, b.n):
        if n == 0:
            return Outcome(reason="known of nobody in one of the groups")
    if isinstance(a, Numbers) and isinstance(b, Numbers):
        return _of_numbers(a, b)
    assert isinstance(a, Counts)  # noqa: S101 - both groups are of one column
    assert isinstance(b, Counts)  # noqa: S101
    return _of_counts(a.counts, b.counts)


def _of_numbers(a: Numbers, b: Numbers) -> Outcome:
    if min(a.n, b.n) == 1:
        return Outcome(
            difference=float(a.sample.mean - b.sample.mean), reason="known of one person in one of the groups"
        )
    effect = mean_difference(a.sample, b.sample)
    if not np.isfinite(effect.value):
        return Outcome(difference=float(a.sample.mean - b.sample.mean), reason="the same value in everyone of a group")
    few = min(a.n, b.n) < FEWEST_WELCH
    return Outcome(
        difference=float(a.sample.mean - b.sample.mean),
        value=float(effect.value),
        low=float(effect.low),
        high=float(effect.high),
        p=rank_sum(a.values, b.values) if few else float(welch(a.sample, b.sample)),
        test="Mann-Whitney" if few else "Welch",
    )


def _of_counts(a: Float64[np.ndarray, " levels"], b: Float64[np.ndarray, " levels"]) -> Outcome:
    p, test = cell_test(a, b)
    if len(a) == 2:
        effect = share_difference(a[1], a.sum(), b[1], b.sum())
        value, low, high = float(effect.value), float(effect.low), float(effect.high)
        difference = float(a[1] / a.sum() - b[1] / b.sum())
    else:
        (value, low, high), difference = levels_difference(a, b), np.nan
    reason = "" if np.isfinite(value) else "the same in everyone of both groups"
    return Outcome(difference=difference, value=value, low=low, high=high, p=p, test=test, reason=reason)

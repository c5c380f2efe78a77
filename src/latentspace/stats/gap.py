"""For whom predictions do worse: a difference with its interval, and how many such differences were looked at."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.special import ndtr

from latentspace.stats.accuracy import Estimate, Ranked, Z


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A figure of some people less that of the rest, with its 95 % interval; `p` is two-sided, not yet adjusted."""

    value: float
    low: float
    high: float
    p: float


def difference(here: tuple[Ranked, Estimate], rest: tuple[Ranked, Estimate]) -> Difference:
    """Of two sets of rows; a person with rows in both counts once."""
    (some, ours), (others, theirs) = here, rest
    joined = np.concatenate([ours.influence, -theirs.influence])
    person = np.concatenate([some.person, others.person])
    error = float(np.sqrt((np.bincount(person, joined) ** 2).sum()))
    value = ours.value - theirs.value
    p = 2 * float(ndtr(-abs(value) / error)) if error > 0 else 1.0
    return Difference(value=value, low=value - Z * error, high=value + Z * error, p=p)


def holm(p: Float64[np.ndarray, " tests"]) -> Float64[np.ndarray, " tests"]:
    """Adjusted so that naming all below .05 names anything of noise in one of twenty answers at most.

    Source:
        Holm 1979, A simple sequentially rejective multiple test procedure.
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted

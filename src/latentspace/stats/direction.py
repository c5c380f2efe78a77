"""How far a course through codes may be trusted: alike in other people, and better than chance."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from latentspace.stats.course import course, normal_scores

SPLITS = 100
MOST = 4000  # people that a judgement looks at: more make it no surer, only slower
CENTILE = 95.0
LEVELS = np.linspace(-1.645, 1.645, 9)  # normal scores from the 5th to the 95th centile


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What 100 splits of the people in two halves say of a course.

    `stability` is the mean cosine between the courses of both halves, with the 5th and 95th centile. `share` is the
    share of the number's variance (of its normal scores) that the place along one half's course explains in the other
    half. `permuted` and `random` are the 95th centiles of that share when the number is shuffled among the people, and
    when people are placed along a random direction.
    """

    stability: float
    low: float
    high: float
    share: float
    permuted: float
    random: float
    n: int

    @property
    def better_than_chance(self) -> bool:
        """Whether it explains more than shuffled numbers and random directions do."""
        return self.share > max(self.permuted, self.random)


def judge(
    values: Float64[np.ndarray, " n"],
    codes: Float32[np.ndarray, "n dims"],
    people: Int64[np.ndarray, " n"],
    rng: np.random.Generator,
) -> Judgement:
    """Split the people 100 times; both rows of one person lie in one half."""
    if len(values) > MOST:
        kept = np.sort(rng.permutation(len(values))[:MOST])
        values, codes, people = values[kept], codes[kept], people[kept]
    cosines, shares, permuted, random = [], [], [], []
    for half in _halves(people, rng):
        one, other = (course(values[side], codes[side], LEVELS) for side in (half, ~half))
        cosines.append(_cosine(one.ravel(), other.ravel()))
        shares.append(_explained(codes[~half] @ _chord(one), values[~half]))
        shuffled = rng.permutation(values)
        chance = course(shuffled[half], codes[half], LEVELS)
        permuted.append(_explained(codes[~half] @ _chord(chance), shuffled[~half]))
        anywhere = rng.standard_normal(codes.shape[1]).astype(np.float32)
        random.append(abs(_explained(codes[~half] @ anywhere, values[~half])))
    low, high = np.percentile(cosines, (100 - CENTILE, CENTILE))
    return Judgement(
        stability=float(np.mean(cosines)),
        low=float(low),
        high=float(high),
        share=float(np.mean(shares)),
        permuted=float(np.percentile(permuted, CENTILE)),
        random=float(np.percentile(random, CENTILE)),
        n=len(np.unique(people)),
    )


def _halves(people: Int64[np.ndarray, " n"], rng: np.random.Generator) -> Iterator[Bool[np.ndarray, " n"]]:
    distinct, member = np.unique(people, return_inverse=True)
    for _ in range(SPLITS):
        first = np.zeros(len(distinct), bool)
        first[rng.permutation(len(distinct))[: len(distinct) // 2]] = True
        yield first[member]


def _chord(steps: Float32[np.ndarray, "steps dims"]) -> Float32[np.ndarray, " dims"]:
    return steps[-1] - steps[0]


def _cosine(a: Float32[np.ndarray, " k"], b: Float32[np.ndarray, " k"]) -> float:
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-30))


def _explained(place: Float32[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
    """Squared correlation with the normal scores, below zero where it goes the wrong way; 0 where nothing varies."""
    if np.ptp(place) == 0 or np.ptp(values) == 0:
        return 0.0
    r = float(np.corrcoef(place, normal_scores(values))[0, 1])
    return r * abs(r)

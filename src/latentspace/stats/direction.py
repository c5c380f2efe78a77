"""How far a course through codes may be trusted: alike in other people, and better than chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from latentspace.stats.course import contrast, course, normal_scores
from latentspace.stats.telling import telling

SPLITS = 100
MOST = 4000  # people that a judgement looks at: more make it no surer, only slower
CENTILE = 95.0
LEVELS = np.linspace(-1.645, 1.645, 9)  # normal scores from the 5th to the 95th centile


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """How a course is found: along a number, or from the people of one level (0) to those of another (1).

    The first `always` dimensions move; those of each space of `others` (widths) by as much as they are telling.
    """

    of: Literal["number", "two levels"]
    always: int
    others: tuple[int, ...] = ()

    def steps(
        self, values: Float64[np.ndarray, " n"], codes: Float32[np.ndarray, "n dims"]
    ) -> Float32[np.ndarray, "steps dims"]:
        """What codes have more at each step of the way."""
        steps = course(values, codes, LEVELS) if self.of == "number" else contrast(values, codes)
        at = self.always
        for width in self.others:
            space = slice(at, at + width)
            steps[:, space] *= telling(values, codes[:, space])
            at += width
        return steps

    def explained(self, place: Float32[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
        """How well a place along the way tells the number (`explained_variance`) or the level (`auc`)."""
        return explained_variance(place, values) if self.of == "number" else auc(place, values)

    def either(self, figure: float) -> float:
        """The same whichever way a direction points."""
        return abs(figure) if self.of == "number" else max(figure, 1 - figure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What 100 splits of the people in two halves say of a course.

    `stability` is the mean cosine between the courses of both halves, with the 5th and 95th centile. `share` is the
    share of the number's variance (of its normal scores) that the place along one half's course explains in the other
    half; of two levels the area under the ROC curve. `permuted` and `random` are the 95th centiles of that figure when
    the number is shuffled among the people, and when people are placed along a random direction of the dimensions that
    move.
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
    way: Way,
) -> Judgement:
    """Split the people 100 times; both rows of one person lie in one half, and each half finds its own way."""
    if len(values) > MOST:
        kept = np.sort(rng.permutation(len(values))[:MOST])
        values, codes, people = values[kept], codes[kept], people[kept]
    cosines, shares, permuted, random = [], [], [], []
    for half in _halves(people, rng):
        here, there = codes[half], codes[~half]
        one, other = way.steps(values[half], here), way.steps(values[~half], there)
        cosines.append(_cosine(one.ravel(), other.ravel()))
        shares.append(way.explained(there @ _chord(one), values[~half]))
        shuffled = rng.permutation(values)
        chance = way.steps(shuffled[half], here)
        permuted.append(way.explained(there @ _chord(chance), shuffled[~half]))
        anywhere = rng.standard_normal(codes.shape[1]).astype(np.float32) * one.any(axis=0)
        random.append(way.either(way.explained(there @ anywhere, values[~half])))
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


def explained_variance(place: Float32[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
    """Squared correlation with the normal scores, below zero where it goes the wrong way; 0 where nothing varies."""
    if np.ptp(place) == 0 or np.ptp(values) == 0:
        return 0.0
    r = float(np.corrcoef(place, normal_scores(values))[0, 1])
    return r * abs(r)


def auc(place: Float32[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
    """Chance that of two people, one of level 1 and one of level 0, the former lies further; .5 where nobody does.

    Source:
        Mann & Whitney 1947.
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - half a second, which the page would wait for

    having = values > 0.5  # between the codes 0 and 1
    n, others = int(having.sum()), int((~having).sum())
    if not n or not others:
        return 0.5
    return float((rankdata(place)[having].sum() - n * (n + 1) / 2) / (n * others))

"""Given one modality of a person, find the other among everybody's."""

from itertools import permutations

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from latentspace.evaluate.cohort import NO_TRAITS, Cohort, Traits
from latentspace.evaluate.people import People
from latentspace.stats.bootstrap import Figure, figure, mean, median

AT = (1, 5, 10)


def retrieval(people: People, rng: np.random.Generator) -> dict[str, Figure]:
    """Recall at 1, 5 and 10 and the median rank, by cosine of the shared means; `pool` people, chance is k / pool."""
    figures: dict[str, Figure] = {}
    names = [m.name for m in people.modalities]
    for a, b in ((a, b) for a in names for b in names if a != b):
        who = people.having(a, b)
        rank = ranks(cosines(people.spaces[a][who], people.spaces[b][who]))
        name = f"retrieval.{a}_to_{b}"
        for k in AT:
            figures[f"{name}.recall_at_{k}"] = figure(mean((rank <= k).astype(np.float64)), len(who), rng)
        figures[f"{name}.median_rank"] = figure(median(rank), len(who), rng)
        figures[f"{name}.pool"] = Figure(value=float(len(who)), n=len(who))
    return figures


def adjusted(cohort: Cohort, rng: np.random.Generator) -> dict[str, Figure]:
    """`recall_at_10_adjusted`: with sex and heart rate regressed out of both sides' shared means.

    The regression (linear, sex as levels) is that of people who are not held out: what is left was not found by
    rate and sex alone.
    """
    figures: dict[str, Figure] = {}
    known = None if cohort.traits is None else (cohort.traits.sex >= 0) & np.isfinite(cohort.traits.rate)
    for a, b in permutations(cohort.elements, 2):
        name = f"retrieval.{a}_to_{b}.recall_at_10_adjusted"
        if cohort.traits is None or known is None:
            figures[name] = Figure(reason=NO_TRAITS)
            continue
        who = cohort.people.having(a, b)
        rows = cohort.people.rows[who[known[cohort.people.rows[who]]]]
        left = [_without(cohort, cohort.traits, known, space, rows) for space in (a, b)]
        figures[name] = figure(mean((ranks(cosines(*left)) <= AT[-1]).astype(np.float64)), len(rows), rng)
    return figures


def _without(
    cohort: Cohort, traits: Traits, known: Bool[np.ndarray, " rows"], space: str, rows: Int64[np.ndarray, " n"]
) -> Float32[np.ndarray, "n shared"]:
    """Shared means of some rows, less what sex and heart rate say of them."""
    z, seen = cohort.source.run.embedding(space).astype(np.float64), cohort.seen(space)
    seen = seen[known[seen]]
    rate = np.where(known, traits.rate, 0)
    told = np.column_stack([rate, *(traits.sex == level for level in np.unique(traits.sex[seen]))])
    weights = np.linalg.lstsq(told[seen], z[seen], rcond=None)[0]
    return (z[rows] - told[rows] @ weights).astype(np.float32)


def cosines(a: Float32[np.ndarray, "n shared"], b: Float32[np.ndarray, "n shared"]) -> Float64[np.ndarray, "n n"]:
    """Cosine of every row of `a` with every row of `b`."""
    units = [v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in (np.float64(a), np.float64(b))]
    return units[0] @ units[1].T


def ranks(similarity: Float64[np.ndarray, "n n"]) -> Float64[np.ndarray, " n"]:
    """Rank of each row's own partner (the diagonal), 1 is best; equals share the middle rank."""
    own = np.diagonal(similarity)[:, None]
    return 1 + (similarity > own).sum(axis=1) + 0.5 * ((similarity == own).sum(axis=1) - 1)

"""Given one modality of a person, find the other among everybody's."""

import numpy as np
from jaxtyping import Float32, Float64

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


def cosines(a: Float32[np.ndarray, "n shared"], b: Float32[np.ndarray, "n shared"]) -> Float64[np.ndarray, "n n"]:
    """Cosine of every row of `a` with every row of `b`."""
    units = [v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in (np.float64(a), np.float64(b))]
    return units[0] @ units[1].T


def ranks(similarity: Float64[np.ndarray, "n n"]) -> Float64[np.ndarray, " n"]:
    """Rank of each row's own partner (the diagonal), 1 is best; equals share the middle rank."""
    own = np.diagonal(similarity)[:, None]
    return 1 + (similarity > own).sum(axis=1) + 0.5 * ((similarity == own).sum(axis=1) - 1)

"""t-SNE by openTSNE from exact neighbours; from near ones of equal weight where there are very many points."""

from collections.abc import Callable
from copy import copy, deepcopy
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.stats.neighbours import MANY, Near, nearest_others

if TYPE_CHECKING:
    from openTSNE.affinity import Affinities

NODES = 2  # of interpolation for a cell and axis; with openTSNE's three no more neighbours are kept, in twice the time
TREE_BELOW = 6_000  # Barnes-Hut below, interpolation (FFT) above: about where their times cross


def affinities_of(
    points: Float32[np.ndarray, "n d"], perplexity: float, others: Callable[..., Near] = nearest_others
) -> "Affinities":
    """Who is close to whom: what t-SNE keeps. `perplexity` is at most a third of the points.

    `others(points, k=)` finds the nearest others, as `nearest_others` does.

    Of more than `MANY` points each has half as many neighbours as the perplexity, all of one weight, which draws
    much the same maps with a sixth of the pairs.

    Source:
        van der Maaten & Hinton 2008; Boehm, Berens & Kobak 2022, Attraction-repulsion spectrum, section 4 (equal
        weights of 15 neighbours for a perplexity of 30).
    """
    from openTSNE.affinity import PerplexityBasedNN, Uniform  # noqa: PLC0415 - takes a second; `serve` only places
    from openTSNE.nearest_neighbors import PrecomputedNeighbors  # noqa: PLC0415

    perplexity = min(perplexity, (len(points) - 1) / 3)
    if len(points) > MANY:
        k = max(2, round(perplexity / 2))
        return Uniform(knn_index=PrecomputedNeighbors(*others(points, k=k)), k_neighbors=k)
    index = PrecomputedNeighbors(*others(points, k=min(len(points) - 1, int(3 * perplexity))))
    return PerplexityBasedNN(knn_index=index, perplexity=perplexity)  # pyright: ignore[reportArgumentType] - its default is 30, floats are meant


def map_of(affinities: "Affinities", start: Float64[np.ndarray, "n 2"], seed: int) -> Float32[np.ndarray, "n 2"]:
    """The map to which `start` moves, on one thread: the same bytes each time.

    Source:
        Kobak & Berens 2019 for learning rate and exaggeration; Linderman et al. 2019 for many points.
    """
    import openTSNE  # noqa: PLC0415

    own = copy(affinities)
    own.P = deepcopy(affinities.P)  # it is exaggerated in place, and another map may be drawn from it meanwhile
    method = "bh" if len(start) < TREE_BELOW else "fft"
    tsne = openTSNE.TSNE(n_jobs=1, random_state=seed, negative_gradient_method=method, n_interpolation_points=NODES)
    return np.asarray(tsne.fit(affinities=own, initialization=start), np.float32)

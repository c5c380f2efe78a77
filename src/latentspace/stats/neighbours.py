"""Exact nearest neighbours, and how well a map keeps them."""

from dataclasses import dataclass

import faiss
import numpy as np
from jaxtyping import Float32, Int64

BLOCK = 256


@dataclass(frozen=True, slots=True)
class Kept:
    """How a map keeps neighbourhoods, 1 = entirely; nan where there are too few points to say.

    `trustworthiness` falls when the map brings strangers together, `continuity` when it tears neighbours apart,
    `knn_kept` is the share of nearest neighbours that are the same in both.
    """

    trustworthiness: float
    continuity: float
    knn_kept: float
    neighbours: int


def nearest(
    points: Float32[np.ndarray, "n d"], queries: Float32[np.ndarray, "m d"], *, k: int
) -> tuple[Int64[np.ndarray, "m k"], Float32[np.ndarray, "m k"]]:
    """The k nearest of `points` for each query, nearest first: their rows and Euclidean distances."""
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(np.ascontiguousarray(points))
    squared, rows = index.search(np.ascontiguousarray(queries), k)
    return rows, np.sqrt(np.maximum(squared, 0))


def kept_by_map(
    embedding: Float32[np.ndarray, "n d"],
    projection: Float32[np.ndarray, "n 2"],
    anchors: Int64[np.ndarray, " a"],
    *,
    k: int,
) -> Kept:
    """Trustworthiness, continuity and kept neighbours around `anchors` (all rows, or a sample of a large cohort).

    Source:
        Venna & Kaski 2001, Neighborhood preservation in nonlinear projection methods, equations 1 and 2.
    """
    n = len(embedding)
    if n <= 2 * k:
        return Kept(float("nan"), float("nan"), float("nan"), k)
    strange = torn = same = 0.0
    for start in range(0, len(anchors), BLOCK):
        rows = anchors[start : start + BLOCK]
        high, low = _ranks(embedding, rows), _ranks(projection, rows)
        near_high, near_low = (high >= 1) & (high <= k), (low >= 1) & (low <= k)
        strange += (high - k)[near_low & ~near_high].sum()
        torn += (low - k)[near_high & ~near_low].sum()
        same += (near_high & near_low).sum()
    scale = 2 / (len(anchors) * k * (2 * n - 3 * k - 1))
    return Kept(1 - scale * strange, 1 - scale * torn, float(same / (len(anchors) * k)), k)


def _ranks(points: Float32[np.ndarray, "n d"], rows: Int64[np.ndarray, " a"]) -> Int64[np.ndarray, "a n"]:
    """Rank of every point as a neighbour of each row: 0 for the row itself, 1 for the nearest other."""
    wide = points.astype(np.float64)
    squared = (wide**2).sum(axis=1)
    distance = squared[None] - 2 * wide[rows] @ wide.T
    distance[np.arange(len(rows)), rows] = -np.inf
    ranks = np.empty(distance.shape, np.int64)
    order = np.argsort(distance, axis=1, kind="stable")
    np.put_along_axis(ranks, order, np.arange(len(points))[None], axis=1)
    return ranks

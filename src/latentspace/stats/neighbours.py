"""Nearest neighbours, exact but among very many points, and how well a map keeps them."""

from dataclasses import dataclass

import faiss
import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy.spatial import KDTree

from latentspace.stats.sifted import Sifted

BLOCK, TOGETHER = 128, 4096
MANY = 100_000  # points from which on neighbours are not sought among all: exact ones take time that grows as n * n
CELLS_PER_ROOT, CELLS_SEARCHED = 4, 64  # cells for each square root of n; those around a point in which it is looked

Index = faiss.IndexFlatL2 | faiss.IndexIVFFlat
Exact = faiss.IndexFlatL2 | Sifted
Near = tuple[Int64[np.ndarray, "m near"], Float32[np.ndarray, "m near"]]
"""Rows of the nearest, nearest first, and their distances."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a map keeps the neighbourhood of each anchor: 1 entirely, about 0.5 (the shares: 0) for a random map.

    `trustworthiness` falls where the map brings strangers together, `continuity` where it tears neighbours apart,
    `knn_kept` is the share of the `neighbours` nearest that are the same in both.
    """

    trustworthiness: Float64[np.ndarray, " anchors"]
    continuity: Float64[np.ndarray, " anchors"]
    knn_kept: Float64[np.ndarray, " anchors"]
    neighbours: int


def flat_index(points: Float32[np.ndarray, "n d"]) -> faiss.IndexFlatL2:
    """An exact index over the rows of `points`."""
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(np.ascontiguousarray(points, np.float32))
    return index


def exact_index(points: Float32[np.ndarray, "n d"]) -> Exact:
    """An exact index that answers a single question fast among very many points too."""
    flat = flat_index(points)
    return flat if len(points) <= MANY else Sifted.of(flat)


def nearest(index: Index | Sifted, queries: Float32[np.ndarray, "m d"], *, k: int) -> Near:
    """The k nearest indexed points for each query, nearest first: their rows and Euclidean distances, both of them."""
    if isinstance(index, Sifted) and len(queries) > 1:
        index = index.points  # a matrix product of all queries at once
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1 if len(queries) == 1 else threads)  # for one, waking threads costs more than it saves
    try:
        squared, rows = index.search(np.ascontiguousarray(queries, np.float32), k)
    finally:
        faiss.omp_set_num_threads(threads)
    return rows, np.sqrt(np.maximum(squared, 0))


def nearest_others(points: Float32[np.ndarray, "n d"], *, k: int) -> Near:
    """The k nearest other rows of every row, nearest first: a row is never its own neighbour, its double may be.

    Exact on a plane and up to `MANY` points; of more, some 98 of 100 are found, and the same ones each time.
    """
    if len(points) <= MANY or points.shape[1] > 2:
        return near_by(index_of(points), points, k=k)
    found = KDTree(points).query(points, k=k + 1, workers=faiss.omp_get_max_threads())
    return _others(np.asarray(found[1], np.int64), np.asarray(found[0], np.float32), first=0)


def index_of(points: Float32[np.ndarray, "n d"]) -> Index:
    """By which neighbours are sought: exact up to `MANY` points."""
    return flat_index(points) if len(points) <= MANY else _cells(points)


def near_by(index: Index, points: Float32[np.ndarray, "m d"], *, k: int, first: int = 0) -> Near:
    """The k nearest others of some indexed points, of which `points[0]` is row `first` of the index.

    They are sought by so many at once that a piece of whole `TOGETHER` gives the bytes of all together.
    """
    parts = [nearest(index, points[i : i + TOGETHER], k=k + 1) for i in range(0, len(points), TOGETHER)]
    rows, distance = (np.concatenate(each) for each in zip(*parts, strict=True))
    return _others(rows, distance, first=first)


def _others(rows: Int64[np.ndarray, "m k"], distance: Float32[np.ndarray, "m k"], *, first: int) -> Near:
    itself = rows == np.arange(first, first + len(rows))[:, None]
    itself[~itself.any(axis=1), -1] = True  # k + 1 doubles and itself not among them: drop the last
    return rows[~itself].reshape(len(rows), -1), distance[~itself].reshape(len(rows), -1)


def _cells(points: Float32[np.ndarray, "n d"]) -> faiss.IndexIVFFlat:
    """An index that parts points into cells by k-means and looks only in the nearest of them."""
    n, d = points.shape
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(d), d, CELLS_PER_ROOT * int(n**0.5))
    index.cp.max_points_per_centroid = 64
    index.own_fields = False
    points = np.ascontiguousarray(points, np.float32)
    index.train(points)
    index.add(points)
    index.nprobe = CELLS_SEARCHED
    return index


def neighbours_shared(
    one: Float32[np.ndarray, "n a"], other: Float32[np.ndarray, "n b"], *, k: int
) -> Int64[np.ndarray, " n"]:
    """How many of each row's k nearest others are the same in both spaces: 0 to k, by chance k * k / (n - 1)."""
    near, also = nearest_others(one, k=k)[0], nearest_others(other, k=k)[0]
    same = np.empty(len(one), np.int64)
    for start in range(0, len(one), BLOCK):
        here = slice(start, start + BLOCK)
        same[here] = (near[here, :, None] == also[here, None, :]).sum(axis=(1, 2))
    return same


def kept_by_map(
    embedding: Float32[np.ndarray, "n d"],
    projection: Float32[np.ndarray, "n 2"],
    anchors: Int64[np.ndarray, " anchors"],
    *,
    k: int,
) -> Kept | None:
    """How the map `projection` (n, 2) keeps neighbourhoods of `embedding` (n, d) around the rows `anchors`.

    None where n <= 2 k: too few points to say. Points at equal distances share the better rank.

    Source:
        Venna & Kaski 2001, Neighborhood preservation in nonlinear projection methods, equations 1 and 2.
    """
    n = len(embedding)
    if n <= 2 * k:
        return None
    scale = 2 / (k * (2 * n - 3 * k - 1))
    strange, torn, same = (np.zeros(len(anchors)) for _ in range(3))
    for start in range(0, len(anchors), BLOCK):
        rows, here = anchors[start : start + BLOCK], slice(start, start + BLOCK)
        high, low = _squared(embedding, rows), _squared(projection, rows)
        near_high, near_low = (np.argpartition(d, k - 1, axis=1)[:, :k] for d in (high, low))
        strange[here] = np.maximum(_ranks(high, near_low) - k, 0).sum(axis=1)
        torn[here] = np.maximum(_ranks(low, near_high) - k, 0).sum(axis=1)
        same[here] = (near_high[:, :, None] == near_low[:, None, :]).sum(axis=(1, 2))
    return Kept(1 - scale * strange, 1 - scale * torn, same / k, k)


def _squared(points: Float32[np.ndarray, "n d"], rows: Int64[np.ndarray, " a"]) -> Float64[np.ndarray, "a n"]:
    """Squared distances from each of `rows` to every point; infinite to itself."""
    wide = points.astype(np.float64)
    distance = (wide**2).sum(axis=1) - 2 * wide[rows] @ wide.T  # the anchor's own square changes no rank
    distance[np.arange(len(rows)), rows] = np.inf
    return distance


def _ranks(distance: Float64[np.ndarray, "a n"], chosen: Int64[np.ndarray, "a k"]) -> Int64[np.ndarray, "a k"]:
    """Rank of the chosen points among all by distance, 1 for the nearest; (a, k)."""
    own = np.take_along_axis(distance, chosen, axis=1)
    closer = [(distance < own[:, [j]]).sum(axis=1) for j in range(chosen.shape[1])]
    return np.stack(closer, axis=1) + 1

"""Nearest neighbours of all people by pieces of some thousand, on any machine that sees the run."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import faiss
import numpy as np
from jaxtyping import Float32

from latentspace.artifact import replace_file, room_for, scratch
from latentspace.cluster import Workers, each
from latentspace.stats.neighbours import TOGETHER, Index, Near, index_of, near_by, nearest_others

PIECE = 4 * TOGETHER  # people whose neighbours one worker seeks at a time


@dataclass(frozen=True, slots=True)
class Sought:
    """Whose `k` nearest others are sought: the points from `first` to before `stop` of those that wait in `folder`."""

    folder: Path
    k: int
    first: int
    stop: int


def nearest_on(workers: Workers, points: Float32[np.ndarray, "n d"], *, k: int, beside: Path) -> Near:
    """As `stats.neighbours.nearest_others`; on a cluster points and index wait in a folder beside `beside` meanwhile.

    Raises:
        LatentSpaceError: as `cluster.each`.
    """
    n, d = points.shape
    if workers == 1 or d <= 2:  # on a plane a tree finds them at once
        return nearest_others(points, k=k)
    rows, distance = np.empty((n, k), np.int64), np.empty((n, k), np.float32)
    with scratch(beside) as folder, room_for(beside):
        np.save(folder / "points.npy", points)
        replace_file(folder / "index", faiss.serialize_index(index_of(points)).tobytes())
        asked = [Sought(folder, k, first, min(first + PIECE, n)) for first in range(0, n, PIECE)]
        for i, (near, far) in each(workers, found, asked):
            rows[asked[i].first : asked[i].stop], distance[asked[i].first : asked[i].stop] = near, far
        _opened.cache_clear()
    return rows, distance


def found(sought: Sought) -> Near:
    """The nearest others of some points; runs wherever the folder is seen."""
    index, points = _opened(sought.folder)
    return near_by(index, points[sought.first : sought.stop], k=sought.k, first=sought.first)


@lru_cache(maxsize=1)
def _opened(folder: Path) -> tuple[Index, Float32[np.ndarray, "n d"]]:
    """Kept from piece to piece."""
    index = faiss.read_index(str(folder / "index"))
    return index, np.load(folder / "points.npy", mmap_mode="r")  # pyright: ignore[reportReturnType] - `index_of`'s

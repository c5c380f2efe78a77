"""Exact search among very many points: sifted by numbers of eight bits, then by the numbers themselves."""

from dataclasses import dataclass

import faiss
import numpy as np
from jaxtyping import Float32, Int64

CANDIDATES = 1024  # that are looked at exactly; at least four for each neighbour that is sought
STEPS, ROUNDING = 255, 1.01  # between numbers of eight bits; room for the last digits of distances
EPSILON = 4 * float(np.finfo(np.float32).eps)


@dataclass(frozen=True, slots=True)
class Sifted:
    """Points and their rounded doubles, which take a quarter of the memory to be gone through.

    No point lies farther than `off` from its double. So the nearest found are the nearest of all once they are nearer
    than the farthest double that was looked at less `off`; where they are not, all points are gone through.
    """

    points: faiss.IndexFlatL2
    doubles: faiss.IndexScalarQuantizer
    off: float

    @classmethod
    def of(cls, points: faiss.IndexFlatL2) -> "Sifted":
        """Round every point of an index, by dimension, from the smallest to the largest number there is."""
        values = points.reconstruct_n(0, points.ntotal)
        doubles = faiss.IndexScalarQuantizer(points.d, faiss.ScalarQuantizer.QT_8bit)
        doubles.train(values)
        doubles.add(values)
        step = (values.max(axis=0) - values.min(axis=0)).astype(np.float64) / STEPS
        digits = EPSILON * float(np.abs(values).max(initial=0)) * points.d**0.5  # that float32 loses far from nought
        return cls(points, doubles, ROUNDING * 0.5 * float(np.sqrt(step @ step)) + digits)

    def search(
        self, query: Float32[np.ndarray, "1 d"], k: int
    ) -> tuple[Float32[np.ndarray, "1 k"], Int64[np.ndarray, "1 k"]]:
        """Squared distances and rows of the k nearest points, nearest first."""
        wanted = min(max(CANDIDATES, 4 * k), self.points.ntotal)
        rounded, rows = self.doubles.search(query, wanted)
        exact = ((self.points.reconstruct_batch(rows[0]) - query) ** 2).sum(axis=1)
        order = np.lexsort((rows[0], exact))[:k]
        certain = wanted == self.points.ntotal or exact[order[-1]] ** 0.5 <= rounded[0, -1] ** 0.5 - self.off
        return (exact[order][None], rows[:, order]) if certain else self.points.search(query, k)

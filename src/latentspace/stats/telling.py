"""How much of what a dimension of a code says of something known of the people is more than chance."""

import numpy as np
from jaxtyping import Float32, Float64
from scipy.special import erfc

from latentspace.stats.course import normal_scores

FEWEST = 20  # people without whom nothing is believed
FALSE = 0.05  # share of the dimensions found that may go with a number by chance alone


def telling(values: Float64[np.ndarray, " n"], codes: Float32[np.ndarray, "n dims"]) -> Float32[np.ndarray, " dims"]:
    """The share from 0 to 1 to believe of each dimension's change with a number; nothing of a space that says nothing.

    A space says something where one of its dimensions goes with the number beyond chance, all of them asked at once. Of
    each dimension then 1 - 1 / t squared is believed, where that is positive, with t of its correlation with the
    number's normal scores: so many weak dimensions keep what they say together.

    Source:
        Benjamini & Hochberg 1995 (false discovery rate); James & Stein 1961 (positive part, each dimension by itself).
    """
    n, dims = codes.shape
    if n < FEWEST or not dims:
        return np.zeros(dims, np.float32)
    scores = normal_scores(values).astype(np.float32)
    scores -= scores.mean()
    squares = np.einsum("nd,nd->d", codes, codes) - codes.mean(axis=0) ** 2 * n
    spread = np.sqrt(np.maximum(squares, 0) * n) * scores.std()
    r = np.divide(scores @ codes, spread, out=np.zeros(dims, np.float32), where=spread > 0)
    unexplained = np.maximum(1 - r**2, 1e-9)
    t_squared = (n - 2) * r**2 / unexplained
    if not _any_beyond_chance(np.sqrt(t_squared)):
        return np.zeros(dims, np.float32)
    return np.maximum(0, 1 - 1 / np.maximum(t_squared, 1e-9)).astype(np.float32)


def _any_beyond_chance(t: Float32[np.ndarray, " dims"]) -> bool:
    chance = np.sort(erfc(t.astype(np.float64) / np.sqrt(2)))
    return bool((chance <= FALSE * np.arange(1, len(t) + 1) / len(t)).any())

"""Which dimensions of a code go with something known of the people, more than chance would let them."""

import numpy as np
from jaxtyping import Bool, Float32, Float64
from scipy.special import erfc

from latentspace.stats.course import normal_scores

FALSE = 0.05  # share of those found that may go with it by chance alone
FEWEST = 20  # people without whom nothing is called telling


def telling(values: Float64[np.ndarray, " n"], codes: Float32[np.ndarray, "n dims"]) -> Bool[np.ndarray, " dims"]:
    """Dimensions whose correlation with the normal scores of a number is beyond chance, all of them asked at once.

    Source:
        Fisher 1921 (the transformed correlation is normal); Benjamini & Hochberg 1995 (false discovery rate).
    """
    n, dims = codes.shape
    if n < FEWEST or not dims:
        return np.zeros(dims, bool)
    scores = normal_scores(values).astype(np.float32)
    scores -= scores.mean()
    squares = np.einsum("nd,nd->d", codes, codes) - codes.mean(axis=0) ** 2 * n
    spread = np.sqrt(np.maximum(squares, 0) * n) * scores.std()
    r = np.divide(scores @ codes, spread, out=np.zeros(dims, np.float32), where=spread > 0).astype(np.float64)
    chance = erfc(np.abs(np.arctanh(np.clip(r, -0.999999, 0.999999))) * np.sqrt((n - 3) / 2))
    ordered = np.sort(chance)
    within = np.flatnonzero(ordered <= FALSE * np.arange(1, dims + 1) / dims)
    return chance <= ordered[within[-1]] if len(within) else np.zeros(dims, bool)

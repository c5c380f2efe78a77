"""Whether the levels of a column are spread alike in two groups: chi-square, or Fisher's test for small tables."""

from typing import Literal

import numpy as np
from jaxtyping import Float64
from scipy.special import chdtrc

from latentspace.stats.difference import fisher

CellTest = Literal["chi-square", "Fisher", ""]
FEWEST_EXPECTED = 5


def cell_test(a: Float64[np.ndarray, " levels"], b: Float64[np.ndarray, " levels"]) -> tuple[float, CellTest]:
    """p, and by which test; NaN where a group is empty, one level holds everyone, or a large table is too thin.

    Two levels: Fisher's exact test where fewer than 5 are expected in a cell, else Pearson's chi-square without
    correction. More levels: chi-square, unless a fifth of the cells expect fewer than 5.

    Source:
        Cochran 1954 for when chi-square may be used.
    """
    seen = (a + b) > 0
    table = np.stack([a[seen], b[seen]])
    if table.shape[1] < 2 or not a.sum() or not b.sum():
        return np.nan, ""
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    thin = expected < FEWEST_EXPECTED
    if table.shape[1] == 2 and thin.any():
        first, second = table[:, 1].astype(int), table.sum(axis=1).astype(int)
        return fisher(int(first[0]), int(second[0]), int(first[1]), int(second[1])), "Fisher"
    if thin.mean() > 0.2 or (expected < 1).any():
        return np.nan, ""
    statistic = float(((table - expected) ** 2 / expected).sum())
    return float(chdtrc(table.shape[1] - 1, statistic)), "chi-square"

"""Pearson's r between two numbers of each person, over all and within groups, as statistics that can be drawn anew."""

import numpy as np
from jaxtyping import Float64, Shaped

from latentspace.stats.bootstrap import Statistic


def correlation(x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]) -> Statistic:
    """Pearson's r."""
    x, y = x - x.mean(), y - y.mean()

    def statistic(weights: Float64[np.ndarray, "draws n"]) -> Float64[np.ndarray, " draws"]:
        share = weights / weights.sum(axis=1, keepdims=True)
        mean_x, mean_y = share @ x, share @ y
        scale = (share @ x**2 - mean_x**2) * (share @ y**2 - mean_y**2)
        return (share @ (x * y) - mean_x * mean_y) / np.sqrt(np.where(scale > 0, scale, np.nan))

    return statistic


def within(values: Float64[np.ndarray, " n"], group: Shaped[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Values less the mean of their group."""
    _, member = np.unique(group, return_inverse=True)
    return values - (np.bincount(member, values) / np.bincount(member))[member]

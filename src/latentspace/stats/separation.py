"""How well each dimension parts two groups of people."""

import numpy as np
from jaxtyping import Bool, Float32, Float64


def standardised_difference(
    z: Float32[np.ndarray, "n dims"], a: Bool[np.ndarray, " n"], b: Bool[np.ndarray, " n"]
) -> Float64[np.ndarray, " dims"]:
    """Mean of `a` less mean of `b`, in units of their pooled SD; 0 where a dimension does not vary.

    Source:
        Cohen 1988, d with the pooled standard deviation.
    """
    x, y = z[a].astype(np.float64), z[b].astype(np.float64)
    freedom = max(len(x) + len(y) - 2, 1)
    pooled = np.sqrt((((x - x.mean(axis=0)) ** 2).sum(axis=0) + ((y - y.mean(axis=0)) ** 2).sum(axis=0)) / freedom)
    return np.where(pooled > 0, (x.mean(axis=0) - y.mean(axis=0)) / np.where(pooled > 0, pooled, 1), 0.0)


def principal_axes(
    z: Float32[np.ndarray, "n dims"], count: int
) -> tuple[Float32[np.ndarray, "axes dims"], Float64[np.ndarray, " axes"]]:
    """The directions of length 1 along which people differ most, and the share of their variance along each.

    The largest component of each is positive, so that the same people always give the same signs.
    """
    centred = z.astype(np.float64) - z.mean(axis=0, dtype=np.float64)
    variance, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors.T[::-1][:count]
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return axes.astype(np.float32), variance[::-1][:count] / max(float(variance.sum()), 1e-30)

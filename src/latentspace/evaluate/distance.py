"""How far recordings are from what was drawn, a block at a time: a thousand cines in float64 fill no memory."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64, Shaped

BLOCK = 1 << 22  # elements in float64 at once


def squared(
    x: Shaped[np.ndarray, "n elements"], other: Shaped[np.ndarray, "*#n elements"]
) -> Float64[np.ndarray, " n"]:
    """Squared distance of each row from the same row of `other`, or from its only one."""
    return np.concatenate([((a - b) ** 2).sum(axis=1) for a, b in _row_blocks(x, other)] or [np.zeros(0)])


def absolute(
    x: Shaped[np.ndarray, "n elements"], other: Shaped[np.ndarray, "*#n elements"]
) -> Float64[np.ndarray, " n"]:
    """Mean absolute difference of each row."""
    return np.concatenate([np.abs(a - b).mean(axis=1) for a, b in _row_blocks(x, other)] or [np.zeros(0)])


def pearson(
    x: Shaped[np.ndarray, "n elements"], drawn: Shaped[np.ndarray, "n elements"], *, channels: int
) -> Float64[np.ndarray, " n"]:
    """Pearson's r between each recording and what was drawn, the mean of its channels; nan where none varies."""
    return np.concatenate([_pearson(a, b, channels) for a, b in _row_blocks(x, drawn)] or [np.zeros(0)])


def closer_than_others(
    drawn: Shaped[np.ndarray, "n elements"],
    x: Shaped[np.ndarray, "n elements"],
    unit: Float64[np.ndarray, " elements"] | float = 1.0,
) -> Float64[np.ndarray, " n"]:
    """For each row, the share of other people's `x` that is further from its `drawn` than its own; ties count half.

    Distances are in units of `unit`, which may differ from element to element.
    """
    n, elements = x.shape
    scale = np.broadcast_to(np.asarray(unit, np.float64), (elements,))
    distance = np.zeros((n, n))  # but for the square of `drawn`, which is the same along a row
    step = max(1, BLOCK // max(1, n))
    for first in range(0, elements, step):
        part = slice(first, first + step)
        wide, true = (v[:, part].astype(np.float64) / scale[part] for v in (drawn, x))
        distance += (true**2).sum(axis=1) - 2 * wide @ true.T
    own = np.diagonal(distance)[:, None]
    further = (distance > own).sum(axis=1) + 0.5 * ((distance == own).sum(axis=1) - 1)
    return further / max(1, n - 1)


def _pearson(
    x: Float64[np.ndarray, "n elements"], drawn: Float64[np.ndarray, "n elements"], channels: int
) -> Float64[np.ndarray, " n"]:
    a, b = (v.reshape(len(v), channels, -1) for v in (x, drawn))
    a, b = a - a.mean(axis=2, keepdims=True), b - b.mean(axis=2, keepdims=True)
    scale = np.sqrt((a**2).sum(axis=2) * (b**2).sum(axis=2))
    varies = scale > 1e-12
    r = np.where(varies, (a * b).sum(axis=2) / np.where(varies, scale, 1), 0)
    counted = varies.sum(axis=1)
    return np.where(counted > 0, r.sum(axis=1) / np.maximum(counted, 1), np.nan)


def _row_blocks(
    x: Shaped[np.ndarray, "n elements"], other: Shaped[np.ndarray, "*#n elements"]
) -> Iterator[tuple[Float64[np.ndarray, "rows elements"], Float64[np.ndarray, "*#rows elements"]]]:
    step = max(1, BLOCK // x.shape[1])
    for first in range(0, len(x), step):
        rows = slice(first, first + step)
        beside = other if other.ndim == 1 or len(other) == 1 else other[rows]
        yield x[rows].astype(np.float64), beside.astype(np.float64)

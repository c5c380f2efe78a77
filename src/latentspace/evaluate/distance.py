"""How far recordings are from what was drawn, a block at a time: a thousand cines in float64 fill no memory."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float64, Shaped

BLOCK = 1 << 22  # elements in float64 at once
CACHED = 1 << 18  # the same for work row by row: what stays in the cache is done three times as fast


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
    r = pearson_each(x, drawn, channels=channels)
    varies = np.isfinite(r)
    counted = varies.sum(axis=1)
    return np.where(counted > 0, np.where(varies, r, 0).sum(axis=1) / np.maximum(counted, 1), np.nan)


def pearson_each(
    x: Shaped[np.ndarray, "n elements"], drawn: Shaped[np.ndarray, "n elements"], *, channels: int
) -> Float64[np.ndarray, "n channels"]:
    """Pearson's r of each channel of each recording with what was drawn; nan where one of them does not vary."""
    blocks = [_pearson(a, b, channels) for a, b in _row_blocks(x, drawn)]
    return np.concatenate(blocks or [np.zeros((0, channels))])


def closer_than_others(
    drawn: Shaped[np.ndarray, "n elements"],
    x: Shaped[np.ndarray, "n elements"],
    unit: Float64[np.ndarray, " elements"] | float = 1.0,
    *,
    among: Bool[np.ndarray, "n n"] | None = None,
) -> Float64[np.ndarray, " n"]:
    """For each row, the share of other people's `x` that is further from its `drawn` than its own; ties count half.

    Distances are in units of `unit`, which may differ from element to element. `among` says for each row which others
    are asked (all, when it is not given); NaN for a row that asks nobody.
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
    asked = ~np.eye(n, dtype=bool) if among is None else among
    further = ((distance > own) + 0.5 * (distance == own)) * asked
    of = asked.sum(axis=1)
    return np.where(of > 0, further.sum(axis=1) / np.maximum(of, 1), np.nan)


def _pearson(
    x: Float64[np.ndarray, "n elements"], drawn: Float64[np.ndarray, "n elements"], channels: int
) -> Float64[np.ndarray, "n channels"]:
    a, b = (v.reshape(len(v), channels, -1) for v in (x, drawn))
    a, b = a - a.mean(axis=2, keepdims=True), b - b.mean(axis=2, keepdims=True)
    scale = np.sqrt((a**2).sum(axis=2) * (b**2).sum(axis=2))
    varies = scale > 1e-12
    return np.where(varies, (a * b).sum(axis=2) / np.where(varies, scale, 1), np.nan)


def _row_blocks(
    x: Shaped[np.ndarray, "n elements"], other: Shaped[np.ndarray, "*#n elements"]
) -> Iterator[tuple[Float64[np.ndarray, "rows elements"], Float64[np.ndarray, "*#rows elements"]]]:
    step = max(1, CACHED // x.shape[1])
    for first in range(0, len(x), step):
        rows = slice(first, first + step)
        beside = other if other.ndim == 1 or len(other) == 1 else other[rows]
        yield x[rows].astype(np.float64), beside.astype(np.float64)

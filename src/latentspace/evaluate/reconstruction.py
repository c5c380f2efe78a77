"""Own posterior in, own recording out: how much of it comes back."""

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.evaluate.people import Decoder, People, channels
from latentspace.modality import JOINT, private
from latentspace.stats.bootstrap import Figure, figure, mean, ratio


def reconstruction(people: People, decoder: Decoder, rng: np.random.Generator) -> dict[str, Figure]:
    """For each modality: unexplained variance, mean absolute error (its unit) and Pearson's r, from means."""
    figures: dict[str, Figure] = {}
    for m in people.modalities:
        who = people.having(m.name)
        x = people.recordings[m.name][who]
        drawn = decoder.decode(people.spaces[JOINT][who], people.spaces[private(m.name)][who], m.name)
        name = f"reconstruction.{m.name}"
        figures[f"{name}.unexplained_variance"] = figure(
            ratio(squared(x, drawn), squared(x, people.typical[m.name])), len(who), rng
        )
        figures[f"{name}.mae"] = figure(mean(np.abs(x - drawn).mean(axis=1, dtype=np.float64)), len(who), rng)
        r = pearson(x, drawn, channels=channels(m))
        varies = np.isfinite(r)
        figures[f"{name}.pearson"] = figure(mean(r[varies]), int(varies.sum()), rng)
    return figures


def squared(
    x: Float32[np.ndarray, "n elements"], other: Float32[np.ndarray, "*#n elements"]
) -> Float64[np.ndarray, " n"]:
    """Squared distance of each row."""
    return ((x.astype(np.float64) - other) ** 2).sum(axis=1)


def pearson(
    x: Float32[np.ndarray, "n elements"], drawn: Float32[np.ndarray, "n elements"], *, channels: int
) -> Float64[np.ndarray, " n"]:
    """Pearson's r between each recording and what was drawn, the mean of its channels; nan where none varies."""
    a, b = (v.astype(np.float64).reshape(len(v), channels, -1) for v in (x, drawn))
    a, b = a - a.mean(axis=2, keepdims=True), b - b.mean(axis=2, keepdims=True)
    scale = np.sqrt((a**2).sum(axis=2) * (b**2).sum(axis=2))
    varies = scale > 1e-12
    r = np.where(varies, (a * b).sum(axis=2) / np.where(varies, scale, 1), 0)
    counted = varies.sum(axis=1)
    return np.where(counted > 0, r.sum(axis=1) / np.maximum(counted, 1), np.nan)

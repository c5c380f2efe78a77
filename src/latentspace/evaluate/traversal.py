"""Move one shared dimension: does every modality change with the step, and by how much?"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy.stats import rankdata

from latentspace.codec import Decoder
from latentspace.evaluate.distance import squared
from latentspace.evaluate.people import People
from latentspace.modality import JOINT, private
from latentspace.stats.bootstrap import Figure, figure, mean

STEPS_SD = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
STRONGEST, MOVED = 5, 25
EFFECT_PEOPLE = 8  # the effects of 32 differ by 2 % at most: decoders are nearly linear

Effects = Mapping[str, Float64[np.ndarray, " shared"]]


def latent_effects(
    people: People, decoder: Decoder, rng: np.random.Generator
) -> dict[str, Float64[np.ndarray, " shared"]]:
    """For each modality, the share of its recorded variance that one SD of each shared dimension accounts for.

    The mean over people of |decode(z + s) - decode(z - s)|^2 / 4, s one SD of the posterior means of that dimension,
    divided by the mean |x - typical|^2: for a linear decoder and independent dimensions the shares of all dimensions
    add up to what the shared code explains.
    """
    known = np.flatnonzero(~np.isnan(people.spaces[JOINT]).any(axis=1))
    z = people.spaces[JOINT][np.sort(rng.permutation(known)[:EFFECT_PEOPLE])]
    sd = people.spaces[JOINT][known].std(axis=0)
    effects: dict[str, Float64[np.ndarray, " shared"]] = {}
    for m in people.modalities:
        x = people.recordings[m.name][people.having(m.name)]
        total = squared(x, people.typical[m.name]).mean() if len(x) else np.nan
        moved = np.array([_moved(decoder, z, sd * (np.arange(len(sd)) == i), m.name) for i in range(len(sd))])
        effects[m.name] = np.nan_to_num(moved / max(float(total), 1e-30))
    return effects


def traversal(people: People, decoder: Decoder, effects: Effects, rng: np.random.Generator) -> dict[str, Figure]:
    """The five shared dimensions with the largest effect, moved, and what each modality does.

    `traversal.<dim>.<m>.spearman`: of the step (0.5 to 3 SD, both ways) with the size of each person's change;
    `.share`: of the variance of m (see `latent_effects`; it has no interval).
    """
    dims = next(s for s in decoder.spaces if s.name == JOINT).dims
    figures: dict[str, Figure] = {}
    for m in people.modalities:
        who = rng.permutation(people.having(m.name))[:MOVED]
        z, own = people.spaces[JOINT][who], people.spaces[private(m.name)][who]
        sd = np.nanstd(people.spaces[JOINT], axis=0)
        for i in strongest(effects, STRONGEST):
            one_sd = sd * (np.arange(len(sd)) == i)
            change = changes(decoder, (z, own), one_sd, m.name)
            name = f"traversal.{dims[i]}.{m.name}"
            figures[f"{name}.spearman"] = figure(mean(monotone(change)), len(who), rng)
            figures[f"{name}.share"] = Figure(value=float(effects[m.name][i]), n=len(who))
    return figures


def strongest(effects: Effects, count: int) -> Int64[np.ndarray, " count"]:
    """The dimensions with the largest effect, the mean over modalities, largest first; none where nothing is drawn."""
    if not effects:
        return np.zeros(0, np.int64)
    return np.argsort(-np.mean(list(effects.values()), axis=0), kind="stable")[:count]


def changes(
    decoder: Decoder,
    code: tuple[Float32[np.ndarray, "n shared"], Float32[np.ndarray, "n private"]],
    one_sd: Float32[np.ndarray, " shared"],
    modality: str,
) -> Float64[np.ndarray, "n 2 steps"]:
    """Root mean squared change of what is decoded, one way and the other."""
    z, own = code
    start = decoder.decode(z, own, modality)

    def change(sd: float) -> Float64[np.ndarray, " n"]:
        moved = decoder.decode(z + np.float32(sd) * one_sd, own, modality)
        return np.sqrt(squared(moved, start) / start.shape[1])

    return np.array([[change(way * step) for step in STEPS_SD] for way in (-1, 1)]).transpose(2, 0, 1)


def monotone(change: Float64[np.ndarray, "n 2 steps"]) -> Float64[np.ndarray, " n"]:
    """Spearman's rho of step and change for each person, the mean of both ways; 0 where nothing changes."""
    rank = rankdata(change, axis=-1)
    rank = rank - rank.mean(axis=-1, keepdims=True)
    step = np.arange(change.shape[-1]) - (change.shape[-1] - 1) / 2
    scale = np.sqrt((rank**2).sum(axis=-1) * (step**2).sum())
    rho = (rank * step).sum(axis=-1) / np.where(scale > 0, scale, 1)
    return rho.mean(axis=1)


def _moved(
    decoder: Decoder, z: Float32[np.ndarray, "n shared"], step: Float32[np.ndarray, " shared"], modality: str
) -> float:
    above, below = (decoder.decode(z + np.float32(way) * step, None, modality) for way in (1, -1))
    return float(squared(above, below).mean() / 4)

"""What the page of an evaluation shows: the best, the median and the worst person, and moved dimensions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64, Shaped

from latentspace.codec import Decoder
from latentspace.evaluate.people import People
from latentspace.evaluate.traversal import Effects, strongest
from latentspace.modality import JOINT, Modality, private
from latentspace.stats.bootstrap import Figure

STEPS_SD = (-2, -1, 0, 1, 2)
DIMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """All that an evaluation has at hand when its figures are known.

    `courses` are those of phenotypes at `STEPS_SD`, in each space, by label; none where they were not judged.
    """

    people: People
    decoder: Decoder
    effects: Effects
    courses: Mapping[str, Mapping[str, Float32[np.ndarray, "steps dims"]]]
    figures: Mapping[str, Figure]
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One held-out person (`place` in the order of the held-out people) in one modality, three times.

    `unexplained` is this person's part of the unexplained variance that the `rank` of `of` people is by. Nothing is
    `translated` where there is no other modality to come from.
    """

    rank: str
    of: int
    place: int
    unexplained: float
    modality: Modality
    source: Modality | None
    recorded: Shaped[np.ndarray, " elements"]
    reconstructed: Shaped[np.ndarray, " elements"]
    translated: Shaped[np.ndarray, " elements"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The average held-out person, moved by each of `STEPS_SD`, in one modality.

    `along` is a shared dimension, which moves a `share` of the modality's variance, or the course of a phenotype.
    """

    along: str
    share: float | None
    modality: Modality
    drawn: Shaped[np.ndarray, "steps elements"]


def samples(judged: Judged, modality: Modality) -> list[Sample]:
    """Best, median and worst person of one modality; fewer than five people have no order, and no sample."""
    people, decoder, m = judged.people, judged.decoder, modality.name
    source = _best_source(judged, modality)
    name = f"reconstruction.{m}" if source is None else f"translation.{source.name}_to_{m}"
    figure = judged.figures.get(f"{name}.unexplained_variance", Figure())
    if figure.parts is None:
        return []
    who = people.having(m) if source is None else people.having(source.name, m)
    unexplained = figure.parts.above / np.maximum(figure.parts.below, 1e-30)
    ranked = _three(unexplained)
    at = who[list(ranked.values())]
    recorded = people.recordings[m][at]
    reconstructed = decoder.decode(people.spaces[JOINT][at], people.spaces[private(m)][at], m)
    translated = None if source is None else decoder.decode(people.spaces[source.name][at], None, m)
    return [
        Sample(
            rank=rank,
            of=len(who),
            place=int(at[i]),
            unexplained=float(unexplained[ranked[rank]]),
            modality=modality,
            source=source,
            recorded=recorded[i],
            reconstructed=reconstructed[i],
            translated=None if translated is None else translated[i],
        )
        for i, rank in enumerate(ranked)
    ]


def strips(judged: Judged) -> list[list[Strip]]:
    """The courses of phenotypes and the three shared dimensions with the largest effect, each in every modality."""
    z = judged.people.spaces[JOINT]
    known = z[~np.isnan(z).any(axis=1)]
    if not len(known):
        return []
    dims = next(s for s in judged.decoder.spaces if s.name == JOINT).dims
    found = [_strip(judged, label, course, {}) for label, course in judged.courses.items()]
    for i in strongest(judged.effects, DIMS):
        shares = {modality: float(each[i]) for modality, each in judged.effects.items()}
        one_sd = known.std(axis=0) * (np.arange(len(dims)) == i)
        found.append(_strip(judged, dims[i], {JOINT: np.array(STEPS_SD, np.float32)[:, None] * one_sd}, shares))
    return found


def _strip(
    judged: Judged, along: str, steps: Mapping[str, Float32[np.ndarray, "steps dims"]], shares: Mapping[str, float]
) -> list[Strip]:
    """From the mean of the held-out people's shared codes; private codes start at their mean, which is nought."""
    codes = np.nanmean(judged.people.spaces[JOINT], axis=0) + steps[JOINT]
    return [
        Strip(
            along=along,
            share=shares.get(m.name),
            modality=m,
            drawn=judged.decoder.decode(codes, steps.get(private(m.name)), m.name),
        )
        for m in judged.people.modalities
    ]


def _best_source(judged: Judged, modality: Modality) -> Modality | None:
    """The other modality that leaves least of this one unexplained."""

    def unexplained(other: Modality) -> float:
        figure = judged.figures.get(f"translation.{other.name}_to_{modality.name}.unexplained_variance", Figure())
        return np.inf if figure.value is None or figure.parts is None else figure.value

    others = [m for m in judged.people.modalities if m != modality and np.isfinite(unexplained(m))]
    return min(others, key=unexplained) if others else None


def _three(unexplained: Float64[np.ndarray, " n"]) -> dict[str, int]:
    order: Int64[np.ndarray, " n"] = np.argsort(unexplained, kind="stable")
    return {"Best": int(order[0]), "Median": int(order[len(order) // 2]), "Worst": int(order[-1])}

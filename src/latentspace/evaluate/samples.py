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

    `directions` are one SD along those of phenotypes, by label; none where they were not judged.
    """

    people: People
    decoder: Decoder
    effects: Effects
    directions: Mapping[str, Float32[np.ndarray, " shared"]]
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

    `along` is a shared dimension, which moves a `share` of the modality's variance, or the direction of a phenotype.
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
    """The directions of phenotypes and the three shared dimensions with the largest effect, each in every modality."""
    z = judged.people.spaces[JOINT]
    known = z[~np.isnan(z).any(axis=1)]
    if not len(known):
        return []
    dims = next(s for s in judged.decoder.spaces if s.name == JOINT).dims
    start = known.mean(axis=0)
    found = [_moved(judged, label, (start, step), {}) for label, step in judged.directions.items()]
    for i in strongest(judged.effects, DIMS):
        shares = {modality: float(each[i]) for modality, each in judged.effects.items()}
        found.append(_moved(judged, dims[i], (start, known.std(axis=0) * (np.arange(len(dims)) == i)), shares))
    return found


def _moved(
    judged: Judged,
    along: str,
    line: tuple[Float32[np.ndarray, " shared"], Float32[np.ndarray, " shared"]],
    shares: Mapping[str, float],
) -> list[Strip]:
    """Along a line, given by where 0 SD is and by one SD; private codes stay at their mean."""
    start, step = line
    codes = start + np.array(STEPS_SD, np.float32)[:, None] * step
    return [
        Strip(
            along=along,
            share=shares.get(m.name),
            modality=m,
            drawn=judged.decoder.decode(codes, None, m.name),
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

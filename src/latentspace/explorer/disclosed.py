"""Figures of everyone and of groups as the server's preset lets them out: ranks, directions, mean codes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from latentspace.answers import Direction, Predicted, Separated
from latentspace.disclosure import Door
from latentspace.latent import RankedDim


def told_separated(found: Separated, here: Door, there: Door) -> Separated:
    """The difference of two groups; each group has its own count."""
    ranked = told_ranked(found.ranked, here.of(there.key), min(found.n, found.against))
    return replace(
        found,
        n=here.count(found.n) or 0,
        against=there.count(found.against) or 0,
        ranked=tuple(ranked),
    )


def told_ranked(found: Sequence[RankedDim], door: Door, least: int | None = None) -> list[RankedDim]:
    """Dimensions with their statistic rounded as by one of `least` people, by default of all of them."""
    return [_ranked(one, door.of(one.dim), least or one.n) for one in found]


def told_direction(found: Direction, door: Door) -> Direction:
    """The course of a phenotype with its figures rounded."""
    if door.base == 1:
        return found
    spread = None if found.low is None or found.high is None else (found.high - found.low) / 3.3  # 90 % of a normal
    unit = {name: getattr(found, name) for name in ("low", "centre", "high")}
    shares = ("stability", "stability_low", "stability_high", "share", "share_permuted", "share_random")
    rounded = {name: door.of(name).figure(value, spread, found.n) for name, value in unit.items()}
    rounded |= {name: door.of(name).figure(getattr(found, name), 1.0, found.n) for name in shares}
    along = tuple(replace(one, value=door.of(one.name).figure(one.value, 1.0, found.n)) for one in found.along)
    return replace(found, n=door.count(found.n) or 0, along=along, **rounded)


def told_predicted(found: Sequence[Predicted], door: Door) -> list[Predicted]:
    """Predictions are of one person or code; of how many they were learnt, and how well they do, is of everyone."""
    if door.base == 1:
        return list(found)
    return [
        replace(one, n=door.of(one.name).count(one.n) or 0, skill=door.of(one.name).figure(one.skill, 0.5, one.n))
        for one in found
    ]


def told_array(values: np.ndarray, spread: float, n: int, door: Door) -> np.ndarray:
    """A mean code or another array of figures of `n` people; what is no number stays so."""
    if door.base == 1 or not n:
        return values
    known = {i: value for i, value in enumerate(values.tolist()) if np.isfinite(value)}
    told = values.copy()
    told[list(known)] = [door.of(str(i)).figure(value, spread, n) for i, value in known.items()]
    return told


def _ranked(one: RankedDim, door: Door, least: int) -> RankedDim:
    also = one.also and replace(one.also, value=door.of("also").figure(one.also.value, 1.0, least))
    return replace(one, value=door.figure(one.value, 1.0, least), n=door.count(one.n) or 0, also=also)

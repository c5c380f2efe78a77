"""Directions of phenotypes ("make this heart older"), the axes of a group and what parts two groups, in codes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Float64

from latentspace.answers import Direction, Reach, Separated
from latentspace.columns import Columns
from latentspace.errors import InputError
from latentspace.latent import Association, association, layout, rank_by_separation
from latentspace.modality import JOINT, Space
from latentspace.run import Run, people
from latentspace.stats.course import course_of_known, normal_scores, scores_at
from latentspace.stats.direction import Judgement, judge
from latentspace.stats.separation import principal_axes, standardised_difference

FEWEST = 50  # people of whom a phenotype must be known to have a direction
FEWEST_SIDE, FEWEST_AXES, AXES = 10, 30, 3
STOPS = 33  # of a slider: between two of them the course is as good as straight
ALONG = 3  # phenotypes that are named because they move along
SEED = 0


@dataclass(frozen=True)
class Directing:
    """One run's directions, learnt from people who are not held out and judged once."""

    run: Run
    columns: Columns
    spaces: tuple[Space, ...]
    _known: dict[tuple[str, Reach], Direction] = field(default_factory=dict)

    def direction(self, name: str, reach: Reach) -> Direction:
        """How far the course of a phenotype may be trusted; with the reason where it may not.

        Raises:
            NotFoundError: no such phenotype.
        """
        if (name, reach) not in self._known:
            self._known[name, reach] = self._judged(name, reach)
        return self._known[name, reach]

    def course(self, name: str, reach: Reach) -> dict[str, np.ndarray]:
        """`values` (33,) of the phenotype, and `steps` (33, n_latent): what a code has more there than at its median.

        Raises:
            NotFoundError: no such phenotype.
            InputError: the direction is refused.
        """
        said = self.direction(name, reach)
        if said.reason or said.low is None or said.high is None:
            raise InputError(
                "direction.refused",
                where=f"direction of {name!r}"[:80],
                found=said.reason,
                hint="Choose another phenotype, or drag single dimensions.",
            )
        values = self._numbers(name)
        rows = self._seen & np.isfinite(values)
        stops = np.linspace(said.low, said.high, STOPS)
        levels = scores_at(values[rows], stops)
        parts = layout(self.spaces)
        steps = np.zeros((STOPS, max(part.stop for part in parts.values())), np.float32)
        for space in self._moved(reach):
            steps[:, parts[space]] = course_of_known(values[rows], self.run.embedding(space)[rows], levels)
        return {"values": stops.astype(np.float32), "steps": steps}

    def separates(self, a: Bool[np.ndarray, " n"], b: Bool[np.ndarray, " n"]) -> Separated:
        """The shared dimensions, those first that part two groups best.

        Raises:
            InputError: under ten people of a group have a code.
        """
        a, b = a & ~np.isnan(self._joint[:, 0]), b & ~np.isnan(self._joint[:, 0])
        for side, where in ((a, "first group"), (b, "second group")):
            _enough(int(side.sum()), FEWEST_SIDE, where)
        effects: dict[str, Sequence[float]] = self.run.record.get("effects", {})
        difference = standardised_difference(self._joint, a, b)
        ranked = rank_by_separation(self.spaces[0].dims, difference, int(a.sum() + b.sum()), effects)
        return Separated(n=int(a.sum()), against=int(b.sum()), ranked=tuple(ranked))

    def axes(self, members: Bool[np.ndarray, " n"]) -> dict[str, np.ndarray]:
        """`axes` (3, shared) of length 1 along which a group differs most, and the `share` (3,) of its variance there.

        `places` (n, 3) is where every row lies along them from the group's mean code (NaN without a code), `middle`
        (shared,).

        Raises:
            InputError: under thirty people of the group have a code.
        """
        chosen = self._joint[members & ~np.isnan(self._joint[:, 0])]
        _enough(len(chosen), FEWEST_AXES, "group")
        axes, share = principal_axes(chosen, AXES)
        middle = chosen.mean(axis=0)
        return {
            "axes": axes,
            "share": share.astype(np.float32),
            "places": (self._joint - middle) @ axes.T,
            "middle": middle,
        }

    @cached_property
    def _joint(self) -> Float32[np.ndarray, "n shared"]:
        return self.run.embedding(JOINT)

    @cached_property
    def _seen(self) -> Bool[np.ndarray, " n"]:
        return (self.run.split(self.columns.subjects) != "held_out") & ~np.isnan(self._joint[:, 0])

    def _numbers(self, name: str) -> Float64[np.ndarray, " n"]:
        return self.columns.values(name).astype(np.float64)

    def _moved(self, reach: Reach) -> list[str]:
        return [JOINT] if reach == "shared" else list(layout(self.spaces))

    def _judged(self, name: str, reach: Reach) -> Direction:
        values = self._numbers(name)
        if self.columns.levels(name):
            return Direction(name=name, reach=reach, reason="it has levels, no numbers: compare two groups instead")
        if self.columns.dictionary.later(name):
            return Direction(name=name, reach=reach, reason="it happened after the recording")
        rows = np.flatnonzero(self._seen & np.isfinite(values))
        _, person = np.unique(people(self.columns.subjects), return_inverse=True)
        n = len(np.unique(person[rows]))
        if n < FEWEST:
            reason = f"known of {n} people whom the model learnt from, at least {FEWEST} are needed"
            return Direction(name=name, reach=reach, n=n, reason=reason)
        everyone = values[np.isfinite(values)]
        low, centre, high = (float(np.percentile(everyone, at)) for at in (5, 50, 95))
        if low == high:
            return Direction(name=name, reach=reach, n=n, reason="nine of ten people have the same value")
        codes = np.concatenate([np.nan_to_num(self.run.embedding(s)[rows]) for s in self._moved(reach)], axis=1)
        said = judge(values[rows], codes, person[rows].astype(np.int64), np.random.default_rng(SEED))
        return Direction(
            name=name,
            reach=reach,
            n=n,
            low=low,
            centre=centre,
            high=high,
            stability=said.stability,
            stability_low=said.low,
            stability_high=said.high,
            share=said.share,
            share_permuted=said.permuted,
            share_random=said.random,
            along=self._along(name, values),
            reason=_doubt(said),
        )

    def _along(self, name: str, values: Float64[np.ndarray, " n"]) -> tuple[Association, ...]:
        """The phenotypes that go most with this one in the cohort: they change with it, wanted or not."""
        known = np.isfinite(values)
        scores = np.full((len(values), 1), np.nan, np.float32)
        scores[known, 0] = normal_scores(values[known])
        others = [
            Association(name=p.name, value=float(association(scores, column, levels=levels)[0]))
            for p in self.columns.dictionary
            if p.name != name
            for column, levels in [(self.columns.values(p.name), len(self.columns.levels(p.name)))]
        ]
        return tuple(sorted(others, key=lambda other: -abs(other.value))[:ALONG])


def _doubt(said: Judgement) -> str:
    if said.better_than_chance:
        return ""
    chance = max(said.permuted, said.random)
    return f"explains {max(said.share, 0):.1%} of it in other people, and chance alone up to {chance:.1%}"


def _enough(n: int, fewest: int, where: str) -> None:
    if n < fewest:
        raise InputError(
            "group.too_few", where=where, found=f"{n} people with a code", hint=f"Choose at least {fewest}."
        )

"""Directions of phenotypes ("make this heart older"), the axes of a group and what parts two groups, in codes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock

import numpy as np
from jaxtyping import Bool, Float32, Float64

from latentspace.answers import Direction, Moved, Reach, Separated
from latentspace.columns import Columns
from latentspace.errors import InputError
from latentspace.latent import Association, association, layout, rank_by_separation
from latentspace.modality import JOINT, Space
from latentspace.run import Run, people
from latentspace.stats.course import contrast, course_of_known, normal_scores, scores_at
from latentspace.stats.direction import Judgement, Way, judge
from latentspace.stats.separation import principal_axes, standardised_difference
from latentspace.stats.telling import telling

FEWEST = 50  # people of whom a phenotype must be known to have a direction
FEWEST_LEVEL = 20  # of either level, where it has two
TWO = 2  # levels between which there is a way
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
    _one_at_a_time: RLock = field(default_factory=RLock)

    def direction(self, name: str, reach: Reach) -> Direction:
        """How far the course of a phenotype may be trusted; with the reason where it may not.

        Raises:
            NotFoundError: no such phenotype.
        """
        with self._one_at_a_time:  # who asks for the same waits for the answer instead of computing it too
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
        stops = np.linspace(said.low, said.high, STOPS)
        parts = layout(self.spaces)
        steps = np.zeros((STOPS, max(part.stop for part in parts.values())), np.float32)
        for space in self._spaces(reach):
            values, codes = self._known_in(space, name)
            if said.told_by == "auc":
                found = stops[:, None].astype(np.float32) * contrast(values, codes)[1]
            else:
                found = course_of_known(values, codes, scores_at(self._learnt(name), stops))
            steps[:, parts[space]] = found * self._moving(space, name)
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
        return self.columns.numbers(name)

    def _learnt(self, name: str) -> Float64[np.ndarray, " m"]:
        values = self._numbers(name)
        return values[self._seen & np.isfinite(values)]

    def _spaces(self, reach: Reach) -> list[str]:
        return [JOINT] if reach == "shared" else list(layout(self.spaces))

    def _known_in(self, space: str, name: str) -> tuple[Float64[np.ndarray, " m"], Float32[np.ndarray, "m dims"]]:
        """The phenotype and the codes of the people who have both and are not held out."""
        values, codes = self._numbers(name), self.run.embedding(space)
        rows = self._seen & np.isfinite(values) & ~np.isnan(codes[:, 0])
        return values[rows], codes[rows]

    def _moving(self, space: str, name: str) -> Float32[np.ndarray, " dims"]:
        """How much of its course each dimension goes: all of it if shared, as much as is telling if private."""
        values, codes = self._known_in(space, name)
        return np.ones(codes.shape[1], np.float32) if space == JOINT else telling(values, codes)

    def _way(self, name: str, reach: Reach) -> Way:
        shared, *others = (self.run.embedding(space).shape[1] for space in self._spaces(reach))
        return Way("two levels" if self.columns.levels(name) else "number", shared, tuple(others))

    def _moves(self, name: str, reach: Reach) -> tuple[Moved, ...]:
        moving = [(space, self._moving(space, name)) for space in self._spaces(reach)]
        return tuple(Moved(space=space, n=int((share > 0).sum()), of=len(share)) for space, share in moving)

    def _judged(self, name: str, reach: Reach) -> Direction:
        values = self._numbers(name)
        rows = np.flatnonzero(self._seen & np.isfinite(values))
        _, person = np.unique(people(self.columns.subjects), return_inverse=True)
        n, way = len(np.unique(person[rows])), self._way(name, reach)
        reason = self._lacking(name, n)
        if reason:
            return Direction(name=name, reach=reach, n=n, reason=reason)
        codes = np.concatenate([np.nan_to_num(self.run.embedding(s)[rows]) for s in self._spaces(reach)], axis=1)
        said = judge(values[rows], codes, person[rows].astype(np.int64), np.random.default_rng(SEED), way)
        low, centre, high = _ends(values[np.isfinite(values)], way)
        return Direction(
            name=name,
            reach=reach,
            told_by="variance" if way.of == "number" else "auc",
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
            moves=self._moves(name, reach),
            along=self._along(name, values),
            reason=_doubt(said, way),
        )

    def _lacking(self, name: str, n: int) -> str:
        """Why a phenotype that is known of `n` people can have no direction at all; empty where it may."""
        levels, values = self.columns.levels(name), self._learnt(name)
        if levels and len(levels) != TWO:
            return f"it has {len(levels)} levels, neither numbers nor two: compare two groups instead"
        if self.columns.dictionary.later(name):
            return "it happened after the recording"
        if n < FEWEST:
            return f"known of {n} people whom the model learnt from, at least {FEWEST} are needed"
        sides = [(int((values == code).sum()), level) for code, level in enumerate(levels)]
        if sides and min(sides)[0] < FEWEST_LEVEL:
            return f"“{min(sides)[1]}” is true of {min(sides)[0]} recordings, at least {FEWEST_LEVEL} are needed"
        if not levels and np.ptp(np.percentile(values, (5, 95))) == 0:
            return "nine of ten people have the same value"
        return ""

    def _along(self, name: str, values: Float64[np.ndarray, " n"]) -> tuple[Association, ...]:
        """The phenotypes that go most with this one in the cohort: they change with it, wanted or not."""
        known = np.isfinite(values)
        scores = np.full((len(values), 1), np.nan, np.float32)
        scores[known, 0] = normal_scores(values[known])
        others = [
            Association(name=p.name, value=float(association(scores, column, levels=levels)[0]))
            for p in self.columns.dictionary
            if p.name != name and not self.columns.dictionary.later(p.name)
            for column, levels in [(self.columns.values(p.name), len(self.columns.levels(p.name)))]
        ]
        return tuple(sorted(others, key=lambda other: -abs(other.value))[:ALONG])


def _ends(values: Float64[np.ndarray, " n"], way: Way) -> tuple[float, float, float]:
    """Where a slider begins, where it stands when nobody is known, and where it ends."""
    if way.of == "two levels":
        return 0.0, float(values.mean()), 1.0
    low, centre, high = (float(np.percentile(values, at)) for at in (5, 50, 95))
    return low, centre, high


def _doubt(said: Judgement, way: Way) -> str:
    if said.better_than_chance:
        return ""
    chance = max(said.permuted, said.random)
    if way.of == "two levels":
        return f"tells it in other people with an AUC of {said.share:.2f}, and chance alone up to {chance:.2f}"
    return f"explains {max(said.share, 0):.1%} of it in other people, and chance alone up to {chance:.1%}"


def _enough(n: int, fewest: int, where: str) -> None:
    if n < fewest:
        raise InputError(
            "group.too_few", where=where, found="too few people with a code", hint=f"Choose at least {fewest}."
        )

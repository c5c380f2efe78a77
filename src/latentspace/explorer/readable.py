"""The latents made readable: dimensions in an order, directions of phenotypes, axes of groups, filmstrips."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float32

from latentspace.answers import Direction, Reach, Separated
from latentspace.explorer.directing import Directing
from latentspace.explorer.disclosed import told_array, told_direction, told_ranked, told_separated
from latentspace.explorer.surrounded import Surrounded
from latentspace.groups import Recipe
from latentspace.latent import RankedDim, associations, rank_by_effect, rank_by_strength, rank_by_variance
from latentspace.modality import JOINT


class Readable(Surrounded):
    """Rows of a workspace, and what the dimensions of their codes mean."""

    @cached_property
    def _directing(self) -> Directing:
        return Directing(self.run, self._columns, self.spaces)

    @cached_property
    def _strength(self) -> dict[str, np.ndarray]:
        """How every phenotype goes with every joint dimension: of a million people worth keeping."""
        columns = {p.name: self._columns.values(p.name) for p in self._columns.dictionary}
        levels = {name: len(self._columns.levels(name)) for name in columns}
        return associations(self.run.embedding(JOINT), columns, levels)

    def rank(self, by: Literal["association", "variance", "effect"], name: str = "") -> list[RankedDim]:
        """The joint dimensions, best first: by association with a phenotype, by spread, by effect on a modality.

        Raises:
            NotFoundError: no such phenotype or modality.
        """
        return told_ranked(self._ranked(by, name), self._everyone.of(by, name))

    def _ranked(self, by: Literal["association", "variance", "effect"], name: str) -> list[RankedDim]:
        dims, mean = self.spaces[0].dims, self.run.embedding(JOINT)
        effects: dict[str, list[float]] = self.run.record.get("effects", {})
        match by:
            case "variance":
                return rank_by_variance(dims, mean, effects)
            case "effect":
                self.workspace.modality(name)
                return rank_by_effect(dims, mean, effects, name)
            case "association":
                known = ~np.isnan(self._columns.numbers(name)) & ~np.isnan(mean).any(axis=1)
                levels, later = len(self._columns.levels(name)), self._columns.dictionary.later
                # What happened later is known of few, and a chance companion of many dimensions.
                told = {one: each for one, each in self._strength.items() if one == name or not later(one)}
                return rank_by_strength(dims, told, effects, name, n=int(known.sum()), levels=levels)

    def separates(self, a: Recipe, b: Recipe) -> Separated:
        """The joint dimensions, those first that part two groups best (standardised mean difference, `a` less `b`).

        Raises:
            NotFoundError, InputError: as `select`; under ten people of a group have a code, or fewer than may be told.
        """
        coded = ~np.isnan(self._embedding(JOINT)[:, 0])
        rows = self.select(a) & coded, self.select(b) & coded
        here, there = (self._enough(each) for each in rows)
        return told_separated(self._directing.separates(*rows), here, there)

    def axes(self, group: Recipe) -> dict[str, np.ndarray]:
        """`axes` (3, shared): the principal axes of a group's joint codes, each of length 1; their `share` (3,).

        `places` (n, 3) is where every row lies along them from the group's mean code, `middle` (shared,). Where single
        people are not shown there are no places, and the axes are rounded as the other figures are.

        Raises:
            NotFoundError, InputError: as `select`; under thirty people of the group have a code.
        """
        rows = self.select(group) & ~np.isnan(self._embedding(JOINT)[:, 0])
        told, n = self._enough(rows), int(rows.sum())
        found = self._directing.axes(rows)
        for name, spread in (("middle", 1.0), ("share", 0.5)):
            found[name] = told_array(found[name], spread, n, told.of(name))
        if not self._alone:
            del found["places"]
            axes = found["axes"]
            rounded = told_array(axes.ravel(), axes.shape[1] ** -0.5, n, told.of("axes")).reshape(axes.shape)
            found["axes"] = rounded / np.maximum(np.linalg.norm(rounded, axis=1, keepdims=True), 1e-6)
        return found

    def direction(self, name: str, reach: Reach = "all") -> Direction:
        """How far the course of a phenotype through latent space may be trusted; the reason where it may not.

        Raises:
            NotFoundError: no such phenotype.
        """
        found = self._directing.direction(name, reach)
        return told_direction(found, self._everyone.of(name, reach))

    def course(self, name: str, reach: Reach = "all") -> dict[str, np.ndarray]:
        """`values` (33,) of a phenotype from its 5th to its 95th centile; `steps` (33, n_latent) to add to a code.

        To move a code from one value to another, add the step at the one and take away that at the other.

        Raises:
            NotFoundError: no such phenotype.
            InputError: the direction is refused.
        """
        found = self._directing.course(name, reach)
        said = self.direction(name, reach)
        if said.low is not None and said.high is not None:  # rounded as they are told: the ends are values of people
            found["values"] = np.linspace(said.low, said.high, len(found["values"])).astype(np.float32)
        return found

    def traverse(
        self,
        z: Float32[np.ndarray, " n_latent"],
        index: int,
        values: Sequence[float],
        modalities: Sequence[str],
        frame: int | None = None,
    ) -> dict[str, np.ndarray]:
        """Modalities decoded for several values of one dimension, a row for each; of a cine one `frame`, where given.

        Raises:
            InputError: as `decode`; no such dimension or frame; no values, or more than 16.
            NotFoundError: no such modality.
        """
        for name in modalities:
            self.workspace.modality(name)
        return self._coder.traverse(z, index, values, modalities, frame)

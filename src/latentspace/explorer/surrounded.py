"""What lies about a code: how densely the cohort does, which recorded people are nearest, the way to another code."""

from functools import cached_property

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.disclosure import DOORS
from latentspace.errors import ForbiddenError, InputError
from latentspace.explorer.coder import Coder
from latentspace.explorer.counted import Counted
from latentspace.explorer.manifold import (
    Density,
    How,
    Manifold,
    Near,
    Neighbour,
    Neighbourhood,
    Neighbours,
    Walk,
    between,
    where,
)
from latentspace.modality import CODE, JOINT
from latentspace.run import Run
from latentspace.workspace import Workspace

MAX_STEPS = 1000  # of a walk
CENTILES = 5  # steps of a centile that must not say where single people are


class Surrounded(Counted):
    """Rows of a workspace about a code of one run's model."""

    def __init__(self, workspace: Workspace, run: Run) -> None:
        """Nothing is read yet."""
        super().__init__(workspace, run)
        self._coder = Coder(run, workspace.modelled)

    @cached_property
    def _recorded(self) -> Neighbourhood:
        return Neighbourhood.of(self.run.embedding(JOINT), self._subjects["subject_id"].to_list())

    @cached_property
    def _recorded_codes(self) -> Neighbourhood:
        parts = [self.run.embedding(space) for space in self._coder.layout]
        return Neighbourhood.of(np.concatenate(parts, axis=1), self._subjects["subject_id"].to_list())

    @cached_property
    def _manifold(self) -> Manifold:
        return Manifold.of(self._recorded)

    def density(self, z: Float32[np.ndarray, " n_latent"], row: int | None = None) -> Density:
        """How densely the cohort lies about a code, by its shared numbers; without the person of a row, if given.

        Raises:
            InputError: as `decode`.
            NotFoundError: no such row.
        """
        self._coder.check(z)
        found = self._manifold.centile(z[None, self._coder.layout[JOINT]], self._person(row))
        centile = float(self._blurred(found)[0])
        return Density(centile=centile, where=where(centile))

    def neighbours(
        self, z: Float32[np.ndarray, " n_latent"], n: int, row: int | None = None, space: Near = JOINT
    ) -> Neighbours:
        """The `n` recorded rows nearest to a code by its shared numbers, or by all (`code`): Euclidean, exact.

        Never a row of the given row's person. By all numbers, only rows that have every modality.

        Raises:
            InputError: as `decode`.
            NotFoundError: no such row.
        """
        self._coder.check(z)
        recorded = self._recorded_codes if space == CODE else self._recorded
        at = z[None] if space == CODE else z[None, self._coder.layout[JOINT]]
        found, distance = recorded.others(at, n, self._person(row))
        rows, ids = recorded.rows[found[0]].tolist(), self._subjects["subject_id"]
        near = [Neighbour(row=r, subject_id=ids[r], distance=float(d)) for r, d in zip(rows, distance[0], strict=True)]
        return Neighbours(nearest=tuple(near), typical=recorded.typical)

    def interpolate(
        self, a: Float32[np.ndarray, " n_latent"], b: Float32[np.ndarray, " n_latent"], steps: int, how: How
    ) -> Walk:
        """A way from one full code to another: straight, or bent to where people lie more densely.

        Private numbers always go straight. Where single people are not shown, nobody is named as nearest (-1).

        Raises:
            InputError: as `decode`; fewer than two steps, or more than 1,000.
            ForbiddenError: a way through people, where single people are not shown: it would run through their codes.
        """
        if how == "density" and not self._alone:
            says, hint = DOORS[self.disclosure].says, "Walk straight."
            raise ForbiddenError("disclosure.strict", where="a way through people", found=says, hint=hint)
        for end in (a, b):
            self._coder.check(end)
        if not 2 <= steps <= MAX_STEPS:
            raise InputError("walk.steps", where="steps", found=f"{steps}", hint=f"A walk has 2 to {MAX_STEPS} steps.")
        way, joint = between(a, b, steps), self._coder.layout[JOINT]
        if how == "density":
            way[:, joint] = self._manifold.follow(a[joint], b[joint], steps)
        centile = self._blurred(self._manifold.centile(way[:, joint])).astype(np.float32)
        if not self._alone:
            nobody, unknown = np.full(steps, -1, np.int64), np.full(steps, np.nan, np.float32)
            return Walk(z=way, centile=centile, nearest=nobody, distance=unknown)
        found, distance = self._recorded.others(way[:, joint], 1)
        return Walk(z=way, centile=centile, nearest=self._recorded.rows[found[:, 0]], distance=distance[:, 0])

    def _blurred(self, centile: Float64[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
        """Centiles in steps of five where single people are not shown; those of the words for them are such steps."""
        return centile if self._alone else np.floor(centile / CENTILES) * CENTILES

    def _person(self, row: int | None) -> np.ndarray | None:
        if row is None:
            return None
        self._check_row(row)
        return self._recorded.person(row)  # numbered by the subjects table: the same in both neighbourhoods

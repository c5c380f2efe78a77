"""How well each phenotype is predicted: for everyone, for groups, and for whom it is worst."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from latentspace.disclosure import Door, Preset
from latentspace.explorer.readable import Readable
from latentspace.groups import Recipe, columns_of
from latentspace.modality import JOINT
from latentspace.scores.answer import ScoreTable, TaskScore
from latentspace.scores.disclosed import disclosed, disclosed_task
from latentspace.scores.judged import EVERYONE
from latentspace.scores.table import Chosen, Scoring


class Accurate(Readable):
    """Rows of a workspace, and how well a run predicts what is known of them."""

    @cached_property
    def _scoring(self) -> Scoring:
        return Scoring(self.run, self._columns, self.spaces, self._parts == "held_out")

    def score(
        self,
        groups: Sequence[Recipe] = (),
        *,
        space: str = JOINT,
        by: Sequence[str] | None = None,
        disclosure: Preset = "laptop",
    ) -> ScoreTable:
        """How well one space predicts every phenotype, for everyone and each group, out of fold.

        `by` are phenotypes that divide people: where some of them are predicted worse than the rest by more than
        chance, the table names them. By default the first number and the first one with levels. `disclosure` can only
        be stricter than the server's own.

        Raises:
            NotFoundError: as `select`; the run is not evaluated yet, or has no such space; no such phenotype.
            InputError: as `select`; more than eight groups or phenotypes.
        """
        chosen = [self._chosen(group) for group in groups]
        return disclosed(self._scoring.table(chosen, space, by), self._doors(chosen, disclosure))

    def score_task(
        self,
        name: str,
        groups: Sequence[Recipe] = (),
        *,
        space: str = JOINT,
        by: Sequence[str] | None = None,
        disclosure: Preset = "laptop",
    ) -> TaskScore:
        """One phenotype (`lvm`, `digit=three`) from every space, with its calibration and for whom it is worse.

        Raises:
            NotFoundError, InputError: as `score`; the phenotype is not predicted.
        """
        chosen = [self._chosen(group) for group in groups]
        return disclosed_task(self._scoring.task(name, chosen, space, by), self._doors(chosen, disclosure))

    def _doors(self, groups: Sequence[Chosen], disclosure: Preset) -> Mapping[str, Door]:
        """The door of everyone, and of each group by its place in the question."""
        everyone = np.ones(len(self._subjects), bool)
        each = {EVERYONE: everyone, **{str(i): group.rows for i, group in enumerate(groups)}}
        return {who: self._door(rows, disclosure) for who, rows in each.items()}

    def _chosen(self, group: Recipe) -> Chosen:
        return Chosen(rows=self.select(group), made_of=columns_of(group))

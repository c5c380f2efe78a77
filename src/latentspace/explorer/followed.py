"""Groups followed in time: survival curves, and how well an event is foreseen."""

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations

import numpy as np
from jaxtyping import Int64

from latentspace.comparison.answer import CompareOptions, Side
from latentspace.disclosure import Preset
from latentspace.errors import InputError
from latentspace.explorer.comparable import MOST, Comparable, beside_the_rest
from latentspace.groups import AllOf
from latentspace.modality import JOINT
from latentspace.survival.answer import CoxModels, Survival
from latentspace.survival.disclosed import disclosed, disclosed_models
from latentspace.survival.models import Foreseeing
from latentspace.survival.table import Following

EVERYONE = "Everyone"
EXPLORATORY = (
    "Curves: Kaplan-Meier with 95 % intervals (log-log, Greenwood). p: log-rank over all groups; it is exploratory, "
    "for who chose a group by its recordings tests what was in view. Hazard ratios: Cox, tied events by Efron. "
    "Each person counts once."
)
OUT_OF_FOLD = (
    "C-index: of two people of whom is known who had the event first, how often the higher risk was said of that one; "
    ".5 is chance. Out of fold: five fits, each person's risk by the one that has not seen their outcome; pairs are "
    "compared within a fold, the 95 % interval is the jackknife's. The encoder saw recordings of these people, no "
    "outcome. All three are of the same people, 10,000 at most; fits are held back (ridge), what is "
    "missing counts as the mean."
)


class Followed(Comparable):
    """Rows of a workspace whose people were followed until an event."""

    @cached_property
    def _models(self) -> dict[str, CoxModels]:
        return {}

    def survival(self, groups: Sequence[Side] = (), event: str = "", options: CompareOptions | None = None) -> Survival:
        """Curves of groups until an event, by default the first declared; one group beside the rest, none is everyone.

        `event` names the phenotype of kind time_to_event. Each person counts once, by the first of their rows.

        Raises:
            NotFoundError: as `select`; no such time to an event; a column to hold equal is not there.
            InputError: as `select`; more than six groups; the time of nobody is known.
        """
        options = options or CompareOptions()
        following = Following.of(self._columns, event)
        sides = beside_the_rest(groups) if groups else (Side(name=EVERYONE, recipe=AllOf(of=())),)
        if len(sides) > MOST:
            raise InputError("compare.groups", where="groups", found=f"{len(sides)}", hint=f"Choose 1 to {MOST}.")
        inside = (options.within,) if options.within else ()
        rows = [self._comparing.group(self.select(AllOf(of=(*inside, side.recipe)))).rows for side in sides]
        adjust = self._adjusting(options.adjust)
        shared = {pair: self._share(rows[pair[0]], rows[pair[1]]) for pair in combinations(range(len(rows)), 2)}
        p, reason = following.log_rank(rows, shared=any(shared.values())) if len(rows) > 1 else (None, "one group")
        found = Survival(
            name=following.phenotype.name,
            label=following.phenotype.label,
            event=self._columns.dictionary[following.phenotype.event].label,
            unit=following.phenotype.unit,
            times=tuple(following.times.tolist()),
            ticks=tuple(following.ticks.tolist()),
            groups=tuple(following.followed(side.name, each) for side, each in zip(sides, rows, strict=True)),
            contrasts=tuple(
                following.hazards(side.name, (rows[0], rows[i]), adjust, shared=shared[0, i])
                for i, side in enumerate(sides[1:], start=1)
            ),
            p=p,
            reason=reason,
            adjust=adjust,
            disclosure="laptop",
            notes=(EXPLORATORY,),
        )
        doors = [self._door(each, options.disclosure).of(found.name) for each in rows]
        return disclosed(found, doors, [following.course.at(following.kept(each)) for each in rows])

    def hazards(self, event: str = "", disclosure: Preset = "laptop") -> CoxModels:
        """Cox models of everyone on the shared latents, on the phenotypes and on both, with C-index out of fold.

        Raises:
            NotFoundError: no such time to an event.
            InputError: the time of nobody is known.
            MissingExtraError: lifelines is not installed.
        """
        following = Following.of(self._columns, event)
        name = following.phenotype.name
        if name not in self._models:
            foreseeing = Foreseeing(
                following=following,
                rows=self._comparing.group(np.ones(len(self._subjects), bool)).rows,
                dims=self.spaces[0].dims,
                codes=self._embedding(JOINT),
            )
            self._models[name] = CoxModels(
                name=name,
                label=following.phenotype.label,
                models=foreseeing.models(self._columns),
                disclosure="laptop",
                notes=(OUT_OF_FOLD,),
            )
        return disclosed_models(self._models[name], self._door(np.ones(len(self._subjects), bool), disclosure).of(name))

    def _share(self, a: Int64[np.ndarray, " _"], b: Int64[np.ndarray, " _"]) -> bool:
        person = self._comparing.person
        return bool(np.isin(person[a], person[b]).any())

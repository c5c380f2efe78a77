"""Groups compared: a table 1 of any groups of the workspace, as openly as the server's preset allows."""

import json
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version

import numpy as np
from jaxtyping import Int64

from latentspace.comparison.answer import Compared, CompareOptions, Side, Size
from latentspace.comparison.disclosed import disclosed
from latentspace.comparison.table import Comparing
from latentspace.comparison.text import Form, table_text
from latentspace.errors import InputError
from latentspace.explorer.remembered import Remembered
from latentspace.groups import AllOf, Between, Inside, Not, OneOf, leaves, to_json
from latentspace.run import people

MOST = 6  # groups beside each other
SHARED = "Some people are in several groups"
ADJUST = ("age", "sex")  # held equal unless told otherwise, where the dictionary has such columns


class Comparable(Remembered):
    """Rows of a workspace, whose groups can be compared."""

    @cached_property
    def _comparing(self) -> Comparing:
        _, person = np.unique(people(self._subjects), return_inverse=True)
        return Comparing(self._columns, person.astype(np.int64))

    def compare(self, sides: Sequence[Side], options: CompareOptions | None = None) -> Compared:
        """The first group against each other one, or against the rest where it is alone; each person counts once.

        Raises:
            NotFoundError: as `select`; a column to hold equal is not there.
            InputError: as `select`; no group, or more than six.
        """
        options = options or CompareOptions()
        if not 1 <= len(sides) <= MOST:
            raise InputError("compare.groups", where="groups", found=f"{len(sides)}", hint=f"Choose 1 to {MOST}.")
        sides = beside_the_rest(sides)
        inside = (options.within,) if options.within else ()
        masks = [self.select(AllOf(of=(*inside, side.recipe))) for side in sides]
        groups = [self._comparing.group(mask) for mask in masks]
        asked = [leaf for recipe in (*inside, *(s.recipe for s in sides)) for leaf in leaves(recipe)]
        defining = frozenset(leaf.column for leaf in asked if isinstance(leaf, Between | OneOf))
        adjust = self._adjusting(options.adjust)
        rows, tests = self._comparing.rows(groups, defining, adjust)
        found = Compared(
            groups=tuple(Size(name=s.name, n=len(g.rows)) for s, g in zip(sides, groups, strict=True)),
            rows=rows,
            adjust=adjust,
            tests=tests,
            disclosure="laptop",
            notes=_notes(
                [self._comparing.person[g.rows] for g in groups],
                outlined=any(isinstance(leaf, Inside) for leaf in asked),
                angles=self._comparing.angles,
            ),
        )
        doors = [self._door(group.rows, options.disclosure) for group in groups]
        return disclosed(found, doors, self._comparing.spread)

    def compare_table(self, sides: Sequence[Side], options: CompareOptions, form: Form) -> str:
        """What `compare` says as a text: CSV, Markdown, or HTML that pastes into a word processor, with methods.

        Raises:
            NotFoundError, InputError: as `compare`.
        """
        return table_text(self.compare(sides, options), form, self._methods(sides, options))

    def _adjusting(self, names: Sequence[str] | None) -> tuple[str, ...]:
        if names is None:
            return tuple(name for name in ADJUST if name in self._columns.dictionary)
        for name in names:
            self._columns.values(name)
        return tuple(dict.fromkeys(names))

    def _methods(self, sides: Sequence[Side], options: CompareOptions) -> str:
        """How the table was made, so that it can be made again: groups are recipes, never ids."""
        asked = {side.name: to_json(side.recipe) for side in sides}
        within = {"within": to_json(options.within)} if options.within else {}
        return (
            f"Made by Latent Space Explorer {version('latent-space-explorer')} from {self.workspace.title}"
            f"{' (simulated people)' if self.workspace.simulator else ''}, run {self.run.name}, maps "
            f"{self._map_hash()}. One row for each person. Groups: "
            f"{json.dumps({**asked, **within}, ensure_ascii=False)}"
        )


def beside_the_rest(sides: Sequence[Side]) -> Sequence[Side]:
    """A group that is alone, with everyone else beside it."""
    return sides if len(sides) > 1 else (sides[0], Side(name="The rest", recipe=Not(of=sides[0].recipe)))


def _notes(people: Sequence[Int64[np.ndarray, " _"]], *, outlined: bool, angles: bool) -> tuple[str, ...]:
    """What a reader of the table must know."""
    notes = [
        (
            "The other half: people are halved at random; what one half finds (q up to .05) is confirmed where the "
            "other shows it again. This guards against picking one of many columns by chance, not against how the "
            "groups were chosen."
        )
    ]
    if outlined:
        notes.append(
            "A group was drawn on a map, and the map was made from these people's recordings: its differences were in "
            "view when it was drawn. p and q describe, they prove nothing; the same recipe in other people would."
        )
    if angles:
        notes.append("Angles are counted within half a turn of everyone's mean direction: 190 degrees are −170.")
    shared = max((len(np.intersect1d(people[0], other)) for other in people[1:]), default=0)
    if shared:
        notes.append(
            f"{SHARED}: differences between the groups are larger than shown, and intervals wider than needed."
        )
    return tuple(notes)

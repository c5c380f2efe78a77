"""What people have kept of a workspace, and whether this run can use it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from latentspace.answers import SavedGroup, SavedView
from latentspace.audit import Audit
from latentspace.errors import LatentSpaceError
from latentspace.explorer.accurate import Accurate
from latentspace.groups import Cohort, Recipe, mask
from latentspace.run import Run
from latentspace.state import State
from latentspace.workspace import Workspace


class Remembered(Accurate):
    """Rows of a workspace with its saved groups and named views."""

    def __init__(self, workspace: Workspace, run: Run, state: Path | None = None) -> None:
        """Nothing is read yet; `state` is a folder other than the workspace's own."""
        super().__init__(workspace, run)
        self._state = State(folder=state or workspace.path / "state", now=_now)

    @property
    def audit(self) -> Audit:
        """Where it is noted who asked what, beside groups and views."""
        return Audit(folder=self._state.folder, now=_now)

    def groups(self) -> list[SavedGroup]:
        """Saved groups by letter; one that this run cannot use says why in `reason`.

        Raises:
            InputError: they cannot be read.
        """
        return [self._checked(group) for group in self._state.groups()]

    def save_group(self, name: str, recipe: Recipe, group_id: str = "", slot: int | None = None) -> SavedGroup:
        """Keep a group as a recipe: a new one without `group_id`, else that one under a new name or with a new recipe.

        A new one takes the letter of `slot` (0 is A) if it is free, else the first free one.

        Raises:
            InputError: no name, no letter left, or the state folder cannot be written.
        """
        return self._checked(self._state.save_group(name, recipe, group_id, slot))

    def remove_group(self, group_id: str) -> None:
        """Forget a saved group.

        Raises:
            NotFoundError: it is not saved.
            InputError: the state folder cannot be written.
        """
        self._state.remove("groups", group_id)

    def views(self) -> list[SavedView]:
        """Named views, the newest first.

        Raises:
            InputError: they cannot be read.
        """
        return self._state.views()

    def save_view(self, name: str, state: dict[str, Any]) -> SavedView:
        """Keep what the page shows under a name; a view of that name is replaced.

        Raises:
            InputError: no name, too large, or the state folder cannot be written.
        """
        return self._state.save_view(name, state)

    def remove_view(self, name: str) -> None:
        """Forget a named view.

        Raises:
            NotFoundError: there is none of that name.
            InputError: the state folder cannot be written.
        """
        self._state.remove("views", name)

    def _checked(self, group: SavedGroup) -> SavedGroup:
        """The group, with the reason why it cannot be used here; asked of no row, so that it costs nothing."""
        nobody = Cohort(
            n=0,
            column=lambda name: self._column(name)[:0],
            levels=self._columns.levels,
            points=lambda run, space, method: self._points_of_run(run, space, method)[:0],
        )
        try:
            self._check_maps(group.recipe)
            mask(group.recipe, nobody)
        except LatentSpaceError as error:
            return replace(group, reason=f"{error.where}: {error.found}. {error.hint}")
        return group


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

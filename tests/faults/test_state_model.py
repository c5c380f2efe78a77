"""The state store beside plain dictionaries: whatever is saved, renamed or removed through either of two handles."""
# ruff: noqa: D102, D107 - the names of the rules say what they do

import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from latentspace.errors import InputError, NotFoundError
from latentspace.groups import Recipe, parse
from latentspace.state import FILE, MAX_NAME, SLOTS, State

RECIPES = st.one_of(
    st.builds(lambda low: {"kind": "between", "column": "height", "low": low, "high": 99.0}, st.floats(-9, 9)),
    st.lists(st.text(max_size=5), max_size=3).map(lambda v: {"kind": "one_of", "column": "sex", "values": v}),
    st.just({"kind": "all_of", "of": []}),
).map(parse)
NAMES = st.sampled_from(("tall", "short", "  two   words ", "ü", "'; DROP TABLE groups; --")) | st.text(max_size=100)
NOTES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
VIEWS = st.dictionaries(st.text(max_size=6), NOTES, max_size=4)
TABLES: tuple[Literal["groups", "views"], ...] = ("groups", "views")


def trimmed(name: str) -> str:
    """The name as it is kept; nothing where it is refused."""
    kept = " ".join(name.split())
    return kept if len(kept) <= MAX_NAME else ""


class Store(RuleBasedStateMachine):
    """Two open handles on one file, and what a dictionary says should be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.ticks = count()
        self.handles = [self.opened(), self.opened()]
        self.groups: dict[str, tuple[int, str, Recipe, str]] = {}
        self.views: dict[str, tuple[dict[str, Any], str]] = {}

    def opened(self) -> State:
        return State(folder=self.folder, now=lambda: f"2026-01-01T{next(self.ticks):09d}")

    def time_of_next(self) -> str:
        """What the next call of the clock says, without calling it."""
        after = next(self.ticks) + 1
        self.ticks = count(after)
        return f"2026-01-01T{after:09d}"

    @rule(which=st.integers(0, 1))
    def open_again(self, which: int) -> None:
        self.handles[which] = self.opened()

    @rule(which=st.integers(0, 1), name=NAMES, recipe=RECIPES, slot=st.none() | st.integers(-1, SLOTS))
    def save_new(self, which: int, name: str, recipe: Recipe, slot: int | None) -> None:
        taken, when = {place for place, *_ in self.groups.values()}, self.time_of_next()
        free = [place for place in range(SLOTS) if place not in taken]
        if not trimmed(name) or not free:
            with pytest.raises(InputError, match=r"state\.(name|full)"):
                self.handles[which].save_group(name, recipe, slot=slot)
            return
        kept = self.handles[which].save_group(name, recipe, slot=slot)
        place = slot if slot in free else free[0]
        assert (kept.slot, kept.name, kept.recipe) == (place, trimmed(name), recipe)
        assert kept.id not in self.groups
        self.groups[kept.id] = (place, trimmed(name), recipe, when)

    @precondition(lambda self: self.groups)
    @rule(which=st.integers(0, 1), name=NAMES, recipe=RECIPES, data=st.data())
    def change(self, which: int, name: str, recipe: Recipe, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.groups)))
        if not trimmed(name):
            with pytest.raises(InputError, match=r"state\.name"):
                self.handles[which].save_group(name, recipe, key)
            return
        place, _, _, when = self.groups[key]
        assert self.handles[which].save_group(name, recipe, key).slot == place
        self.groups[key] = (place, trimmed(name), recipe, when)

    @rule(which=st.integers(0, 1), name=NAMES, view=VIEWS)
    def save_view(self, which: int, name: str, view: dict[str, Any]) -> None:
        when = self.time_of_next()
        if not trimmed(name):
            with pytest.raises(InputError, match=r"state\.name"):
                self.handles[which].save_view(name, view)
            return
        self.handles[which].save_view(name, view)
        self.views[trimmed(name)] = (view, when)

    @rule(which=st.integers(0, 1), table=st.sampled_from(TABLES), data=st.data())
    def remove(self, which: int, table: Literal["groups", "views"], data: st.DataObject) -> None:
        there: dict[str, Any] = self.groups if table == "groups" else self.views
        key = data.draw(st.sampled_from([*sorted(there), "nobody"]))
        if key not in there:
            with pytest.raises(NotFoundError, match=r"state\.missing"):
                self.handles[which].remove(table, key)
            return
        self.handles[which].remove(table, key)
        del there[key]

    @invariant()
    def both_handles_list_what_the_dictionaries_hold(self) -> None:
        groups = sorted((place, key, *rest) for key, (place, *rest) in self.groups.items())
        views = sorted(self.views.items(), key=lambda item: item[1][1], reverse=True)
        for state in self.handles:
            assert [(g.slot, g.id, g.name, g.recipe, g.created) for g in state.groups()] == groups
            assert [(v.name, (v.state, v.created)) for v in state.views()] == views

    def teardown(self) -> None:
        assert {path.name for path in self.folder.iterdir()} <= {FILE}, "no journal is left, nothing is set aside"
        shutil.rmtree(self.folder)


TestStore = Store.TestCase
TestStore.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

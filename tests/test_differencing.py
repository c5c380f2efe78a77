"""An attack on `strict`: two groups that differ in one person are asked for, and the answers are subtracted."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

import latentspace
from built import Built
from latentspace.comparison.answer import CompareOptions, Side, Summary
from latentspace.disclosure import DOORS, Door, Preset
from latentspace.explorer import Explorer
from latentspace.groups import AllOf, AnyOf, Between, Not, OneOf, Recipe
from studies import differencing

PAIRS = 2000


def beside(n: int) -> tuple[Door, Door]:
    """The doors of a group, and of the same group with one person more."""
    strict = DOORS["strict"]
    return strict.of(f"group {n}"), strict.of(f"group {n} and one more")


def could_be(told: int | None) -> range:
    """Every count that may be told so: suppressed up to 10, else rounded to 5; here no cell is hidden for another."""
    return range(15) if told is None else differencing.could_be(told, "strict")


def told_pairs(*, joined: bool) -> Iterator[tuple[int | None, int | None]]:
    """What is told of a cell in 2,000 pairs of groups, where the person who joins is in the cell or not."""
    for i in range(PAIRS):
        n = i % 97
        a, b = beside(i)
        yield a.count(n), b.count(n + joined)


@pytest.mark.parametrize("joined", [False, True])
def test_no_pair_of_counts_says_whether_the_one_who_joined_is_in_the_cell(joined: bool) -> None:  # noqa: FBT001 - a case
    for before, after in told_pairs(joined=joined):
        stayed = [n for n in could_be(before) if n in could_be(after)]
        grew = [n for n in could_be(before) if n + 1 in could_be(after)]
        assert stayed
        assert grew


def test_whoever_guesses_from_the_difference_is_little_better_than_chance() -> None:
    def larger(joined: bool) -> float:  # noqa: FBT001 - the two cases of the attack
        return float(np.mean([(after or 0) > (before or 0) for before, after in told_pairs(joined=joined)]))

    assert larger(joined=True) - larger(joined=False) < 0.25
    assert larger(joined=False) > 0.1, "a count that grows is no sign that somebody joined"
    exact = [(DOORS["laptop"].count(n), DOORS["laptop"].count(n + 1)) for n in range(1, PAIRS + 1)]
    assert all(after == (before or 0) + 1 for before, after in exact), "without a preset every pair reveals"
    fixed = [5 * round(n / 5) < 5 * round((n + 1) / 5) for n in range(PAIRS)]
    assert np.mean(fixed) == pytest.approx(0.2), "plain rounding reveals one pair in five for certain"


def test_two_means_leave_the_value_of_the_one_who_joined_open_by_more_than_four_sd() -> None:
    """From the steps that are told: the narrowest interval for the value is (n + 1) m' - n m, each up to a step off."""
    rng = np.random.default_rng(0)
    for i in range(PAIRS):
        values = rng.normal(100, 15, int(rng.integers(20, 400)))
        a, b = beside(i)
        n, spread = len(values) - 1, float(values.std())
        before, after = a.figure(float(values[:-1].mean()), spread, n), b.figure(float(values.mean()), spread, n + 1)
        assert before is not None
        assert after is not None
        steps = [10 ** np.floor(np.log10(5 * spread / k)) * np.array([1, 2, 5, 10]) for k in (n, n + 1)]
        one, two = (float(each[each >= 5 * spread / k - 1e-12][0]) for each, k in zip(steps, (n, n + 1), strict=True))
        low = (n + 1) * (after - two) - n * (before + one)
        high = (n + 1) * (after + two) - n * (before - one)
        assert low <= values[-1] <= high
        assert high - low > 4 * spread


def pairs_of(explorer: Explorer) -> list[tuple[Recipe, Recipe]]:
    """Groups of the digits with an ink up to some value, and up to the next value that somebody has."""
    ink = np.unique(explorer.columns(["ink"])["ink"].astype(float)).tolist()
    upto = [Between(column="ink", low=0.0, high=end) for end in ink]
    return list(pairwise(upto))


def summary_of(explorer: Explorer, recipe: Recipe, options: CompareOptions) -> Summary:
    found = explorer.compare([Side(name="a", recipe=recipe)], options)
    return next(row for row in found.rows if row.name == "digit").groups[0]


def strictly(digits: Built) -> Explorer:
    explorer = latentspace.open(digits.path)
    explorer.disclosure = "strict"
    return explorer


def test_subtracted_answers_tell_all_without_a_preset_and_nothing_for_certain_with_strict(digits: Built) -> None:
    """The short form of `studies.differencing`: compare and score of 30 pairs, all cells."""
    explorer = latentspace.open(digits.path)
    asked = list(differencing.pairs(explorer, 30))
    assert len(asked) == 30
    openly, strict = (differencing.attack(explorer, asked, preset) for preset in ("laptop", "strict"))
    for question, found in openly.items():
        assert found.certain == found.cells > 0, question
        assert found.area(together=False) == 1
        closed = strict[question]
        assert (closed.cells, closed.certain) == (found.cells, 0), question
        assert closed.area(together=False) < 0.75


def test_the_table_of_groups_follows_the_same_rule(digits: Built) -> None:
    """Forty pairs of real groups through the whole of `compare`: what is told fits a person of any digit."""
    explorer, changed = strictly(digits), 0
    options = CompareOptions(adjust=())
    for one, more in pairs_of(explorer)[150:190]:
        before, after = (summary_of(explorer, recipe, options).counts for recipe in (one, more))
        assert len(before) == len(after) == 10
        for old, new in zip(before, after, strict=True):
            assert any(n in could_be(new) for n in could_be(old))
            assert any(n + 1 in could_be(new) for n in could_be(old))
        changed += sum(old != new for old, new in zip(before, after, strict=True)) > 1
    assert changed > 5, "cells change that nobody joined"


@pytest.mark.parametrize("preset", ["laptop", "strict"])
def test_the_same_people_get_the_same_answer_however_they_are_asked_for(digits: Built, preset: Preset) -> None:
    explorer = latentspace.open(digits.path)
    low, options = OneOf(column="digit", values=("three", "four")), CompareOptions(adjust=(), disclosure=preset)
    others = [Not(of=Not(of=low)), AnyOf(of=tuple(OneOf(column="digit", values=(v,)) for v in ("four", "three")))]
    first = explorer.compare([Side(name="a", recipe=low)], options)
    for other in others:
        assert explorer.compare([Side(name="a", recipe=other)], options).groups == first.groups
        again = latentspace.open(digits.path).compare([Side(name="a", recipe=other)], options)
        assert [row.groups for row in again.rows] == [row.groups for row in first.rows]
        assert explorer.score([other], disclosure=preset).tasks[0].scored == (
            explorer.score([low], disclosure=preset).tasks[0].scored
        )
    beside_another = explorer.compare([Side(name="a", recipe=low), Side(name="b", recipe=AllOf(of=()))], options)
    by_name = {row.name: row.groups[0] for row in beside_another.rows}
    assert by_name == {row.name: row.groups[0] for row in first.rows}

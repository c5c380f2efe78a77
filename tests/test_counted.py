"""Groups counted by the server: numpy's counts without a preset, and nothing of one person with `strict`."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

import latentspace
from built import Built
from latentspace.comparison.answer import Side
from latentspace.disclosure import TIGHT
from latentspace.errors import ForbiddenError, InputError
from latentspace.explorer import Explorer
from latentspace.groups import AllOf, AnyOf, Between, Inside, Not, Recipe
from studies import differencing


@pytest.fixture(scope="module")
def strict(digits: Built) -> Explorer:
    explorer = latentspace.open(digits.path)
    explorer.disclosure = "strict"
    return explorer


def test_without_a_preset_counts_are_those_of_numpy(digits: Built) -> None:
    explorer = latentspace.open(digits.path)
    values, dark = explorer.columns(["ink", "digit"]), Between(column="ink", low=10.0, high=20.0)
    rows = explorer.select(dark)
    told = explorer.tally([AllOf(of=()), dark], ["ink", "digit"])
    np.testing.assert_array_equal(told["total"], [len(rows), rows.sum()])
    edges = told["ink.edges"]
    for i, chosen in enumerate((np.ones(len(rows), bool), rows)):
        ink, digit = values["ink"][chosen], values["digit"][chosen]
        inside = ink[(ink >= edges[0]) & (ink < edges[-1])]
        np.testing.assert_array_equal(told[f"{i}.ink.counts"][:-1], np.histogram(inside, edges)[0])
        np.testing.assert_array_equal(told[f"{i}.digit.counts"], np.bincount(digit, minlength=11))
        expected = [ink.mean(dtype=np.float64), ink.std(dtype=np.float64), np.median(ink)]
        np.testing.assert_allclose(told[f"{i}.ink.figures"], expected, rtol=1e-5)
    one = explorer.describe().maps[0]
    points, grid = explorer.points(one.space, one.method), explorer.grid(one.space, one.method, [dark])
    left, bottom, right, top = grid["box"]
    side = len(grid["0"])
    by_hand = np.histogram2d(*points[rows].T[::-1], bins=side, range=[(bottom, top), (left, right)])[0]
    np.testing.assert_array_equal(grid["0"], by_hand)
    assert grid["0"].sum() == rows.sum()


def test_the_mean_of_few_is_no_code_to_decode(strict: Explorer) -> None:
    """Of a group of three, of a group whose part is known of few, and of everyone but three."""
    ink = np.sort(strict.columns(["ink"])["ink"].astype(float))
    three = Between(column="ink", low=0.0, high=float(ink[2]))
    with pytest.raises(InputError, match=r"group\.too_few"):
        strict.centre(three)
    all_of, but = strict.centre(AllOf(of=())), strict.centre(Not(of=three))
    n, rows = strict.describe().n, strict.select(three)
    exact = latentspace.open(strict.workspace.path).mean(rows)
    guess = (n * all_of - (n - 3) * but) / 3
    assert np.median(np.abs(guess - exact)[np.nonzero(exact)]) > 0.4, "subtracted, it is off by half an SD and more"


def one_more(explorer: Explorer) -> Iterator[tuple[Recipe, Recipe, int]]:
    """Groups that differ in one person, and that person's row."""
    slant = explorer.columns(["slant"])["slant"].astype(float)
    order = np.argsort(slant, kind="stable")
    for k in range(200, 260):
        one, more = (Between(column="slant", low=-90.0, high=float(slant[order[i]])) for i in (k - 1, k))
        yield one, more, int(order[k])


def test_people_who_are_alike_do_not_give_away_another_among_them(strict: Explorer) -> None:
    """Whether one person is in: of thirty with nearly one value the standard deviation would say it for certain."""
    ink = strict.columns(["ink"])["ink"].astype(float)
    order = np.argsort(ink)
    middle = len(ink) // 2
    alike = Between(column="ink", low=float(ink[order[middle]]), high=float(ink[order[middle + 30]]))
    one = Between(column="ink", low=float(ink[order[-1]]), high=1e9)
    assert strict.select(one).sum() == 1
    joined = AnyOf(of=(alike, one))
    told = strict.tally([alike, joined], ["ink"])
    for i, group in enumerate((alike, joined)):
        mean, sd, _ = told[f"{i}.ink.figures"]
        assert np.isnan(sd)
        assert np.isfinite(mean)
        row = next(r for r in strict.compare([Side(name="A", recipe=group)]).rows if r.name == "ink")
        assert row.groups[0].sd is None
        assert row.groups[1].sd is not None
    both = strict.compare([Side(name="A", recipe=alike), Side(name="B", recipe=joined)])
    row = next(r for r in both.rows if r.name == "ink")
    assert (row.contrasts[0].smd.value, row.contrasts[0].reason) == (None, TIGHT)


def test_no_reason_of_a_score_says_how_many_there_are(strict: Explorer) -> None:
    ink = np.sort(strict.columns(["ink"])["ink"].astype(float))
    few = Between(column="ink", low=0.0, high=float(ink[16]))
    n = int(strict.select(few).sum())
    table = strict.score([few])
    figures = [f for t in table.tasks for s in t.scored for f in (*s.figures.values(), s.held_out)]
    reasons = {text for text in (*(f.reason or "" for f in figures), *(t.reason for t in table.tasks)) if text}
    assert reasons
    for text in reasons:
        told = {int(number) for number in re.findall(r"(\d+) (?:held-out )?people", text)}
        assert all(number % 5 == 0 for number in told), text
    counts = {s.n for t in table.tasks for s in t.scored if s.people == "0"}
    assert len(counts - {None}) <= 1, "one draw for a number that all tasks share"
    assert n == 17


def could_be(told: int) -> range:
    """Every count that may be told so; where one cell is hidden, the smallest other is too."""
    return range(2000) if told < 0 else differencing.could_be(told, "strict")


def test_subtracted_histograms_and_densities_say_of_nobody_where_they_lie(strict: Explorer, digits: Built) -> None:
    """Pairs of groups that differ in one person: every change of a cell fits them in it, and not in it."""
    exact, changed, right = latentspace.open(digits.path), 0, list[bool]()
    pairs = list(one_more(exact))
    assert len(pairs) == 60
    for one, more, row in pairs:
        answers = [
            {**strict.tally([each], ["digit", "ink"]), "grid": strict.grid("joint", "tsne", [each])["0"]}
            for each in (one, more)
        ]
        for key in ("0.digit.counts", "0.ink.counts", "grid"):
            before, after = (answer[key].ravel().tolist() for answer in answers)
            if len(before) != len(after):
                continue
            for old, new in zip(before, after, strict=True):
                a, b = could_be(old), could_be(new)
                assert any(n in b for n in a)
                assert any(n + 1 in b for n in a)
            changed += sum(old != new for old, new in zip(before, after, strict=True)) > 1
        digit = int(exact.columns(["digit"])["digit"][row])
        grown = [
            int(i)
            for i, (old, new) in enumerate(zip(*(a["0.digit.counts"] for a in answers), strict=True))
            if new > old
        ]
        right.append(grown == [digit])
    assert changed > 60, "cells change that nobody joined"
    assert np.mean(right) < 0.35, "the digit of the one who joined is seldom the only one that grew"


def test_codes_are_placed_in_cells_and_walk_past_nobody(strict: Explorer) -> None:
    z = np.zeros(strict.n_latent, np.float32)
    box, side = (
        strict.grid("joint", "tsne", [AllOf(of=())])["box"],
        len(strict.grid("joint", "tsne", [AllOf(of=())])["0"]),
    )
    at = (strict.place(z)["joint.tsne"] - box[:2]) / (box[2:] - box[:2]) * side
    np.testing.assert_allclose(at % 1, 0.5, atol=1e-3)
    walk = strict.interpolate(z, z + 1, 9, "straight")
    assert set(walk.nearest.tolist()) == {-1}
    assert set((walk.centile % 5).tolist()) == {0.0}
    with pytest.raises(ForbiddenError, match=r"disclosure\.strict"):
        strict.interpolate(z, z + 1, 9, "density")


def test_an_outline_on_a_density_is_counted_as_python_counts_it(strict: Explorer) -> None:
    about = strict.describe()
    left, bottom, right, top = strict.grid("joint", "tsne", [AllOf(of=())])["box"].tolist()
    middle = (left + right) / 2
    corners = ((left, bottom), (middle, bottom), (middle, top), (left, top))
    half = Inside(run=about.run, space="joint", method="tsne", polygon=corners, map=about.map_hash)
    told, exact = int(strict.tally([half], [])["total"][0]), int(strict.select(half).sum())
    assert told % 5 == 0
    assert abs(told - exact) < 5
    assert strict.compare([Side(name="a", recipe=half)]).groups[0].n == told


def test_the_ends_of_a_course_are_as_rounded_as_those_of_its_direction(strict: Explorer, digits: Built) -> None:
    exact, told = latentspace.open(digits.path), strict.direction("slant")
    course = strict.course("slant")["values"]
    assert (told.low, told.high) == (pytest.approx(course[0], rel=1e-6), pytest.approx(course[-1], rel=1e-6))
    raw = exact.course("slant")["values"]
    assert course[0] != raw[0] == pytest.approx(exact.direction("slant").low, rel=1e-6)
    assert abs(course[0] - raw[0]) < 0.1 * exact.columns(["slant"])["slant"].std()

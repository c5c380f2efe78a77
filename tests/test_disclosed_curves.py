"""Curves and histograms under `ukb5` and `cms11`: who knows the rule finds no number of 1 to k - 1 people."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentspace.answers import Figure
from latentspace.columns import Columns
from latentspace.disclosure import DOORS, Preset
from latentspace.phenotype import Dictionary, Phenotype
from latentspace.scores.answer import FromSource, Learnt, TaskScore
from latentspace.scores.disclosed import disclosed_task
from latentspace.scores.judged import EVERYONE, Predictions, Table, calibrated, scored
from latentspace.stats.following import Course, kaplan_meier
from latentspace.survival.answer import Survival
from latentspace.survival.disclosed import disclosed
from latentspace.survival.table import Following

FEWEST: dict[Preset, int] = {"ukb5": 5, "cms11": 11}
SEEDS, PRESETS = st.integers(0, 2**32 - 1), st.sampled_from(sorted(FEWEST))
MANY = settings(max_examples=150, deadline=None)


def told_openly(n: int, fewest: int) -> bool:
    return n == 0 or n >= fewest


@MANY
@given(st.lists(st.integers(0, 30), max_size=14), PRESETS)
def test_bins_that_are_hidden_are_not_given_away_by_those_that_are_told_and_their_sum(
    counts: list[int], preset: Preset
) -> None:
    fewest, told = FEWEST[preset], DOORS[preset].cells(counts)
    assert all(said is None or (said == n and told_openly(n, fewest)) for n, said in zip(counts, told, strict=True))
    hidden = [n for n, said in zip(counts, told, strict=True) if said is None]
    nothing_else = not any(told)
    assert not hidden or nothing_else or (len(hidden) > 1 and sum(hidden) >= fewest)
    if all(told_openly(n, fewest) for n in counts):
        assert told == tuple(counts), "what is large enough is told"


def followed(rng: np.random.Generator) -> tuple[Following, np.ndarray]:
    """A cohort with few or many events, times with ties, and a group of it."""
    n = int(rng.integers(2, 400))
    time = np.minimum(rng.exponential(rng.uniform(2, 60), n), rng.uniform(1, 9, n)).round(int(rng.integers(0, 3)))
    frame = pl.DataFrame({"t": time, "e": rng.uniform(size=n) < rng.uniform()})
    timed = Phenotype(name="t", label="t", kind="time_to_event", event="e")
    columns = Columns(frame, Dictionary((timed, Phenotype(name="e", label="e", kind="boolean"))))
    return Following.of(columns, ""), np.flatnonzero(rng.uniform(size=n) < rng.uniform())


def survived(following: Following, rows: np.ndarray) -> Survival:
    return Survival(
        name="t",
        label="",
        event="",
        unit="",
        times=tuple(following.times.tolist()),
        ticks=tuple(following.ticks.tolist()),
        groups=(following.followed("a", rows),),
        contrasts=(),
        p=None,
        reason="",
        adjust=(),
        disclosure="laptop",
        notes=(),
    )


@MANY
@given(SEEDS, PRESETS)
def test_no_step_of_a_survival_curve_and_no_number_below_it_is_of_few(seed: int, preset: Preset) -> None:
    following, rows = followed(np.random.default_rng(seed))
    fewest, course = FEWEST[preset], following.course.at(rows)
    told = disclosed(survived(following, rows), [DOORS[preset]], [course])
    (group,) = told.groups
    if not group.share:
        return
    came = [known_by(course, following, time, share) for time, share in zip(told.times, group.share, strict=True)]
    known = sorted({n for n in came if n is not None})
    assert all(told_openly(later - earlier, fewest) for earlier, later in pairwise(known))
    assert known or group.reason
    if known:
        assert told_openly(course.events - known[-1], fewest), "the events less those of the curve"
    assert told_openly(group.events or 0, fewest)
    assert told_openly(len(rows) - course.events, fewest)
    left = [(tick, n) for tick, n in zip(told.ticks, group.at_risk, strict=True) if n is not None]
    for (before, n), (after, fewer) in pairwise(left):
        gone = (course.time >= before) & (course.time < after)
        assert n - fewer == gone.sum()
        for some in (gone, gone & ~course.event):
            assert told_openly(int(some.sum()), fewest)
    assert all(told_openly(n, fewest) for _, n in left)


def known_by(course: Course, following: Following, time: float, share: float | None) -> int | None:
    """How many had the event by the last time at which the exact curve has this share: what an attacker can tell."""
    if share is None:
        return None
    if share == 1:
        return 0
    exact = kaplan_meier(course, following.times).share
    at = np.flatnonzero((np.abs(exact - share) < 1e-12) & (following.times <= time + 1e-9))
    assert len(at), "a share that is told is one of the curve's own"
    return int((course.event & (course.time <= following.times[at[0]] + 1e-12)).sum())


def test_where_events_are_many_the_curve_is_still_the_kaplan_meier_estimate() -> None:
    rng = np.random.default_rng(0)
    course = Course(rng.exponential(4, 3000).clip(max=9), np.ones(3000, bool))
    frame = pl.DataFrame({"t": course.time, "e": course.event})
    timed = Phenotype(name="t", label="t", kind="time_to_event", event="e")
    columns = Columns(frame, Dictionary((timed, Phenotype(name="e", label="e", kind="boolean"))))
    following, rows = Following.of(columns, ""), np.arange(3000)
    told = disclosed(survived(following, rows), [DOORS["cms11"]], [course])
    exact = kaplan_meier(course, np.array(told.times)).share
    shares = [value for value in told.groups[0].share if value is not None]
    np.testing.assert_allclose(shares, exact[: len(shares)], atol=0.01)


def task(rng: np.random.Generator, learnt: tuple[Learnt, ...] = ()) -> tuple[TaskScore, np.ndarray]:
    """A condition of some people, rare or common, predicted well or not, with its calibration; and who has it."""
    n = int(rng.integers(2, 500))
    truth = (rng.uniform(size=n) < rng.uniform() ** 2).astype(float)
    said = (0.8 * rng.uniform() * truth + 0.2 * rng.uniform(size=n)).astype(np.float32)
    table = Table(person=np.arange(n), fold=np.zeros(n, np.int64), held_out=np.zeros(n, bool))
    asked = Predictions(space="joint", binary=(True,), said=(said,), truth=(truth,), table=table)
    made = TaskScore(
        name="x",
        space="joint",
        sources=(FromSource(space="joint", scored=scored(asked, 0, [])),),
        calibration=calibrated(asked, 0, []),
        gaps=(),
        learnt=learnt,
        learnt_reason="",
    )
    return made, truth


@MANY
@given(SEEDS, PRESETS)
def test_no_bin_of_a_calibration_curve_has_few_with_or_few_without(seed: int, preset: Preset) -> None:
    found, truth = task(np.random.default_rng(seed))
    (told,), fewest = disclosed_task(found, {EVERYONE: DOORS[preset]}).calibration, FEWEST[preset]
    had, n = int(truth.sum()), len(truth)
    if not (told_openly(had, fewest) and told_openly(n - had, fewest) and n >= fewest):
        assert (told.bins, told.observed) == ((), None)
        return
    assert sum(one.n for one in told.bins) == n, "nobody is left over, whom the total would give away"
    assert sum(one.observed * one.n for one in told.bins) == pytest.approx(had)
    for one in told.bins:
        events = round(one.observed * one.n)
        assert told_openly(events, fewest)
        assert told_openly(one.n - events, fewest)
        assert one.low - 1e-12 <= one.observed <= one.high + 1e-12
    if had and n - had:
        assert [one.predicted for one in told.bins] == sorted(one.predicted for one in told.bins)


@MANY
@given(SEEDS, PRESETS, st.integers(1, 120))
def test_no_point_of_a_label_efficiency_curve_is_of_few(seed: int, preset: Preset, held_out: int) -> None:
    figure = Figure(value=0.8, low=0.7, high=0.9, n=held_out)
    found, truth = task(np.random.default_rng(seed), (Learnt(space="joint", labels=100, figure=figure),))
    (told,), fewest = disclosed_task(found, {EVERYONE: DOORS[preset]}).learnt, FEWEST[preset]
    rarer = min(truth.mean(), 1 - truth.mean()) * held_out
    if told.figure.value is None:
        assert rarer < fewest + 0.5 or held_out < fewest
        assert told.figure.reason
    else:
        assert rarer > fewest - 0.51 or rarer < 0.51
        assert told.figure == figure

"""Scores as a disclosure preset lets them out."""

from collections.abc import Mapping
from dataclasses import replace
from math import inf

from latentspace.answers import Figure
from latentspace.disclosure import SMALL, Door
from latentspace.scores.answer import Calibration, Gap, Learnt, Scored, ScoreTable, Task, TaskScore
from latentspace.scores.judged import EVERYONE
from latentspace.stats.calibration import Bin, merged

Doors = Mapping[str, Door]  # of everyone, and of each group by its place


def disclosed(found: ScoreTable, doors: Doors) -> ScoreTable:
    """What may be told of it: figures of few people go, others are rounded."""
    door = doors[EVERYONE]
    tasks = found.tasks if door.fewest == 1 else tuple(_task(task, doors) for task in found.tasks)
    return replace(found, tasks=tasks, disclosure=door.preset)


def disclosed_task(found: TaskScore, doors: Doors) -> TaskScore:
    """What may be told of it."""
    door = doors[EVERYONE]
    if door.fewest == 1:
        return found
    everyone = next(one for source in found.sources for one in source.scored if one.people == EVERYONE)
    binary = everyone.events is not None
    return replace(
        found,
        sources=tuple(
            replace(
                source,
                scored=tuple(
                    _scored(one, doors[one.people].of(found.name, source.space), doors[one.people].of("n"))
                    for one in source.scored
                ),
            )
            for source in found.sources
        ),
        calibration=tuple(
            _calibration(one, doors[one.people].of(found.name), binary=binary) for one in found.calibration
        ),
        gaps=tuple(gap for gap in (_gap(gap, doors, found.name) for gap in found.gaps) if gap),
        learnt=tuple(
            replace(
                one, labels=door.of("labels").count(one.labels) or 0, figure=_learnt(one, door.of(found.name), everyone)
            )
            for one in found.learnt
        ),
    )


def _learnt(one: Learnt, door: Door, everyone: Scored) -> Figure:
    """The figure of held-out people whom `labels` taught: of few, or of few with or without the event, it is not told.

    How many of the held-out had the event is not kept; as great a part of them as of everyone is taken.
    """
    least = one.figure.n or 0
    if everyone.events is not None:
        rarer = min(everyone.events, (everyone.n or 0) - everyone.events)
        least = round(least * rarer / max(everyone.n or 0, 1))
    if door.of("events").hides(least):
        return Figure(reason=SMALL)
    return _figure(one.figure, least, (door.of(one.space, str(one.labels)), door.of("n")))


def _task(task: Task, doors: Doors) -> Task:
    worst = task.worst and _gap(task.worst, doors, task.name)
    return replace(
        task,
        scored=tuple(_scored(one, doors[one.people].of(task.name), doors[one.people].of("n")) for one in task.scored),
        worst=worst,
        reason=SMALL if task.worst and not worst else doors[EVERYONE].reason(task.reason),
    )


def _scored(one: Scored, door: Door, people: Door) -> Scored:
    """With and without the event are cells: a figure is as rough as one of the rarer could move it.

    How many are known is drawn from `people`, once for all tasks: the mean of many draws would tell the number.
    """
    n = people.count(one.n)
    few, events = n is None, None
    least = one.n or 0
    if one.events is not None:
        least = min(one.events, least - one.events)
        events, without = door.of("events").cells((one.events, (one.n or 0) - one.events))
        few = few or events is None or without is None
    if few:
        hidden = Figure(reason=SMALL)
        return Scored(
            people=one.people, n=n, events=events, figures=dict.fromkeys(one.figures, hidden), held_out=hidden
        )
    figures = {
        name: _figure(figure, least, (door.of(name), people), inf if name == "mae" else 1.0)
        for name, figure in one.figures.items()
    }
    part = (one.held_out.n or 0) / (one.n or 1)
    held_out = _figure(one.held_out, round(least * part), (door.of("held out"), people.of("held out")))
    return replace(one, n=n, events=events, figures=figures, held_out=held_out)


def _figure(one: Figure, least: int | None, doors: tuple[Door, Door], most: float = 1.0) -> Figure:
    """Rounded as coarsely as one of `least` people may change it; no score but an error is above 1 (`most`).

    `doors` are that of the figure and that of how many people it is of.
    """
    door, people = doors
    n = people.count(one.n)
    if one.value is None:
        return replace(one, n=n, reason=people.reason(one.reason or ""))
    if n is None or not least:
        return Figure(reason=SMALL)
    spread = max(abs(one.value), 0.5)
    low, value, high = (_most(door.figure(each, spread, least), most) for each in (one.low, one.value, one.high))
    return Figure(value=value, low=low, high=high, n=n)


def _most(told: float | None, most: float) -> float | None:
    return None if told is None else min(told, most)


def _gap(gap: Gap, doors: Doors, task: str) -> Gap | None:
    """None where the part is of too few people."""
    own = doors[gap.level] if gap.attribute == "group" else doors[EVERYONE].of(gap.attribute, gap.level)
    door, exact = own.of("gap", task), gap.n or 0
    n = own.of("n").count(gap.n)
    if n is None:
        return None
    spread = max(abs(gap.here), abs(gap.rest), 0.5)

    def rounded(what: str, value: float) -> float:
        return door.of(what).figure(value, spread, exact)

    return replace(
        gap,
        n=n,
        here=rounded("here", gap.here),
        rest=rounded("rest", gap.rest),
        value=rounded("value", gap.value),
        low=rounded("low", gap.low),
        high=rounded("high", gap.high),
        p=door.chance(gap.p) or 0.0,
    )


def _calibration(one: Calibration, door: Door, *, binary: bool) -> Calibration:
    n = door.count(one.n)
    had = sum(round(each.observed * each.n) for each in one.bins) if binary else None
    rows = sum(each.n for each in one.bins)
    few = had is not None and (door.of("events").hides(had) or door.of("without").hides(rows - had))
    if n is None or few:
        return replace(one, n=None, predicted=None, observed=None, slope=None, bins=())
    bins = merged(one.bins, door.fewest) if binary else one.bins
    rough = [max(abs(value or 0.0), 0.5) for value in (one.predicted, one.observed)]
    return replace(
        one,
        n=n,
        predicted=door.of("predicted").figure(one.predicted, rough[0], one.n),
        observed=door.of("observed").figure(one.observed, rough[1], one.n),
        slope=door.of("slope").figure(one.slope, 1.0, one.n),
        bins=tuple(told for i, each in enumerate(bins) if (told := _bin(each, door.of(str(i))))),
    )


def _bin(one: Bin, door: Door) -> Bin | None:
    n = door.count(one.n)
    if n is None:
        return None
    spread = max(abs(one.observed - one.low), abs(one.high - one.observed)) * one.n**0.5 / 2

    def rounded(what: str, value: float) -> float:
        return door.of(what).figure(value, spread, one.n)

    return Bin(
        n=n,
        predicted=rounded("predicted", one.predicted),
        observed=rounded("observed", one.observed),
        low=rounded("low", one.low),
        high=rounded("high", one.high),
    )

"""Survival as a disclosure preset lets it out."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from latentspace.comparison.answer import Estimate
from latentspace.disclosure import SMALL, Door
from latentspace.stats.following import Course
from latentspace.survival.answer import CoxModel, CoxModels, Followed, Hazards, Survival

EVERY = 5  # of the times, where small numbers are not told
STEPS = (
    "A curve steps only where at least {} had the event since its last step, so between steps it is late: the band "
    "reaches to the next step, and where no further step is told the curve ends."
)
NO_STEP = "no curve can be told: too few had the event"


def disclosed(found: Survival, doors: Sequence[Door], courses: Sequence[Course]) -> Survival:
    """What may be told of it; a door for each group, and the course of its people."""
    preset, says = doors[0].preset, doors[0].says
    told = replace(found, disclosure=preset, notes=(*found.notes, says))
    if doors[0].fewest == 1:
        return told
    told = replace(told, notes=(*told.notes, STEPS.format(doors[0].fewest)))
    each_group = zip(found.groups, doors, courses, strict=True)
    groups = tuple(_followed(one, found, door, course) for one, door, course in each_group)
    hidden = [one.reason == SMALL for one in groups]
    contrasts = tuple(
        Hazards(name=c.name, reason=SMALL, reason_adjusted=SMALL)
        if hidden[0] or small
        else _hazards(c, min(found.groups[0].events or 0, one.events or 0), doors[0].of(each.key))
        for c, one, small, each in zip(found.contrasts, found.groups[1:], hidden[1:], doors[1:], strict=True)
    )
    p = None if any(hidden) else doors[0].chance(found.p)
    return replace(
        told,
        times=found.times[::EVERY],
        groups=groups,
        contrasts=contrasts,
        p=p,
        reason=SMALL if any(hidden) else found.reason,
    )


def disclosed_models(found: CoxModels, door: Door) -> CoxModels:
    """What may be told of models of everyone."""
    told = replace(found, disclosure=door.preset, notes=(*found.notes, door.says))
    return told if door.fewest == 1 else replace(told, models=tuple(_model(m, door.of(m.source)) for m in found.models))


def _model(one: CoxModel, door: Door) -> CoxModel:
    n, events = door.count(one.n), door.count(one.events)
    if events is None or door.hides((one.n or 0) - (one.events or 0)):
        return CoxModel(source=one.source, label=one.label, n=n, of_terms=one.of_terms, reason=SMALL)
    terms = tuple(
        replace(term, ratio=_estimate(term.ratio, one.events or 0, door.of(term.label), term.ratio.value))
        for term in one.terms
    )
    figure = _estimate(one.concordance, one.events or 0, door, 0.5)
    return replace(one, n=n, events=events, concordance=figure, terms=terms)


def _followed(one: Followed, found: Survival, door: Door, course: Course) -> Followed:
    """Numbers of the group, and its curve where enough had the event and enough did not."""
    n, missing = door.count(one.n), door.count(one.missing)
    events, _ = door.of("events").cells((one.events, (one.n or 0) - (one.events or 0)))
    if n is None or events is None or not one.share:
        return Followed(name=one.name, reason=SMALL if one.n else one.reason)
    at_risk = _at_risk(one.at_risk, found.ticks, door.of("at risk"), course)
    exact = door.base == 1 and door.hides(one.missing)
    shown = [_curve(part[::EVERY], one, found, door.of("curve")) for part in (one.share, one.low, one.high)]
    share, low, high = _stepped(shown, found.times[::EVERY], course, door.fewest)
    share = tuple(_falling(share))
    half = (time for time, left in zip(found.times[::EVERY], share, strict=True) if left is not None and left <= 0.5)
    return replace(
        one,
        n=None if exact else n,
        missing=missing,
        events=events,
        reason=one.reason if any(value is not None for value in share) else one.reason or NO_STEP,
        median=next(half, None),
        share=share,
        low=low,
        high=high,
        at_risk=(None, *at_risk[1:]) if exact else at_risk,
    )


def _at_risk(
    counts: Sequence[int | None], ticks: Sequence[float], door: Door, course: Course
) -> tuple[int | None, ...]:
    """Those still followed, only where nobody or enough have left since the last told, with the event and without."""
    told: list[int | None] = []
    last: tuple[int, int] | None = None
    for i, (count, tick) in enumerate(zip(counts, ticks, strict=True)):
        gone = course.time < tick
        left = int(gone.sum()), int((gone & ~course.event).sum())
        few = last is not None and any(0 < now - then < door.fewest for now, then in zip(left, last, strict=True))
        hidden = door.base == 1 and (few or door.hides(count))
        told.append(None if hidden else door.of(str(i)).count(count))
        last = last if hidden else left
    return tuple(told)


def _steps(times: Sequence[float], course: Course, fewest: int) -> list[int | None]:
    """For each time the one whose share is told: the last by which `fewest` more had the event; none before the first.

    Neither may a few be left to have it after the last step: their number would be the events less those told.
    """
    came = np.searchsorted(np.sort(course.time[course.event]), times, side="right").tolist()
    steps: list[int | None] = []
    last = 0
    for i, many in enumerate(came):
        enough = many - last >= fewest and not 0 < course.events - many < fewest
        steps.append(i if enough else steps[-1] if steps else None)
        last = many if enough else last
    return steps


def _stepped(
    parts: Sequence[Sequence[float | None]], times: Sequence[float], course: Course, fewest: int
) -> tuple[tuple[float | None, ...], ...]:
    """Share, lower and upper bound at each time: between two steps the share of the first, bounds from the next to it.

    After the last step that is told nothing is known where somebody has the event later, and nothing changes where not.
    """
    share, low, high = parts
    told = [i for i, step in enumerate(_steps(times, course, fewest)) if step == i and share[i] is not None]
    came = int((course.time[course.event] <= times[told[-1]]).sum()) if told else 0
    points: list[tuple[float | None, float | None, float | None]] = []
    for i in range(len(times)):
        before = max((j for j in told if j <= i), default=None)
        after = min((j for j in told if j >= i), default=before if came == course.events else None)
        if share[i] is None or (after is None and course.events):
            points.append((None, None, None))
        elif before is None:
            points.append((1.0, None if after is None else low[after], 1.0))
        else:
            points.append((share[before], low[before if after is None else after], high[before]))
    return tuple(zip(*points, strict=True))


def _curve(part: Sequence[float | None], one: Followed, found: Survival, door: Door) -> tuple[float | None, ...]:
    """Each point as rough as one of those still followed could move it; none where they are too few."""
    told: list[float | None] = []
    for time, value in zip(found.times[::EVERY], part, strict=True):
        left = next((n for tick, n in zip(found.ticks, one.at_risk, strict=True) if tick >= time - 1e-9), 0)
        few = not left or door.hides(left)
        figure = None if few else door.figure(value, 0.5, left)
        told.append(None if figure is None else min(max(figure, 0.0), 1.0))
    return tuple(told)


def _falling(share: Sequence[float | None]) -> list[float | None]:
    """A curve that coarser steps have made rise falls again."""
    least = list(accumulate((1.0 if value is None else value for value in share), min))
    return [None if value is None else low for value, low in zip(share, least, strict=True)]


def _hazards(one: Hazards, events: int, door: Door) -> Hazards:
    ratio = _estimate(one.ratio, events, door, one.ratio.value)
    adjusted = _estimate(one.adjusted, events, door.of("adjusted"), one.adjusted.value)
    return replace(one, ratio=ratio, adjusted=adjusted)


def _estimate(one: Estimate, n: int, door: Door, spread: float | None) -> Estimate:
    """Rounded as coarsely as one of `n` people could change it."""
    low, value, high = (door.figure(each, spread, n) for each in (one.low, one.value, one.high))
    return Estimate(value=value, low=low, high=high, n=door.count(one.n))

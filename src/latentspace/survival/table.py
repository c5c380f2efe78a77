"""Groups followed in time: their curves, how many are still followed, and whether they differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from latentspace.columns import Columns
from latentspace.comparison.answer import Estimate
from latentspace.errors import InputError, MissingExtraError, NotFoundError
from latentspace.phenotype import Phenotype
from latentspace.stats.following import Course, Curve, Z, kaplan_meier, log_rank, median
from latentspace.survival.answer import Followed, Hazards
from latentspace.survival.cox import cox
from latentspace.survival.predictors import predictors

POINTS, MOST_TICKS = 100, 6
FEWEST_HELD = 20  # people of a group, below which nothing is held equal
NOBODY = "nobody whose time is known"
ONE = "one person is no curve"
NO_EVENT = "nobody had the event"
SHARED = "some people are in both groups"

Rows = Int64[np.ndarray, " _"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """One time to an event of a table: for each row the time, whether the event came, and whether both are known."""

    columns: Columns
    phenotype: Phenotype
    course: Course
    known: Bool[np.ndarray, " n"]
    times: Float64[np.ndarray, " t"]
    ticks: Float64[np.ndarray, " k"]

    @classmethod
    def of(cls, columns: Columns, name: str) -> "Following":
        """By name, or the first there is; times and ticks are those of the cohort, whatever the groups.

        Raises:
            NotFoundError: the table has no time to an event, or none of that name.
            InputError: the time of nobody is known.
        """
        phenotype = _timed(columns, name)
        event = columns.numbers(phenotype.event)
        time = columns.subjects[phenotype.name].cast(float).to_numpy()  # 1.08 years are not after a mark at 1.08
        known = np.isfinite(time) & np.isfinite(event) & (time >= 0)
        if not known.any():
            hint = "Check both columns."
            raise InputError("survival.nobody", where=phenotype.name, found="no row has time and event", hint=hint)
        step = _step(float(time[known].max()))
        last = max(1, math.ceil(float(time[known].max()) / step))
        ticks = step * np.arange(last + 1)
        times = np.arange(POINTS + 1) * ticks[-1] / POINTS
        return cls(
            columns=columns,
            phenotype=phenotype,
            course=Course(time, event > 0),
            known=known,
            times=times,
            ticks=ticks,
        )

    def kept(self, rows: Rows) -> Rows:
        """Those whose time is known."""
        return rows[self.known[rows]]

    def followed(self, name: str, rows: Rows) -> Followed:
        """The curve of one group."""
        kept = self.kept(rows)
        course, n = self.course.at(kept), len(kept)
        if n < 2:
            return Followed(name=name, n=n, missing=len(rows) - n, events=course.events, reason=(NOBODY, ONE)[n])
        curve: Curve = kaplan_meier(course, self.times)
        return Followed(
            name=name,
            n=n,
            missing=len(rows) - n,
            events=course.events,
            median=median(course),
            share=_told(curve.share),
            low=_told(curve.low),
            high=_told(curve.high),
            at_risk=tuple(course.at_risk(self.ticks).tolist()),
            reason="" if course.events else NO_EVENT,
        )

    def log_rank(self, groups: Sequence[Rows], *, shared: bool) -> tuple[float | None, str]:
        """The p-value over all groups, or why there is none."""
        if shared:
            return None, SHARED
        courses = [self.course.at(self.kept(rows)) for rows in groups]
        if min(len(course.time) for course in courses) == 0:
            return None, NOBODY
        if not any(course.events for course in courses):
            return None, NO_EVENT
        p = log_rank(courses)
        return p, "" if p is not None else "no event came while several groups were followed"

    def hazards(self, name: str, pair: tuple[Rows, Rows], adjust: Sequence[str], *, shared: bool) -> Hazards:
        """The hazard of the first group of the pair over the other's."""
        a, b = (self.kept(rows) for rows in pair)
        reason = self._why_not(a, b, shared=shared)
        if reason:
            return Hazards(name=name, reason=reason, reason_adjusted=reason)
        rows = np.concatenate([a, b])
        first = np.arange(len(rows)) < len(a)
        try:
            ratio = self._ratio(rows, first, np.zeros((len(rows), 0)))
        except MissingExtraError as error:
            return Hazards(name=name, reason=str(error), reason_adjusted=str(error))
        adjusted, reason_adjusted = self._held_equal(rows, first, adjust)
        return Hazards(
            name=name,
            ratio=ratio,
            adjusted=adjusted,
            reason="" if ratio.value is not None else "the fit does not converge",
            reason_adjusted=reason_adjusted,
        )

    def _why_not(self, a: Rows, b: Rows, *, shared: bool) -> str:
        if shared:
            return SHARED
        if not len(a) or not len(b):
            return NOBODY
        return "" if self.course.at(a).events and self.course.at(b).events else f"{NO_EVENT} in one of the groups"

    def _held_equal(self, rows: Rows, first: Bool[np.ndarray, " k"], adjust: Sequence[str]) -> tuple[Estimate, str]:
        others = predictors(self.columns, adjust, rows)
        if not others:
            return Estimate(), "nothing is held equal"
        x = np.column_stack([p.values for p in others])
        complete = np.isfinite(x).all(axis=1)
        few = min(int((complete & first).sum()), int((complete & ~first).sum())) < FEWEST_HELD
        if few:
            return Estimate(), f"under {FEWEST_HELD} people of a group have all of what is held equal"
        x, first = x[complete], first[complete]
        ratio = self._ratio(rows[complete], first, x[:, x.std(axis=0) > 0])
        return ratio, "" if ratio.value is not None else "the groups do not overlap in what is held equal"

    def _ratio(self, rows: Rows, first: Bool[np.ndarray, " k"], x: Float64[np.ndarray, "k d"]) -> Estimate:
        fit = cox(self.course.at(rows), np.column_stack([first.astype(np.float64), x]))
        return Estimate() if fit is None else hazard_ratio(float(fit.beta[0]), float(fit.error[0]), len(rows))


def hazard_ratio(beta: float, error: float, n: int) -> Estimate:
    """With its 95 % interval; nothing where it cannot be told."""
    ends = [beta, beta - Z * error, beta + Z * error]
    if not all(abs(end) < 50 for end in ends):
        return Estimate()
    value, low, high = (math.exp(end) for end in ends)
    return Estimate(value=value, low=low, high=high, n=n)


def _timed(columns: Columns, name: str) -> Phenotype:
    timed = columns.dictionary.timed
    for phenotype in timed:
        if name in {"", phenotype.name}:
            return phenotype
    known = ", ".join(p.name for p in timed)
    raise NotFoundError(
        "survival.event",
        where=f"event {name!r}"[:80] if timed else "survival",
        found="no such time to an event" if timed else "the phenotypes have no time to an event",
        hint=f"Choose one of {known}."
        if timed
        else "Declare one in the dictionary: kind time_to_event, with its event.",
    )


def _step(last: float) -> float:
    """1, 2 or 5 times a power of ten, of which at most six make up the time."""
    least = max(last, 1e-9) / MOST_TICKS
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= least * (1 - 1e-12))


def _told(values: Float64[np.ndarray, " t"]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else value for value in values.tolist())

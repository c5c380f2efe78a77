"""Groups side by side, column by column: what a table 1 says, how far apart they are, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64, Int64

from latentspace.columns import Columns
from latentspace.comparison.answer import ComparedRow, Contrast, Estimate, Shape, Split, Summary
from latentspace.comparison.order import ordered
from latentspace.phenotype import LATER, Phenotype
from latentspace.stats.adjusted import Design, Held
from latentspace.stats.angle import unrolled
from latentspace.stats.difference import benjamini_hochberg, odds_ratio
from latentspace.stats.outcome import Counts, Known, Numbers, Outcome, join, known, outcome

FALSE_SHARE = 0.05
FEWEST_HELD = 20  # people of a group, below which nothing is held equal
UNCOMPARED = ("date", "time_to_event")
QUARTILES = (25, 50, 75)
ANGLES = ("degrees", "degree", "deg", "°")  # units
HALF_TURN = 180
MADE = "part of how a group was chosen"

Halves = tuple[Outcome, Outcome]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a group, one for each person; the first `cut` are of the half that finds, the others confirm."""

    rows: Int64[np.ndarray, " n"]
    cut: int


@dataclass(frozen=True)
class Comparing:
    """One subjects table, and whom each row belongs to (numbers from 0)."""

    columns: Columns
    person: Int64[np.ndarray, " rows"]
    _values: dict[str, np.ndarray] = field(default_factory=dict)
    _spreads: dict[str, float] = field(default_factory=dict)

    @cached_property
    def _half(self) -> Bool[np.ndarray, " people"]:
        return np.random.default_rng(0).random(int(self.person.max(initial=0)) + 1) < 0.5

    def group(self, mask: Bool[np.ndarray, " rows"]) -> Group:
        """The first row of each person of a group; the same person is in the same half of every group."""
        rows = np.flatnonzero(mask)
        if len(self._half) < len(self.person):
            rows = rows[np.sort(np.unique(self.person[rows], return_index=True)[1])]
        first = self._half[self.person[rows]]
        return Group(np.concatenate([rows[first], rows[~first]]), int(first.sum()))

    def rows(
        self, groups: Sequence[Group], defining: frozenset[str], adjust: Sequence[str]
    ) -> tuple[tuple[ComparedRow, ...], int]:
        """Every column in the order of its table, the largest difference first, and how many were tested.

        Dates are left out, and times to an event and other numbers of the follow-up: where it ends before the event
        comes, or only those who had it have a number, their mean misleads.
        """
        holding = [self._holding(groups[0], other, adjust) for other in groups[1:]]
        rows: list[ComparedRow] = []
        halves: list[Halves] = []
        for p in self.columns.dictionary:
            if p.kind in UNCOMPARED or (p.section == LATER and not self.columns.levels(p.name)):
                continue
            known_by_half = [self._known(p.name, group) for group in groups]
            rows.append(self._row(p, groups, known_by_half, holding))
            halves += [
                (outcome(known_by_half[0][0], b[0]), outcome(known_by_half[0][1], b[1])) for b in known_by_half[1:]
            ]
        marked = [_made(row) if row.name in defining else row for row in rows]
        judged, tests = _judged(marked, halves)
        return ordered(judged), tests

    def _row(
        self,
        p: Phenotype,
        groups: Sequence[Group],
        by_half: Sequence[tuple[Known, Known]],
        holding: Sequence["Holding"],
    ) -> ComparedRow:
        levels, whole = self.columns.levels(p.name), [join(*halves) for halves in by_half]
        contrasts = tuple(
            held.beside(_crude(whole[0], b), p.name, self.values(p.name))
            for held, b in zip(holding, whole[1:], strict=True)
        )
        return ComparedRow(
            name=p.name,
            label=p.label,
            unit=p.unit,
            section=p.section,
            shape=_shape(levels),
            levels=levels,
            level=levels[1] if len(levels) == 2 else "",
            defines=False,
            groups=tuple(_summary(k, len(group.rows)) for k, group in zip(whole, groups, strict=True)),
            contrasts=contrasts,
        )

    def values(self, name: str) -> np.ndarray:
        """One column as the page holds it, read once; angles within half a turn of everyone's mean direction."""
        if name not in self._values:
            values = self.columns.values(name)
            turns = self.columns.dictionary[name].unit in ANGLES and not self.columns.levels(name)
            self._values[name] = unrolled(values) if turns else values
        return self._values[name]

    def spread(self, name: str) -> float:
        """Everyone's standard deviation of a column of numbers; 0 of levels."""
        if name not in self._spreads:
            values = self.values(name)
            self._spreads[name] = 0.0 if self.columns.levels(name) else float(np.nanstd(values.astype(np.float64)))
        return self._spreads[name]

    @property
    def angles(self) -> bool:
        """Whether a column counts degrees beyond half a turn: 190 where it was recorded as -170."""
        names = [p.name for p in self.columns.dictionary if p.unit in ANGLES]
        return any(np.nanmax(np.abs(self.values(name)), initial=0) > HALF_TURN for name in names)

    def _known(self, name: str, group: Group) -> tuple[Known, Known]:
        values, levels = self.values(name)[group.rows], len(self.columns.levels(name))
        return known(values[: group.cut], levels), known(values[group.cut :], levels)

    def _holding(self, a: Group, b: Group, adjust: Sequence[str]) -> "Holding":
        rows = np.concatenate([a.rows, b.rows])
        others = [part for name in adjust for part in self._numbers(name, rows)]
        columns = np.column_stack(others) if others else np.zeros((len(rows), 0))
        complete: Bool[np.ndarray, " n"] = np.asarray(np.isfinite(columns).all(axis=1))
        n_a = int(complete[: len(a.rows)].sum())
        few = min(n_a, int(complete.sum()) - n_a) < FEWEST_HELD
        design = None if few or not others else Design.of(n_a, columns[complete])
        reason = (
            f"under {FEWEST_HELD} people of a group have all of what is held equal"
            if others
            else "nothing is held equal"
        )
        return Holding(rows[complete], design, tuple(adjust), reason)

    def _numbers(self, name: str, rows: Int64[np.ndarray, " n"]) -> list[Float64[np.ndarray, " n"]]:
        values, levels = self.values(name)[rows], len(self.columns.levels(name))
        if not levels:
            return [values.astype(np.float64)]
        return [np.where(values < 0, np.nan, values == level) for level in range(1, levels)]


@dataclass(frozen=True, slots=True)
class Holding:
    """Two groups with what is held equal between them; no `design` where that cannot be, for the `reason`."""

    rows: Int64[np.ndarray, " n"]
    design: Design | None
    names: tuple[str, ...]
    reason: str

    def beside(self, crude: Contrast, name: str, values: np.ndarray) -> Contrast:
        """The crude contrast, with the same figures when the other columns are equal beside it."""
        if crude.smd.value is None:
            return replace(crude, reason_adjusted=crude.reason)
        if name in self.names:
            return replace(crude, reason_adjusted="it is what is held equal")
        if crude.difference is None:
            return replace(crude, reason_adjusted="several levels have no single difference")
        if self.design is None:
            return replace(crude, reason_adjusted=self.reason)
        here = values[self.rows]
        share = np.issubdtype(here.dtype, np.integer)
        y = np.where(here < 0, np.nan, here == 1) if share else here.astype(np.float64)
        held, unit = self.design.difference(y), crude.difference / crude.smd.value if crude.smd.value else np.nan
        if not np.isfinite(held.value / unit):
            return replace(crude, reason_adjusted="the groups do not overlap in what is held equal")
        adjusted = Held(held.value / unit, held.low / unit, held.high / unit, held.n)
        odds = _estimate(self.design.odds(y)) if share else Estimate()
        return replace(crude, adjusted=_estimate(adjusted), adjusted_odds=odds)


def _crude(a: Known, b: Known) -> Contrast:
    found = outcome(a, b)
    odds, corrected = Estimate(), False
    if isinstance(a, Counts) and isinstance(b, Counts) and len(a.counts) == 2 and not found.reason:
        ratio, halved = odds_ratio(a.counts[1], a.counts.sum(), b.counts[1], b.counts.sum())
        odds = _estimate(Held(float(ratio.value), float(ratio.low), float(ratio.high), a.n + b.n))
        corrected = bool(halved)
    return Contrast(
        difference=_told(found.difference),
        smd=_estimate(Held(found.value, found.low, found.high, a.n + b.n)),
        odds=odds,
        corrected=corrected,
        test=found.test,
        p=_told(found.p),
        reason=found.reason,
    )


def _summary(k: Known, n: int) -> Summary:
    if isinstance(k, Counts):
        return Summary(n=k.n, missing=n - k.n, counts=tuple(k.counts.astype(int).tolist()))
    assert isinstance(k, Numbers)  # noqa: S101 - the only other kind
    quartiles = np.percentile(k.values, QUARTILES).tolist() if k.n else (np.nan,) * 3
    low, median, high = (_told(float(value)) for value in quartiles)
    return Summary(
        n=k.n,
        missing=n - k.n,
        mean=_told(float(k.sample.mean)),
        sd=_told(float(np.sqrt(k.sample.variance))),
        median=median,
        low_quartile=low,
        high_quartile=high,
    )


def _judged(rows: Sequence[ComparedRow], halves: Sequence[Halves]) -> tuple[list[ComparedRow], int]:
    """With q over all tests of the table, and whether a difference found in one half is there in the other.

    A row whose difference was made is neither tested nor found.
    """
    flat = [contrast for row in rows for contrast in row.contrasts]
    made = np.array([contrast.reason == MADE for contrast in flat], bool)
    p = np.array([np.nan if contrast.p is None else contrast.p for contrast in flat], np.float64)
    first, second = (np.array([pair[i].p for pair in halves], np.float64) for i in (0, 1))
    signs = np.array([np.sign(one.value) == np.sign(other.value) for one, other in halves], bool)
    q = benjamini_hochberg(p)
    found = benjamini_hochberg(np.where(made, np.nan, first)) <= FALSE_SHARE
    again = (benjamini_hochberg(np.where(found, second, np.nan)) <= FALSE_SHARE) & signs
    both = np.isfinite(first) & np.isfinite(second) & ~made
    words: list[Split] = [_word(*each) for each in zip(both, found, again, strict=True)]
    told = iter([replace(c, q=_told(float(value)), split=word) for c, value, word in zip(flat, q, words, strict=True)])
    judged = [replace(row, contrasts=tuple(next(told) for _ in row.contrasts)) for row in rows]
    return judged, int(np.isfinite(p).sum())


def _word(tested: np.bool_, found: np.bool_, again: np.bool_) -> Split:
    if not tested:
        return ""
    return "not found" if not found else "confirmed" if again else "not confirmed"


def _made(row: ComparedRow) -> ComparedRow:
    contrasts = tuple(replace(c, p=None, test="", reason=MADE) for c in row.contrasts)
    return replace(row, defines=True, contrasts=contrasts)


def _shape(levels: tuple[str, ...]) -> Shape:
    return "numbers" if not levels else "share" if len(levels) == 2 else "levels"


def _estimate(held: Held) -> Estimate:
    if not np.isfinite(held.value):
        return Estimate()
    return Estimate(value=held.value, low=_told(held.low), high=_told(held.high), n=held.n)


def _told(value: float) -> float | None:
    return value if np.isfinite(value) else None

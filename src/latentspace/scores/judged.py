"""Out-of-fold predictions of one space beside the truth, and how well they do for everyone and for groups."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Int64

from latentspace.answers import Figure
from latentspace.scores.answer import Calibration, Scored
from latentspace.stats.accuracy import Estimate, Ranked, Values, auprc, auroc, brier, mae, r2
from latentspace.stats.calibration import bins, slope
from latentspace.stats.enough import too_few

OF_CHANCE = {"auroc": auroc, "auprc": auprc, "brier": brier}
OF_NUMBER = {"r2": r2, "mae": mae}
EVERYONE = "everyone"

Group = Bool[np.ndarray, " n"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Of every row: whose it is, which fit has predicted it, and whether the encoder has never seen its person."""

    person: Int64[np.ndarray, " n"]
    fold: Int64[np.ndarray, " n"]
    held_out: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """What one space says of every row, and the truth, by target; what is asked of everyone is worked out once."""

    space: str
    binary: tuple[bool, ...]
    said: tuple[Float32[np.ndarray, " n"], ...]
    truth: tuple[Values, ...]
    table: Table
    _orders: dict[int, Int64[np.ndarray, " known"]] = field(default_factory=dict)
    _everyone: dict[int, Scored] = field(default_factory=dict)

    def ranked(self, which: int) -> Ranked:
        """The rows of one target that have both."""
        said, truth = self.said[which], self.truth[which]
        rows = self._orders.get(which)
        if rows is None:
            rows = np.flatnonzero(~np.isnan(said) & ~np.isnan(truth))
            self._orders[which] = rows = rows[np.argsort(said[rows], kind="stable")]
        return Ranked(
            truth=truth[rows],
            said=said[rows].astype(np.float64),
            row=rows,
            person=self.table.person[rows],
            fold=self.table.fold[rows],
        )

    def everyone(self, which: int) -> Scored:
        """How well one target is predicted of all."""
        if which not in self._everyone:
            self._everyone[which] = _scored(EVERYONE, self.ranked(which), self, binary=self.binary[which])
        return self._everyone[which]


def scored(predictions: Predictions, which: int, groups: Sequence[Group]) -> tuple[Scored, ...]:
    """How well one target is predicted of everyone and of each group."""
    everyone = predictions.everyone(which)
    if not groups:
        return (everyone,)
    ranked, binary = predictions.ranked(which), predictions.binary[which]
    each = (_scored(str(i), ranked.among(rows), predictions, binary=binary) for i, rows in enumerate(groups))
    return everyone, *each


def calibrated(predictions: Predictions, which: int, groups: Sequence[Group]) -> tuple[Calibration, ...]:
    """Calibration of one target for everyone and each group."""
    ranked, binary = predictions.ranked(which), predictions.binary[which]
    asked = {EVERYONE: ranked, **{str(i): ranked.among(rows) for i, rows in enumerate(groups)}}
    return tuple(
        Calibration(
            people=people,
            n=heads(some),
            predicted=float(some.said.mean()) if len(some.said) else None,
            observed=float(some.truth.mean()) if len(some.truth) else None,
            slope=slope(some) if binary else None,
            bins=bins(some, binary=binary),
        )
        for people, some in asked.items()
    )


def estimated(ranked: Ranked, name: str, *, binary: bool) -> Estimate | None:
    """One figure of some rows; none where nothing can be said of them."""
    return None if why_not(ranked, binary=binary) else (OF_CHANCE if binary else OF_NUMBER)[name](ranked)


def why_not(ranked: Ranked, *, binary: bool) -> str:
    """Why nothing can be said of some rows; empty where it can."""
    n = heads(ranked)
    if n == 0:
        return "nobody who is known and predicted"
    if np.ptp(ranked.truth) == 0:
        return "one class only" if binary else "the same for everybody"
    return too_few(n, [heads(ranked.of(ranked.truth == value)) for value in (0, 1)] if binary else ())


def heads(ranked: Ranked) -> int:
    """To how many people these rows belong."""
    return int(np.count_nonzero(np.bincount(ranked.person)))


def _scored(people: str, ranked: Ranked, predictions: Predictions, *, binary: bool) -> Scored:
    figures = _figures(ranked, binary=binary)
    held_out = ranked.among(predictions.table.held_out)
    first = next(iter(OF_CHANCE if binary else OF_NUMBER))
    return Scored(
        people=people,
        n=heads(ranked),
        events=heads(ranked.of(ranked.truth > 0)) if binary else None,
        figures=figures,
        held_out=_figures(held_out, binary=binary, names=(first,))[first],
    )


def _figures(ranked: Ranked, *, binary: bool, names: Sequence[str] = ()) -> dict[str, Figure]:
    n, statistics = heads(ranked), OF_CHANCE if binary else OF_NUMBER
    names = names or tuple(statistics)
    if reason := why_not(ranked, binary=binary):
        return dict.fromkeys(names, Figure(n=n, reason=reason))
    return {name: _figure(statistics[name](ranked), ranked, n) for name in names}


def _figure(estimate: Estimate, ranked: Ranked, n: int) -> Figure:
    if not np.isfinite(estimate.value):
        return Figure(n=n, reason="no fold has both classes")
    low, high = estimate.interval(ranked.person)
    return Figure(value=estimate.value, low=low, high=high, n=n)

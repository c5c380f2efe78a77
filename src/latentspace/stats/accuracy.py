"""How well predictions do, with what each row adds to the figure: an interval without a bootstrap."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64, Shaped
from scipy.special import betaincinv, expit, logit, ndtri

CONFIDENCE = 0.95
Z = float(ndtri((1 + CONFIDENCE) / 2))

Values = Float64[np.ndarray, " n"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """What is said of some rows and what is true of them, in ascending order of what is said; nothing is missing.

    `row` is the place of each in the table, `person` whose row it is, `fold` which fit has said it.
    """

    truth: Values
    said: Values
    row: Int64[np.ndarray, " n"]
    person: Int64[np.ndarray, " n"]
    fold: Int64[np.ndarray, " n"]

    def of(self, kept: Bool[np.ndarray, " n"]) -> "Ranked":
        """The same for some of the rows."""
        return Ranked(
            truth=self.truth[kept],
            said=self.said[kept],
            row=self.row[kept],
            person=self.person[kept],
            fold=self.fold[kept],
        )

    def among(self, rows: Bool[np.ndarray, " table"]) -> "Ranked":
        """The same for those that are among some rows of the table."""
        return self.of(rows[self.row])


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure and the influence of each row on it: its variance is the sum over people of their squared influence.

    The interval is symmetric in the logarithm, the log odds, or the logarithm of what is missing to 1. `trials` are
    people of the rarer class: where nothing is ranked wrongly they bound what may still be.
    """

    value: float
    influence: Values
    scale: Literal["log", "logit", "rest"]
    trials: int = 0

    def error(self, person: Int64[np.ndarray, " n"]) -> float:
        """Standard error; a person's rows count as one."""
        return float(np.sqrt((np.bincount(person, self.influence) ** 2).sum()))

    def interval(self, person: Int64[np.ndarray, " n"]) -> tuple[float, float]:
        """The 95 % interval."""
        width = Z * self.error(person)
        match self.scale:
            case "log":
                return _around(self.value, width)
            case "rest":
                low, high = _around(1 - self.value, width)
                return 1 - high, 1 - low
            case "logit":
                return self._odds(width)

    def _odds(self, width: float) -> tuple[float, float]:
        spread = self.value * (1 - self.value)
        if spread > 0 and width > 0:
            middle = float(logit(self.value))
            return float(expit(middle - width / spread)), float(expit(middle + width / spread))
        wrong = float(betaincinv(self.trials, 1, (1 - CONFIDENCE) / 2)) if self.trials else 1.0
        return (min(self.value, wrong), 1.0) if self.value > 0.5 else (0.0, max(self.value, 1 - wrong))


def auroc(ranked: Ranked) -> Estimate:
    """How often, of two people of the same fold, the one with the event is given the higher probability; ties half.

    Within one fold its variance is that of DeLong.

    Source:
        DeLong, DeLong & Clarke-Pearson 1988, by ranks as in Sun & Xu 2014; within folds: Airola et al. 2011.
    """
    order = np.argsort(ranked.fold, kind="stable")
    truth, said, fold = ranked.truth[order] > 0, ranked.said[order], ranked.fold[order]
    first, last = np.searchsorted(fold, fold), np.searchsorted(fold, fold, side="right")
    begin, end = _ties((np.diff(said) != 0) | (np.diff(fold) != 0), len(said))
    others, events = _before(~truth), _before(truth)
    wins = np.where(
        truth,
        (others[begin] + others[end]) / 2 - others[first],
        events[last] - (events[begin] + events[end]) / 2,
    )
    pairs = np.where(truth, others[last] - others[first], events[last] - events[first])
    total = pairs[truth].sum()
    value = float(wins[truth].sum() / total) if total else np.nan
    influence = np.empty(len(said))
    influence[order] = (wins - value * pairs) / max(total, 1) * np.where(truth, _unbias(truth), _unbias(~truth))
    return Estimate(
        value=value, influence=influence, scale="logit", trials=int(min(truth.sum(), len(truth) - truth.sum()))
    )


def auprc(ranked: Ranked) -> Estimate:
    """Average precision: the share of events among those said to be likelier, the mean over the events.

    A row moves it by its own precision and by the precision of every event below it.
    """
    truth = ranked.truth
    begin, end = _ties(np.diff(ranked.said) != 0, len(truth))
    count = len(truth) - begin
    hits = truth.sum() - _before(truth)[begin]
    precision = hits / count
    n = truth.sum()
    value = float((truth * precision).sum() / n)
    one, other = _before(truth / count)[end], _before(truth * hits / count**2)[end]
    influence = (truth * (precision - value) + truth * one - other) / n * _unbias(truth > 0)
    return Estimate(value=value, influence=influence, scale="logit", trials=int(n))


def brier(ranked: Ranked) -> Estimate:
    """The mean squared error of a probability."""
    return _mean((ranked.truth - ranked.said) ** 2, "logit")


def mae(ranked: Ranked) -> Estimate:
    """The mean absolute error, in the unit of the phenotype."""
    return _mean(np.abs(ranked.truth - ranked.said), "log")


def r2(ranked: Ranked) -> Estimate:
    """Share of the variance that is predicted; below 0 where the mean would have been better."""
    missed, square = (ranked.truth - ranked.said) ** 2, (ranked.truth - ranked.truth.mean()) ** 2
    left = float(missed.sum() / square.sum())
    influence = (left * square - missed) / square.sum() * np.sqrt(len(missed) / (len(missed) - 1))
    return Estimate(value=1 - left, influence=influence, scale="rest")


def _mean(values: Values, scale: Literal["log", "logit"]) -> Estimate:
    n = len(values)
    value = float(values.mean())
    return Estimate(value=value, influence=(values - value) / np.sqrt(n * (n - 1)), scale=scale)


def _around(value: float, width: float) -> tuple[float, float]:
    """An interval about a positive value, symmetric in its logarithm."""
    if value <= 0:
        return value, value
    return value * float(np.exp(-width / value)), value * float(np.exp(width / value))


def _before(values: Shaped[np.ndarray, " n"]) -> Float64[np.ndarray, " n+1"]:
    """The sum of what comes before each place, and of all."""
    return np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])


def _unbias(members: Bool[np.ndarray, " n"]) -> float:
    """Makes a sum of squares over so many an unbiased variance."""
    n = int(members.sum())
    return float(np.sqrt(n / (n - 1))) if n > 1 else 1.0


def _ties(changes: Bool[np.ndarray, " gaps"], n: int) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Where the run of equal values around each place begins and ends."""
    starts = np.flatnonzero(np.concatenate([[True], changes]))
    run = np.cumsum(np.concatenate([[0], changes]))[:n]
    return starts[run], np.append(starts[1:], n)[run]

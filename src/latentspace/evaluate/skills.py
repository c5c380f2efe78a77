"""Figures of predictions with intervals over people; many predictions of the same people share their draws."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64

from latentspace.stats.bootstrap import DRAWS, Figure, Ratio, Statistic, figure_over, mean, resampled
from latentspace.stats.enough import too_few
from latentspace.stats.skill import auprc, auroc, calibration_slope, r2

CELLS, FEWEST_DRAWS = 1_000_000, 200  # weights at once: 1,000 draws of 1,000 people, fewer of more

Values = Float64[np.ndarray, " n"]


@dataclass(slots=True)
class Draws:
    """How often the person of each row is drawn; kept for the rows asked last, as most targets share them."""

    weights: Float64[np.ndarray, "draws people"]
    person: Int64[np.ndarray, " n"]
    _rows: bytes = b""
    _of: Float64[np.ndarray, "draws _"] = field(default_factory=lambda: np.zeros((0, 0)))

    @classmethod
    def of_people(cls, person: Int64[np.ndarray, " n"], rng: np.random.Generator) -> "Draws":
        """1,000 draws, or as many as memory and time allow, at least 200."""
        n = int(person.max(initial=0)) + 1
        return cls(resampled(n, rng, draws=max(FEWEST_DRAWS, min(DRAWS, CELLS // n))), person)

    def figure(self, statistic: Statistic, rows: Bool[np.ndarray, " n"]) -> Figure:
        """A statistic of these rows."""
        if self._rows != rows.tobytes():
            self._rows, self._of = rows.tobytes(), self.weights[:, self.person[rows]]
        found, parts = figure_over(statistic, self._of), None
        if found.parts is not None:
            parts = Ratio(self._by_person(found.parts.above, rows), self._by_person(found.parts.below, rows))
        return replace(found, n=self.people(rows), parts=parts)

    def people(self, rows: Bool[np.ndarray, " n"]) -> int:
        """To how many people these rows belong."""
        return int(np.count_nonzero(np.bincount(self.person[rows])))

    def _by_person(
        self, values: Float64[np.ndarray, " known"], rows: Bool[np.ndarray, " n"]
    ) -> Float64[np.ndarray, " people"]:
        """Sums over the rows of each person: a person is drawn whole, with every visit."""
        _, person = np.unique(self.person[rows], return_inverse=True)
        return np.bincount(person, values)


def number_figures(truth: Values, said: Values, draws: Draws) -> dict[str, Figure]:
    """`r2`, and `mae` in the unit of the phenotype, of the rows that have both."""
    rows = ~np.isnan(truth) & ~np.isnan(said)
    if reason := reason_against(truth, rows, draws, binary=False):
        return dict.fromkeys(("r2", "mae"), Figure(n=draws.people(rows), reason=reason))
    statistics = {"r2": r2(truth[rows], said[rows]), "mae": mean(np.abs(truth - said)[rows])}
    return {name: draws.figure(statistic, rows) for name, statistic in statistics.items()}


def chance_figures(truth: Values, said: Values, fold: Int64[np.ndarray, " n"], draws: Draws) -> dict[str, Figure]:
    """`auroc` (within folds), `auprc`, `brier`, `calibration_slope` of the rows that have both."""
    rows = ~np.isnan(truth) & ~np.isnan(said)
    if reason := reason_against(truth, rows, draws, binary=True):
        names = ("auroc", "auprc", "brier", "calibration_slope")
        return dict.fromkeys(names, Figure(n=draws.people(rows), reason=reason))
    truth, said = truth[rows], said[rows]
    statistics: Mapping[str, Statistic] = {
        "auroc": auroc(truth, said, fold[rows]),
        "auprc": auprc(truth, said),
        "brier": mean((truth - said) ** 2),
        "calibration_slope": calibration_slope(truth, said),
    }
    return {name: draws.figure(statistic, rows) for name, statistic in statistics.items()}


def reason_against(truth: Values, rows: Bool[np.ndarray, " n"], draws: Draws, *, binary: bool) -> str:
    """Why nothing can be said of these rows; empty where it can."""
    n, known = draws.people(rows), truth[~np.isnan(truth)]
    if len(known) and np.ptp(known) == 0:
        return "one class only" if binary else "the same for everybody"
    return too_few(n, [draws.people(rows & (truth == value)) for value in (0, 1)] if binary else ())

"""How well an event is foreseen: Cox models on the latents, on the phenotypes and on both, judged out of fold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Float64, Int64

from latentspace.columns import Columns
from latentspace.comparison.answer import Estimate
from latentspace.stats.following import Course, concordance
from latentspace.survival.answer import CoxModel, Term
from latentspace.survival.cox import Fit, cox
from latentspace.survival.predictors import Predictor, filled, predictors, usable
from latentspace.survival.table import Following, hazard_ratio

FOLDS, RIDGE, FEWEST_EVENTS, MOST_TERMS = 5, 0.02, 20, 12
MOST_PEOPLE = 10_000  # fits of more take minutes and say the same
SOURCES = {"latents": "Latents", "phenotypes": "Phenotypes", "both": "Both"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseeing:
    """Who is followed and has a code, a row for each person; the code's numbers by name."""

    following: Following
    rows: Int64[np.ndarray, " n"]
    dims: tuple[str, ...]
    codes: Float32[np.ndarray, "rows dims"]

    def models(self, columns: Columns) -> tuple[CoxModel, ...]:
        """One model for each source, of the same people.

        Raises:
            MissingExtraError: lifelines is not installed.
        """
        known = self.following.kept(self.rows)
        rows = known[np.isfinite(self.codes[known]).all(axis=1)]
        rows = np.random.default_rng(0).permutation(rows)[:MOST_PEOPLE]
        latents = [
            Predictor(name, name, self.codes[rows, i].astype(np.float64), number=True)
            for i, name in enumerate(self.dims)
        ]
        table = predictors(columns, usable(columns), rows)
        of_source = {"latents": latents, "phenotypes": table, "both": [*latents, *table]}
        course = self.following.course.at(rows)
        return tuple(_model(source, found, course) for source, found in of_source.items())


def _model(source: str, found: Sequence[Predictor], course: Course) -> CoxModel:
    x, label = filled(found, len(course.time)), SOURCES[source]
    told = CoxModel(source=source, label=label, n=len(x), events=course.events, of_terms=len(found))
    if min(course.events, len(x) - course.events) < FEWEST_EVENTS:
        return replace(told, reason=f"fewer than {FEWEST_EVENTS} people with or without the event")
    if not found:
        return replace(told, reason="there is nothing to foresee it from")
    whole = cox(course, x, RIDGE)
    if whole is None:
        return replace(told, reason="the fit does not converge")
    return replace(told, concordance=_out_of_fold(course, x), terms=_terms(found, whole, len(x)))


def _out_of_fold(course: Course, x: Float64[np.ndarray, "n d"]) -> Estimate:
    """C of risks that each person's own outcome has taught nothing, within each fold."""
    n = len(x)
    fold = np.random.default_rng(0).permutation(n) % FOLDS
    risk = np.zeros(n)
    for part in range(FOLDS):
        others = fold != part
        fit = cox(course.at(others), x[others], RIDGE)
        if fit is None:
            return Estimate()
        risk[~others] = x[~others] @ fit.beta
    found = concordance(course, risk, fold)
    return Estimate() if found is None else Estimate(value=found.value, low=found.low, high=found.high, n=n)


def _terms(found: Sequence[Predictor], fit: Fit, n: int) -> tuple[Term, ...]:
    surest = np.argsort(-np.abs(fit.beta / fit.error), kind="stable")[:MOST_TERMS]
    return tuple(
        Term(
            name=found[i].name,
            label=found[i].label,
            ratio=hazard_ratio(float(fit.beta[i]), float(fit.error[i]), n),
        )
        for i in surest
    )

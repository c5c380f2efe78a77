"""Penalised logistic regression: what can be read from a code, the penalty chosen by folds of people."""

import numpy as np
from jaxtyping import Float64, Int64
from sklearn.linear_model import LogisticRegression

from latentspace.stats.scoring import FOLDS, folds

STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)  # inverse penalties; columns have variance 1


def read_out(
    z: Float64[np.ndarray, "n d"],
    truth: Float64[np.ndarray, " n"],
    person: Int64[np.ndarray, " n"],
    learnt: Int64[np.ndarray, " learnt"],
    asked: Int64[np.ndarray, " asked"],
) -> Float64[np.ndarray, " asked"]:
    """Log odds of the people asked, by a fit on `learnt` whose penalty gives inner folds the least log loss.

    NaN where the truth is not known; 0 for all where the people learnt from are all alike.
    """
    learnt = learnt[~np.isnan(truth[learnt])]
    if len(np.unique(truth[learnt])) < 2:
        return np.where(np.isnan(truth[asked]), np.nan, 0.0)
    middle, spread = z[learnt].mean(axis=0), z[learnt].std(axis=0)
    unit = (z - middle) / np.where(spread > 0, spread, 1)
    fold = folds(person[learnt], seed=0)
    losses = [
        np.mean([_loss(unit, truth, learnt[fold != f], learnt[fold == f], strength) for f in range(FOLDS)])
        for strength in STRENGTHS
    ]
    said = _fitted(unit, truth, learnt, STRENGTHS[int(np.argmin(losses))]).decision_function(unit[asked])
    return np.where(np.isnan(truth[asked]), np.nan, said)


def _loss(z: np.ndarray, truth: np.ndarray, inside: np.ndarray, outside: np.ndarray, strength: float) -> float:
    """Mean log loss of those outside, by a fit on those inside."""
    if len(np.unique(truth[inside])) < 2:
        return np.log(2)
    said = _fitted(z, truth, inside, strength).decision_function(z[outside])
    return float(np.logaddexp(0, np.where(truth[outside] > 0, -said, said)).mean())


def _fitted(z: np.ndarray, truth: np.ndarray, rows: np.ndarray, strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, solver="newton-cholesky").fit(z[rows], truth[rows] > 0)

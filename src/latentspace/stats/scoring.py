"""Predict phenotypes from codes: ridge with its penalty chosen inside, calibrated probabilities, out-of-fold values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64, Shaped
from scipy.special import expit, logit

FOLDS = 5
PENALTIES = np.logspace(-4, 2, 13)  # in units of the number of rows; columns have variance 1
STEPS = 50  # of Newton's method, which needs about eight

Matrix = Float64[np.ndarray, "n d"]
Targets = Float64[np.ndarray, "n targets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Columns of `y` are to be predicted from `x`, for rows of which each is of one `person`.

    NaN in `y` is not known; `binary` columns of it are 0 or 1. NaN in `x` is taken as typical; a row with nothing but
    NaN is left out. `allowed[i, t]` says whether column i of `x` may predict target t.
    """

    x: Matrix
    y: Targets
    binary: Bool[np.ndarray, " targets"]
    person: Int64[np.ndarray, " n"]
    allowed: Bool[np.ndarray, "d targets"]

    def of(self, rows: Shaped[np.ndarray, " rows"]) -> "Problem":
        """The same for some rows."""
        return replace(self, x=self.x[rows], y=self.y[rows], person=self.person[rows])

    def only(self, targets: Int64[np.ndarray, " some"]) -> "Problem":
        """The same for some targets."""
        return replace(self, y=self.y[:, targets], binary=self.binary[targets], allowed=self.allowed[:, targets])


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """Linear predictors of several targets: `x @ weights + offset` is the value, or the log odds where `binary`.

    `typical` stands in for what a row lacks; `n` counts the people whom each target was learnt from. A target that
    cannot be learnt (a constant, nobody, no column) has a NaN offset.
    """

    weights: Float64[np.ndarray, "d targets"]
    offset: Float64[np.ndarray, " targets"]
    typical: Float64[np.ndarray, " d"]
    binary: Bool[np.ndarray, " targets"]
    n: Int64[np.ndarray, " targets"]

    def predict(self, x: Matrix) -> Targets:
        """Values and probabilities; NaN for rows of which nothing is known."""
        said = np.where(np.isnan(x), self.typical, x) @ self.weights + self.offset
        said[:, self.binary] = expit(said[:, self.binary])
        said[np.isnan(x).all(axis=1)] = np.nan
        return said


def fit(problem: Problem) -> Predictor:
    """Learn every target.

    Each has its own penalty, the one with the least squared error when each *person* in turn is left out, which
    ridge regression gives in closed form. Probabilities are ridge scores of people who were left out, put through a
    logistic curve (Platt): a penalised logistic regression has no closed form and other weights for every target.

    Source:
        Golub, Heath & Wahba 1979 (leaving out, closed form); Platt 1999, Probabilistic outputs for support vector
        machines.
    """
    x, y, targets = problem.x, problem.y, problem.y.shape[1]
    has_x: Bool[np.ndarray, " n"] = np.any(~np.isnan(x), axis=1)
    typical = _column_means(x)
    full = np.where(np.isnan(x), typical, x)
    weights, offset, n = np.zeros((x.shape[1], targets)), np.full(targets, np.nan), np.zeros(targets, np.int64)
    for rows, allowed, columns in _alike(has_x[:, None] & ~np.isnan(y), problem.allowed):
        n[columns] = len(np.unique(problem.person[rows]))
        if n[columns[0]] < 2 or not allowed.any():
            continue
        truth = y[np.ix_(rows, columns)]
        some, base, left_out = ridge(full[np.ix_(rows, allowed)], truth, problem.person[rows])
        for i in np.flatnonzero(problem.binary[columns]):
            slope, bias = platt(left_out[:, i], truth[:, i])
            some[:, i], base[i] = slope * some[:, i], slope * base[i] + bias
        weights[np.ix_(allowed, columns)], offset[columns] = some, np.where(np.ptp(truth, axis=0) > 0, base, np.nan)
    return Predictor(weights=weights, offset=offset, typical=typical, binary=problem.binary, n=n)


def ridge(
    x: Matrix, y: Targets, person: Int64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, "d targets"], Float64[np.ndarray, " targets"], Targets]:
    """Ridge regression on standardised columns, nothing missing, from one decomposition for all targets.

    Returns:
        Weights and offsets in the units of `x` and `y`, and what the fit says of each row when its person is left
        out, about the mean of all. (About the mean of the others, a fit that has learnt nothing would say the less
        of a row the more it has: a curve through that would take it for knowledge.)
    """
    centre, middle = x.mean(axis=0), y.mean(axis=0)
    spread = x.std(axis=0)
    spread = np.where(spread > 1e-9 * np.maximum(1, np.abs(centre)), spread, np.inf)
    unit, truth = (x - centre) / spread, y - middle
    strength, axes = np.linalg.eigh(unit.T @ unit)
    strength, scores = np.maximum(strength, 0), unit @ axes
    along = scores.T @ truth
    least = np.full(y.shape[1], np.inf)
    best, left_out = np.ones(y.shape[1]), np.zeros_like(y)
    for penalty in PENALTIES * len(x):
        residual = truth - scores @ (along / (strength + penalty)[:, None])
        residual = _without_own(residual, scores, strength + penalty, person)
        error = (residual**2).sum(axis=0)
        better = error < least
        least[better], best[better] = error[better], penalty
        left_out[:, better] = y[:, better] - residual[:, better]
    weights = axes @ (along / (strength[:, None] + best)) / spread[:, None]
    left_out += _pull_of_own(truth, person)
    return weights, middle - centre @ weights, left_out


def platt(score: Float64[np.ndarray, " n"], truth: Float64[np.ndarray, " n"]) -> tuple[float, float]:
    """Slope (never below 0) and offset of the log odds of `truth` (0, 1) along `score`, by Newton's method.

    Targets are drawn in a little (Platt 1999, section 2.2): scores that part the classes do not lead to certainty.
    """
    events = truth.sum()
    aim = np.where(truth > 0, (events + 1) / (events + 2), 1 / (len(truth) - events + 2))
    scale = score.std()
    prior = float(logit(aim.mean()))
    if scale < 1e-12:
        return 0.0, prior
    x = np.stack([(score - score.mean()) / scale, np.ones(len(score))], axis=1)
    beta = logistic(x, aim, np.array([0.0, prior]))
    if beta[0] <= 0:
        return 0.0, prior
    slope = float(beta[0] / scale)
    return slope, float(beta[1] - slope * score.mean())


def logistic(x: Matrix, aim: Float64[np.ndarray, " n"], start: Float64[np.ndarray, " d"]) -> Float64[np.ndarray, " d"]:
    """Coefficients of a logistic regression on few columns, no penalty; `aim` lies between 0 and 1."""
    beta = start
    for _ in range(STEPS):
        chance = expit(x @ beta)
        curve = x.T @ (x * (chance * (1 - chance))[:, None]) + 1e-9 * np.eye(x.shape[1])
        step = np.linalg.solve(curve, x.T @ (aim - chance))
        beta = beta + step / max(1.0, np.abs(step).max() / 2)  # a long step overshoots
        if np.abs(step).max() < 1e-8:
            break
    return beta


def folds(person: Int64[np.ndarray, " n"], *, seed: int) -> Int64[np.ndarray, " n"]:
    """The fold of every row, 0 to 4; all rows of a person are in one."""
    people, place = np.unique(person, return_inverse=True)
    return (np.random.default_rng(seed).permutation(len(people)) % FOLDS)[place]


def out_of_fold(y: Targets, fold: Int64[np.ndarray, " n"], said: Sequence[Float64[np.ndarray, "_ targets"]]) -> Targets:
    """What is said of each row by the fit on the other folds, of which `said` is in the order of the folds.

    Returns:
        The values, NaN where `y` is.
    """
    together = np.full(y.shape, np.nan)
    for each, values in enumerate(said):
        together[fold == each] = values
    together[np.isnan(y)] = np.nan
    return together


def half_width(residual: Float64[np.ndarray, " n"], *, share: float = 0.9) -> float:
    """Half the width of an interval that holds a new value with this probability; NaN with too few residuals.

    Source:
        Lei et al. 2018, Distribution-free predictive inference for regression (split conformal).
    """
    size = np.sort(np.abs(residual[np.isfinite(residual)]))
    place = int(np.ceil((len(size) + 1) * share))
    return float(size[place - 1]) if 0 < place <= len(size) else np.nan


def _column_means(x: Matrix) -> Float64[np.ndarray, " d"]:
    return np.nansum(x, axis=0) / np.maximum((~np.isnan(x)).sum(axis=0), 1)


def _alike(
    known: Bool[np.ndarray, "n targets"], allowed: Bool[np.ndarray, "d targets"]
) -> Iterator[tuple[Bool[np.ndarray, " n"], Bool[np.ndarray, " d"], Int64[np.ndarray, " some"]]]:
    """Targets that are known for the same rows and learnt from the same columns: one decomposition serves them all."""
    patterns, which = np.unique(np.concatenate([known, allowed]).T, axis=0, return_inverse=True)
    for i, pattern in enumerate(patterns):
        yield pattern[: len(known)], pattern[len(known) :], np.flatnonzero(which.ravel() == i)


def _without_own(
    residual: Targets, scores: Matrix, penalised: Float64[np.ndarray, " d"], person: Int64[np.ndarray, " n"]
) -> Targets:
    """Residuals had each person been left out: (I - H)^-1 r over the rows of that person, H the fit's own influence."""
    intercept = 1 / len(scores)
    influence = (scores**2) @ (1 / penalised) + intercept
    out = residual / np.maximum(1 - influence, 1e-9)[:, None]
    _, place, count = np.unique(person, return_inverse=True, return_counts=True)
    order = np.argsort(place, kind="stable")
    for size in np.unique(count[count > 1]):
        rows = order[count[place[order]] == size].reshape(-1, size)
        block = np.einsum("gid,d,gjd->gij", scores[rows], 1 / penalised, scores[rows]) + intercept
        out[rows] = np.linalg.solve((1 + 1e-9) * np.eye(size) - block, residual[rows])
    return out


def _pull_of_own(truth: Targets, person: Int64[np.ndarray, " n"]) -> Targets:
    """By how much each person's own rows move the mean; `truth` is centred."""
    _, place, count = np.unique(person, return_inverse=True, return_counts=True)
    own = np.zeros((len(count), truth.shape[1]))
    np.add.at(own, place, truth)
    return own[place] / np.maximum(len(truth) - count[place], 1)[:, None]

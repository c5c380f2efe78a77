"""How good predictions are: statistics over weights of the rows, so that a bootstrap may draw people anew."""

import numpy as np
from jaxtyping import Float64, Int64
from scipy.special import expit, logit

from latentspace.stats.bootstrap import Statistic
from latentspace.stats.scoring import logistic

Values = Float64[np.ndarray, " n"]
Weights = Float64[np.ndarray, "draws n"]
EDGE = 1e-6  # probabilities nearer to 0 or 1 count as this near
HARDLY = 0.05  # spread of log odds below which a slope along them says nothing


def r2(truth: Values, said: Values) -> Statistic:
    """Share of the variance that is predicted; below 0 where the mean of all would have been better."""
    centred = truth - truth.mean()
    parts = np.stack([(truth - said) ** 2, centred**2, centred, np.ones(len(truth))], axis=1)

    def statistic(weights: Weights) -> Float64[np.ndarray, " draws"]:
        missed, square, total, n = (weights @ parts).T
        return 1 - missed / (square - total**2 / n)

    return statistic


def auroc(truth: Values, said: Values, fold: Int64[np.ndarray, " n"]) -> Statistic:
    """How often, of two people of the same fold, the one with the event is given the higher probability; ties half.

    Fits of different folds have different offsets: where more events are in a fold, fewer taught its fit. Across
    folds, a fit that has learnt nothing would therefore rank people the wrong way round.

    Source:
        Airola et al. 2011, An experimental comparison of cross-validation techniques for estimating the AUC.
    """
    order = np.lexsort((said, fold))
    truth, said, fold = truth[order], said[order], fold[order]
    start = np.searchsorted(fold, fold)
    event = np.flatnonzero(truth > 0)
    left, right = _ties(said, fold)

    def statistic(weights: Weights) -> Float64[np.ndarray, " draws"]:
        sorted_weights = weights[:, order]
        below = _cumulated(sorted_weights * (truth == 0))
        events = sorted_weights[:, event]
        before = below[:, start[event]]
        higher = (below[:, left[event]] + below[:, right[event]]) / 2 - before
        pairs = below[:, np.searchsorted(fold, fold[event], side="right")] - before
        return (events * higher).sum(axis=1) / (events * pairs).sum(axis=1)

    return statistic


def auprc(truth: Values, said: Values) -> Statistic:
    """Average precision: the share of events among those said to be likelier, the mean over the events."""
    order = np.argsort(-said, kind="stable")
    truth, said = truth[order], said[order]
    event = np.flatnonzero(truth > 0)
    upto = _ties(said, np.zeros(len(said), np.int64))[1][event]

    def statistic(weights: Weights) -> Float64[np.ndarray, " draws"]:
        sorted_weights = weights[:, order]
        events = sorted_weights[:, event]
        drawn = np.maximum(_cumulated(sorted_weights)[:, upto], 1)  # nobody: then the event weighs nothing either
        precision = _cumulated(sorted_weights * truth)[:, upto] / drawn
        return (events * precision).sum(axis=1) / events.sum(axis=1)

    return statistic


def calibration_slope(truth: Values, said: Values) -> Statistic:
    """Slope of the true log odds along the predicted ones: 1 is right, below 1 is too sure, above 1 too cautious.

    Of a draw, it is the estimate of everyone moved by one Newton step, which is as good as a fit of its own up to
    the square of the difference. Not defined where predictions hardly vary.
    """
    x = np.stack([logit(np.clip(said, EDGE, 1 - EDGE)), np.ones(len(said))], axis=1)
    if x[:, 0].std() < HARDLY:
        return lambda weights: np.full(len(weights), np.nan)
    beta = logistic(x, truth, np.array([1.0, 0.0]))
    chance = expit(x @ beta)
    pull, curve = x * (truth - chance)[:, None], chance * (1 - chance)
    parts = np.stack([*pull.T, curve * x[:, 0] ** 2, curve * x[:, 0], curve], axis=1)

    def statistic(weights: Weights) -> Float64[np.ndarray, " draws"]:
        pull_slope, pull_offset, slope, both, offset = (weights @ parts).T
        return beta[0] + (offset * pull_slope - both * pull_offset) / (slope * offset - both**2)

    return statistic


def _ties(said: Values, fold: Int64[np.ndarray, " n"]) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """For sorted values, where the run of equal ones around each begins and ends."""
    starts = np.flatnonzero(np.concatenate([[True], (np.diff(said) != 0) | (np.diff(fold) != 0)]))
    group = np.searchsorted(starts, np.arange(len(said)), side="right") - 1
    return starts[group], np.append(starts, len(said))[group + 1]


def _cumulated(weights: Weights) -> Float64[np.ndarray, "draws n_and_1"]:
    return np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights, axis=1)], axis=1)

"""Do single dimensions stand for single factors? Three measures, of codes and known factors of the same people."""

from typing import Any

import numpy as np
from jaxtyping import Float64, Int64
from scipy.stats import entropy
from sklearn.linear_model import LassoCV

BINS = 20
PENALTIES = np.logspace(-2, 0, 15)


def dci(z: Float64[np.ndarray, "n dims"], factors: Float64[np.ndarray, "n factors"]) -> float:
    """Disentanglement: 1 where each dimension matters for one factor, 0 where all matter alike for all.

    Importances are the absolute weights of a lasso on standardised codes, its penalty chosen in 5 folds; a dimension
    counts as much as its importances add up to.

    Source:
        Eastwood & Williams 2018, Quantitative evaluation of disentangled representations, section 2.
    """
    x, y = standardised(z), standardised(factors)
    importance = np.stack([_weights(x, column) for column in y.T], axis=1)
    weight = importance.sum(axis=1)
    used = importance[weight > 0]
    if not len(used) or factors.shape[1] < 2:
        return 0.0
    single = 1 - entropy(used, axis=1) / np.log(factors.shape[1])
    return float(weight[weight > 0] @ single / weight.sum())


def mig(z: Float64[np.ndarray, "n dims"], factors: Float64[np.ndarray, "n factors"]) -> float:
    """Mutual information gap: how much more the best dimension tells of a factor than the next, in its entropy.

    Everything is cut into 20 bins of equal width, so that few people inflate every mutual information alike.

    Source:
        Chen, Li, Grosse & Duvenaud 2018, Isolating sources of disentanglement in VAEs, equation 6.
    """
    codes, levels = binned(z), binned(factors)
    gaps: list[float] = []
    for level in levels.T:
        told = np.sort([mutual_information(code, level) for code in codes.T])
        gaps.append((told[-1] - told[-2]) / float(entropy(np.bincount(level))))
    return float(np.mean(gaps))


def sap(z: Float64[np.ndarray, "n dims"], factors: Float64[np.ndarray, "n factors"]) -> float:
    """Separated attribute predictability: R2 of the best single dimension for a factor less that of the next.

    Source:
        Kumar, Sattigeri & Balakrishnan 2018, Variational inference of disentangled latent concepts, section 3.
    """
    r2 = np.sort((standardised(z).T @ standardised(factors) / len(z)) ** 2, axis=0)
    return float((r2[-1] - r2[-2]).mean())


def mutual_information(a: Int64[np.ndarray, " n"], b: Int64[np.ndarray, " n"]) -> float:
    """Of two columns of codes, in nats."""
    table = np.bincount(a * (b.max() + 1) + b, minlength=(a.max() + 1) * (b.max() + 1)).astype(np.float64)
    table = table.reshape(a.max() + 1, b.max() + 1) / len(a)
    return float(entropy(table.sum(axis=0)) + entropy(table.sum(axis=1)) - entropy(table.ravel()))


def binned(values: Float64[np.ndarray, "n columns"]) -> Int64[np.ndarray, "n columns"]:
    """Which of 20 bins of equal width each value of a column lies in."""
    low, span = values.min(axis=0), np.ptp(values, axis=0)
    share = (values - low) / np.where(span > 0, span, 1)
    return np.minimum((share * BINS).astype(np.int64), BINS - 1)


def standardised(values: Float64[np.ndarray, "n columns"]) -> Float64[np.ndarray, "n columns"]:
    """Columns of mean 0 and SD 1; a constant one is 0."""
    centred = values - values.mean(axis=0)
    sd = centred.std(axis=0)
    return np.where(sd > 1e-12, centred / np.where(sd > 1e-12, sd, 1), 0.0)


def _weights(x: Float64[np.ndarray, "n dims"], y: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " dims"]:
    penalties: Any = PENALTIES  # scikit-learn's stubs know only their number
    return np.abs(LassoCV(alphas=penalties, cv=5, max_iter=50_000).fit(x, y).coef_)

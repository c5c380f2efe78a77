"""Do the modalities of one person meet in the shared space, and can they be told apart there?"""

from itertools import combinations

import numpy as np
from jaxtyping import Float32, Float64
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from latentspace.evaluate.people import People
from latentspace.evaluate.retrieval import cosines
from latentspace.stats.bootstrap import FEWEST, Figure, Statistic, figure, mean

FOLDS = 5


def alignment(people: People, rng: np.random.Generator) -> dict[str, Figure]:
    """AUC of matched against unmatched pairs, and accuracy of a linear classifier of the modality (1 / m: mixed)."""
    names = [m.name for m in people.modalities]
    who = people.having(*names)
    if len(names) < 2 or len(who) < FEWEST:
        reason = "one modality only" if len(names) < 2 else f"{len(who)} held-out people have every modality"
        return dict.fromkeys(("alignment.auc", "alignment.modality_classifier"), Figure(n=len(who), reason=reason))
    means = {m: people.spaces[m][who] for m in names}
    aucs = [matched_auc(cosines(means[a], means[b])) for a, b in combinations(names, 2)]
    return {
        "alignment.auc": figure(lambda w: np.mean([auc(w) for auc in aucs], axis=0), len(who), rng),
        "alignment.modality_classifier": figure(mean(told_apart(list(means.values()))), len(who), rng),
    }


def matched_auc(similarity: Float64[np.ndarray, "n n"]) -> Statistic:
    """How often a matched pair (the diagonal) is more similar than an unmatched one; ties count half.

    A person's weight counts in their matched pair and in both places of the unmatched ones.
    """
    n = len(similarity)
    a, b = np.nonzero(~np.eye(n, dtype=bool))
    order = np.argsort(similarity[a, b], kind="stable")
    a, b, unmatched = a[order], b[order], similarity[a, b][order]
    left, right = (np.searchsorted(unmatched, np.diagonal(similarity), side=side) for side in ("left", "right"))

    def statistic(weights: Float64[np.ndarray, "draws n"]) -> Float64[np.ndarray, " draws"]:
        values = np.empty(len(weights))
        for i, w in enumerate(weights):
            below = np.concatenate([[0.0], np.cumsum(w[a] * w[b])])
            values[i] = (w @ (below[left] + below[right])) / (2 * w.sum() * below[-1])
        return values

    return statistic


def told_apart(means: list[Float32[np.ndarray, "n shared"]]) -> Float64[np.ndarray, " n"]:
    """For each person, the share of modalities that a logistic classifier, fitted on others (5 folds), names."""
    n, m = len(means[0]), len(means)
    x, truth, person = np.concatenate(means), np.repeat(np.arange(m), n), np.tile(np.arange(n), m)
    right = np.zeros(n * m)
    for fit, ask in GroupKFold(n_splits=min(FOLDS, n)).split(x, truth, person):
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        right[ask] = classifier.fit(x[fit], truth[fit]).predict(x[ask]) == truth[ask]
    return right.reshape(m, n).mean(axis=0)

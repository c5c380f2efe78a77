"""How good predictions are: against scikit-learn on the people drawn, one by one."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, r2_score, roc_auc_score

from latentspace.stats.bootstrap import Statistic, figure_over, resampled
from latentspace.stats.skill import auprc, auroc, calibration_slope, r2

N = 150
RNG = np.random.default_rng(0)
SCORE = np.round(RNG.standard_normal(N), 1)  # with ties
EVENT = (RNG.random(N) < expit(SCORE)).astype(float)
SAID = expit(0.5 * SCORE)
ONE_FOLD = np.zeros(N, np.int64)
WEIGHTS = resampled(N, RNG, draws=20)


def by_scikit_learn(
    score: Callable[..., float], truth: np.ndarray, said: np.ndarray, weights: np.ndarray
) -> list[float]:
    """The score of each draw, everyone as often as drawn."""
    who = [np.repeat(np.arange(N), draw.astype(int)) for draw in weights]
    return [score(truth[rows], said[rows]) for rows in who]


@pytest.mark.parametrize(
    ("statistic", "oracle", "truth", "said"),
    [
        (r2(SCORE, SAID), r2_score, SCORE, SAID),
        (auroc(EVENT, SAID, ONE_FOLD), roc_auc_score, EVENT, SAID),
        (auprc(EVENT, SAID), average_precision_score, EVENT, SAID),
    ],
)
def test_a_statistic_of_people_drawn_is_what_scikit_learn_says(
    statistic: Statistic, oracle: Callable[..., float], truth: np.ndarray, said: np.ndarray
) -> None:
    np.testing.assert_allclose(statistic(WEIGHTS), by_scikit_learn(oracle, truth, said, WEIGHTS), rtol=1e-9)
    assert statistic(np.ones((1, N)))[0] == pytest.approx(oracle(truth, said))


def test_people_are_compared_within_their_fold_so_that_ignorance_is_chance() -> None:
    fold = np.arange(N) % 5
    ignorant = np.array([EVENT[fold != each].mean() for each in range(5)])[fold]  # the share among the others
    assert roc_auc_score(EVENT, ignorant) < 0.5
    assert auroc(EVENT, ignorant, fold)(np.ones((1, N)))[0] == 0.5
    pairs = [
        (SAID[i] > SAID[j]) + 0.5 * (SAID[i] == SAID[j])
        for i in range(N)
        for j in range(N)
        if EVENT[i] > EVENT[j] and fold[i] == fold[j]
    ]
    assert auroc(EVENT, SAID, fold)(np.ones((1, N)))[0] == pytest.approx(np.mean(pairs))


def test_a_calibration_slope_is_a_logistic_regression_on_the_log_odds() -> None:
    slope = calibration_slope(EVENT, SAID)
    odds = logit(SAID)[:, None]
    oracle = LogisticRegression(C=1e9, tol=1e-8).fit(odds, EVENT).coef_[0, 0]
    assert slope(np.ones((1, N)))[0] == pytest.approx(oracle, rel=1e-3)
    refits = [LogisticRegression(C=1e9).fit(odds, EVENT, sample_weight=draw).coef_[0, 0] for draw in WEIGHTS]
    np.testing.assert_allclose(slope(WEIGHTS), refits, rtol=0.1)
    assert np.corrcoef(slope(WEIGHTS), refits)[0, 1] > 0.98


def test_predictions_that_hardly_vary_have_no_slope() -> None:
    assert np.isnan(calibration_slope(EVENT, np.full(N, 0.3))(np.ones((1, N))))
    assert figure_over(calibration_slope(EVENT, np.full(N, 0.3)), WEIGHTS).reason == "not defined here: nothing varies"

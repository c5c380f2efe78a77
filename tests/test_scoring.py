"""Ridge, calibrated probabilities and folds: against scikit-learn refitted without each person, and planted truths."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import brier_score_loss, r2_score, roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from latentspace.stats.scoring import (
    FOLDS,
    PENALTIES,
    Problem,
    fit,
    folds,
    half_width,
    logistic,
    out_of_fold,
    platt,
    ridge,
)


def planted(n: int, d: int, *, seed: int = 0, noise: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Columns of several scales, and a target of which 1 / (1 + noise^2) is in them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d)) * rng.uniform(0.5, 20, d) + rng.uniform(-5, 5, d)
    w = rng.standard_normal(d)
    signal = (x - x.mean(axis=0)) / x.std(axis=0) @ w / np.linalg.norm(w)
    return x, signal + noise * rng.standard_normal(n)


def problem(x: np.ndarray, *targets: np.ndarray, person: np.ndarray | None = None) -> Problem:
    y = np.stack(targets, axis=1).astype(float)
    binary = np.array([set(np.unique(t[~np.isnan(t)])) <= {0, 1} for t in y.T])
    person = np.arange(len(x)) if person is None else person
    return Problem(x=x, y=y, binary=binary, person=person, allowed=np.ones((x.shape[1], y.shape[1]), bool))


def foretold(asked: Problem, fold: np.ndarray) -> np.ndarray:
    """What fits on the other folds say."""
    said = [fit(asked.of(fold != each)).predict(asked.x[fold == each]) for each in range(FOLDS)]
    return out_of_fold(asked.y, fold, said)


@pytest.mark.parametrize("visits", [1, 2])
def test_the_penalty_is_the_one_that_predicts_people_who_are_left_out_as_scikit_learn_refits_say(visits: int) -> None:
    x, y = planted(60, 20, noise=1.5)
    person = np.repeat(np.arange(60 // visits), visits)
    weights, offset, left_out = ridge(x, y[:, None], person)
    unit = StandardScaler().fit_transform(x)
    refits = {
        penalty: cross_val_predict(Ridge(alpha=penalty * 60), unit, y, groups=person, cv=LeaveOneGroupOut())
        for penalty in PENALTIES
    }
    best = min(refits, key=lambda penalty: ((y - refits[penalty]) ** 2).sum())
    assert PENALTIES[0] < best < PENALTIES[-1]
    oracle = Ridge(alpha=best * 60).fit(unit, y)
    np.testing.assert_allclose(x @ weights[:, 0] + offset, oracle.predict(unit), rtol=1e-6, atol=1e-8)
    others = (y.sum() - np.bincount(person, y)[person]) / (60 - visits)
    np.testing.assert_allclose(left_out[:, 0], refits[best] - others + y.mean(), atol=1e-6)


def test_more_columns_than_people_still_leave_the_truth_out() -> None:
    x, y = planted(50, 200, noise=0.1)
    x = np.concatenate([planted(50, 200, seed=1)[0], x[:, :0]], axis=1)  # nothing of y is in these
    _, _, left_out = ridge(x, y[:, None], np.arange(50))
    assert r2_score(y, left_out[:, 0]) < 0.1
    said = foretold(problem(x, y), folds(np.arange(50), seed=0))
    assert r2_score(y, said[:, 0]) < 0.1


def test_a_planted_truth_is_found_and_shuffled_labels_are_not() -> None:
    x, y = planted(1500, 30)
    shuffled = np.random.default_rng(1).permutation(y)
    fold = folds(np.arange(1500), seed=0)
    said = foretold(problem(x, y, shuffled), fold)
    assert r2_score(y, said[:, 0]) == pytest.approx(0.8, abs=0.03)
    assert -0.02 < r2_score(shuffled, said[:, 1]) < 0.005


def test_every_target_is_fitted_to_those_whom_it_is_known_for() -> None:
    x, y = planted(300, 8)
    gaps = np.where(np.arange(300) % 3 == 0, np.nan, 2 * y + 7)
    both = fit(problem(x, y, gaps))
    rows = ~np.isnan(gaps)
    alone = fit(problem(x[rows], gaps[rows]))
    np.testing.assert_allclose(both.weights[:, [1]], alone.weights)
    np.testing.assert_allclose(both.offset[1], alone.offset[0])
    assert both.n.tolist() == [300, 200]


def test_columns_that_are_not_allowed_have_no_say_and_rows_without_anything_have_no_prediction() -> None:
    x, y = planted(200, 5)
    x[:20, 1] = np.nan
    x[:3] = np.nan
    asked = problem(x, y, y)
    asked.allowed[2:, 1] = False
    taught = fit(asked)
    assert (taught.weights[2:, 1] == 0).all()
    assert (taught.weights[:, 0] != 0).all()
    said = taught.predict(x)
    assert np.isnan(said[:3]).all()
    assert np.isfinite(said[3:]).all()
    typical = np.where(np.isnan(x[3:20]), np.nanmean(x, axis=0), x[3:20])
    np.testing.assert_allclose(said[3:20], taught.predict(typical))


def test_probabilities_are_as_good_as_those_of_a_logistic_regression_and_calibrated() -> None:
    x, score = planted(2000, 20)
    event = (np.random.default_rng(3).random(2000) < expit(2 * score - 1)).astype(float)
    fold = folds(np.arange(2000), seed=0)
    said = foretold(problem(x, event), fold)[:, 0]
    oracle = np.empty(2000)
    for each in range(FOLDS):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0)).fit(x[fold != each], event[fold != each])
        oracle[fold == each] = model.predict_proba(x[fold == each])[:, 1]
    assert roc_auc_score(event, said) == pytest.approx(roc_auc_score(event, oracle), abs=0.005)
    assert brier_score_loss(event, said) == pytest.approx(brier_score_loss(event, oracle), abs=0.002)
    assert said.mean() == pytest.approx(event.mean(), abs=0.01)


def test_a_curve_through_a_score_is_the_logistic_regression_of_it() -> None:
    rng = np.random.default_rng(0)
    score = 3 * rng.standard_normal(5000) + 10
    event = (rng.random(5000) < expit(score - 11)).astype(float)
    slope, offset = platt(score, event)
    oracle = LogisticRegression(C=1e9).fit(score[:, None], event)
    assert slope == pytest.approx(oracle.coef_[0, 0], rel=0.01)
    assert offset == pytest.approx(oracle.intercept_[0], rel=0.01)
    x = np.stack([score, np.ones(5000)], axis=1)
    beta = logistic(x, event, np.zeros(2))
    np.testing.assert_allclose(beta, [oracle.coef_[0, 0], oracle.intercept_[0]], rtol=1e-3)


def test_classes_that_a_score_parts_wholly_do_not_become_certain_and_a_wrong_way_score_says_the_share() -> None:
    score, event = np.linspace(-1, 1, 40), (np.linspace(-1, 1, 40) > 0).astype(float)
    slope, offset = platt(score, event)
    assert 0.9 < expit(slope + offset) < 0.9999
    assert platt(-score, event) == (0.0, pytest.approx(logit(0.5)))


def test_a_persons_second_visit_is_never_in_the_fold_that_teaches_about_the_first() -> None:
    person = np.random.default_rng(0).permutation(np.repeat(np.arange(100), 2))
    fold = folds(person, seed=0)
    for who in range(100):
        assert len(set(fold[person == who])) == 1
    assert np.bincount(fold).tolist() == [40] * FOLDS
    assert (folds(person, seed=1) != fold).any()
    x = np.eye(100)[person]  # the code names the person: a leak would predict perfectly
    y = np.random.default_rng(1).standard_normal(100)[person]
    said = foretold(problem(x, y, person=person), fold)[:, 0]
    assert r2_score(y, said) < 0.05
    leaked = foretold(problem(x, y), folds(np.arange(200), seed=0))[:, 0]
    assert r2_score(y, leaked) > 0.3


def test_what_everybody_has_or_nobody_cannot_be_learnt() -> None:
    x, y = planted(60, 4)
    taught = fit(problem(x, np.ones(60), np.full(60, np.nan), y))
    assert np.isnan(taught.predict(x)[:, :2]).all()
    assert np.isfinite(taught.predict(x)[:, 2]).all()


@pytest.mark.parametrize("n", [30, 400])
def test_an_interval_of_residuals_holds_a_new_value_with_its_probability(n: int) -> None:
    rng = np.random.default_rng(0)
    drawn = rng.standard_t(3, (4000, n + 1))
    inside = [abs(each[-1]) <= half_width(each[:-1]) for each in drawn]
    assert 0.885 < np.mean(inside) < 0.9 + 1 / (n + 1) + 0.015
    assert np.isnan(half_width(np.ones(5)))

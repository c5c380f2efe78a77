"""Correlation, likeness of pictures and disentanglement: against numpy, scikit-learn, loops and planted truth."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import mutual_info_score

from latentspace.stats.correlation import correlation, within
from latentspace.stats.course import WIDTH, course, normal_scores
from latentspace.stats.disentanglement import binned, dci, mig, mutual_information, sap
from latentspace.stats.similarity import REACH, SIGMA, ssim


def test_the_correlation_is_numpys_and_weights_repeat_people() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 9))
    weights = np.array([[1.0] * 9, [2, 0, 1, 1, 0, 3, 1, 1, 0]])
    people = np.repeat(np.arange(9), weights[1].astype(int))
    expected = [np.corrcoef(x, y)[0, 1], np.corrcoef(x[people], y[people])[0, 1]]
    np.testing.assert_allclose(correlation(x, y)(weights), expected)
    assert np.isnan(correlation(x, np.ones(9))(weights)).all()


def test_what_two_groups_differ_by_is_no_correlation_within_them() -> None:
    rng = np.random.default_rng(0)
    sex = np.resize([0, 1], 2000)
    x, y = 5 * sex + rng.standard_normal((2, 2000))
    assert np.corrcoef(x, y)[0, 1] > 0.8
    assert abs(np.corrcoef(within(x, sex), within(y, sex))[0, 1]) < 0.06
    np.testing.assert_allclose([within(x, sex)[sex == i].mean() for i in (0, 1)], 0, atol=1e-12)


def test_the_likeness_of_two_even_pictures_is_that_of_their_levels() -> None:
    a, b, peak = 80.0, 120.0, 255.0
    c1 = (0.01 * peak) ** 2
    found = ssim(np.full((1, 20, 20), a), np.full((1, 20, 20), b), peak=peak)
    np.testing.assert_allclose(found, (2 * a * b + c1) / (a**2 + b**2 + c1), rtol=1e-9)


def test_the_likeness_at_a_place_is_that_of_a_window_about_it() -> None:
    x, y = np.random.default_rng(0).uniform(0, 255, (2, 1, 32, 32))
    row, column = 15, 14
    offset = np.arange(-REACH, REACH + 1)
    weight = np.exp(-(offset[:, None] ** 2 + offset**2) / (2 * SIGMA**2))
    weight /= weight.sum()
    here = (0, slice(row - REACH, row + REACH + 1), slice(column - REACH, column + REACH + 1))
    a, b = x[here], y[here]
    mean_a, mean_b = (weight * a).sum(), (weight * b).sum()
    c1, c2 = 2.55**2, 7.65**2
    shared = (weight * (a - mean_a) * (b - mean_b)).sum()
    spread = (weight * ((a - mean_a) ** 2 + (b - mean_b) ** 2)).sum()
    expected = (2 * mean_a * mean_b + c1) * (2 * shared + c2) / ((mean_a**2 + mean_b**2 + c1) * (spread + c2))
    assert ssim(x, y, peak=255)[0, row, column] == pytest.approx(expected)
    np.testing.assert_allclose(ssim(x, x, peak=255), 1)


def factors() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (1000, 3))


def test_a_code_that_is_the_factors_is_disentangled_and_a_turned_one_is_not() -> None:
    truth = factors()
    same = truth[:, [2, 0, 1]] * [3.0, -1.0, 0.5]
    turned = truth @ (np.eye(3) - 2 / 3)  # a reflection: two thirds of two factors in each dimension
    for measure, high, low in ((dci, 0.97, 0.2), (mig, 0.85, 0.1), (sap, 0.97, 0.1)):
        assert measure(same, truth) > high, measure.__name__
        assert measure(turned, truth) < low, measure.__name__


def test_the_mutual_information_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 5, 300)
    b = (a + rng.integers(0, 3, 300)) % 7
    assert mutual_information(a, b) == pytest.approx(mutual_info_score(a, b))


def test_the_gap_of_a_factor_that_two_dimensions_know_alike_is_nought() -> None:
    truth = factors()
    doubled = np.concatenate([truth, truth], axis=1)
    assert mig(doubled, truth) == pytest.approx(0, abs=1e-9)
    assert sap(doubled, truth) == pytest.approx(0, abs=1e-9)


def test_bins_are_of_equal_width_and_the_largest_value_is_in_the_last() -> None:
    assert binned(np.array([[0.0], [0.049], [0.051], [0.999], [1.0]]))[:, 0].tolist() == [0, 0, 1, 19, 19]
    assert binned(np.ones((4, 1))).tolist() == [[0]] * 4


def test_a_course_follows_a_bent_relation_and_starts_at_the_median() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(20_000)
    codes = np.stack([x, np.maximum(x, 0), rng.standard_normal(len(x))], axis=1).astype(np.float32)
    levels = np.array([-1.0, 0.0, 1.0])
    found = course(np.exp(x), codes, levels)  # a monotone scale of the number changes nothing
    np.testing.assert_array_equal(found, course(x, codes, levels))
    assert not found[1].any()
    # about a level l, people of N(0, 1) seen through a kernel of width w have the mean l / (1 + w^2)
    np.testing.assert_allclose(found[:, 0], levels / (1 + WIDTH**2), atol=0.02)
    low, high = found[0, 1], found[2, 1]
    assert high > 4 * abs(low)
    np.testing.assert_allclose(found[:, 2], 0, atol=0.04)


def test_normal_scores_are_the_quantiles_of_the_ranks() -> None:
    values = np.array([3.0, -1.0, 100.0, 7.0])
    np.testing.assert_allclose(normal_scores(values), norm.ppf([0.375, 0.125, 0.875, 0.625]))

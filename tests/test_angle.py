"""Directions: means of degrees against the circle's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import circmean, circstd

from latentspace.stats.angle import unrolled


@given(st.floats(-180, 180), st.integers(0, 2**32 - 1))
def test_the_mean_of_a_bundle_of_directions_is_that_of_the_circle(centre: float, seed: int) -> None:
    drawn = np.random.default_rng(seed).normal(centre, 15, 200)
    rolled = (drawn + 180) % 360 - 180
    mean = unrolled(rolled).mean()
    assert abs((mean - circmean(rolled, high=180, low=-180) + 180) % 360 - 180) < 0.5
    assert unrolled(rolled).std() == pytest.approx(circstd(rolled, high=180, low=-180), rel=0.05)


def test_a_value_is_turned_by_whole_turns_only_and_what_is_missing_stays_so() -> None:
    rolled = np.array([170.0, -170.0, np.nan, 175.0])
    turned = unrolled(rolled)
    np.testing.assert_allclose(turned[[0, 1, 3]], [170.0, 190.0, 175.0])
    assert np.isnan(turned[2])


def test_nobody_all_missing_and_more_than_one_turn_stay_as_they_are() -> None:
    for values in (np.zeros(0), np.full(3, np.nan), np.array([0.0, 400.0, 720.0])):
        np.testing.assert_array_equal(unrolled(values), values)

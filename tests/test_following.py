"""Curves, log-rank test, concordance and Cox's regression: against closed forms, scipy and planted hazards."""

import warnings

import numpy as np
import pytest
from scipy import stats

from followed_cohort import planted
from latentspace.stats.following import Course, concordance, kaplan_meier, log_rank, median
from latentspace.survival.cox import cox

SEEDS = range(8)


def course(time: list[float], event: list[int]) -> Course:
    return Course(np.array(time, np.float64), np.array(event, bool))


def drawn(seed: int, ties: int = 0) -> Course:
    """People with events and others, with ties where times are rounded."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 200))
    time = np.minimum(rng.exponential(3, n), rng.uniform(1, 6, n))
    return Course(np.round(time, ties) + 0.1 if ties else time, rng.uniform(size=n) < 0.6)


def censored(one: Course) -> stats.CensoredData:
    return stats.CensoredData(uncensored=one.time[one.event], right=one.time[~one.event])


def test_the_curve_of_six_people_is_that_of_paper_and_pencil() -> None:
    """Events at 1, 3, 3; ends of follow-up at 2, 3 and 5."""
    found = kaplan_meier(course([1, 2, 3, 3, 3, 5], [1, 0, 1, 1, 0, 0]), np.array([0.0, 1, 2.9, 3, 5, 6]))
    np.testing.assert_allclose(found.share, [1, 5 / 6, 5 / 6, 5 / 6 * 2 / 4, 5 / 12, np.nan])
    spread = np.sqrt(1 / (6 * 5) + 2 / (4 * 2)) / abs(np.log(5 / 12))
    ends = [(5 / 12) ** np.exp(sign * stats.norm.ppf(0.975) * spread) for sign in (1, -1)]
    np.testing.assert_allclose([found.low[3], found.high[3]], ends)
    assert np.isnan(found.low[0])
    assert median(course([1, 2, 3, 3, 3, 5], [1, 0, 1, 1, 0, 0])) == 3


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ties", [0, 1])
def test_curve_and_interval_are_scipys(seed: int, ties: int) -> None:
    one = drawn(seed, ties)
    times = np.unique(one.time)
    found, theirs = kaplan_meier(one, times), stats.ecdf(censored(one)).sf
    np.testing.assert_allclose(found.share, theirs.evaluate(times), atol=1e-12)
    with warnings.catch_warnings(action="ignore"):  # scipy says that it is undefined where all or nobody had the event
        interval = theirs.confidence_interval(method="log-log")
    inner = (found.share < 1) & (found.share > 0)
    for ours, end in ((found.low, interval.low), (found.high, interval.high)):
        np.testing.assert_allclose(ours[inner], end.evaluate(times)[inner], atol=1e-9)
        assert np.isnan(ours[~inner]).all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ties", [0, 1])
def test_the_log_rank_p_is_scipys(seed: int, ties: int) -> None:
    a, b = drawn(seed, ties), drawn(seed + 100, ties)
    assert log_rank([a, b]) == pytest.approx(stats.logrank(censored(a), censored(b)).pvalue, rel=1e-6)


def test_of_three_groups_the_log_rank_p_is_lifelines_and_even_in_noise() -> None:
    from lifelines.statistics import multivariate_logrank_test  # noqa: PLC0415 - takes a second to import

    chances: list[float] = []
    for seed in range(200):
        groups = [drawn(seed * 3 + i, 1) for i in range(3)]
        p = log_rank(groups)
        assert p is not None
        chances.append(p)
        if seed < 5:
            time, event = (np.concatenate([getattr(g, name) for g in groups]) for name in ("time", "event"))
            who = np.repeat(range(3), [len(g.time) for g in groups])
            assert p == pytest.approx(multivariate_logrank_test(time, who, event).p_value, rel=1e-6)
    assert stats.kstest(chances, "uniform").pvalue > 0.01


@pytest.mark.parametrize("seed", SEEDS)
def test_concordance_counts_pairs_within_folds_and_its_interval_holds(seed: int) -> None:
    one, rng = drawn(seed, 1), np.random.default_rng(seed)
    n = len(one.time)
    risk, fold = np.round(rng.normal(size=n), 1), rng.integers(0, 3, n)
    right = pairs = 0.0
    for i in range(n):
        for j in range(n):
            later = one.time[j] > one.time[i] or (one.time[j] == one.time[i] and not one.event[j])
            if fold[i] == fold[j] and one.event[i] and later:
                pairs += 1
                right += 1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0
    found = concordance(one, risk, fold)
    assert found is not None
    assert found.value == pytest.approx(right / pairs)
    assert found.low < found.value < found.high


def test_the_interval_of_concordance_holds_the_truth_in_about_95_of_100_samples() -> None:
    """Two exponentials with log hazards x: the earlier is the one with the higher x with chance expit(difference)."""
    rng = np.random.default_rng(0)
    difference = np.abs(rng.normal(size=200_000) - rng.normal(size=200_000))
    truth, held = float(np.mean(1 / (1 + np.exp(-difference)))), 0
    for _ in range(200):
        x = rng.normal(size=150)
        found = concordance(Course(rng.exponential(np.exp(-x)), np.ones(150, bool)), x, np.zeros(150, np.int64))
        held += found is not None and found.low <= truth <= found.high
    assert 0.9 * 200 <= held <= 199


def test_the_planted_hazard_ratio_is_found_and_the_confounder_taken_away() -> None:
    """The group is older, and age alone doubles the hazard with each SD; the group itself has 1.5 times the hazard."""
    rng = np.random.default_rng(2)
    n = 20_000
    group = rng.uniform(size=n) < 0.3
    age = rng.normal(size=n) + group
    time, event = planted(np.log(1.5) * group + np.log(2) * age, 0.03, rng)
    fit = cox(Course(time, event), np.column_stack([group.astype(float), age]))
    assert fit is not None
    assert np.abs(fit.beta - np.log([1.5, 2])).max() < 3 * fit.error.max()
    assert fit.error.max() < 0.05
    crude = cox(Course(time, event), group.astype(float)[:, None])
    assert crude is not None
    assert np.exp(crude.beta[0]) > 2


def test_a_ratio_of_two_groups_maximises_the_partial_likelihood_of_the_textbook() -> None:
    """Without ties: the score of Cox's likelihood, written out, is nought at the fit."""
    one = drawn(3)
    x = np.random.default_rng(3).uniform(size=len(one.time)) < 0.5
    fit = cox(one, x.astype(float)[:, None])
    assert fit is not None
    weight = np.exp(fit.beta[0] * x)
    score = sum(
        float(x[i]) - (weight * x)[one.time >= one.time[i]].sum() / weight[one.time >= one.time[i]].sum()
        for i in np.flatnonzero(one.event)
    )
    assert score == pytest.approx(0, abs=1e-3)

"""Statistics one by one: on random data against numpy, scipy and scikit-learn, and where nothing varies."""

import ast
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.metrics import mutual_info_score, r2_score, roc_auc_score
from sklearn.neighbors import NearestNeighbors

from latentspace.stats.accuracy import Ranked, auroc, mae
from latentspace.stats.bootstrap import figure, figure_over, mean, median, ratio, resampled
from latentspace.stats.calibration import Bin, bins, merged, slope, wilson
from latentspace.stats.contingency import cell_test
from latentspace.stats.course import contrast, course_of_known, normal_scores, scores_at
from latentspace.stats.difference import benjamini_hochberg, fisher, levels_difference, rank_sum, sample
from latentspace.stats.direction import auc, explained_variance
from latentspace.stats.disentanglement import binned, mutual_information, sap, standardised
from latentspace.stats.enough import too_few
from latentspace.stats.following import Course, concordance, kaplan_meier, log_rank
from latentspace.stats.following import median as half
from latentspace.stats.gap import difference, holm
from latentspace.stats.neighbours import nearest_others, neighbours_shared
from latentspace.stats.outcome import known, outcome
from latentspace.stats.separation import principal_axes, standardised_difference
from latentspace.stats.skill import r2

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=40, deadline=None)
NOBODY = np.zeros(0)
ROOT = Path(__file__).parents[1]
STATS, PAGE = ROOT / "src" / "latentspace" / "stats", ROOT / "docs" / "design" / "statistics.md"


def drawn(seed: int, most: int = 120, least: int = 2) -> tuple[np.random.Generator, np.ndarray, np.ndarray]:
    """Two numbers of up to 120 people, one with ties."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(least, most))
    x = rng.normal(2, 3, n)
    return rng, x, (x + rng.normal(0, 2, n)).round()


def ranked(truth: np.ndarray, said: np.ndarray) -> Ranked:
    order = np.argsort(said, kind="stable")
    place = np.arange(len(said))
    return Ranked(truth=truth[order], said=said[order], row=order, person=place[order], fold=np.zeros_like(place))


@FEW
@given(SEEDS)
def test_mean_and_variance_of_what_is_known_are_numpys(seed: int) -> None:
    _, x, _ = drawn(seed)
    x[:: 3 + seed % 4] = np.nan
    finite = x[np.isfinite(x)]
    n, middle, variance = sample(x)
    assert n == len(finite)
    if n > 1:
        assert (middle, variance) == pytest.approx((finite.mean(), finite.var(ddof=1)))
    else:
        assert np.isnan(variance)


def test_of_nobody_and_of_one_person_nothing_is_tested() -> None:
    assert sample(NOBODY)[0] == 0
    assert np.isnan(rank_sum(NOBODY, np.ones(3)))
    assert np.isnan(rank_sum(np.ones(4), np.ones(3))), "all tied"
    assert np.isnan(levels_difference(np.zeros(3), np.ones(3))).all()
    assert np.isnan(levels_difference(np.array([4.0, 0, 0]), np.array([5.0, 0, 0]))).all(), "one level"
    assert cell_test(np.zeros(2), np.ones(2)) == (pytest.approx(np.nan, nan_ok=True), "")
    assert fisher(0, 0, 3, 5) == pytest.approx(1)
    assert len(benjamini_hochberg(NOBODY)) == len(holm(NOBODY)) == 0
    nobody, one = known(NOBODY, 0), known(np.ones(1), 0)
    same, three = known(np.ones(9), 0), known(np.arange(3.0), 0)
    reasons = [outcome(a, three).reason for a in (nobody, one, same)]
    assert reasons[:2] == ["known of nobody in one of the groups", "known of one person in one of the groups"]
    assert outcome(same, same).reason == "the same value in everyone of a group"
    yes = known(np.ones(4, np.int64), 2)
    assert outcome(yes, yes).reason == "the same in everyone of both groups"
    assert np.isnan(outcome(yes, yes).p)


@FEW
@given(SEEDS)
def test_holm_is_the_step_down_that_is_written_out(seed: int) -> None:
    p = np.random.default_rng(seed).uniform(size=12).round(2)
    for i, found in enumerate(holm(p)):
        smaller = sorted(p)[: sorted(p).index(p[i]) + 1 + list(np.sort(p)).count(p[i]) - 1]
        assert found == pytest.approx(min(1, max((len(p) - k) * each for k, each in enumerate(smaller))))


@FEW
@given(SEEDS)
def test_a_gap_of_separate_people_is_the_difference_with_the_root_of_both_squared_errors(seed: int) -> None:
    _, x, y = drawn(seed, least=12)
    cut = len(x) // 2
    parts = [Ranked(truth=y[s], said=x[s], row=r, person=r, fold=0 * r) for s, r in halves(len(x), cut)]
    one, other = mae(parts[0]), mae(parts[1])
    found = difference((parts[0], one), (parts[1], other))
    error = np.hypot(one.error(parts[0].person), other.error(parts[1].person))
    assert found.value == pytest.approx(np.abs(y - x)[:cut].mean() - np.abs(y - x)[cut:].mean())
    assert found.high - found.value == pytest.approx(stats.norm.ppf(0.975) * error)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.value) / error))


def halves(n: int, cut: int) -> list[tuple[slice, np.ndarray]]:
    return [(slice(0, cut), np.arange(cut)), (slice(cut, n), np.arange(cut, n))]


@FEW
@given(SEEDS)
def test_wilsons_interval_is_scipys_and_merged_bins_are_the_bins_of_all_their_people(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 400))
    truth, said = (rng.uniform(size=n) < 0.3).astype(float), rng.uniform(size=n)
    events = int(truth.sum())
    exact = stats.binomtest(events, n).proportion_ci(method="wilson")
    assert wilson(events, n) == pytest.approx((exact.low, exact.high), abs=1e-12)
    whole = merged(bins(ranked(truth, said), binary=True), n)
    assert [(one.n, round(one.observed * one.n)) for one in whole] == [(n, events)]
    assert (whole[0].low, whole[0].high) == pytest.approx((exact.low, exact.high), abs=1e-12)
    assert whole[0].predicted == pytest.approx(said.mean())


def test_calibration_of_nobody_of_one_class_and_of_one_prediction_is_none() -> None:
    assert bins(ranked(NOBODY, NOBODY), binary=True) == merged((), 5) == ()
    assert slope(ranked(NOBODY, NOBODY)) is None
    assert slope(ranked(np.ones(50), np.linspace(0.1, 0.9, 50))) is None
    assert slope(ranked(np.arange(50.0) % 2, np.full(50, 0.4))) is None
    (one,) = bins(ranked(np.ones(1), np.ones(1)), binary=False)
    assert isinstance(one, Bin)
    assert (one.n, one.low, one.high) == (1, 1.0, 1.0)


@FEW
@given(SEEDS)
def test_the_median_of_people_drawn_is_the_lower_median_of_those_people(seed: int) -> None:
    rng, x, y = drawn(seed)
    weights = resampled(len(x), rng, draws=4)
    assert (weights.sum(axis=1) == len(x)).all()
    for draw, middle, part in zip(weights, median(x)(weights), ratio(y, y**2 + 1)(weights), strict=True):
        who = np.repeat(np.arange(len(x)), draw.astype(int))
        assert middle == np.quantile(x[who], 0.5, method="inverted_cdf")
        assert part == pytest.approx(y[who].sum() / (y[who] ** 2 + 1).sum())
    assert mean(x)(np.ones((1, len(x))))[0] == pytest.approx(x.mean())


def test_an_interval_of_people_drawn_holds_what_the_normal_law_says_and_few_have_none() -> None:
    x = np.random.default_rng(0).normal(5, 2, 400)
    found = figure(mean(x), 400, np.random.default_rng(1))
    half_width = stats.norm.ppf(0.975) * x.std() / 20
    assert (found.low, found.high) == pytest.approx((x.mean() - half_width, x.mean() + half_width), abs=0.03)
    assert figure(mean(x[:4]), 4, np.random.default_rng(1)).value is None
    assert figure_over(r2(np.ones(20), np.ones(20)), np.ones((3, 20))).reason == "not defined here: nothing varies"


@FEW
@given(SEEDS)
def test_how_a_place_tells_a_number_or_a_level_is_scipys_and_scikit_learns(seed: int) -> None:
    rng, x, y = drawn(seed, least=6)
    having = (rng.uniform(size=len(x)) < 0.5).astype(float)
    having[:2] = 0, 1
    assert auc(y.astype(np.float32), having) == pytest.approx(roc_auc_score(having, y))
    scores = stats.norm.ppf((stats.rankdata(y) - 0.5) / len(y))
    np.testing.assert_allclose(normal_scores(y), scores)
    if np.ptp(y):
        r = float(np.corrcoef(x.astype(np.float32), scores)[0, 1])
        assert explained_variance(x.astype(np.float32), y) == pytest.approx(r * abs(r), abs=1e-6)
    assert auc(y.astype(np.float32), np.ones(len(x))) == 0.5
    assert explained_variance(x.astype(np.float32), np.ones(len(x))) == 0


def test_courses_of_few_and_of_one_level_do_not_move() -> None:
    codes, levels = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32), np.array([-1.0, 1.0])
    few = np.where(np.arange(9) < 4, np.arange(9.0), np.nan)
    assert not course_of_known(few, codes, levels).any()
    assert course_of_known(np.arange(9.0), codes, levels).any()
    assert not contrast(np.ones(9), codes).any()
    values = np.arange(9.0)
    np.testing.assert_allclose(
        contrast((values > 4).astype(float), codes)[1], codes[5:].mean(axis=0) - codes[:5].mean(axis=0)
    )
    np.testing.assert_allclose(scores_at(values, values), normal_scores(values))


@FEW
@given(SEEDS)
def test_axes_are_scikit_learns_components_and_the_difference_is_cohens_d(seed: int) -> None:
    rng = np.random.default_rng(seed)
    z = (rng.normal(size=(60, 4)) * [4, 3, 2, 1]).astype(np.float32)
    oracle = PCA(3).fit(z.astype(float))
    axes, share = principal_axes(z, 3)
    np.testing.assert_allclose(np.abs((axes * oracle.components_).sum(axis=1)), 1, atol=1e-4)
    np.testing.assert_allclose(share, oracle.explained_variance_ratio_, rtol=1e-6)
    a = rng.uniform(size=60) < 0.4
    z[:, 3] = 7
    t = np.asarray(stats.ttest_ind(z[a, :3].astype(float), z[~a, :3].astype(float))[0])
    d = t * np.sqrt(1 / a.sum() + 1 / (~a).sum())
    np.testing.assert_allclose(standardised_difference(z, a, ~a), [*d, 0], atol=1e-6)


@FEW
@given(SEEDS)
def test_neighbours_and_those_that_two_spaces_share_are_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = (rng.normal(size=(40, d)).astype(np.float32) for d in (3, 2))
    found = [NearestNeighbors(n_neighbors=5).fit(x).kneighbors(return_distance=False) for x in (one, other)]
    assert (np.sort(nearest_others(one, k=5)[0]) == np.sort(found[0])).all()
    shared = [len(set(a) & set(b)) for a, b in zip(*found, strict=True)]
    assert neighbours_shared(one, other, k=5).tolist() == shared


@FEW
@given(SEEDS)
def test_what_one_dimension_tells_is_scikit_learns(seed: int) -> None:
    _, x, y = drawn(seed, least=8)
    z = np.stack([x, y + np.arange(len(y)) * 1e-3], axis=1)
    codes = binned(z)
    by_numpy = [np.histogram_bin_edges(column, 20) for column in z.T]
    for code, column, edges in zip(codes.T, z.T, by_numpy, strict=True):
        assert (np.abs(np.clip(np.searchsorted(edges, column, "right") - 1, 0, 19) - code) <= 1).all()
    assert mutual_information(*codes.T) == pytest.approx(mutual_info_score(*codes.T), abs=1e-9)
    np.testing.assert_allclose(standardised(z), np.asarray(stats.zscore(z)), atol=1e-9)
    assert (standardised(np.ones((5, 2))) == 0).all()
    squares = sorted(float(np.corrcoef(column, x)[0, 1]) ** 2 for column in z.T)
    assert sap(z, x[:, None]) == pytest.approx(squares[1] - squares[0])


@FEW
@given(SEEDS)
def test_r2_of_everyone_and_auroc_of_one_class(seed: int) -> None:
    _, x, y = drawn(seed, least=6)
    if np.ptp(y):
        assert r2(y, x)(np.ones((1, len(x))))[0] == pytest.approx(r2_score(y, x))
    assert np.isnan(auroc(ranked(np.ones(len(x)), x)).value)


@FEW
@given(SEEDS)
def test_half_had_it_when_scipys_curve_first_reaches_a_half(seed: int) -> None:
    rng, x, _ = drawn(seed)
    time, event = np.abs(x).round(1), rng.uniform(size=len(x)) < 0.7
    with warnings.catch_warnings(action="ignore"):
        curve = stats.ecdf(stats.CensoredData(uncensored=time[event], right=time[~event])).sf
    reached = curve.quantiles[curve.probabilities <= 0.5 + 1e-12]
    assert half(Course(time, event)) == (reached[0] if len(reached) else None)


def test_a_course_of_nobody_or_without_an_event_says_nothing() -> None:
    nobody, quiet = Course(NOBODY, np.zeros(0, bool)), Course(np.arange(4.0), np.zeros(4, bool))
    assert np.isnan(kaplan_meier(nobody, np.arange(3.0)).share).all()
    assert (kaplan_meier(quiet, np.arange(3.0)).share == 1).all()
    assert half(nobody) is None
    assert half(quiet) is None
    assert log_rank([quiet, quiet]) is None
    assert concordance(quiet, np.arange(4.0), np.zeros(4, np.int64)) is None


def test_from_how_many_on_something_is_said() -> None:
    assert too_few(19).startswith("known and predicted for 19 people")
    assert too_few(20) == too_few(20, (10, 10)) == ""
    assert too_few(40, (9, 31)) == "9 people of one class, at least 10 are needed"


def public_functions() -> set[str]:
    found = {
        f"{path.stem}.{node.name}"
        for path in STATS.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    assert len(found) > 60
    return found


def test_every_public_function_has_its_oracle_in_the_manual_and_a_test() -> None:
    lines = re.findall(r"^\| `(\w+\.\w+)` \| (.+) \| (.+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for name, *_ in lines} == public_functions()
    assert len(lines) == len(public_functions())
    assert all(oracle.strip() and re.findall(r"`tests/\w+\.py::test_\w+`", tests) for _, oracle, _, tests in lines)

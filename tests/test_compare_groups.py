"""Groups side by side: every statistic against scipy, numpy or a closed form; planted truth, and nothing in noise."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LinearRegression, LogisticRegression

from latentspace.columns import Columns
from latentspace.comparison.answer import ComparedRow, Summary
from latentspace.comparison.table import Comparing
from latentspace.comparison.text import summary
from latentspace.phenotype import LATER, Dictionary, Phenotype
from latentspace.stats.adjusted import Design
from latentspace.stats.contingency import cell_test
from latentspace.stats.difference import (
    Sample,
    benjamini_hochberg,
    fisher,
    levels_difference,
    mean_difference,
    odds_ratio,
    pooled,
    rank_sum,
    sample,
    share_difference,
    welch,
)

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=40, deadline=None)


def sampled(values: np.ndarray) -> Sample:
    return Sample(*(np.asarray(part, np.float64) for part in sample(values)))


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two groups of 2 to 80 with ties."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 80, 2)
    return rng.normal(0, 3, sizes[0]).round(1), rng.normal(0.5, 2, sizes[1]).round(1)


@FEW
@given(SEEDS)
def test_welch_and_mann_whitney_are_scipys(seed: int) -> None:
    a, b = drawn(seed)
    expected = stats.ttest_ind(a, b, equal_var=False)[1]
    assert welch(sampled(a), sampled(b)) == pytest.approx(expected, rel=1e-6, abs=1e-12)
    ranks = stats.mannwhitneyu(a, b, method="asymptotic").pvalue
    assert rank_sum(a, b) == pytest.approx(ranks, rel=1e-6, abs=1e-12)


@FEW
@given(SEEDS)
def test_two_halves_pool_to_the_whole_and_the_difference_is_in_their_mean_variance(seed: int) -> None:
    a, b = drawn(seed)
    whole, cut = sampled(a), len(a) // 2
    halves = pooled(sampled(a[:cut]), sampled(a[cut:]))
    assert (halves.n, halves.mean, halves.variance) == pytest.approx((len(a), a.mean(), a.var(ddof=1)))
    d = mean_difference(whole, sampled(b))
    assert d.value == pytest.approx((a.mean() - b.mean()) / np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2))


def test_intervals_of_the_differences_hold_in_95_of_100_samples() -> None:
    rng = np.random.default_rng(0)
    truth = 1 / np.sqrt((4 + 1) / 2)
    held = [
        bool(d.low <= truth <= d.high)
        for _ in range(2000)
        for d in [mean_difference(sampled(rng.normal(1, 2, 60)), sampled(rng.normal(0, 1, 150)))]
    ]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)
    p, q = 0.3, 0.15
    truth = (p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    d = share_difference(rng.binomial(120, p, 4000), np.array(120), rng.binomial(300, q, 4000), np.array(300))
    assert np.mean((d.low <= truth) & (truth <= d.high)) == pytest.approx(0.95, abs=0.015)


@FEW
@given(st.tuples(*[st.integers(0, 40)] * 4))
def test_fisher_chi_square_and_the_odds_ratio_are_scipys(cells: tuple[int, int, int, int]) -> None:
    a, no_a, b, no_b = cells
    table = np.array([[a, no_a], [b, no_b]])
    if not table.sum(axis=1).all():
        assert np.isnan(cell_test(table[0].astype(float), table[1].astype(float))[0])
        return
    assert fisher(a, a + no_a, b, b + no_b) == pytest.approx(stats.fisher_exact(table)[1], rel=1e-6)
    ratio, corrected = odds_ratio(np.array(a), np.array(a + no_a), np.array(b), np.array(b + no_b))
    assert bool(corrected) == (0 in cells)
    used = table + 0.5 * bool(corrected)
    expected = stats.contingency.odds_ratio(table, kind="sample") if not corrected else None
    assert ratio.value == pytest.approx(used[0, 0] * used[1, 1] / used[0, 1] / used[1, 0])
    if expected is not None:
        assert ratio.value == pytest.approx(expected.statistic)
        low, high = expected.confidence_interval(0.95)
        assert (float(ratio.low), float(ratio.high)) == pytest.approx((low, high))
    if table.sum(axis=0).all() and (stats.contingency.expected_freq(table) >= 5).all():
        p, test = cell_test(table[0].astype(float), table[1].astype(float))
        assert test == "chi-square"
        assert p == pytest.approx(stats.chi2_contingency(table, correction=False)[1])


def test_several_levels_are_as_far_apart_as_two_where_there_are_two() -> None:
    a, b = np.array([30.0, 70.0]), np.array([60.0, 40.0])
    assert levels_difference(a, b)[0] == pytest.approx(abs(float(share_difference(a[1], a.sum(), b[1], b.sum()).value)))
    three = levels_difference(np.array([20.0, 30.0, 50.0]), np.array([50.0, 30.0, 20.0]))
    assert three[1] < three[0] < three[2]
    assert levels_difference(np.array([20.0, 0.0, 30.0]), np.array([10.0, 0.0, 40.0]))[0] == pytest.approx(
        levels_difference(np.array([20.0, 30.0]), np.array([10.0, 40.0]))[0]
    )


@FEW
@given(SEEDS)
def test_benjamini_hochberg_is_scipys_and_leaves_out_what_was_not_tested(seed: int) -> None:
    p = np.random.default_rng(seed).uniform(size=30) ** 2
    p[::7] = np.nan
    q, tested = benjamini_hochberg(p), np.isfinite(p)
    np.testing.assert_allclose(q[tested], stats.false_discovery_control(p[tested]))
    assert np.isnan(q[~tested]).all()


@FEW
@given(SEEDS)
def test_what_is_held_equal_is_scikit_learns_and_its_interval_the_sandwich(seed: int) -> None:
    rng = np.random.default_rng(seed)
    age, sex = rng.normal(60, 8, 150), rng.integers(0, 2, 150).astype(float)
    design = Design.of(60, np.column_stack([age, sex]))
    x = design.x.T
    y = 0.1 * age + x[:, 1] + rng.normal(0, 1 + x[:, 1], 150)
    y[5] = np.nan
    known = np.isfinite(y)
    features = np.column_stack([x[:, 1], age, sex])[known]
    found = design.difference(y)
    assert found.value == pytest.approx(LinearRegression().fit(features, y[known]).coef_[0])
    plain = np.column_stack([np.ones(len(features)), features])
    inverse = np.linalg.inv(plain.T @ plain)
    residual = y[known] - plain @ (inverse @ plain.T @ y[known])
    sandwich = inverse @ (plain.T * residual**2) @ plain @ inverse * 149 / 145
    assert found.high - found.value == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(sandwich[1, 1]))
    events = (rng.uniform(size=150) < 1 / (1 + np.exp(-(x[:, 1] + 0.05 * (age - 60))))).astype(float)
    free = LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000).fit(np.column_stack([x[:, 1:]]), events)
    assert design.odds(events).value == pytest.approx(np.exp(free.coef_[0][0]), rel=1e-3)
    assert np.isnan(design.odds(x[:, 1]).value)  # the group itself has no finite odds


def test_what_only_women_have_is_compared_with_sex_held_equal() -> None:
    rng = np.random.default_rng(0)
    age, woman = rng.normal(60, 8, 400), rng.integers(0, 2, 400).astype(float)
    y = np.where(woman == 1, 0.1 * age + rng.normal(size=400), np.nan)
    y[:200] += 1
    both, age_alone = (Design.of(200, held).difference(y) for held in (np.column_stack([age, woman]), age[:, None]))
    assert both.value == pytest.approx(age_alone.value)
    assert both.high == pytest.approx(age_alone.high)
    assert len(Design.of(200, np.full((400, 1), 0.1)).x) == 2  # the same in all but for rounding


def made(columns: dict[str, np.ndarray], kinds: dict[str, str] | None = None) -> Comparing:
    n = len(next(iter(columns.values())))
    dictionary = Dictionary(
        tuple(Phenotype(name=name, label=name, kind=(kinds or {}).get(name, "continuous")) for name in columns)  # pyright: ignore[reportArgumentType] - kinds of a test
    )
    return Comparing(Columns(pl.DataFrame(columns), dictionary), np.arange(n))


def compared(comparing: Comparing, a: np.ndarray, adjust: tuple[str, ...] = ()) -> dict[str, ComparedRow]:
    rows, _ = comparing.rows([comparing.group(a), comparing.group(~a)], frozenset(), adjust)
    return {row.name: row for row in rows}


def test_a_confounder_is_seen_crude_and_gone_adjusted() -> None:
    rng = np.random.default_rng(0)
    age = rng.normal(60, 8, 4000)
    a = rng.uniform(size=4000) < 1 / (1 + np.exp(-(age - 60) / 4))
    row = compared(made({"age": age, "stiff": age + rng.normal(0, 4, 4000)}), a, ("age",))["stiff"]
    crude, adjusted = row.contrasts[0].smd, row.contrasts[0].adjusted
    assert crude.value is not None
    assert crude.value > 0.8
    assert adjusted.low is not None
    assert adjusted.high is not None
    assert adjusted.low < 0 < adjusted.high


def test_nobody_one_person_a_constant_and_all_missing_give_null_and_a_reason() -> None:
    x = np.arange(40.0)
    columns = {"x": x, "same": np.ones(40), "missing": np.full(40, np.nan), "few": np.where(x < 1, x, np.nan)}
    comparing = made(columns | {"yes": x > -1}, {"yes": "boolean"})
    for a in (x < 0, x < 1, x < 20):
        for row in compared(comparing, a).values():
            (contrast,) = row.contrasts
            if not (row.name == "x" and a.sum() == 20):
                assert contrast.smd.value is None
                assert contrast.p is None
                assert contrast.reason
                assert contrast.reason_adjusted
    assert compared(comparing, x < 20)["x"].contrasts[0].smd.value is not None


def test_in_noise_hardly_ever_anything_is_found_and_never_confirmed_alone() -> None:
    findings = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        noise = {f"x{i}": rng.standard_normal(300) for i in range(30)}
        rows = compared(made(noise), rng.uniform(size=300) < 0.3).values()
        findings.append(sum((row.contrasts[0].q or 1) <= 0.05 for row in rows))
        assert all(row.contrasts[0].split != "confirmed" for row in rows if (row.contrasts[0].p or 1) > 0.05)
    assert sum(n == 0 for n in findings) >= 90


def test_a_planted_difference_comes_first_and_is_confirmed_by_the_other_half() -> None:
    rng = np.random.default_rng(1)
    a = rng.uniform(size=600) < 0.3
    columns: dict[str, np.ndarray] = {f"x{i}": rng.standard_normal(600) for i in range(20)}
    columns |= {"zz": rng.standard_normal(600) + a, "label": a.copy()}
    rows = list(compared(made(columns, {"label": "boolean"}), a).values())
    assert (rows[0].name, rows[0].contrasts[0].split) == ("zz", "confirmed")
    assert rows[-1].name == "label", "the label itself is expected first: it stands in a table of its own"


def test_a_share_is_of_the_known_also_where_other_levels_are_suppressed() -> None:
    rng = np.random.default_rng(2)
    row = compared(made({"x": rng.uniform(size=300) < 0.4}, {"x": "boolean"}), rng.uniform(size=300) < 0.5)["x"]
    row = replace(row, shape="levels", levels=("a", "b", "c"))
    assert summary(row, Summary(n=160, counts=(90, None, None))) == ["a: 90 (56.2 %)", "b: –", "c: –"]
    assert summary(row, Summary(n=160, counts=(80, 40, 40)))[0] == "a: 80 (50.0 %)"


def test_numbers_of_the_follow_up_are_not_compared() -> None:
    rng = np.random.default_rng(3)
    columns = made({"x": rng.standard_normal(90), "later": rng.standard_normal(90)}).columns
    later = Dictionary(tuple(replace(p, section=LATER) if p.name == "later" else p for p in columns.dictionary))
    comparing = Comparing(replace(columns, dictionary=later), np.arange(90))
    groups = [comparing.group(np.arange(90) < 40), comparing.group(np.arange(90) >= 40)]
    assert [row.name for row in comparing.rows(groups, frozenset(), ())[0]] == ["x"]


def test_directions_on_both_sides_of_180_are_compared_on_the_circle() -> None:
    rng = np.random.default_rng(0)
    everyone = np.concatenate([rng.normal(170, 20, 300), rng.normal(60, 20, 900)])
    rolled, a = (everyone + 180) % 360 - 180, np.arange(1200) < 300
    dictionary = Dictionary((Phenotype(name="axis", label="T axis", kind="continuous", unit="degrees"),))
    comparing = Comparing(Columns(pl.DataFrame({"axis": rolled}), dictionary), np.arange(1200))
    row = compared(comparing, a)["axis"]
    expected = stats.circmean(rolled[a], high=180, low=-180)
    assert row.groups[0].mean == pytest.approx(expected, abs=0.5)
    assert abs(rolled[a].mean() - expected) > 90
    assert row.contrasts[0].difference == pytest.approx(110, abs=5)
    assert comparing.angles


def test_who_was_recorded_twice_counts_once() -> None:
    comparing = Comparing(made({"x": np.arange(6.0)}).columns, np.array([0, 0, 1, 2, 2, 3]))
    assert sorted(comparing.group(np.array([True, True, True, False, True, False])).rows.tolist()) == [0, 2, 4]
    assert sorted(comparing.group(np.ones(6, bool)).rows.tolist()) == [0, 2, 3, 5]

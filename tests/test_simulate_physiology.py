"""Simulated people beside the published numbers: means, spreads, shares, dependencies."""

import numpy as np
import polars as pl
import pytest

from latentspace.simulate.people import CONDITIONS
from latentspace.simulate.physiology import draw

N = 4_000
# Unselected UK Biobank (POPULATION.md): mean, standard deviation.
EVERYONE = {
    "age": (64.25, 7.57), "height": (169.2, 9.3), "weight": (76.5, 15.5), "bmi": (26.62, 4.25), "lvedv": (144.1, 34.4),
    "lvesv": (59.6, 21.2), "lvsv": (84.9, 19.3), "lvef": (59.4, 6.4), "lvm": (89.7, 24.8), "rvedv": (152.4, 37.2),
    "rvesv": (67.6, 22.9), "rvef": (56.4, 6.5), "la_max": (74.5, 25.4), "ra_max": (79.2, 26.5), "ra_min": (46.3, 20.0),
    "heart_rate": (59.3, 10.6), "p_duration": (96.1, 18.9), "pr": (165.9, 26.3), "qrs": (89.5, 12.2),
    "qt": (426.1, 32.2), "qtc": (419.1, 20.7), "rr": (1040.6, 175.5), "p_axis": (48.7, 23.1), "r_axis": (25.7, 36.6),
    "t_axis": (40.8, 32.6),
}  # fmt: skip
# Healthy men and women (Petersen 2017).
HEALTHY = {
    "lvedv": ((163.5, 27.8), (124.5, 18.6)), "lvesv": ((68.0, 14.8), (49.5, 9.4)),
    "lvsv": ((95.5, 18.6), (74.5, 13.0)), "lvef": ((58.5, 5.4), (60.5, 4.8)), "lvm": ((102.5, 19.6), (69.5, 12.0)),
    "rvedv": ((186.0, 31.6), (126.5, 21.2)), "rvef": ((55.0, 5.1), (57.5, 5.4)),
    "la_max": ((72.5, 18.1), (63.0, 15.3)), "la_ef": ((60.0, 6.6), (61.5, 6.4)), "ra_max": ((93.0, 25.5), (69.5, 16.1)),
    "ra_ef": ((40.5, 8.9), (47.0, 8.2)),
}  # fmt: skip
SHARES = {
    "hypertension": 0.27, "diabetes": 0.055, "af": 0.03, "old_mi": 0.02, "heart_failure": 0.01, "stroke": 0.015,
    "rbbb": 0.025, "lbbb": 0.006, "av_block_1": 0.06,
}  # fmt: skip


@pytest.fixture(scope="module")
def population() -> pl.DataFrame:
    return draw(N, seed=11, cohort="population")


@pytest.mark.parametrize("factor", EVERYONE)
def test_everyone_has_the_published_mean_and_spread(population: pl.DataFrame, factor: str) -> None:
    mean, sd = EVERYONE[factor]
    values = population[factor].drop_nans().to_numpy()
    assert values.mean() == pytest.approx(mean, abs=0.15 * sd)
    assert values.std() == pytest.approx(sd, rel=0.13)


@pytest.mark.parametrize("factor", HEALTHY)
@pytest.mark.parametrize("male", [1, 0])
def test_healthy_men_and_women_are_as_published(population: pl.DataFrame, factor: str, male: int) -> None:
    ill = pl.sum_horizontal(*CONDITIONS)
    healthy = population.filter((ill == 0) & (pl.col("bmi") < 30) & (pl.col("smoking") < 2) & (pl.col("male") == male))
    mean, sd = HEALTHY[factor][1 - male]
    values = healthy[factor].to_numpy()
    assert len(values) > 300
    assert values.mean() == pytest.approx(mean, abs=0.25 * sd)
    assert values.std() == pytest.approx(sd, rel=0.28)


@pytest.mark.parametrize("condition", SHARES)
def test_conditions_are_as_common_as_published(population: pl.DataFrame, condition: str) -> None:
    share = SHARES[condition]
    assert population[condition].mean() == pytest.approx(share, abs=3.3 * np.sqrt(share * (1 - share) / N))


def test_hypertrophy_is_rare_but_not_rarer_than_the_spread_of_mass_allows(population: pl.DataFrame) -> None:
    # 1.5 % by Naderi 2026; the indexed masses of Petersen's healthy people (53 +- 9, 42 +- 7) alone give 2.5 %
    assert 0.015 < float(population["lvh"].to_numpy().mean()) < 0.04


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ("qrs", "lvm", 0.4, 0.6),
        ("lvm", "lvedv", 0.70, 0.82),
        ("lvm", "sbp", 0.30, 0.45),
        ("lvedv", "rvedv", 0.78, 0.92),
        ("af", "la_max", 0.1, 0.4),
        ("qt", "heart_rate", -0.9, -0.6),
        ("lvef", "age", -0.12, 0.08),
    ],
)
def test_what_hangs_together_does(population: pl.DataFrame, a: str, b: str, low: float, high: float) -> None:
    assert low < float(np.corrcoef(population[a], population[b])[0, 1]) < high


@pytest.mark.parametrize(("factor", "published"), [("lvm", 0.655), ("lvedv", 0.522), ("lvef", 0.067)])
def test_body_and_risk_explain_as_much_as_published(population: pl.DataFrame, factor: str, published: float) -> None:
    causes = ["male", "age", "height", "bmi", "sbp", "diabetes", "smoking", "hypertension"]
    x = np.column_stack([np.ones(N), *(population[cause] for cause in causes)])
    y = population[factor].to_numpy()
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    assert 1 - residual.var() / y.var() == pytest.approx(published, abs=0.05)


def test_every_condition_of_the_clinic_can_be_seen_as_a_group() -> None:
    clinic = draw(N, seed=12, cohort="clinic")
    assert min(float(clinic[name].to_numpy().mean()) for name in (*CONDITIONS, "lvh")) >= 0.05


def test_volumes_and_function_agree(population: pl.DataFrame) -> None:
    v = {name: population[name].to_numpy() for name in population.columns}
    np.testing.assert_allclose(v["lvesv"], v["lvedv"] * (1 - v["lvef"] / 100))
    np.testing.assert_allclose(v["rvesv"], v["rvedv"] * (1 - v["rvef"] / 100))
    np.testing.assert_allclose(v["qtc"], v["qt"] / np.sqrt(v["rr"] / 1000))
    assert all((v[name] > 0).all() for name in ("lvesv", "rvesv", "la_min", "ra_min", "lvm"))
    assert np.isnan(v["pr"][v["af"] == 1]).all()


def test_the_same_person_is_drawn_whatever_the_size_of_the_cohort(population: pl.DataFrame) -> None:
    assert draw(10, seed=11, cohort="population").equals(population.head(10), null_equal=True)
    assert not draw(10, seed=12, cohort="population").equals(population.head(10))


def test_incident_events_follow_the_published_rates() -> None:
    people = draw(20_000, seed=13, cohort="population")
    for event, before, rate in (("years_to_af", "af", 3.11), ("years_to_heart_failure", "heart_failure", 2.5)):
        at_risk = people.filter(pl.col(before) == 0)
        years = at_risk.select(pl.min_horizontal(pl.col(event).fill_nan(None), "follow_up")).sum().item()
        events = at_risk[event].is_not_nan().sum()
        assert 1000 * events / years == pytest.approx(rate, rel=0.25)
        ill = at_risk.filter(pl.col(event).is_not_nan())
        assert float(ill["age"].to_numpy().mean()) > float(at_risk["age"].to_numpy().mean()) + 1

"""Blood values and missing cines of simulated people: what was put in is there, and nothing else has moved."""

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from latentspace.arrays import read_rows
from latentspace.errors import InputError
from latentspace.progress import silent
from latentspace.simulate.block import with_cine
from latentspace.simulate.blood import TESTS, blood, draw_own, filtration, zlog
from latentspace.simulate.physiology import draw
from latentspace.simulate.verb import SimulateOptions, simulate
from latentspace.workspace import Workspace

N, SHARE = 12, 0.4
PLAIN = SimulateOptions(subjects=N, seed=5, workers=1)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return simulate(tmp_path_factory.mktemp("plain") / "plain.ls", PLAIN, silent)


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    options = SimulateOptions(subjects=N, seed=5, workers=1, without_cine=SHARE, blood=True)
    return simulate(tmp_path_factory.mktemp("more") / "more.ls", options, silent)


@pytest.fixture(scope="module")
def clinic() -> pl.DataFrame:
    factors = draw(3000, seed=2, cohort="clinic")
    return factors.hstack(blood(factors, draw_own(3000, 2)))


def test_without_the_options_a_cohort_is_what_it_was_before_they_came(plain: Workspace) -> None:
    assert plain.report()["simulation"] == {
        "simulator": "simulated cardiac cohort 1",
        "subjects": N,
        "seed": 5,
        "cohort": "clinic",
    }
    assert [m.name for m in plain.modalities] == ["ecg", "cine", "rhythm"]
    text = plain.subjects().drop("af_free_years", "heart_failure_free_years").write_csv()
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "43ce3985b531b1b4"
    cines = read_rows(plain.recordings("cine")).reshape(N, -1).astype(float).mean(axis=1)
    np.testing.assert_allclose(cines[:3], [94.3168, 84.8562, 77.0628], atol=1e-3)


def test_with_the_options_everything_else_stays_bit_for_bit(plain: Workspace, more: Workspace) -> None:
    assert more.simulator == plain.simulator
    assert more.subjects().select(plain.subjects().columns).equals(plain.subjects())
    assert more.truth().select(plain.truth().columns).equals(plain.truth(), null_equal=True)
    for name in ("ecg", "rhythm"):
        assert more.hashes[f"recordings/{name}.zarr"] == plain.hashes[f"recordings/{name}.zarr"]
    has = more.present("cine")
    cines, before = read_rows(more.recordings("cine")), read_rows(plain.recordings("cine"))
    assert 0 < has.sum() < N
    assert np.array_equal(cines[has], before[has])
    assert not cines[~has].any()
    assert plain.present("cine").all()


def test_who_has_no_cine_is_decided_person_by_person() -> None:
    assert with_cine(5000, 1, 0.3).mean() == pytest.approx(0.7, abs=0.02)
    assert np.array_equal(with_cine(50, 1, 0.3), with_cine(5000, 1, 0.3)[:50])
    assert not (with_cine(500, 1, 0.5) & ~with_cine(500, 1, 0.3)).any()
    assert not np.array_equal(with_cine(50, 1, 0.3), with_cine(50, 2, 0.3))


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_out_of_range_is_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(InputError, match=r"simulate\.share"):
        simulate(tmp_path / "no.ls", SimulateOptions(subjects=2, without_cine=share), silent)


def test_the_modality_is_the_zlog_of_the_phenotypes(more: Workspace) -> None:
    modality = more.modality("blood")
    assert (modality.shape, modality.unit, modality.role) == ((12,), "zlog", "modelled")
    dictionary, subjects = more.dictionary(), more.subjects()
    assert modality.axes[0].labels == tuple(dictionary[name].label for name in TESTS)
    assert all(dictionary[name].unit and dictionary[name].section == "Blood" for name in TESTS)
    stored = read_rows(more.recordings("blood"))
    for i, (name, test) in enumerate(TESTS.items()):
        middle, ends = np.log(test.reference).mean(), np.log(test.reference[1] / test.reference[0])
        expected = (np.log(subjects[name].to_numpy()) - middle) / (ends / 2 / 1.96)
        np.testing.assert_allclose(stored[:, i], expected, rtol=1e-4, atol=1e-5)
    assert more.present("blood").all()
    assert np.isfinite(stored).all()


def test_the_ends_of_a_reference_interval_are_at_1_96() -> None:
    ends = pl.DataFrame({name: test.reference for name, test in TESTS.items()}).cast(pl.Float64)
    np.testing.assert_allclose(zlog(ends), np.outer([-1.96, 1.96], np.ones(len(TESTS))), rtol=1e-5)


def test_filtration_is_the_published_formula() -> None:
    """At .9 and .7 mg/dL only age is left; twice as much creatinine is a power of -1.2, half as much of -.302."""
    age = np.array([30.0, 50.0, 70.0])
    man, woman = np.ones(3), np.zeros(3)
    np.testing.assert_allclose(filtration(np.full(3, 0.9 * 88.4), age, man), 142 * 0.9938**age)
    np.testing.assert_allclose(filtration(np.full(3, 0.7 * 88.4), age, woman), 142 * 1.012 * 0.9938**age)
    ratio = [filtration(np.full(3, 0.9 * 88.4 * k), age, man) / (142 * 0.9938**age) for k in (2.0, 0.5)]
    np.testing.assert_allclose(ratio, [np.full(3, 2**-1.2), np.full(3, 2**0.302)])


def test_a_persons_blood_is_the_same_in_every_cohort(clinic: pl.DataFrame) -> None:
    factors = draw(7, seed=2, cohort="clinic")
    assert blood(factors, draw_own(7, 2)).equals(clinic.head(7).select(*TESTS))


@pytest.mark.parametrize(
    ("name", "cause", "times"),
    [
        ("nt_probnp", "heart_failure", (5, 20)),
        ("nt_probnp", "af", (3, 8)),
        ("troponin", "male", (1.3, 2)),
        ("troponin", "hcm", (1.1, 2)),
        ("creatinine", "male", (1.2, 1.4)),
        ("hba1c", "diabetes", (1.3, 1.7)),
        ("triglycerides", "diabetes", (1.1, 1.6)),
        ("crp", "heart_failure", (1.2, 2.2)),
        ("hdl", "male", (0.7, 0.9)),
        ("haemoglobin", "male", (1.07, 1.15)),
        ("ldl", "old_mi", (0.55, 0.85)),
    ],
)
def test_who_has_a_cause_has_more_or_less_by_so_many_times(
    clinic: pl.DataFrame, name: str, cause: str, times: tuple[float, float]
) -> None:
    with_it, without = (clinic.filter(pl.col(cause) == has)[name].to_numpy() for has in (1, 0))
    assert times[0] < np.median(with_it) / np.median(without) < times[1]


@pytest.mark.parametrize(
    ("name", "factor", "least", "most"),
    [
        ("nt_probnp", "age", 0.15, 0.5),
        ("nt_probnp", "lvef", -0.75, -0.2),
        ("nt_probnp", "lvm_index", 0.05, 0.6),
        ("nt_probnp", "bmi", -0.3, -0.02),
        ("egfr", "age", -0.9, -0.4),
        ("hba1c", "bmi", 0.05, 0.4),
        ("crp", "bmi", 0.2, 0.6),
        ("hdl", "bmi", -0.6, -0.2),
        ("hdl", "triglycerides", -0.6, -0.25),
    ],
)
def test_values_correlate_with_the_factors_in_the_published_direction(
    clinic: pl.DataFrame, name: str, factor: str, least: float, most: float
) -> None:
    r = float(np.corrcoef(clinic[factor].to_numpy(), np.log(clinic[name].to_numpy()))[0, 1])
    assert least < r < most


def test_no_value_is_known_from_the_factors_alone(clinic: pl.DataFrame) -> None:
    """Every test but the filtration, a formula, keeps noise of its own: a linear fit leaves at least a fifth."""
    causes = ["age", "male", "bmi", "lvef", "lvm_index", "af", "heart_failure", "diabetes", "old_mi", "hypertension"]
    x = np.column_stack([np.ones(len(clinic)), clinic.select(causes).to_numpy()])
    for name in TESTS:
        y = np.log(clinic[name].to_numpy())
        left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        assert left.var() > 0.2 * y.var(), name

"""Simulated ECGs: exact relations, the intervals they were made with, and the variety of real ones."""

import numpy as np
import polars as pl
import pytest

from built import Built
from latentspace.simulate.ecg import LEADS, ONSET, RATE_HZ, ecg
from latentspace.simulate.physiology import draw
from latentspace.workspace import open_folder
from real_ecg import real_beats
from simulated_ecg import Ecgs, healthy, only, simulated

LEAD = {name: i for i, name in enumerate(LEADS)}


@pytest.fixture(scope="module")
def clinic() -> Ecgs:
    return simulated(1500, "clinic", 31)


@pytest.fixture(scope="module")
def normal() -> Ecgs:
    return simulated(700, "population", 32).where(healthy())


def qrs(ecgs: Ecgs, lead: str, first_ms: float = 0, last_ms: float = 110) -> np.ndarray:
    part = slice(ONSET + round(first_ms / 2), ONSET + round(last_ms / 2))
    return ecgs.beats[:, LEAD[lead], part]


def t_wave(ecgs: Ecgs, lead: str) -> np.ndarray:
    """The largest deflection of T, with its sign."""
    part = ecgs.beats[:, LEAD[lead], ONSET + 80 : ONSET + 260]
    return np.where(part.max(axis=1) > -part.min(axis=1), part.max(axis=1), part.min(axis=1))


def test_einthoven_and_goldberger_hold_to_the_last_bit(clinic: Ecgs) -> None:
    first, second, third, right, left, foot = (clinic.beats[:, i] for i in range(6))
    assert np.array_equal(third, second - first)
    assert np.array_equal(right, -(first + second) / 2)
    assert np.array_equal(left, first - second / 2)
    assert np.array_equal(foot, second - first / 2)
    assert clinic.beats.dtype == np.float32


def test_the_same_generator_gives_the_same_bytes() -> None:
    row = draw(5, seed=1, cohort="clinic").row(4, named=True)
    once, again, other = (ecg(row, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert once[0].tobytes() == again[0].tobytes()
    assert once[1].tobytes() == again[1].tobytes()
    assert once[2] == again[2]
    assert once[0].tobytes() != other[0].tobytes()


def test_before_qrs_the_leads_are_level(normal: Ecgs) -> None:
    level = np.abs(normal.beats[:, :, ONSET - 9 : ONSET - 2].mean(axis=2))
    assert np.median(level) < 0.003


def test_amplitudes_of_healthy_people_are_those_of_real_normals(normal: Ecgs, ptbxl: Built) -> None:
    """To a quarter, or .09 mV: these volunteers are 20 years older, heavier, and their axis lies further left."""
    real = real_beats(open_folder(ptbxl.path), normal=True)
    there = Ecgs(pl.DataFrame(), real.beats.astype(np.float32), np.zeros((0, 2, 5000), np.float32))
    for lead in ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6"):
        pairs = [
            (qrs(normal, lead).max(axis=1), qrs(there, lead).max(axis=1)),
            (qrs(normal, lead).min(axis=1), qrs(there, lead).min(axis=1)),
            (t_wave(normal, lead), t_wave(there, lead)),
        ]
        for ours, theirs in pairs:
            assert ours.mean() == pytest.approx(theirs.mean(), rel=0.25, abs=0.09), lead
            assert ours.std() == pytest.approx(theirs.std(), rel=0.4, abs=0.08), lead


def test_people_differ_from_each_other_as_real_ones_do(normal: Ecgs, ptbxl: Built) -> None:
    """Total variance, and how much of it the first components carry: neither too alike nor too random."""
    real = real_beats(open_folder(ptbxl.path), normal=True).beats
    independent = [LEAD[name] for name in ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")]

    def spectrum(beats: np.ndarray) -> tuple[float, np.ndarray]:
        x = beats[:250, independent].reshape(250, -1).astype(np.float64)
        power = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
        return power.sum() / 250, np.cumsum(power)[[0, 1, 3, 7, 15, 31]] / power.sum()

    (ours, our_shares), (theirs, their_shares) = spectrum(normal.beats), spectrum(real)
    assert 0.75 < ours / theirs < 1.35
    np.testing.assert_allclose(our_shares, their_shares, atol=0.07)


def test_r_waves_grow_across_the_chest_and_turn_at_another_lead_in_everyone(normal: Ecgs) -> None:
    chest = ("V1", "V2", "V3", "V4", "V5", "V6")
    tall = np.stack([qrs(normal, lead).max(axis=1) for lead in chest], axis=1)
    deep = np.stack([-qrs(normal, lead).min(axis=1) for lead in chest], axis=1)
    means = tall.mean(axis=0)
    assert (np.diff(means[:5]) > -0.05).all()
    assert means[0] < 0.3 < means[4]
    turn = (tall > deep).argmax(axis=1)
    shares = np.bincount(turn, minlength=6) / len(turn)
    assert shares[2] + shares[3] > 0.6  # V3 and V4
    assert (shares[[1, 2, 3, 4]] > 0.02).all()


def test_p_and_t_vary_from_person_to_person(normal: Ecgs) -> None:
    p = normal.beats[:, LEAD["II"], ONSET - 110 : ONSET - 20].max(axis=1)
    assert 0.08 < p.mean() < 0.2
    assert 0.2 < p.std() / p.mean() < 0.6
    t = t_wave(normal, "V3")
    assert 0.3 < t.std() / t.mean() < 0.7
    assert 0.01 < (t_wave(normal, "V1") < 0).mean() < 0.6


def test_left_bundle_branch_block_is_broad_to_the_left_and_deep_in_front(clinic: Ecgs) -> None:
    block = clinic.where(only("lbbb"))
    late = {lead: qrs(block, lead, 60, 110).mean(axis=1) for lead in ("I", "V1", "V6")}
    assert (late["V6"] > 0.3).mean() > 0.9
    assert (late["V1"] < -0.3).mean() > 0.9
    assert (late["I"] > 0.1).mean() > 0.9
    assert (t_wave(block, "V6") < 0).mean() > 0.75
    assert (t_wave(block, "V1") > 0).mean() > 0.75


def test_right_bundle_branch_block_ends_to_the_right(clinic: Ecgs) -> None:
    block, plain = clinic.where(only("rbbb")), clinic.where(healthy())
    late = {lead: qrs(block, lead, 70, 110) for lead in ("I", "V1", "V6")}
    assert (late["V1"].max(axis=1) > 0.15).mean() > 0.9
    assert (late["I"].min(axis=1) < -0.08).mean() > 0.8
    assert (late["V6"].min(axis=1) < -0.08).mean() > 0.8
    assert (qrs(plain, "V1", 70, 110).max(axis=1) > 0.15).mean() < 0.1


@pytest.mark.parametrize(("wall", "leads"), [(0, ("V1", "V2", "V3")), (1, ("V3", "V4")), (2, ("I", "aVL"))])
def test_an_old_infarct_leaves_q_waves_over_its_wall(clinic: Ecgs, wall: int, leads: tuple[str, ...]) -> None:
    large = only("old_mi") & (pl.col("scar_wall") == wall) & (pl.col("scar") > 0.5)
    scarred, plain = clinic.where(large), clinic.where(healthy())
    assert len(scarred.factors) >= 8

    def early(ecgs: Ecgs) -> np.ndarray:
        return np.mean([qrs(ecgs, lead, 8, 40).min(axis=1) for lead in leads], axis=0)

    assert np.median(early(scarred)) < np.quantile(early(plain), 0.3)


def test_a_thick_ventricle_is_tall_and_strained(clinic: Ecgs) -> None:
    thick, plain = clinic.where(pl.col("strain") > 1.2), clinic.where(healthy())
    thick = thick.where((pl.col("lbbb") == 0) & (pl.col("old_mi") == 0))
    assert np.median(t_wave(thick, "V6")) < 0.05 < np.median(t_wave(plain, "V6"))
    tall = clinic.where((pl.col("lvm_index") > 75) & (pl.col("lbbb") == 0) & (pl.col("bmi") < 30))
    index = [qrs(e, "V5").max(axis=1) - qrs(e, "V1").min(axis=1) for e in (tall, plain)]
    assert np.median(index[0]) > 1.1 * np.median(index[1])


def test_atrial_fibrillation_has_no_p_wave_and_no_rhythm(clinic: Ecgs) -> None:
    ill, plain = clinic.where(only("af")), clinic.where(healthy())
    before = slice(ONSET - 110, ONSET - 20)
    assert np.median(ill.beats[:, LEAD["II"], before].max(axis=1)) < 0.05
    assert irregularity(ill) > 5 * irregularity(plain)


def irregularity(ecgs: Ecgs) -> float:
    """Median over people of the spread of RR over its mean, from the tallest points of lead II."""
    spreads: list[float] = []
    for strip in ecgs.strips[:40, 0]:
        size = np.abs(strip - np.median(strip))
        high = size > 0.6 * np.quantile(size, 0.995)
        starts = np.flatnonzero(high & ~np.roll(high, 1))
        beats = starts[np.concatenate([[True], np.diff(starts) > 0.3 * RATE_HZ])]
        rr = np.diff(beats)
        spreads.append(float(rr.std() / rr.mean()))
    return float(np.median(spreads))

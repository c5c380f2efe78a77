"""ECG measurement against the simulation's truth, and against another method on real recordings."""

import numpy as np
import polars as pl
import pytest
from jaxtyping import Float32

from built import Built
from latentspace.measure.ecg import LEADS, lead_marks, measure_ecg
from latentspace.measure.measurement import Measurement
from latentspace.workspace import open_folder
from real_ecg import RealBeats, real_beats
from simulated_ecg import Ecgs, simulated
from wavelet_marks import wavelet_marks

Readings = list[dict[str, Measurement]]
GOALS = {
    "qrs": 6.0, "qt": 12.0, "qtc": 12.0, "pr": 10.0, "p_duration": 12.0, "heart_rate": 1.0,
    "r_axis": 5.0, "t_axis": 10.0, "p_axis": 10.0,
}  # fmt: skip
VOLTAGES = {"r_i": ("I", 1), "r_avl": ("aVL", 1), "r_v5": ("V5", 1), "s_v1": ("V1", -1)}


@pytest.fixture(scope="module")
def clinic() -> Ecgs:
    return simulated(300, "clinic", 41)


@pytest.fixture(scope="module")
def read(clinic: Ecgs) -> Readings:
    rr = clinic.column("rr")
    return [
        measure_ecg(beat, rr_ms=float(rr[i]), rhythm=strip)
        for i, (beat, strip) in enumerate(zip(clinic.beats, clinic.strips, strict=True))
    ]


@pytest.fixture(scope="module")
def real(ptbxl: Built) -> RealBeats:
    return real_beats(open_folder(ptbxl.path))


def values(readings: Readings, name: str) -> np.ndarray:
    return np.array([np.nan if r[name].value is None else r[name].value for r in readings], float)


@pytest.mark.parametrize("name", GOALS)
def test_the_simulations_truth_is_found_again(clinic: Ecgs, read: Readings, name: str) -> None:
    error = values(read, name) - clinic.column(name)
    if name.endswith("axis"):
        error = (error + 180) % 360 - 180
    assert np.nanmedian(np.abs(error)) <= GOALS[name]
    assert np.nanquantile(np.abs(error), 0.9) <= 2.5 * GOALS[name]


@pytest.mark.parametrize("condition", ["lbbb", "rbbb", "old_mi", "hcm", "dcm", "av_block_1", "lvh"])
def test_intervals_are_found_in_every_condition(clinic: Ecgs, read: Readings, condition: str) -> None:
    ill = clinic.column(condition) == 1
    assert ill.sum() >= 8
    for name, goal in (("qrs", 9.0), ("qt", 14.0), ("pr", 12.0)):
        error = np.abs(values(read, name) - clinic.column(name))[ill]
        assert np.nanmedian(error) <= goal, name


def test_a_p_wave_is_missing_in_fibrillation_alone(clinic: Ecgs, read: Readings) -> None:
    ill, missing = clinic.column("af") == 1, np.isnan(values(read, "pr"))
    assert missing[ill].mean() > 0.95
    assert missing[~ill].mean() < 0.02
    reasons = {r["pr"].reason for r in read if r["pr"].value is None}
    assert reasons == {"No P wave stands out before QRS."}


@pytest.mark.parametrize("name", VOLTAGES)
def test_voltages_are_the_largest_deflections_of_qrs(clinic: Ecgs, read: Readings, name: str) -> None:
    lead, sign = VOLTAGES[name]
    largest = (sign * clinic.beats[:, LEADS.index(lead), 217:300]).max(axis=1)
    assert np.median(np.abs(values(read, name) - largest)) < 0.02


def test_the_indices_of_hypertrophy_are_their_sums(read: Readings) -> None:
    sokolow, deep, tall = (values(read, name) for name in ("sokolow_lyon", "s_v1", "r_v5"))
    assert (sokolow >= deep + tall - 1e-9).all()
    assert (values(read, "cornell") >= values(read, "r_avl") - 1e-9).all()


def test_a_single_beat_has_no_rate_and_no_corrected_interval(clinic: Ecgs) -> None:
    found = measure_ecg(clinic.beats[0])
    assert found["heart_rate"].value is None
    assert "rhythm strip" in found["heart_rate"].reason
    assert found["qtc"].value is None
    assert "RR" in found["qtc"].reason
    assert found["qt"].value is not None


def test_the_residual_is_what_was_added_to_a_lead(clinic: Ecgs) -> None:
    beat = clinic.beats[0].copy()
    assert measure_ecg(beat)["lead_residual"].value == 0
    beat[2] += 0.1
    assert measure_ecg(beat)["lead_residual"].value == pytest.approx(50, rel=1e-3)  # one gap of four, 100 uV


def noise(size: float) -> Float32[np.ndarray, "12 600"]:
    return (size * np.random.default_rng(0).standard_normal((12, 600))).astype(np.float32)


@pytest.mark.parametrize(
    ("beat", "reason"),
    [
        (np.zeros((12, 600), np.float32), "flat"),
        (np.full((12, 600), np.nan, np.float32), "not finite"),
        (noise(0.3), "No QRS"),
    ],
)
def test_what_is_no_beat_is_null_with_the_reason(beat: Float32[np.ndarray, "12 600"], reason: str) -> None:
    for measurement in measure_ecg(beat, rr_ms=1000.0).values():
        assert measurement.value is None
        assert reason in measurement.reason or measurement.name == "heart_rate"


def test_a_smooth_beat_as_a_decoder_draws_it_gives_the_same_intervals(clinic: Ecgs, read: Readings) -> None:
    """The beat without what 48 principal components of other people's beats do not hold."""
    known, asked = clinic.beats[100:].reshape(200, -1), clinic.beats[:100].reshape(100, -1)
    mean = known.mean(axis=0)
    _, _, parts = np.linalg.svd(known - mean, full_matrices=False)
    drawn = (mean + (asked - mean) @ parts[:48].T @ parts[:48]).reshape(100, 12, 600)
    rr = clinic.column("rr")
    again = [measure_ecg(beat, rr_ms=float(rr[i])) for i, beat in enumerate(drawn)]
    for name, limit in (("qrs", 6.0), ("qt", 8.0), ("pr", 14.0)):
        assert np.nanmedian(np.abs(values(again, name) - values(read[:100], name))) <= limit, name


def test_each_lead_of_real_recordings_agrees_with_a_wavelet_delineation(real: RealBeats) -> None:
    gaps: dict[str, list[float]] = {"qrs": [], "qt": [], "pr": []}
    for beat, rr in zip(real.beats[::4], real.rr_ms[::4], strict=True):
        marks = lead_marks(beat, float(rr))
        for name, lead in zip(LEADS, beat, strict=True):
            if np.ptp(lead[200:280]) < 0.3:
                continue
            ours, theirs = marks[name], wavelet_marks(lead)
            gaps["qrs"].append(ours.qrs_offset - ours.qrs_onset - theirs.qrs_offset + theirs.qrs_onset)
            if ours.t_end is not None and theirs.t_end is not None:
                gaps["qt"].append(ours.t_end - ours.qrs_onset - theirs.t_end + theirs.qrs_onset)
            if ours.p_onset is not None and theirs.p_onset is not None:
                gaps["pr"].append(ours.qrs_onset - ours.p_onset - theirs.qrs_onset + theirs.p_onset)
    for name, differences in gaps.items():
        assert len(differences) > 700, name
        assert np.median(np.abs(differences)) <= 15, name


def test_real_normals_have_the_intervals_of_the_reference_tables(ptbxl: Built) -> None:
    """Mason 2007 and the sex and age table of the reference data: QRS 84 (women) to 94 (men), QTc 399 to 426."""
    normal = real_beats(open_folder(ptbxl.path), normal=True)
    found = [measure_ecg(b, rr_ms=float(rr)) for b, rr in zip(normal.beats, normal.rr_ms, strict=True)]
    means = {name: np.nanmean(values(found, name)) for name in ("qrs", "qtc", "pr")}
    assert means["qrs"] == pytest.approx(88, abs=5)
    assert means["qtc"] == pytest.approx(408, abs=10)
    assert means["pr"] == pytest.approx(160, abs=15)
    men = normal.subjects.select(pl.col("sex") == "Man").to_series().to_numpy()
    qrs = values(found, "qrs")
    assert 3 < qrs[men].mean() - qrs[~men].mean() < 14


def test_simulated_intervals_are_spread_like_real_ones(ptbxl: Built) -> None:
    """Simulated people beside real normals: spreads within a half of each other.

    The axis of T is compared with UK Biobank instead (test_simulate_physiology): it is twice as wide there.
    """
    normal = real_beats(open_folder(ptbxl.path), normal=True)
    ours = simulated(400, "population", 42)
    pairs = (
        [measure_ecg(b, rr_ms=float(rr)) for b, rr in zip(normal.beats, normal.rr_ms, strict=True)],
        [measure_ecg(b, rr_ms=float(rr)) for b, rr in zip(ours.beats, ours.column("rr"), strict=True)],
    )
    for name in ("qrs", "qtc", "pr", "p_duration", "r_axis"):
        theirs, mine = (np.nanquantile(values(p, name), [0.1, 0.9]) for p in pairs)
        assert 0.6 < np.diff(mine)[0] / np.diff(theirs)[0] < 1.6, name
    qrs, qtc = (np.nanmedian(values(pairs[1], name)) for name in ("qrs", "qtc"))
    assert qrs == pytest.approx(89.5, abs=5)  # UK Biobank
    assert qtc == pytest.approx(419, abs=10)

"""The median beat against made ECGs whose beats are known, and on real ones."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_records import made_ecg, real_data
from latentspace.prepare.beat import ONSET, SIZE, MedianBeat, median_beat, without_baseline
from latentspace.prepare.leads import standard_leads
from latentspace.prepare.onset import spatial_velocity
from latentspace.prepare.peaks import find_beats
from latentspace.readers import wfdb
from plain_beat import plain_median_beat

EIGHT = np.array([True, True, *[False] * 4, *[True] * 6])


def beat_of(values: np.ndarray) -> MedianBeat:
    beat = median_beat(values.astype(np.float32), composite=EIGHT)
    assert beat is not None
    return beat


def difference(a: np.ndarray, b: np.ndarray, part: slice) -> float:
    """Largest difference in mV, but for one sample of alignment."""
    return min(float(np.abs(np.roll(a, shift, axis=1) - b)[:, part].max()) for shift in (-1, 0, 1))


def onsets(first: float, rr_s: float) -> list[float]:
    return [first + rr_s * k for k in range(30) if first + rr_s * k < 9.7]


@given(rr_s=st.floats(0.45, 1.5), first=st.floats(0.3, 0.8), seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_every_beat_is_found_once_and_its_onset_lands_on_sample_217(rr_s: float, first: float, seed: int) -> None:
    times = onsets(first, rr_s)
    beat = beat_of(made_ecg(times, seed=seed))
    assert beat.found == len(times)
    assert beat.used >= len(times) - 1
    assert beat.rr_ms == pytest.approx(rr_s * 1000, abs=6)
    clean = beat.values[EIGHT]
    begun = np.abs(clean[:, ONSET + 10 : ONSET + 30]).max()
    assert np.abs(clean[:, ONSET - 8 : ONSET - 1]).max() < 0.15 * begun  # quiet before the onset
    assert np.abs(clean[:, ONSET + 3 : ONSET + 12]).max() > 0.15 * begun  # and the complex has begun after it


def test_ectopic_and_early_beats_do_not_enter_the_median() -> None:
    times = onsets(0.5, 0.8)
    times[5] -= 0.3
    plain, mixed = beat_of(made_ecg(onsets(0.5, 0.8))), beat_of(made_ecg(times, odd=[5]))
    assert mixed.found == plain.found
    assert mixed.used <= plain.used - 1
    middle = slice(ONSET - 90, ONSET + 200)
    assert difference(mixed.values, plain.values, middle) < 0.06


def test_the_median_is_less_noisy_than_a_beat() -> None:
    rng = np.random.default_rng(1)
    quiet = made_ecg(onsets(0.5, 0.7))
    noise = rng.normal(0, 0.05, quiet.shape)
    clean, loud = beat_of(quiet).values, beat_of(quiet + noise).values
    assert np.std(loud - clean) < 0.5 * 0.05


def test_wander_is_gone_and_the_pr_segment_is_the_zero_level() -> None:
    times = onsets(0.5, 0.9)
    time = np.arange(5000) / 500
    still = beat_of(made_ecg(times)).values
    drifting = beat_of(made_ecg(times) + 2 * np.sin(2 * np.pi * 0.05 * time)).values
    assert np.abs(np.median(drifting[:, ONSET - 10 : ONSET - 2], axis=1)).max() < 0.01
    assert difference(drifting, still, slice(ONSET - 50, ONSET + 200)) < 0.05


def test_neighbouring_complexes_are_no_part_of_the_beat() -> None:
    beat = beat_of(made_ecg(onsets(0.5, 0.5)))
    assert np.abs(beat.values[:, ONSET + 250 :]).max() == 0
    assert np.abs(beat.values[:, ONSET : ONSET + 100]).max() > 0.4


def test_irregular_beats_of_one_shape_are_used_and_it_is_said() -> None:
    gaps = np.array([0.45, 1.1, 0.6, 1.5, 0.8, 0.42, 1.3, 0.95, 0.5])
    beat = beat_of(made_ecg((0.5 + np.cumsum(gaps)).tolist()))
    assert not beat.steady
    assert beat.used >= 8


@pytest.mark.parametrize("kind", ["flat", "noise", "short"])
def test_where_there_is_no_beat_there_is_no_median(kind: str) -> None:
    rng = np.random.default_rng(2)
    values = {"flat": np.zeros((12, 5000)), "noise": rng.normal(0, 0.1, (12, 5000)), "short": made_ecg([0.5])[:, :600]}
    assert median_beat(values[kind].astype(np.float32), composite=EIGHT) is None


def test_gaps_do_not_spoil_the_beat() -> None:
    values = made_ecg(onsets(0.5, 0.8))
    whole = beat_of(values).values
    values[7, 900:1300] = np.nan
    holed = beat_of(values).values
    assert np.isfinite(holed).all()
    assert np.abs(holed - whole).max() < 0.1


def test_beats_are_found_in_real_records_at_the_rate_that_a_plain_r_wave_count_gives() -> None:
    folder = real_data() / "records500" / "00000"
    for name in ("00001_hr", "00004_hr", "00017_hr", "00191_hr"):
        signal = standard_leads(wfdb.read(folder / f"{name}.hea"))
        level = without_baseline(signal.values)
        found = find_beats(level[EIGHT], rate_hz=500)
        v5 = level[10]  # tall in these records: count crossings of half its height, an oracle without filters
        above = v5 > 0.6 * np.percentile(v5, 99.5)
        crossings = np.flatnonzero(np.diff(above.astype(int)) == 1)
        counted = 1 + int((np.diff(crossings) > 100).sum())
        assert abs(len(found) - counted) <= 1, name


def test_onsets_of_real_records_precede_the_steepest_slope_by_a_plausible_time() -> None:
    folder = real_data() / "records500" / "00000"
    waits: list[float] = []
    for header in sorted(folder.glob("*_hr.hea"))[::6]:
        signal = standard_leads(wfdb.read(header))
        beat = beat_of(signal.values)
        assert beat.values.shape == (12, SIZE)
        velocity = spatial_velocity(beat.values[EIGHT], rate_hz=500)
        waits.append((int(velocity[ONSET - 20 : ONSET + 80].argmax()) - 20) * 2.0)
    low, middle, high = np.percentile(waits, [5, 50, 95])
    assert 35 < middle < 55
    assert low > 15
    assert high < 80


def sinus_records() -> list[np.ndarray]:
    """Every third real recording that is said to be in sinus rhythm, twelve leads in mV."""
    with (real_data() / "ptbxl_database.csv").open(encoding="utf-8") as table:
        names = [row["filename_hr"].rpartition("/")[2] for row in csv.DictReader(table) if "'SR'" in row["scp_codes"]]
    files = {path.stem: path for path in real_data().rglob("*_hr.hea")}
    return [standard_leads(wfdb.read(files[name])).values for name in names[::3] if name in files]


def test_the_median_beat_of_sinus_rhythm_is_that_of_another_implementation() -> None:
    similar: list[float] = []
    for leads in sinus_records():
        ours, theirs = beat_of(leads).values.astype(np.float64), plain_median_beat(leads.astype(np.float64))
        centred = theirs - theirs.mean(axis=1, keepdims=True)
        width = theirs.shape[1]
        shift = int(np.argmax([(ours[:, at : at + width] * centred).sum() for at in range(SIZE - width)]))
        own = ours[:, shift : shift + width]
        shown = (own != 0).any(axis=0)  # ours is 0 where the neighbours begin
        similar += [np.corrcoef(a[shown], b[shown])[0, 1] for a, b in zip(own, theirs, strict=True)]
    assert len(similar) > 1000
    assert np.mean(np.array(similar) > 0.98) >= 0.95
    assert np.median(similar) > 0.995

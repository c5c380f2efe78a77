"""Leads and resampling against closed forms and a real record."""

import numpy as np
import pytest

from ecg_records import LEADS, made_ecg, real_data
from latentspace.errors import InputError
from latentspace.modality import Signal
from latentspace.prepare.leads import STANDARD, lead_faults, limb_residual, standard_leads, standard_name
from latentspace.prepare.resample import resample
from latentspace.readers import wfdb


def signal(values: np.ndarray, leads: tuple[str, ...] = LEADS, rate: float = 500) -> Signal:
    return Signal(leads=leads, values=values.astype(np.float32), sampling_rate_hz=rate, source="made")


def test_any_order_of_leads_comes_out_in_the_standard_order() -> None:
    values = made_ecg([1, 2, 3])
    backwards = standard_leads(signal(values[::-1], LEADS[::-1]))
    assert backwards.leads == STANDARD
    np.testing.assert_array_equal(backwards.values, values.astype(np.float32))


@pytest.mark.parametrize("pair", [("I", "II"), ("II", "III"), ("I", "III")])
def test_any_two_limb_leads_of_a_real_record_give_the_other_four_as_recorded(pair: tuple[str, str]) -> None:
    whole = standard_leads(wfdb.read(real_data() / "records500/00000/00001_hr.hea"))
    rows = [whole.leads.index(lead) for lead in pair]
    derived = standard_leads(signal(whole.values[rows], pair))
    assert derived.leads == STANDARD[:6]
    np.testing.assert_allclose(derived.values, whole.values[:6], atol=0.0025)  # the device rounds to 5 uV


def test_a_measured_lead_is_never_replaced_by_a_derived_one() -> None:
    values = made_ecg([1, 2])
    values[2] += 1
    np.testing.assert_array_equal(standard_leads(signal(values)).values[2], values[2].astype(np.float32))


def test_a_residual_says_that_leads_were_exchanged() -> None:
    values = made_ecg([1, 2, 3])
    assert limb_residual(signal(values)) < 1e-6
    values[[0, 1]] = values[[1, 0]]
    assert limb_residual(signal(values)) > 0.05
    assert np.isnan(limb_residual(signal(values[:2], ("I", "II"))))


def test_each_fault_of_a_lead_is_named_and_a_sound_lead_has_none() -> None:
    values = made_ecg([1, 2, 3, 4, 5])
    values[0] = 0.3
    values[1, :1000] = np.nan
    values[2, 40:44] = np.nan
    values[7] = np.clip(values[7], -0.2, 0.2)
    faults = {fault.lead: (fault.kind, fault.usable) for fault in lead_faults(signal(values))}
    assert faults == {
        "I": ("flat", False),
        "II": ("missing", False),
        "III": ("gaps", True),
        "V2": ("saturated", True),
    }


def test_a_value_held_at_the_end_of_a_record_is_no_saturation() -> None:
    values = made_ecg([1, 2, 3])
    values[:, -60:] = values.max()
    assert not lead_faults(signal(values))


def test_a_lead_twice_or_none_of_the_twelve_is_refused() -> None:
    values = made_ecg([1])[:2]
    with pytest.raises(InputError, match=r"lead\.twice"):
        standard_leads(signal(values, ("V1", "v1")))
    with pytest.raises(InputError, match=r"lead\.none"):
        standard_leads(signal(values, ("ABP", "resp")))


@pytest.mark.parametrize(
    ("name", "expected"), [("AVR", "aVR"), ("avf", "aVF"), ("Lead II", "II"), ("v6", "V6"), ("MLII", "MLII")]
)
def test_names_of_leads_are_read_however_they_are_written(name: str, expected: str) -> None:
    assert standard_name(name) == expected


@pytest.mark.parametrize("rate", [128.0, 250.0, 360.0, 1000.0])
def test_a_sine_keeps_frequency_phase_and_size_at_any_rate(rate: float) -> None:
    time = np.arange(int(10 * rate)) / rate
    out = resample(signal(np.sin(2 * np.pi * 7 * time)[None], ("II",), rate))
    expected = np.sin(2 * np.pi * 7 * np.arange(out.values.shape[1]) / 500)
    assert out.sampling_rate_hz == 500
    assert abs(out.values.shape[1] - 5000) <= 4
    np.testing.assert_allclose(out.values[0, 200:-200], expected[200:-200], atol=0.01)


def test_gaps_stay_gaps_when_the_rate_changes() -> None:
    values = np.ones((1, 2500))
    values[0, 1000:1100] = np.nan
    missing = np.isnan(resample(signal(values, ("I",), 250)).values[0])
    assert missing[2000:2200].all()
    assert missing.sum() == 200


@pytest.mark.parametrize("rate", [0.0, 50.0, 1e6, float("nan")])
def test_a_rate_at_which_nobody_records_is_refused(rate: float) -> None:
    with pytest.raises(InputError, match=r"signal\.rate"):
        resample(signal(np.zeros((1, 100)), ("I",), rate))

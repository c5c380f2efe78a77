"""Intervals, axes and voltages of one beat of twelve leads, recorded or decoded, and the rate of a rhythm strip."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from latentspace.measure.delineation import ABOUT, MS, RATE_HZ, Marks, delineate
from latentspace.measure.measurement import Measurement
from latentspace.prepare.beat import without_baseline
from latentspace.prepare.peaks import find_beats

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
INDEPENDENT = [LEADS.index(lead) for lead in ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")]
LEAST_QRS_MV = 0.15  # of the tallest lead
LEAST_CONTRAST = 4.0  # steepest slope of QRS over the beat's usual slope
LEAST_NET = 0.15  # net area of I and aVF, as a share of the area without sign, below which an axis means nothing


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat, its marks, and the recorded interval to the next one."""

    leads: Float64[np.ndarray, "12 600"]
    marks: Marks
    rr_ms: float | None

    def lead(self, name: str) -> Float64[np.ndarray, " samples"]:
        """QRS of one lead, above its level at the onset."""
        values = self.leads[LEADS.index(name)]
        first, last = (round(mark / MS) for mark in (self.marks.qrs_onset, self.marks.qrs_offset))
        return values[first : last + 1] - values[max(0, first - 4) : first + 1].mean()


Found = tuple[float | None, str]  # a value, or None with the reason
NO_P = "No P wave stands out before QRS."
NO_T = "No end of a T wave was found."
NO_RR = "A single beat has no rate: it needs the recorded RR interval."


def measure_ecg(
    beat: Float[np.ndarray, "12 600"],
    *,
    rr_ms: float | None = None,
    rhythm: Float[np.ndarray, "leads samples"] | None = None,
) -> dict[str, Measurement]:
    """All measurements by name, null with a reason where the beat does not allow them.

    `beat` has the leads of `LEADS` in mV at 500 Hz; `rr_ms` is the recorded RR interval, from which alone QTc can be
    had; `rhythm` is a strip at 500 Hz of the same recording, from which alone the rate can be had.
    """
    leads = beat.astype(np.float64)
    trouble = _unusable(leads)
    found: dict[str, Found] = {name: (None, trouble) for name, _, _, _ in _READINGS}
    if not trouble:
        whole = Beat(leads, delineate(leads[INDEPENDENT], rr_ms), rr_ms)
        found = {name: read(whole) for name, _, _, read in _READINGS}
    found["heart_rate"] = _rate(rhythm)
    words = {name: (label, unit) for name, label, unit, _ in _READINGS} | {"heart_rate": ("Heart rate", "1/min")}
    return {name: _one(name, words[name], *found[name]) for name in words}


def _one(name: str, words: tuple[str, str], value: float | None, why: str) -> Measurement:
    label, unit = words
    return Measurement(name, label, value, unit, why)


def lead_marks(beat: Float[np.ndarray, "12 600"], rr_ms: float | None = None) -> Mapping[str, Marks]:
    """The marks of each lead alone, about those of all leads."""
    leads = beat.astype(np.float64)
    about = delineate(leads[INDEPENDENT], rr_ms)
    return {name: delineate(leads[i : i + 1], rr_ms, about) for i, name in enumerate(LEADS)}


def _unusable(leads: Float64[np.ndarray, "12 600"]) -> str:
    """Why nothing can be measured on this beat, or nothing."""
    if not np.isfinite(leads).all():
        return "The beat holds values that are not finite."
    slope = np.abs(np.diff(leads[INDEPENDENT], axis=1)).mean(axis=0)
    near = slice(ABOUT - 60, ABOUT + 120)
    if np.ptp(leads[:, near], axis=1).max() < LEAST_QRS_MV:
        return "The leads are flat where QRS should be."
    if slope[near].max() < LEAST_CONTRAST * np.median(slope):
        return "No QRS complex stands out."
    return ""


def _pr(beat: Beat) -> Found:
    start = beat.marks.p_onset
    return (None, NO_P) if start is None else (beat.marks.qrs_onset - start, "")


def _p_duration(beat: Beat) -> Found:
    start, end = beat.marks.p_onset, beat.marks.p_offset
    return (None, NO_P) if start is None or end is None else (end - start, "")


def _qt(beat: Beat) -> Found:
    end = beat.marks.t_end
    return (None, NO_T) if end is None else (end - beat.marks.qrs_onset, "")


def _qtc(beat: Beat) -> Found:
    qt, why = _qt(beat)
    if beat.rr_ms is None:
        return None, NO_RR
    return (None, why) if qt is None else (qt / np.sqrt(beat.rr_ms / 1000), "")


def _axis(beat: Beat, start: float | None, end: float | None, missing: str) -> Found:
    """Direction in the frontal plane of the net area of I and aVF, degrees clockwise from the left arm."""
    if start is None or end is None:
        return None, missing
    part = slice(round(start / MS), round(end / MS) + 1)
    first, foot = (
        beat.leads[LEADS.index(name), part] - beat.leads[LEADS.index(name), part.start] for name in ("I", "aVF")
    )
    net = np.array([first.sum(), foot.sum() * 2 / np.sqrt(3)])
    if np.abs(net).sum() < LEAST_NET * (np.abs(first).sum() + np.abs(foot).sum()):
        return None, "The net area of leads I and aVF is too small for a direction."
    return float(np.rad2deg(np.arctan2(net[1], net[0]))), ""


def _p_axis(beat: Beat) -> Found:
    return _axis(beat, beat.marks.p_onset, beat.marks.p_offset, NO_P)


def _r_axis(beat: Beat) -> Found:
    return _axis(beat, beat.marks.qrs_onset, beat.marks.qrs_offset, "")


def _t_axis(beat: Beat) -> Found:
    return _axis(beat, beat.marks.qrs_offset, beat.marks.t_end, NO_T)


def _tall(beat: Beat, lead: str) -> float:
    return max(0.0, float(beat.lead(lead).max()))


def _deep(beat: Beat, lead: str) -> float:
    return max(0.0, float(-beat.lead(lead).min()))


def _residual(beat: Beat) -> Found:
    """How far the leads are from Einthoven's and Goldberger's relations."""
    first, second, third, right, left, foot = beat.leads[:6]
    gaps = np.stack(
        [
            third - (second - first),
            right + (first + second) / 2,
            left - (first - second / 2),
            foot - (second - first / 2),
        ]
    )
    return 1000 * float(np.sqrt((gaps**2).mean())), ""


def _rate(rhythm: Float[np.ndarray, "leads samples"] | None) -> Found:
    if rhythm is None:
        return None, "A single beat has no rate: it needs a rhythm strip."
    if not np.isfinite(rhythm).all():
        return None, "The strip holds values that are not finite."
    beats = find_beats(without_baseline(rhythm.astype(np.float32)), rate_hz=RATE_HZ)
    if len(beats) < 3:
        return None, "Fewer than three beats were found on the strip."
    return 60 * RATE_HZ * (len(beats) - 1) / float(beats[-1] - beats[0]), ""


_READINGS: tuple[tuple[str, str, str, Callable[[Beat], Found]], ...] = (
    ("pr", "PR interval", "ms", _pr),
    ("p_duration", "P duration", "ms", _p_duration),
    ("qrs", "QRS duration", "ms", lambda beat: (beat.marks.qrs_offset - beat.marks.qrs_onset, "")),
    ("qt", "QT interval", "ms", _qt),
    ("qtc", "QTc (Bazett)", "ms", _qtc),
    ("p_axis", "P axis", "degrees", _p_axis),
    ("r_axis", "QRS axis", "degrees", _r_axis),
    ("t_axis", "T axis", "degrees", _t_axis),
    ("r_i", "R in I", "mV", lambda beat: (_tall(beat, "I"), "")),
    ("r_avl", "R in aVL", "mV", lambda beat: (_tall(beat, "aVL"), "")),
    ("r_v5", "R in V5", "mV", lambda beat: (_tall(beat, "V5"), "")),
    ("s_v1", "S in V1", "mV", lambda beat: (_deep(beat, "V1"), "")),
    (
        "sokolow_lyon",
        "Sokolow-Lyon index",
        "mV",
        lambda beat: (_deep(beat, "V1") + max(_tall(beat, "V5"), _tall(beat, "V6")), ""),
    ),
    ("cornell", "Cornell voltage", "mV", lambda beat: (_tall(beat, "aVL") + _deep(beat, "V3"), "")),
    ("lead_residual", "Einthoven and Goldberger residual", "uV", _residual),
)

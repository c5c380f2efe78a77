"""Where P, QRS and T begin and end on a beat, over all leads or on one: found from its shape alone."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import gaussian_filter1d

from latentspace.prepare.onset import qrs_onset, spatial_velocity

RATE_HZ, MS = 500, 2.0  # samples a second, ms a sample
ABOUT = 217  # sample near which a prepared beat's QRS begins
SMOOTH = 3.0  # samples: P and T hold nothing above 20 Hz that a mark needs
LONGEST_QRS_MS, LONGEST_QT_MS, LONGEST_PR_MS = 240.0, 640.0, 400.0
FAST, SLOW, CALM_MS = 0.10, 0.045, 12.0  # shares of the steepest slope; how long a calm lasts
BAZETT_QT = 0.50  # a QT beyond this times the root of RR (s) reaches into the next beat
FLAT = 0.25  # share of the steepest slope of a P wave at its ends
LEAST_P_MV, LEAST_T_MV = 0.035, 0.04  # root of the sum of squares over eight leads, or in one
LONGEST_SIDE_MS = 120.0  # from the peak of P to either end
# The foot of the tangent lies two standard deviations after the peak of a bell; T is lost in the baseline at 2.6. With
# this PTB-XL's normal beats have the QTc of the reference tables, without it they are 20 ms short.
BEYOND = 1.6
PROMINENT = 0.6  # share of its height by which a P wave falls on both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Times in ms from the beginning of the beat's window; None where a wave cannot be found."""

    p_onset: float | None
    p_offset: float | None
    qrs_onset: float
    qrs_offset: float
    t_peak: float | None
    t_end: float | None


Leads = Float64[np.ndarray, "leads 600"]
Part = Float64[np.ndarray, "leads _"]
Line = Float64[np.ndarray, " samples"]


def delineate(leads: Leads, rr_ms: float | None = None, about: Marks | None = None) -> Marks:
    """The marks of some leads taken together, `about` those of all leads when one is asked alone.

    `rr_ms` says where the neighbouring beats are.

    Source:
        QRS from the spatial velocity, as in de Bie et al., J Electrocardiol 2020; the end of T from the tangent to its
        steepest descent (Lepeschkin & Surawicz, Circulation 1952), and so much beyond its foot as electrocardiographs
        mark it later.
    """
    if about is None:
        onset = qrs_onset(leads, ABOUT + 20, rate_hz=RATE_HZ)
    else:
        onset = qrs_onset(leads, round((about.qrs_onset + about.qrs_offset) / (2 * MS)), rate_hz=RATE_HZ)
    offset = _qrs_offset(leads, onset)
    smooth = gaussian_filter1d(leads, SMOOTH, axis=1)
    t_peak, t_end = _t_wave(smooth, onset, offset, rr_ms)
    first, last = _p_wave(smooth, onset, rr_ms, None if t_end is None else t_end - onset)
    return Marks(
        p_onset=_ms(first),
        p_offset=_ms(last),
        qrs_onset=onset * MS,
        qrs_offset=offset * MS,
        t_peak=_ms(t_peak),
        t_end=_ms(t_end),
    )


def _ms(sample: float | None) -> float | None:
    return None if sample is None else sample * MS


def _qrs_offset(leads: Leads, onset: int) -> float:
    """After the last fast deflection, where the velocity stays as low as on the ST segment."""
    velocity = spatial_velocity(leads, rate_hz=RATE_HZ)
    within = velocity[onset : onset + int(LONGEST_QRS_MS / MS)]
    steepest = float(within.max())
    last = onset + int(np.flatnonzero(within > FAST * steepest)[-1])
    after = velocity[last : last + 60]
    level = float(np.percentile(after[8:40], 35)) if len(after) > 40 else 0.0
    threshold = max(SLOW * steepest, 1.35 * level)
    calm = int(CALM_MS / MS)
    below = after < threshold
    for sample in range(len(after) - calm):
        if below[sample : sample + calm].all():
            return float(last + sample)
    return float(last)


def _t_wave(smooth: Leads, onset: int, offset: float, rr_ms: float | None) -> tuple[float | None, float | None]:
    """Peak and end of T in samples."""
    longest = LONGEST_QT_MS if rr_ms is None else min(LONGEST_QT_MS, 1000 * BAZETT_QT * np.sqrt(rr_ms / 1000) + 60)
    first, last = int(offset) + 20, min(smooth.shape[1] - 1, onset + int(longest / MS))
    if last - first < 40:
        return None, None
    wave, height = _main(smooth, first, last)
    if height < LEAST_T_MV:
        return None, None
    slope = np.gradient(wave)
    peak = int(np.argmax(wave[: max(20, int(0.92 * len(wave)))]))
    falling = slope[peak : peak + 90]
    if len(falling) < 12 or falling.min() >= 0:
        return first + peak, None
    steepest = peak + int(np.argmin(falling))
    beyond = wave[steepest : steepest + 70]
    level = float(min(beyond.min(), 0.35 * wave[peak])) if len(beyond) else 0.0
    end = steepest + BEYOND * (wave[steepest] - max(level, -0.2 * wave[peak])) / -slope[steepest]
    return float(first + peak), float(min(first + end, smooth.shape[1] - 1.0))


def _p_wave(smooth: Leads, onset: int, rr_ms: float | None, qt: float | None) -> tuple[float | None, float | None]:
    """Both ends of P in samples; (None, None) where no wave stands out before QRS."""
    first = max(0, onset - int(LONGEST_PR_MS / MS))
    if rr_ms is not None and qt is not None:
        first = max(first, int(onset - rr_ms / MS + qt + 8))
    last = onset - 4
    if last - first < 40:
        return None, None
    wave, height = _main(_level(smooth[:, first:last]), 0, last - first)
    peak = int(np.argmax(wave))
    low = max(float(wave[: peak + 1].min()), float(wave[peak:].min()))
    if height < LEAST_P_MV or height - low < PROMINENT * height or not 8 < peak < len(wave) - 6:
        return None, None
    slope, reach = np.gradient(wave), int(LONGEST_SIDE_MS / MS)
    before, after = _end(slope[: peak + 1][::-1][:reach]), _end(-slope[peak:][:reach])
    return float(first + peak - before), float(first + peak + after)


def _level(leads: Part) -> Part:
    """Each lead above the line between its quiet ends: the PR segment lies lower than what comes before P."""
    ends = leads[:, :12].mean(axis=1, keepdims=True), leads[:, -8:].mean(axis=1, keepdims=True)
    return leads - ends[0] - (ends[1] - ends[0]) * np.linspace(0, 1, leads.shape[1])


def _end(falling: Line) -> float:
    """Samples from a peak to the end of the wave: where the descent furthest from the peak is almost flat.

    `falling` is the descent for each sample away from the peak; a notch between two bumps is no end.
    """
    steep = falling.max()
    if steep <= 0:
        return 0.0
    far = int(np.flatnonzero(falling >= 0.5 * steep)[-1])
    flat = np.flatnonzero(falling[far:] <= FLAT * steep)
    return float(far + flat[0]) if len(flat) else float(len(falling) - 1)


def _main(smooth: Part, first: int, last: int) -> tuple[Line, float]:
    """The main direction of the leads between two samples, upwards at its largest, and the height there."""
    part = smooth[:, first:last]
    if len(part) == 1:
        wave = part[0]
    else:
        _, vectors = np.linalg.eigh(part @ part.T)
        wave = vectors[:, -1] @ part
    wave = wave if wave.max() >= -wave.min() else -wave
    return wave, float(wave.max())

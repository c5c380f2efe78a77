"""A median beat made of scipy alone, by other means than ours: to compare with."""

import numpy as np
from jaxtyping import Float
from scipy.signal import butter, find_peaks, medfilt, sosfiltfilt

RATE_HZ = 500
BEFORE, AFTER = 150, 275  # samples around R


def plain_median_beat(leads: Float[np.ndarray, "12 time"]) -> Float[np.ndarray, "12 window"]:
    """The median over all R peaks of each lead, mV; baseline by running medians of 0.2 and 0.6 s (de Chazal 2004).

    R peaks are those of the energy between 8 and 25 Hz in all leads; nothing is rejected and nothing is aligned.
    """
    flat = np.stack([row - _wander(row) for row in leads])
    band = butter(2, [8, 25], "bandpass", fs=RATE_HZ, output="sos")
    energy = np.sqrt((sosfiltfilt(band, flat, axis=1) ** 2).sum(axis=0))
    smooth = np.convolve(energy, np.ones(50) / 50, "same")
    rough, _ = find_peaks(smooth, height=0.4 * np.percentile(smooth, 98), distance=150)
    size = np.abs(np.diff(flat, axis=1, append=0)).sum(axis=0)
    peaks = [p - 40 + int(np.argmax(np.convolve(size, np.ones(7), "same")[p - 40 : p + 40])) for p in rough if p > 40]
    whole = [flat[:, p - BEFORE : p + AFTER] for p in peaks if BEFORE <= p <= leads.shape[1] - AFTER]
    return np.median(whole, axis=0)


def _wander(row: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Every fifth sample is enough for what changes in half a second."""
    slow = medfilt(medfilt(row[::5], 21), 61)
    return np.interp(np.arange(len(row)), np.arange(0, len(row), 5), slow)

"""One sampling rate for all signals."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.signal import resample_poly

from latentspace.errors import InputError
from latentspace.modality import Signal

RATE_HZ = 500.0
LOWEST_HZ, HIGHEST_HZ = 100.0, 20_000.0


def resample(signal: Signal) -> Signal:
    """The signal at 500 Hz, by a polyphase filter; gaps are bridged for the filter and put back.

    Raises:
        InputError: a rate at which nobody records an ECG.
    """
    rate = signal.sampling_rate_hz
    if rate == RATE_HZ:
        return signal
    if not LOWEST_HZ <= rate <= HIGHEST_HZ:
        found = f"sampled at {rate:g} Hz, between {LOWEST_HZ:g} and {HIGHEST_HZ:g} are read"
        raise InputError("signal.rate", where=signal.source, found=found, hint="Check the rate in the file's header.")
    ratio = Fraction(RATE_HZ / rate).limit_denominator(1000)
    up, down = ratio.numerator, ratio.denominator
    values = resample_poly(bridge_gaps(signal.values).astype(np.float64), up, down, axis=1, padtype="line")
    nearest = np.minimum(np.arange(values.shape[1]) * down // up, signal.values.shape[1] - 1)
    values[np.isnan(signal.values)[:, nearest]] = np.nan
    return replace(signal, values=values.astype(np.float32), sampling_rate_hz=RATE_HZ)


def bridge_gaps(values: np.ndarray) -> np.ndarray:
    """Straight lines over missing stretches of each row; a row without any value becomes 0."""
    if np.isfinite(values).all():
        return values
    filled, time = values.copy(), np.arange(values.shape[1])
    for row in filled:
        known = np.isfinite(row)
        row[~known] = np.interp(time[~known], time[known], row[known]) if known.any() else 0.0
    return filled

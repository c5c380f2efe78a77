"""Where the heart beats are: one fiducial for all leads."""

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, find_peaks, sosfiltfilt

REFRACTORY_S, SHORTEST_S = 0.25, 2.0
QRS_BAND_HZ = (8.0, 30.0)


def find_beats(values: Float[np.ndarray, "lead time"], *, rate_hz: float) -> Int[np.ndarray, " beat"]:
    """Samples at which the composite of all leads has its QRS complexes; none in less than 2 s of signal.

    Each lead is scaled by its own QRS size, so that one noisy or tall lead does not decide alone.

    Source:
        Pan & Tompkins 1985 (band, energy, moving window), on the root mean square of all leads.
    """
    if values.shape[1] < SHORTEST_S * rate_hz:
        return np.empty(0, np.int64)
    energy = _qrs_energy(values, rate_hz=rate_hz)
    seconds = energy[: int(len(energy) // rate_hz * rate_hz)].reshape(-1, int(rate_hz))
    level = float(np.median(seconds.max(axis=1)))  # a beat in most seconds, whatever the loudest artefact
    if level <= 0:
        return np.empty(0, np.int64)
    peaks, _ = find_peaks(energy, height=0.4 * level, distance=int(REFRACTORY_S * rate_hz), prominence=0.25 * level)
    return peaks


def _qrs_energy(values: Float[np.ndarray, "lead time"], *, rate_hz: float) -> Float[np.ndarray, " time"]:
    band = sosfiltfilt(butter(2, QRS_BAND_HZ, "bandpass", fs=rate_hz, output="sos"), values, axis=1)
    scale = np.percentile(np.abs(band), 98, axis=1, keepdims=True)
    scaled = np.clip(band / np.where(scale > 0, scale, np.inf), -3, 3)
    return np.sqrt(np.maximum(uniform_filter1d((scaled**2).mean(axis=0), int(0.1 * rate_hz)), 0))

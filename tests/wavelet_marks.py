"""A second delineation of one lead, by wavelets: an oracle for `measure`, which works in another way.

Source:
    Martinez et al., IEEE Trans Biomed Eng 2004 (dyadic quadratic-spline wavelet; modulus maxima, thresholds as shares
    of the outer ones). QRS is read at scale 2^2, P and T at 2^4 of 250 Hz.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

RATE_HZ = 500
QRS_SCALE, WAVE_SCALE = 3, 5  # dyadic scales at 500 Hz
SIGNIFICANT = 0.08  # share of the largest maximum of QRS from which another counts
QRS_ON, QRS_OFF, T_OFF, P_ON = 0.05, 0.07, 0.35, 0.35


@dataclass(frozen=True)
class WaveletMarks:
    """Times in ms; None where the wave has no pair of maxima."""

    qrs_onset: float
    qrs_offset: float
    t_end: float | None
    p_onset: float | None


def wavelet_marks(lead: Float64[np.ndarray, " 600"], about: int = 217) -> WaveletMarks:
    """Marks of a beat whose QRS begins near sample `about`."""
    fast, slow = transform(lead, QRS_SCALE), transform(lead, WAVE_SCALE)
    near = slice(about - 40, about + 110)
    maxima = modulus_maxima(fast[near]) + near.start
    maxima = maxima[np.abs(fast[maxima]) >= SIGNIFICANT * np.abs(fast[maxima]).max()]
    onset = walk(fast, int(maxima[0]), -1, QRS_ON)
    offset = walk(fast, int(maxima[-1]), +1, QRS_OFF)
    return WaveletMarks(2.0 * onset, 2.0 * offset, t_end(slow, onset, offset), p_onset(slow, onset))


def t_end(slow: Float64[np.ndarray, " 600"], onset: int, offset: int) -> float | None:
    after = slice(offset + 35, min(599, onset + 290))
    maxima = modulus_maxima(slow[after]) + after.start
    if not len(maxima):
        return None
    large = maxima[np.abs(slow[maxima]) >= 0.4 * np.abs(slow[maxima]).max()]
    return 2.0 * walk(slow, int(large[-1]), +1, T_OFF)


def p_onset(slow: Float64[np.ndarray, " 600"], onset: int) -> float | None:
    before = slice(max(0, onset - 130), onset - 18)
    maxima = modulus_maxima(slow[before]) + before.start
    if not len(maxima):
        return None
    large = maxima[np.abs(slow[maxima]) >= 0.4 * np.abs(slow[maxima]).max()]
    return 2.0 * walk(slow, int(large[0]), -1, P_ON)


def transform(lead: Float64[np.ndarray, " 600"], scale: int) -> Float64[np.ndarray, " 600"]:
    """The quadratic-spline wavelet by the algorithme a trous, its delay taken out."""
    low, delay = lead, 0.0
    for k in range(scale - 1):
        kernel = np.zeros(3 * 2**k + 1)
        kernel[:: 2**k] = (0.125, 0.375, 0.375, 0.125)
        low = convolve(low, kernel)
        delay += 1.5 * 2**k
    step = 2 ** (scale - 1)
    high = np.zeros(step + 1)
    high[0], high[-1] = 2.0, -2.0
    return np.roll(convolve(low, high), -round(delay + 0.5 * step))


def convolve(signal: Float64[np.ndarray, " n"], kernel: Float64[np.ndarray, " k"]) -> Float64[np.ndarray, " n"]:
    padded = np.concatenate([np.full(len(kernel) - 1, signal[0]), signal])
    return np.convolve(padded, kernel)[len(kernel) - 1 : len(kernel) - 1 + len(signal)]


def modulus_maxima(values: Float64[np.ndarray, " n"]) -> np.ndarray:
    size = np.abs(values)
    return np.flatnonzero((size[1:-1] >= size[:-2]) & (size[1:-1] > size[2:])) + 1


def walk(values: Float64[np.ndarray, " 600"], start: int, step: int, share: float) -> int:
    """From a maximum outwards to where the modulus is below a share of it, or begins to rise again."""
    i, limit = start, share * abs(values[start])
    while 0 < i + step < len(values) - 1 and abs(values[i]) > limit:
        if abs(values[i + step]) > abs(values[i]) and abs(values[i]) < 0.5 * abs(values[start]):
            break
        i += step
    return i

"""The median beat: the one beat that a recording repeats, without ectopic beats and with little noise."""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.signal import butter, sosfiltfilt

from latentspace.modality import BEAT
from latentspace.prepare.onset import qrs_onset
from latentspace.prepare.peaks import find_beats
from latentspace.prepare.resample import RATE_HZ, bridge_gaps

SIZE, STEP_S, ORIGIN_S = BEAT
ONSET = round(-ORIGIN_S / STEP_S)
HIGH_PASS_HZ = 0.5
RR_TOLERANCE, MIN_CORRELATION, MIN_BEATS, MIN_SHARE = 0.2, 0.9, 3, 0.2
BEFORE, AFTER = 300, 500  # samples kept around a fiducial: the beat and room for its onset to move
RAMP_S = 0.04
QRS, SHIFT = 60, 20  # samples each side of the fiducial that are correlated; largest correction


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianBeat:
    """(lead, 600) in mV at 500 Hz with the QRS onset at sample 217, and what it was made from.

    `rr_ms` is the median RR interval of the recording (NaN with fewer than two beats). `steady` is false where too few
    beats had an ordinary RR interval (atrial fibrillation), so that shape alone chose the beats.
    """

    values: Float32[np.ndarray, "lead time"]
    found: int
    used: int
    rr_ms: float
    steady: bool


def median_beat(values: Float32[np.ndarray, "lead time"], *, composite: Bool[np.ndarray, " lead"]) -> MedianBeat | None:
    """The median beat of all leads at 500 Hz, or None where no beat is found.

    Baseline: a zero-phase high-pass at 0.5 Hz, then the level of the PR segment is 0 in every lead. Mains hum is
    not filtered, the median of unsynchronised beats lessens it. `composite` says which leads may decide where the
    beats are. At high rates the window reaches into the neighbouring beats: it is 0 from their QRS complexes outwards.
    None too where hardly a beat resembles another (noise).

    Source:
        Zero-phase high-pass up to 0.67 Hz: Kligfield et al., Circulation 2007 (AHA/ACC/HRS recommendations).
    """
    level = without_baseline(values)
    beats = find_beats(level[composite], rate_hz=RATE_HZ)
    if not len(beats):
        return None
    rr = np.diff(beats)
    windows = cut(level, beats)
    beats, keep, steady = _ordinary(windows[:, composite], beats)
    if keep.sum() < MIN_SHARE * len(beats):
        return None
    chosen = cut(np.where(np.isfinite(values), level, np.nan), beats[keep])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a sample that no beat has is NaN, and filled below
        wide = bridge_gaps(np.nanmedian(chosen, axis=0))
    onset = qrs_onset(wide[composite], BEFORE, rate_hz=RATE_HZ)
    start = int(np.clip(onset - ONSET, 0, wide.shape[1] - SIZE))
    beat = wide[:, start : start + SIZE]
    beat = beat - np.median(beat[:, ONSET - 10 : ONSET - 2], axis=1, keepdims=True)
    return MedianBeat(
        values=(beat * _own_time(beats, keep)).astype(np.float32),
        found=len(beats),
        used=int(keep.sum()),
        rr_ms=float(np.median(rr) / RATE_HZ * 1000) if len(rr) else float("nan"),
        steady=steady,
    )


def without_baseline(values: Float32[np.ndarray, "lead time"]) -> Float[np.ndarray, "lead time"]:
    """The signals without wander below 0.5 Hz; gaps are bridged."""
    high_pass = butter(1, HIGH_PASS_HZ, "highpass", fs=RATE_HZ, output="sos")
    return sosfiltfilt(high_pass, bridge_gaps(values).astype(np.float64), axis=1)


def cut(
    values: Float[np.ndarray, "lead time"], beats: Int[np.ndarray, " beat"]
) -> Float[np.ndarray, "beat lead window"]:
    """Windows around the fiducials, NaN beyond the ends of the recording."""
    padded = np.pad(values, ((0, 0), (BEFORE, AFTER)), constant_values=np.nan)
    return np.stack([padded[:, beat : beat + BEFORE + AFTER] for beat in beats])


def _ordinary(
    windows: Float[np.ndarray, "beat lead time"], beats: Int[np.ndarray, " beat"]
) -> tuple[Int[np.ndarray, " beat"], Bool[np.ndarray, " beat"], bool]:
    """Aligned fiducials, which beats are ordinary in shape and timing, and whether timing could be asked for."""
    shapes = _qrs_shapes(np.nan_to_num(windows))
    unmoved = shapes[:, SHIFT]
    similar = np.einsum("bsk,tk->bst", shapes, unmoved, optimize=True).max(axis=1)  # correlations over small shifts
    template = unmoved[int(np.argmax(np.median(similar, axis=0)))]  # the most typical beat
    alike, shift = np.ones(len(beats), bool), np.full(len(beats), SHIFT)
    for _ in range(2):
        correlation = shapes @ (template / max(float(np.linalg.norm(template)), 1e-12))
        shift = correlation.argmax(axis=1)
        alike = correlation.max(axis=1) > MIN_CORRELATION
        alike = alike if alike.any() else np.ones(len(beats), bool)
        template = np.median(shapes[np.arange(len(beats)), shift][alike], axis=0)
    timely = alike & _timely(beats, alike)
    steady = int(timely.sum()) >= min(MIN_BEATS, len(beats))
    return beats + shift - SHIFT, timely if steady else alike, steady


def _own_time(beats: Int[np.ndarray, " beat"], keep: Bool[np.ndarray, " beat"]) -> Float[np.ndarray, " time"]:
    """1 where the window shows this beat, 0 from the neighbours' QRS complexes outwards, ramps of 40 ms between.

    The neighbours begin one usual RR interval before and after the onset; a complex lasts up to 120 ms.
    """
    if len(beats) < 2:
        return np.ones(SIZE)
    rr = np.diff(beats)
    usual = float(np.median(rr[keep[:-1]] if keep[:-1].any() else rr)) * STEP_S
    time = ORIGIN_S + STEP_S * np.arange(SIZE)
    return np.clip((usual - 0.02 - time) / RAMP_S, 0, 1) * np.clip((time + usual - 0.12) / RAMP_S, 0, 1)


def _qrs_shapes(windows: Float[np.ndarray, "beat lead time"]) -> Float32[np.ndarray, "beat shift k"]:
    """The QRS of every beat at every small shift, all leads end to end, of mean 0 in each lead and norm 1."""
    near = windows[:, :, BEFORE - QRS - SHIFT : BEFORE + QRS + SHIFT].astype(np.float32)
    shifted = np.lib.stride_tricks.sliding_window_view(near, 2 * QRS, axis=2)[..., ::2]  # beat lead shift qrs
    shifted = shifted - shifted.mean(axis=3, keepdims=True)
    flat = shifted.transpose(0, 2, 1, 3).reshape(len(windows), 2 * SHIFT + 1, -1)
    norm = np.linalg.norm(flat, axis=2, keepdims=True)
    return flat / np.where(norm > 0, norm, np.inf)


def _timely(beats: Int[np.ndarray, " beat"], alike: Bool[np.ndarray, " beat"]) -> Bool[np.ndarray, " beat"]:
    """Whether the interval before each beat (after it, for the first) is within 20 % of the ordinary interval.

    The ordinary interval is the median of those between two neighbours of ordinary shape.
    """
    if len(beats) < 2:
        return np.ones(len(beats), bool)
    rr = np.diff(beats)
    ordinary = rr[alike[1:] & alike[:-1]]
    usual = np.median(ordinary if len(ordinary) else rr)
    return np.abs(np.concatenate([rr[:1], rr]) - usual) <= RR_TOLERANCE * usual

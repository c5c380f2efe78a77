"""One subject's ECG: the median beat of twelve leads, and ten seconds of rhythm to look at."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.simulate.dipole import Waves, atrium, draw_beat, repolarisation, timed, turned_to, ventricle
from latentspace.simulate.torso import INDEPENDENT, draw_torso, nearby, projection, twelve

Factors = Mapping[str, float]

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
RATE_HZ, SAMPLES, ONSET = 500, 600, 217
STRIP, STRIP_SAMPLES = ("II", "V1"), 5000
ATRIAL = np.array([[1.0], [1.0], *[[0.55]] * 6])  # the atria lie further from the chest electrodes
GRID_MV = 2.0**-10
TIME_MS = (np.arange(SAMPLES) - ONSET) * (1000 / RATE_HZ)
STRIP_MS = np.arange(STRIP_SAMPLES) * (1000 / RATE_HZ)
KNOTS_MS = np.linspace(0, STRIP_MS[-1], 11)
REPOLARISED = np.array([[1.0], [1.0], [0.85], [1.1], [0.84], [0.74], [0.78], [0.88]])
LIMB_NOISE = np.array([[2.2], [1.8], *[[1.0]] * 6])  # electrodes on moving arms and legs
RAMP_MS, COMPLEX_MS = 40.0, 120.0  # as in a prepared recording: a beat ends where its neighbours' QRS begin


def ecg(
    factors: Factors, rng: np.random.Generator
) -> tuple[Float32[np.ndarray, "12 600"], Float32[np.ndarray, "2 5000"], dict[str, float]]:
    """Median beat and rhythm strip in mV, and what was drawn for them (for the truth table)."""
    own = draw_beat(rng) | draw_torso(rng) | _draw_recorder(rng)
    parts = _seen(factors, own, rng)
    clean = sum((leads @ waves.bumps(TIME_MS) for waves, leads in parts["beat"]), np.zeros((len(INDEPENDENT), SAMPLES)))
    beat = (clean + _neighbours(parts, factors["rr"])) * _own_time(factors["rr"]) + _left_over(own, rng)
    rhythm = _rhythm(clean, factors, own, rng)
    whole = twelve(beat - beat[:, ONSET - 10 : ONSET - 2].mean(axis=1, keepdims=True), GRID_MV)
    return whole.astype(np.float32), rhythm.astype(np.float32), own


Seen = dict[str, list[tuple[Waves, Float64[np.ndarray, "8 _"]]]]


def _draw_recorder(rng: np.random.Generator) -> dict[str, float]:
    """`noise`: mV of muscle and amplifier left in the median beat; `wander`: mV of baseline; `flutter`: mV in AF."""
    e = np.clip(rng.standard_normal(3), -2.5, 2.5)
    return {
        "noise": 0.0022 * float(np.exp(0.5 * e[0])),
        "wander": 0.012 * float(np.exp(0.5 * e[1])),
        "fibrillation": 0.055 * float(np.exp(0.35 * e[2])),
    }


def _seen(factors: Factors, own: Factors, rng: np.random.Generator) -> Seen:
    """Each part of the beat with what the electrodes see of its forces."""
    matrix = projection(own, factors["bmi"])
    limb = np.stack([matrix[0], matrix[1] - matrix[0] / 2])
    near = [nearby(matrix, rng, size) for size in (0.04, 0.04, 0.04)]
    qrs = turned_to(ventricle(factors, own), factors["r_axis"], limb)
    split = [nearby(near[0], rng, 0.04) for _ in qrs.force]
    electrodes = np.stack([part @ force for part, force in zip(split, qrs.force, strict=True)], axis=1)
    qrs = timed(qrs, factors["qrs"], electrodes)
    t = repolarisation(factors, own, qrs.area())
    t = turned_to(t, factors["t_axis"], limb)
    t_part = (t, (near[1] * REPOLARISED) @ t.force.T)
    seen: Seen = {"beat": [(qrs, electrodes), t_part], "t": [t_part], "p": []}
    if np.isfinite(factors["pr"]):
        p = turned_to(atrium(factors, own), factors["p_axis"], limb)
        seen["p"] = [(p, (near[2] * ATRIAL) @ p.force.T)]
        seen["beat"] = [*seen["beat"], *seen["p"]]
    return seen


def _neighbours(parts: Seen, rr: float) -> Float64[np.ndarray, "8 600"]:
    """The T wave of the beat before and the P wave of the one after, where the window reaches so far."""
    before = [leads @ waves.bumps(TIME_MS + rr) for waves, leads in parts["t"] if rr < 1000]
    after = [leads @ waves.bumps(TIME_MS - rr) for waves, leads in parts["p"] if rr < 1100]
    return sum([*before, *after], np.zeros((len(INDEPENDENT), SAMPLES)))


def _own_time(rr: float) -> Float64[np.ndarray, " 600"]:
    """1 where the window shows this beat, 0 from the neighbours' QRS complexes outwards."""
    return np.clip((rr - 20 - TIME_MS) / RAMP_MS, 0, 1) * np.clip((TIME_MS + rr - COMPLEX_MS) / RAMP_MS, 0, 1)


def _left_over(own: Factors, rng: np.random.Generator) -> Float64[np.ndarray, "8 600"]:
    """Noise and wander that a median of ten beats leaves, the wander in slow half waves."""
    white = rng.standard_normal((len(INDEPENDENT), SAMPLES), dtype=np.float32)
    smooth = (white[:, 2:] + white[:, 1:-1] + white[:, :-2]) / np.sqrt(3)
    noise = own["noise"] * np.exp(0.3 * rng.standard_normal((len(INDEPENDENT), 1))) * LIMB_NOISE
    slow = np.cos(np.pi * np.arange(1, 4)[:, None] * np.arange(SAMPLES) / SAMPLES) / np.arange(1, 4)[:, None]
    wander = own["wander"] * rng.standard_normal((len(INDEPENDENT), 3)) @ slow
    return noise * np.pad(smooth, ((0, 0), (1, 1)), mode="edge") + wander


def _rhythm(
    clean: Float64[np.ndarray, "8 600"], factors: Factors, own: Factors, rng: np.random.Generator
) -> Float64[np.ndarray, "2 5000"]:
    """Leads II and V1: beats at their times, breathing, noise, wander; in AF fibrillation instead of P waves."""
    beat = clean[[INDEPENDENT.index(lead) for lead in STRIP]]
    strip = np.zeros((len(STRIP), STRIP_SAMPLES + 2 * SAMPLES))
    for start in _beats(factors, rng):
        first = SAMPLES - ONSET + round(start * RATE_HZ / 1000)
        if 0 <= first < STRIP_SAMPLES + SAMPLES:
            strip[:, first : first + SAMPLES] += beat
    strip = strip[:, SAMPLES:-SAMPLES]
    if factors["af"]:
        strip += own["fibrillation"] * np.array([[0.6], [1.0]]) * _fibrillation(rng)
    strip += 2.2 * own["noise"] * rng.standard_normal(strip.shape, dtype=np.float32)
    breath = np.sin(2 * np.pi * (0.22 + 0.05 * rng.random()) * STRIP_MS / 1000 + 6 * rng.random())
    slow = rng.standard_normal((2, 11)).cumsum(axis=1)
    slow = np.stack([np.interp(STRIP_MS, KNOTS_MS, knots - knots.mean()) for knots in slow])
    strip += own["wander"] * (2.5 * breath + slow)
    return np.rint(strip / GRID_MV) * GRID_MV


def _beats(factors: Factors, rng: np.random.Generator) -> Float64[np.ndarray, " beats"]:
    """QRS onsets in ms from the strip's start: sinus rhythm that breathes, or none at all in AF."""
    n = int(STRIP_MS[-1] / factors["rr"] * 1.8) + 4
    if factors["af"]:
        relative = np.clip(rng.gamma(22, 1 / 22, n), 0.52, 1.9)
    else:
        older = (factors["age"] - 64.25) / 7.57
        breath = (
            0.028
            * np.exp(-0.25 * older)
            * np.sin(2 * np.pi * (0.25 * factors["rr"] / 1000 * np.arange(n) + rng.random()))
        )
        relative = 1 + breath + 0.012 * rng.standard_normal(n)
    inside = relative[: max(2, int(STRIP_MS[-1] / factors["rr"]))]
    rr = factors["rr"] * relative / inside.mean()
    return np.concatenate([[0.0], np.cumsum(rr)]) - rng.random() * factors["rr"]


def _fibrillation(rng: np.random.Generator) -> Float64[np.ndarray, " samples"]:
    """Waves of 5 to 8 Hz whose size and rate drift."""
    rate = 6.2 + 0.5 * rng.standard_normal() + 0.7 * np.interp(STRIP_MS, STRIP_MS[::500], rng.standard_normal(10))
    phase = 2 * np.pi * np.cumsum(rate) / RATE_HZ
    size = 1 + 0.35 * np.interp(STRIP_MS, STRIP_MS[::250], rng.standard_normal(20))
    return size * (np.sin(phase) + 0.35 * np.sin(2 * phase + rng.random() * 6))

"""Which recordings of a workspace can be measured, and how: twelve leads and four-chamber cines."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.answers import Measured
from latentspace.measure.cine import lv_area, measure_cine
from latentspace.measure.ecg import LEADS, measure_ecg
from latentspace.measure.measurement import Measurement
from latentspace.modality import Axis, Modality

RATE_HZ = 500


@dataclass(frozen=True, slots=True)
class Job:
    """One question to another process: recordings by modality, and the RR interval that goes with them."""

    modalities: tuple[Modality, ...]
    recordings: dict[str, np.ndarray]
    rr_ms: float | None = None


def measured_of(job: Job) -> list[Measured]:
    """As `measured`."""
    return measured(job.modalities, job.recordings, job.rr_ms)


def areas_of(job: Job) -> dict[str, Float32[np.ndarray, " frames"]]:
    """As `areas`."""
    return areas(job.modalities, job.recordings)


def measured(
    modalities: tuple[Modality, ...], recordings: Mapping[str, np.ndarray], rr_ms: float | None
) -> list[Measured]:
    """Everything that `measure` reads from one subject's recordings, ECG first.

    Leads may lie in several modalities (limb and chest leads); those that follow from I and II are computed.
    """
    found: list[Measured] = []
    held = [m for m in modalities if m.name in recordings]
    beats = [m for m in held if m.role == "modelled" and _is_beat(m)]
    strips = [m for m in held if m.role == "display" and _is_ecg(m)]
    if (beat := _twelve(beats, recordings)) is not None:
        rhythm = recordings[strips[0].name] if strips else None
        found += _named("+".join(m.name for m in beats), measure_ecg(beat, rr_ms=rr_ms, rhythm=rhythm))
    for m in held:
        if m.is_cine:
            found += _named(m.name, measure_cine(recordings[m.name]))
    return found


def areas(
    modalities: tuple[Modality, ...], recordings: Mapping[str, np.ndarray]
) -> dict[str, Float32[np.ndarray, " frames"]]:
    """Area of the left ventricle on every frame of each cine that there is, cm2; NaN where it cannot be traced."""
    found: dict[str, np.ndarray] = {}
    for m in modalities:
        if m.is_cine and m.name in recordings:
            curve = lv_area(recordings[m.name])
            found[m.name] = np.full(m.shape[0], np.nan, np.float32) if curve is None else curve.astype(np.float32)
    return found


def measurable(modalities: tuple[Modality, ...]) -> tuple[tuple[Modality, ...], ...]:
    """The modelled modalities that are measured together: the parts of a twelve-lead beat, and each cine."""
    modelled = [m for m in modalities if m.role == "modelled"]
    beats = tuple(m for m in modelled if _is_beat(m))
    whole = _twelve(list(beats), {m.name: np.zeros(m.shape) for m in beats}) is not None
    return (*((beats,) if whole else ()), *((m,) for m in modelled if m.is_cine))


def _named(modality: str, measurements: Mapping[str, Measurement]) -> list[Measured]:
    return [
        Measured(name=m.name, label=m.label, modality=modality, unit=m.unit, value=m.value, reason=m.reason)
        for m in measurements.values()
    ]


def _is_beat(modality: Modality) -> bool:
    return modality.is_beat and set(modality.axes[0].labels) <= set(LEADS)


def _is_ecg(modality: Modality) -> bool:
    if len(modality.axes) != 2 or modality.unit != "mV":
        return False
    lead, time = modality.axes
    return len(lead.labels) > 0 and set(lead.labels) <= set(LEADS) and _at_500_hz(time)


def _at_500_hz(time: Axis) -> bool:
    return time.unit == "s" and abs(time.step * RATE_HZ - 1) < 1e-6


def _twelve(beats: list[Modality], recordings: Mapping[str, np.ndarray]) -> Float64[np.ndarray, "12 600"] | None:
    """The twelve leads of a beat, or None where one of I, II, V1 to V6 is missing.

    Source:
        Einthoven: III = II - I; Goldberger: aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2.
    """
    leads = {label: recordings[m.name][i].astype(np.float64) for m in beats for i, label in enumerate(m.axes[0].labels)}
    if not {"I", "II"} <= set(leads):
        return None
    first, second = leads["I"], leads["II"]
    derived = {
        "III": second - first,
        "aVR": -(first + second) / 2,
        "aVL": first - second / 2,
        "aVF": second - first / 2,
    }
    whole = derived | leads
    return np.stack([whole[name] for name in LEADS]) if set(LEADS) <= set(whole) else None

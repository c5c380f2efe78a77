"""One ECG: read, checked, and cut into the arrays of the modalities."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from latentspace.errors import InputError
from latentspace.ingest.filed import Filed
from latentspace.ingest.plan import LeadModality
from latentspace.ingest.plugins import brought_readers, read_by_plugin
from latentspace.ingest.zipped import ecgs_in, is_zip, on_disk
from latentspace.modality import Signal
from latentspace.prepare.beat import MIN_BEATS, MedianBeat, median_beat
from latentspace.prepare.leads import INDEPENDENT, lead_faults, limb_residual, standard_leads
from latentspace.prepare.resample import RATE_HZ, resample
from latentspace.readers import cardiosoft, ecgdatakit, lead_csv, wfdb
from latentspace.report import Entry, Outcome

READERS = (wfdb, lead_csv, cardiosoft, ecgdatakit)
LONGEST_S = 60.0
MAX_RESIDUAL_MV = 0.05
PLAUSIBLE_MV = (0.1, 15.0)  # largest deflection of a median beat
OPPOSED = -0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one file (or folder of images) gave: an array for each modality it has, and what was wrong.

    Leads are (lead, time) float32 in mV, a cine (time, row, column) bytes. `digest` is the hash of the recorded values;
    `rr_ms` the median RR interval, NaN where there are not two beats. `measured` is what the device says, `source` what
    the images' headers say of time, place and scale, `chosen` and `ignored` the series in words that name nobody,
    `mapped` the lines of the series map that fit one of them, from 0.
    Arrays that wait on disk are `filed`.
    """

    arrays: Mapping[str, Float32[np.ndarray, "lead time"] | UInt8[np.ndarray, "50 96 96"]]
    entries: tuple[Entry, ...]
    digest: str = ""
    rr_ms: float = float("nan")
    measured: Mapping[str, float] = field(default_factory=dict[str, float])
    source: Mapping[str, Any] = field(default_factory=dict[str, Any])
    chosen: str = ""
    ignored: tuple[str, ...] = ()
    mapped: tuple[int, ...] = ()
    filed: Mapping[str, Filed] = field(default_factory=dict[str, Filed])

    @property
    def given(self) -> Mapping[str, np.ndarray | Filed]:
        """Every array that it gave, in memory or filed."""
        return {**self.arrays, **self.filed}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordJob:
    """A file to read, its name and its person for the report, and the modalities to make of it."""

    path: Path
    name: str
    subject: str
    modalities: tuple[LeadModality, ...]


def find_records(sources: Sequence[Path]) -> tuple[Path, ...]:
    """Every file that a reader knows, in the sources, their folders and zips, in order, each once."""
    found = [path for source in sources for path in ([source] if source.is_file() else sorted(source.rglob("*")))]
    return tuple(dict.fromkeys(ecg for path in found for ecg in (ecgs_in(path) if is_zip(path.name) else _ecg(path))))


def _ecg(path: Path) -> tuple[Path, ...]:
    """The file itself, if a reader knows it."""
    brought = path.suffix.lower() in brought_readers() and path.is_file()
    return (path,) if brought or any(reader.sniff(path) for reader in READERS) else ()


def reader_of(path: Path) -> Callable[[Path], Signal]:
    """What reads a file: ours where one knows it, else that of another package."""
    return next((reader.read for reader in READERS if reader.sniff(path)), read_by_plugin)


def read_record(job: RecordJob) -> Record:
    """Read one file; runs in a limited child process. What cannot be read has no arrays and an entry."""
    try:
        with on_disk(job.path) as path:
            raw = reader_of(path)(path)
        signal = standard_leads(resample(raw))
    except InputError as error:
        return Record(arrays={}, entries=(_entry(job, error.code, error.found, error.hint, "rejected"),))
    digest = hashlib.sha256(np.ascontiguousarray(raw.values).tobytes()).hexdigest()
    entries = [_entry(job, r.code, r.reason, "Look at the recording.", r.outcome) for r in raw.remarks]
    entries += _length(job, signal)
    signal = replace(signal, values=signal.values[:, : int(LONGEST_S * RATE_HZ)])
    bad = _check_leads(job, signal, entries)
    beat = _beat(job, signal, bad, entries)
    arrays, lacks = {}, list[str]()
    for part in job.modalities:
        array = _part(part, signal, bad, beat)
        if isinstance(array, str):
            lacks.append(f"has no {part.name}: {array}")
        else:
            arrays[part.name] = array
    hint = "The record's other modalities are kept." if arrays else "Nothing of this record can be used: look at it."
    entries += [_entry(job, "modality.missing", reason, hint, "rejected") for reason in lacks]
    rr_ms = beat.rr_ms if beat else float("nan")
    return Record(arrays=arrays, entries=tuple(entries), digest=digest, rr_ms=rr_ms, measured=raw.measured)


def _check_leads(job: RecordJob, signal: Signal, entries: list[Entry]) -> set[str]:
    """The leads that cannot be used; every fault becomes an entry."""
    faults = lead_faults(signal)
    for fault in faults:
        outcome: Outcome = "flagged" if fault.usable else "rejected"
        entries.append(_entry(job, f"lead.{fault.kind}", fault.reason, "Look at the recording.", outcome))
    residual = limb_residual(signal)
    if residual > MAX_RESIDUAL_MV:
        reason = f"III differs from II - I by {residual:.2f} mV (root mean square)"
        hint = "Leads are exchanged or scaled apart in the file; check its export."
        entries.append(_entry(job, "lead.einthoven", reason, hint, "flagged"))
    return {fault.lead for fault in faults if not fault.usable}


def _beat(job: RecordJob, signal: Signal, bad: set[str], entries: list[Entry]) -> MedianBeat | None:
    usable = np.array([lead not in bad for lead in signal.leads])
    composite = usable & np.array([lead in INDEPENDENT for lead in signal.leads])
    if not composite.any():
        composite = usable
    beat = median_beat(signal.values, composite=composite) if composite.any() else None
    if beat is None:
        hint = "Look at the recording; it may be noise, asystole or too short."
        entries.append(_entry(job, "beat.none", "no heart beat is found", hint, "rejected"))
        return None
    if beat.used < MIN_BEATS:
        reason = f"the median beat is made of {beat.used} of {beat.found} beats"
        entries.append(_entry(job, "beat.few", reason, "Expect noise in it.", "flagged"))
    if not beat.steady:
        reason = "hardly two RR intervals are alike; beats were chosen by shape alone"
        entries.append(_entry(job, "beat.irregular", reason, "Expect mixed T waves.", "flagged"))
    beat = _of_device(signal, beat)
    _check_beat(job, signal, beat, composite, entries)
    return beat


def _of_device(signal: Signal, beat: MedianBeat) -> MedianBeat:
    """The device's own median beat where it stored one of the same leads."""
    if signal.beat is None:
        return beat
    own = standard_leads(signal.beat)
    return replace(beat, values=own.values) if own.leads == signal.leads else beat


def _check_beat(
    job: RecordJob, signal: Signal, beat: MedianBeat, composite: Bool[np.ndarray, " lead"], entries: list[Entry]
) -> None:
    largest = float(np.abs(beat.values[composite]).max())
    if not PLAUSIBLE_MV[0] <= largest <= PLAUSIBLE_MV[1]:
        reason = f"the largest deflection is {largest:.3g} mV"
        entries.append(_entry(job, "signal.gain", reason, "Check gain and unit in the header.", "flagged"))
    leads = signal.leads
    if {"I", "V6"} <= {lead for lead, use in zip(leads, composite, strict=True) if use}:
        one, six = beat.values[leads.index("I")], beat.values[leads.index("V6")]
        if np.corrcoef(one, six)[0, 1] < OPPOSED:
            reason = "lead I is the mirror image of V6, as with exchanged arm electrodes"
            entries.append(_entry(job, "lead.reversed", reason, "Look at the recording.", "flagged"))


def _part(
    part: LeadModality, signal: Signal, bad: set[str], beat: MedianBeat | None
) -> Float32[np.ndarray, "lead time"] | str:
    """The array of one modality, or why there is none."""
    absent = [lead for lead in part.leads if lead not in signal.leads]
    unusable = [lead for lead in part.leads if lead in bad]
    if absent or unusable:
        return f"lead {', '.join(absent or unusable)} is {'missing' if absent else 'not usable'}"
    rows = [signal.leads.index(lead) for lead in part.leads]
    if part.signal == "beat":
        return "no heart beat" if beat is None else beat.values[rows]
    size = part.modality.shape[1]
    if signal.values.shape[1] < size:
        return f"{signal.values.shape[1] / RATE_HZ:.1f} s are recorded, {part.seconds:g} s are asked for"
    return np.ascontiguousarray(signal.values[rows, :size])


def _length(job: RecordJob, signal: Signal) -> tuple[Entry, ...]:
    seconds = signal.values.shape[1] / RATE_HZ
    if seconds <= LONGEST_S:
        return ()
    reason = f"lasts {seconds:.0f} s; the first {LONGEST_S:g} s are used"
    return (_entry(job, "signal.long", reason, "Cut it, if another part is meant.", "flagged"),)


def _entry(job: RecordJob, code: str, reason: str, hint: str, outcome: Outcome) -> Entry:
    return Entry(file=job.name, code=code, reason=reason, hint=hint, outcome=outcome, subject=job.subject)

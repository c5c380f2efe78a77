"""ECGs of eight makers and standards, through the library `ecgdatakit`, which is imported only where there is one."""
# ruff: noqa: PLC0415 - ecgdatakit belongs to the extra `formats`

import re
import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from latentspace.errors import InputError
from latentspace.modality import Remark, Signal
from latentspace.prepare.leads import STANDARD, standard_name
from latentspace.readers.dicom_meta import DEFLATED, SYNTAX, file_meta, is_waveform
from latentspace.readers.xli import unpacked_size

requires = ("formats",)
LOOKED_AT = 4096  # bytes in which a file says what it is
MAX_SAMPLES = 4_000_000  # of all leads
MILLIVOLTS = {"nV": 1e-6, "uV": 1e-3, "mV": 1.0, "V": 1e3}
PULSE_MV, FEWEST_PULSE_S = 0.5, 0.05
ABSENT = -32768  # ISHNE's count for a lead that is off
MEASURED = {
    "heart_rate": "device_heart_rate",
    "pr_interval": "device_pq_ms",
    "qrs_duration": "device_qrs_ms",
    "qt_interval": "device_qt_ms",
    "qtc_bazett": "device_qtc_ms",
    "p_axis": "device_p_axis",
    "qrs_axis": "device_qrs_axis",
    "t_axis": "device_t_axis",
}


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: how its first bytes tell it, and how large one may be; `needs` is what must be installed."""

    name: str
    fits: Callable[[bytes], bool]
    max_bytes: int
    needs: tuple[str, ...] = ("ecgdatakit",)


def _has(*patterns: str) -> Callable[[bytes], bool]:
    """Whether the head has all of these tags, in UTF-8 or UTF-16."""
    tags = [re.compile(pattern.encode()) for pattern in patterns]
    return lambda head: all(tag.search(head.replace(b"\0", b"")) for tag in tags)


def _is_scp(head: bytes) -> bool:
    """A pointer to section 0 where the standard (EN 1064) has it, in a record at least as long as that."""
    if len(head) < 32:
        return False
    record, section, length = struct.unpack_from("<I", head, 2)[0], *struct.unpack_from("<HI", head, 8)
    first, place = struct.unpack_from("<H", head, 22)[0], struct.unpack_from("<I", head, 28)[0]
    return (
        section == 0 and length >= 26 and (length - 16) % 10 == 0 and record >= 6 + length and (first, place) == (0, 7)
    )


def _is_edf(head: bytes) -> bool:
    return head[:8] == b"0       " and head[252:256].strip().isdigit() and head[184:192].strip().isdigit()


SIERRA, XML, BINARY = "Philips Sierra XML", 16 << 20, 64 << 20
MAX_UNPACKED = 16 << 20
FORMATS = (
    Format(SIERRA, _has(r"<restingecgdata[\s>]"), 2 << 20),
    Format("GE MUSE XML", _has(r"<RestingECG[\s>]"), XML),
    Format("HL7 aECG", _has(r"<([A-Za-z_][\w.-]*:)?AnnotatedECG[\s>]"), XML),
    Format("Mortara XML", _has(r"<ECG[\s>]", r"ACQUISITION_TIME|<CHANNEL|<SOURCE|MORTARA"), XML),
    Format("DICOM ECG", is_waveform, BINARY, ("ecgdatakit", "pydicom")),
    Format("ISHNE", lambda head: head[:8] == b"ISHNE1.0", BINARY),
    Format("EDF", _is_edf, BINARY),
    Format("SCP-ECG", _is_scp, BINARY),
)


def sniff(path: Path) -> bool:
    """Whether a file's first bytes are those of one of these formats; nothing is imported for it."""
    return path.is_file() and _format(path) is not None


def fits(head: bytes) -> bool:
    """Whether these are the first bytes of a file of one of these formats."""
    return any(kind.fits(head) for kind in FORMATS)


def read(path: Path) -> Signal:
    """Read one file: those of the twelve leads that it stores, in mV, at its own rate; the rest of it is left alone.

    Names, dates and free texts are read by the library and dropped here. A calibration pulse at the end is cut off.

    Raises:
        InputError: the library is not installed; too large, damaged, of unknown unit, or of several rates.
    """
    kind = _format(path)
    if kind is None:
        raise _refused(path, "device.malformed", "is no longer what it was")
    _check(path, kind)
    record, told = _parse(path, kind)
    leads = [lead for lead in record.leads if standard_name(lead.label) in STANDARD]
    if not leads:
        raise _refused(path, "device.leads", f"is a {kind.name} file with none of the twelve leads")
    rates = {_rate(record, lead) for lead in leads}
    if len(rates) > 1:
        raise _refused(path, "device.leads", f"has leads of several sampling rates ({_some(rates)} Hz)")
    rate = rates.pop()
    values, cut = _without_pulse(_stacked(path, leads, kind), rate)
    remarks = [*_remarks(told), *([cut] if cut else [])]
    return Signal(
        leads=tuple(standard_name(lead.label) for lead in leads),
        values=values,
        sampling_rate_hz=rate,
        source=str(path),
        measured=_measured(record.measurements),
        own_id=_own_id(record),
        remarks=tuple(remarks),
    )


def _format(path: Path) -> Format | None:
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
    return next((kind for kind in FORMATS if kind.fits(head)), None)


def _check(path: Path, kind: Format) -> None:
    """Refuse what cannot be read, before anything is."""
    if missing := [name for name in kind.needs if find_spec(name) is None]:
        found, hint = (
            f"is a {kind.name} file; {missing[0]} is not installed",
            "Run `pip install 'latent-space-explorer[formats]'`.",
        )
        raise InputError("device.extra", where=path.name, found=found, hint=hint)
    size = path.stat().st_size
    if size > kind.max_bytes:
        raise _refused(path, "device.size", f"is a {kind.name} file of {size >> 20} MB, at most {kind.max_bytes >> 20}")
    with path.open("rb") as file:
        if is_waveform(head := file.read(LOOKED_AT)) and file_meta(head)[0].get(SYNTAX) == DEFLATED:
            raise _refused(path, "dicom.deflated", "is deflated, which may be made to fill the memory")
    if kind.name == SIERRA and unpacked_size(path.read_bytes(), MAX_UNPACKED) > MAX_UNPACKED:
        raise _refused(path, "device.size", f"would become more than {MAX_UNPACKED >> 20} MB when unpacked")


def _parse(path: Path, kind: Format) -> tuple[Any, Sequence[str]]:
    """The library's record with samples as stored, and what it warned of."""
    from ecgdatakit.exceptions import ECGDataKitError
    from ecgdatakit.parsing.parser import FileParser

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            record = FileParser.parse(path, auto_scale=False)
        except (ECGDataKitError, ValueError, OSError) as error:
            found = f"is no sound {kind.name} file, is cut off, or holds no ECG ({type(error).__name__})"
            raise _refused(path, "device.malformed", found) from error
    told = (str(warning.message) for warning in caught)
    return record, [said for said in told if not said.startswith("auto_scale")]


def _stacked(path: Path, leads: Sequence[Any], kind: Format) -> Float32[np.ndarray, "lead time"]:
    """Leads in mV, NaN after the end of one that is shorter than the others."""
    longest = max(len(lead.samples) for lead in leads)
    if not 0 < longest * len(leads) <= MAX_SAMPLES:
        raise _refused(path, "device.size", f"has {longest} samples in each of {len(leads)} leads")
    values = np.full((len(leads), longest), np.nan, np.float32)
    for row, lead in zip(values, leads, strict=True):
        row[: len(lead.samples)] = _millivolts(path, lead)
        if kind.name == "ISHNE":
            row[: len(lead.samples)][lead.samples == ABSENT] = np.nan
    return values


def _millivolts(path: Path, lead: Any) -> np.ndarray:  # noqa: ANN401 - the library's own objects
    unit = lead.resolution_unit if lead.is_raw else lead.units
    scale, offset = (lead.resolution, lead.offset) if lead.is_raw else (1.0, 0.0)
    if unit not in MILLIVOLTS or not np.isfinite(scale) or scale == 0:
        found = f"does not say how many mV a step of lead {standard_name(lead.label)} is"
        raise _refused(path, "device.unit", found)
    return (np.asarray(lead.samples) * scale + offset) * MILLIVOLTS[unit]


def _rate(record: Any, lead: Any) -> float:  # noqa: ANN401 - the library's own objects
    """Hz; the library rounds it to a whole number and keeps the exact one aside."""
    aside = record.raw_metadata
    exact = aside.get("exact_sampling_rates", {}).get(lead.label) or aside.get("rhythm_time", {}).get(
        "sampling_rate_exact"
    )
    return round(float(exact or lead.sampling_rate), 6)


def _without_pulse(
    values: Float32[np.ndarray, "lead time"], rate_hz: float
) -> tuple[Float32[np.ndarray, "lead kept"], Remark | None]:
    """Without a stretch at the end in which all leads carry one and the same pulse.

    Hearts cannot do that: III = II - I makes equal limb leads 0. Philips writes 1 mV of calibration there, and a
    search for heart beats would find one.
    """
    apart = np.flatnonzero((values != values[0]).any(axis=0))
    end = int(apart[-1]) + 1 if len(apart) else 0
    tail = values[0, end:]
    if len(values) < 3 or end == 0 or len(tail) < FEWEST_PULSE_S * rate_hz or np.nanmax(np.abs(tail)) < PULSE_MV:
        return values, None
    length = f"{1000 * len(tail) / rate_hz:.0f} ms"
    reason = f"ends in a calibration pulse of {np.max(tail):.3g} mV; its last {length} are left out"
    return values[:, :end], Remark(code="signal.calibration", reason=reason, outcome="repaired")


def _remarks(told: Sequence[str]) -> list[Remark]:
    """The library's warnings in words of our own: theirs may quote what the file says of a person."""
    known = (
        (r"checksum|crc", Remark(code="device.checksum", reason="a checksum does not fit; samples may be damaged")),
        (r"truncated|incomplete|odd number", Remark(code="device.cut", reason="is shorter than it announces")),
        (
            r"not applied",
            Remark(code="device.offset", reason="states offsets that nobody documents; they are not applied"),
        ),
        (r"gaps", Remark(code="device.gaps", reason="has gaps, over which it is joined end to end")),
        (r"only the first|additional|not loaded", Remark(code="device.partly", reason="holds more; the first is read")),
        (r"unit|scal", Remark(code="device.doubt", reason="a unit or scale in it is not understood")),
    )
    found = [remark for said in told for pattern, remark in known if re.search(pattern, said, re.IGNORECASE)]
    return list({remark.code: remark for remark in found}.values())


def _measured(told: Any) -> dict[str, float]:  # noqa: ANN401 - the library's own objects
    """What the device measured; an interval of 0 ms says that there is none (no P wave)."""
    values = {ours: getattr(told, theirs) for theirs, ours in MEASURED.items()}
    plausible = {True: lambda v: -360 <= v <= 360, False: lambda v: 0 < v < 2000}
    if values["device_pq_ms"] == 0:
        values["device_p_axis"] = None
    return {n: float(v) for n, v in values.items() if v is not None and plausible[n.endswith("axis")](v)}


def _own_id(record: Any) -> str:  # noqa: ANN401 - the library's own objects
    """Who it is by the file; the patient's field of plain EDF is free text, often with a name, and is none."""
    return "" if "patient_id_note" in record.raw_metadata else str(record.patient.patient_id or "").strip()[:64]


def _some(rates: set[float]) -> str:
    return ", ".join(f"{rate:g}" for rate in sorted(rates)[:4])


def _refused(path: Path, code: str, found: str) -> InputError:
    return InputError(code, where=path.name, found=found, hint="Export it again from its source.")

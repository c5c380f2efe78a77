"""GE CardioSoft `CardiologyXML` (UK Biobank field 20205): strip, the device's own median beat, its measurements."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from jaxtyping import Float32

from latentspace.errors import InputError
from latentspace.modality import BEAT, Signal

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

requires: tuple[str, ...] = ()
MAX_BYTES, MAX_TAGS, MAX_SAMPLES, LOOKED_AT = 16 << 20, 250_000, 100_000, 4096
FIELD = "_20205_"
MICROVOLTS = "uVperLsb"
ONSET_MS, ONSET_WITHIN_MS = -BEAT[2] * 1000, 10.0
MEASURED = {
    "VentricularRate": "device_heart_rate",
    "PDuration": "device_p_ms",
    "PQInterval": "device_pq_ms",
    "QRSDuration": "device_qrs_ms",
    "QTInterval": "device_qt_ms",
    "QTCInterval": "device_qtc_ms",
    "PAxis": "device_p_axis",
    "RAxis": "device_qrs_axis",
    "TAxis": "device_t_axis",
}


def sniff(path: Path) -> bool:
    """Whether a file is such a document, or bears the name of one (some of those are empty)."""
    if path.suffix.lower() != ".xml" or not path.is_file():
        return False
    with path.open("rb") as file:
        return fits(path.name, file.read(LOOKED_AT))


def fits(name: str, head: bytes) -> bool:
    """Whether a file of this name and these first bytes is such a document."""
    return name.lower().endswith(".xml") and (FIELD in name or b"<CardiologyXML" in head)


def read(path: Path) -> Signal:
    """Read one document: twelve leads in mV, with the median beat and the measurements that the device stored.

    Nothing else of the file is read, so that names and dates of birth stay where they are.

    Raises:
        InputError: empty, no XML, with entities, without a strip, or with numbers that are none.
    """
    tree = _tree(path)
    strip = tree.find("StripData")
    if strip is None:
        raise _malformed(path, "has no StripData")
    leads, values, rate = _waveforms(path, strip)
    return Signal(
        leads=leads,
        values=values,
        sampling_rate_hz=rate,
        source=str(path),
        beat=_beat(path, tree),
        measured=_measured(tree),
    )


def _tree(path: Path) -> "Element":
    size = path.stat().st_size
    if size == 0:
        raise InputError("cardiosoft.empty", where=path.name, found="is empty", hint="Nothing was exported for it.")
    if size > MAX_BYTES:
        raise _malformed(path, f"has more than {MAX_BYTES >> 20} MB")
    try:
        data = path.read_bytes()
        if data.count(b"<") > MAX_TAGS:
            raise _malformed(path, f"has more than {MAX_TAGS} tags")
        tree = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise _malformed(path, "declares entities, which no such export does") from error
    except (ParseError, ValueError, LookupError, OSError) as error:
        raise _malformed(path, "is no well-formed XML, or cut off") from error
    if tree.tag != "CardiologyXML":
        raise _malformed(path, "is no CardiologyXML")
    return tree


def _waveforms(path: Path, part: "Element") -> tuple[tuple[str, ...], Float32[np.ndarray, "lead time"], float]:
    """Leads, (lead, time) in mV, and the rate in Hz of one part."""
    rate, size = _number(part, "SampleRate"), _number(part, "ChannelSampleCountTotal")
    unit = part.find("Resolution")
    scale = _number(part, "Resolution") / 1000
    if unit is None or unit.get("units") != MICROVOLTS or not 0 < scale < 1:
        raise _malformed(path, f"{part.tag} has no resolution in {MICROVOLTS}")
    if not 0 < rate < 1e6 or not 0 < size <= MAX_SAMPLES or size != int(size):
        raise _malformed(path, f"{part.tag} announces {size:g} samples at {rate:g} Hz")
    rows = part.findall("WaveformData")
    if not 0 < len(rows) <= 24:
        raise _malformed(path, f"{part.tag} has {len(rows)} leads")
    values = np.stack([_counts(path, row, int(size)) for row in rows]) * scale
    return tuple(row.get("lead", "")[:8] for row in rows), values.astype(np.float32), rate


def _counts(path: Path, row: "Element", size: int) -> Float32[np.ndarray, " time"]:
    cells = (row.text or "").strip().rstrip(",").split(",")
    if len(cells) != size:
        raise _malformed(path, f"a lead has {len(cells)} samples, {size} are announced")
    try:
        counts = _numbers(cells)
    except ValueError as error:
        raise _malformed(path, "a sample is no number") from error
    if np.isinf(counts).any():
        raise _malformed(path, "a sample is no number")
    return counts


def _numbers(cells: Sequence[str]) -> Float32[np.ndarray, " time"]:
    """NaN where a cell is blank, which few documents have."""
    try:
        return np.array(cells, dtype=np.float32)
    except ValueError:
        return np.array([cell.strip() or "nan" for cell in cells], dtype=np.float32)


def _beat(path: Path, tree: "Element") -> Signal | None:
    """The device's median beat, where it is one of ours: 600 samples at 500 Hz with the QRS onset where we have it."""
    part, onset = tree.find("RestingECGMeasurements/MedianSamples"), _measure(tree, "QOnset")
    if part is None or abs(onset - ONSET_MS) > ONSET_WITHIN_MS:
        return None
    leads, values, rate = _waveforms(path, part)
    if rate * BEAT[1] != 1 or values.shape[1] != BEAT[0] or np.isnan(values).any():
        return None
    return Signal(leads=leads, values=values, sampling_rate_hz=rate, source=str(path))


def _measured(tree: "Element") -> dict[str, float]:
    values = {name: _measure(tree, tag) for tag, name in MEASURED.items()}
    return {name: value for name, value in values.items() if math.isfinite(value)}


def _measure(tree: "Element", tag: str) -> float:
    part = tree.find("RestingECGMeasurements")
    return float("nan") if part is None else _number(part, tag)


def _number(part: "Element", tag: str) -> float:
    """NaN where the document has none."""
    try:
        return float(part.findtext(tag) or "nan")
    except ValueError:
        return float("nan")


def _malformed(path: Path, found: str) -> InputError:
    return InputError("cardiosoft.malformed", where=path.name, found=found, hint="Export it again from its source.")

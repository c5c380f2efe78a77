"""ECG files as devices and archives write them, made from known values by nothing but the formats' own documents."""

import base64
import binascii
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

CANARY = "Canary-Kowalski"
Leads = Mapping[str, Float[np.ndarray, " time"]]  # mV


def write_muse(path: Path, leads: Leads, *, rate_hz: int = 500, uv: float = 4.88, unit: str = "MICROVOLTS") -> Path:
    """GE MUSE RestingECG (restecg.dtd): each lead's counts as Base64."""
    parts = [
        f"<LeadData><LeadByteCountTotal>{2 * len(row)}</LeadByteCountTotal>"
        f"<LeadSampleCountTotal>{len(row)}</LeadSampleCountTotal>"
        f"<LeadAmplitudeUnitsPerBit>{uv}</LeadAmplitudeUnitsPerBit><LeadAmplitudeUnits>{unit}</LeadAmplitudeUnits>"
        f"<LeadSampleSize>2</LeadSampleSize><LeadID>{name}</LeadID>"
        f"<WaveFormData>{base64.b64encode(counts(row, uv).tobytes()).decode()}</WaveFormData></LeadData>"
        for name, row in leads.items()
    ]
    path.write_text(
        f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE RestingECG SYSTEM "restecg.dtd">\n<RestingECG>'
        f"<PatientDemographics><PatientID>0071</PatientID><PatientLastName>{CANARY}</PatientLastName>"
        f"<DateofBirth>01-02-1950</DateofBirth></PatientDemographics>"
        f"<RestingECGMeasurements><VentricularRate>75</VentricularRate><PRInterval>0</PRInterval><PAxis>12</PAxis>"
        f"<QRSDuration>92</QRSDuration></RestingECGMeasurements>"
        f"<Waveform><WaveformType>Rhythm</WaveformType><SampleBase>{rate_hz}</SampleBase>"
        f"<SampleExponent>0</SampleExponent>{''.join(parts)}</Waveform></RestingECG>",
        encoding="latin-1",
    )
    return path


def write_mortara(path: Path, leads: Leads, *, rate_hz: int = 1000, per_mv: int = 400) -> Path:
    """Mortara ELI XML: counts for each mV as an attribute."""
    parts = [
        f'<CHANNEL NAME="{name}" BITS="16" FORMAT="SIGNED" UNITS_PER_MV="{per_mv}" DURATION="{len(row)}" OFFSET="0" '
        f'SAMPLE_FREQ="{rate_hz}" ENCODING="BASE64" '
        f'DATA="{base64.b64encode(counts(row, 1000 / per_mv).tobytes()).decode()}"/>'
        for name, row in leads.items()
    ]
    path.write_text(
        f'<ECG ACQUISITION_TIME="20200101120000" VENT_RATE="75"><SUBJECT LAST_NAME="{CANARY}" ID="0071"/>'
        f'<SOURCE TYPE="CART" MODEL="ELI"/>{"".join(parts)}</ECG>'
    )
    return path


def write_edf(path: Path, leads: Leads, *, rate_hz: int = 200, unit: str = "uV") -> Path:
    """EDF: records of one second, each signal with an asymmetric physical range, so that its offset counts."""
    scale = {"uV": 1000.0, "mV": 1.0, "": 1.0}[unit]
    low, high = -3.0 * scale, 5.0 * scale
    rows = [np.rint((row * scale - low) / (high - low) * 65535 - 32768).astype("<i2") for row in leads.values()]
    n, seconds = len(leads), len(rows[0]) // rate_hz
    fields = [
        *[f"{name:<16}" for name in leads],
        *[f"{'electrode':<80}"] * n,
        *[f"{unit:<8}"] * n,
        *[f"{low:<8g}"] * n,
        *[f"{high:<8g}"] * n,
        *[f"{-32768:<8}"] * n,
        *[f"{32767:<8}"] * n,
        *[f"{'':<80}"] * n,
        *[f"{rate_hz:<8}"] * n,
        *[f"{'':<32}"] * n,
    ]
    who = f"0071 M 02-JAN-1950 {CANARY}"
    head = (
        f"{'0':<8}{who:<80}{'Startdate 01-JAN-2020':<80}01.01.2012.00.00{256 * (n + 1):<8}{'':<44}"
        f"{seconds:<8}{1:<8}{n:<4}"
    )
    blocks = [row[s * rate_hz : (s + 1) * rate_hz].tobytes() for s in range(seconds) for row in rows]
    path.write_bytes((head + "".join(fields)).encode("ascii") + b"".join(blocks))
    return path


def write_ishne(path: Path, leads: Leads, *, rate_hz: int = 180, nv: int = 2500) -> Path:
    """ISHNE Holter (Badilini 1998): leads in turn, a resolution in nV; NaN is the count of a lead that is off."""
    codes = {"I": 5, "II": 6, "III": 7, "V1": 11, "V2": 12, "V3": 13, "V4": 14, "V5": 15, "V6": 16}
    rows = np.stack([np.where(np.isnan(row), -32768, counts(np.nan_to_num(row), nv / 1000)) for row in leads.values()])
    block = bytearray(512)
    struct.pack_into("<iiii", block, 0, 0, rows.shape[1], 522, 522)
    block[58 : 58 + len(CANARY)] = CANARY.encode()
    block[98:102] = b"0071"
    struct.pack_into("<h", block, 146, len(rows))
    struct.pack_into("<12h", block, 148, *[codes[n] for n in leads], *[-9] * (12 - len(rows)))
    struct.pack_into("<12h", block, 196, *[nv] * len(rows), *[-9] * (12 - len(rows)))
    struct.pack_into("<h", block, 262, rate_hz)
    path.write_bytes(
        b"ISHNE1.0" + struct.pack("<H", binascii.crc_hqx(bytes(block), 0xFFFF)) + block + rows.T.astype("<i2").tobytes()
    )
    return path


def write_scp(path: Path, leads: Leads, *, rate_hz: int = 500, nv: int = 5000) -> Path:
    """SCP-ECG (EN 1064) without compression: sections 0, 1, 3 and 6."""
    codes = {"I": 1, "II": 2, "V1": 3, "V2": 4, "V3": 5, "V4": 6, "V5": 7, "V6": 8, "III": 61}
    n, size = len(leads), len(next(iter(leads.values())))
    tags = [(0, CANARY.encode() + b"\0"), (2, b"0071\0"), (5, struct.pack("<HBB", 1950, 2, 1)), (255, b"")]
    who = b"".join(struct.pack("<BH", tag, len(value)) + value for tag, value in tags)
    which = struct.pack("<BB", n, 0x04 | n << 3) + b"".join(struct.pack("<IIB", 1, size, codes[name]) for name in leads)
    data = b"".join(counts(row, nv / 1000).tobytes() for row in leads.values())
    rhythm = struct.pack("<HHBB", nv, 1_000_000 // rate_hz, 0, 0) + struct.pack(f"<{n}H", *[2 * size] * n) + data
    bodies = {1: who, 3: which, 6: rhythm}
    place, pointers, sections = 7 + 16 + 10 * 12, {0: (16 + 10 * 12, 7)}, b""
    for number, body in bodies.items():
        section = _section(number, body + b"\0" * (len(body) % 2))
        pointers[number] = (len(section), place)
        place, sections = place + len(section), sections + section
    index = b"".join(struct.pack("<HII", i, *pointers.get(i, (0, 0))) for i in range(12))
    rest = struct.pack("<I", 6 + 16 + len(index) + len(sections)) + _section(0, index) + sections
    path.write_bytes(struct.pack("<H", binascii.crc_hqx(rest, 0xFFFF)) + rest)
    return path


def counts(row: Float[np.ndarray, " time"], uv: float) -> np.ndarray:
    """Millivolts as 16-bit counts of `uv` microvolts."""
    return np.rint(row * 1000 / uv).astype("<i2")


def _section(number: int, body: bytes) -> bytes:
    rest = struct.pack("<HIBB6s", number, 16 + len(body), 20, 20, b"SCPECG" if number == 0 else b"") + body
    return struct.pack("<H", binascii.crc_hqx(rest, 0xFFFF)) + rest

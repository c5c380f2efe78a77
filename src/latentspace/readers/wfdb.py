"""WFDB records (.hea with .dat, formats 16, 24, 32, 80 and 212) as signals in mV."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from latentspace.errors import InputError
from latentspace.modality import Signal

requires: tuple[str, ...] = ()
MAX_SIGNALS, MAX_BYTES = 64, 256 << 20
BYTES_PER_SAMPLE = {"16": 2.0, "24": 3.0, "32": 4.0, "80": 1.0, "212": 1.5}
INVALID = {"16": -(1 << 15), "24": -(1 << 23), "32": -(1 << 31), "80": -(1 << 7), "212": -(1 << 11)}
MILLIVOLTS = {"mV": 1.0, "uV": 1e-3, "V": 1e3}
SIGNAL_LINE = re.compile(
    r"(?P<file>\S+)\s+(?P<format>\d+)(?P<layout>[x:]\d+)?(?:\+(?P<offset>\d+))?"
    r"(?:\s+(?P<gain>[-+.\deE]+)(?:\((?P<baseline>[-+]?\d+)\))?(?:/(?P<unit>\S+))?)?"
    r"(?:\s+(?P<resolution>\d+))?(?:\s+(?P<zero>[-+]?\d+))?(?:\s+(?P<first>[-+]?\d+))?"
    r"(?:\s+(?P<checksum>[-+]?\d+))?(?:\s+\d+)?(?:\s+(?P<lead>\S.*))?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One signal line of a header: where its samples are and how they become mV."""

    file: str
    format: str
    offset: int
    gain: float
    baseline: int
    millivolts: float
    checksum: int | None
    lead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A record's header; `samples` is 0 where the header does not say."""

    sampling_rate_hz: float
    samples: int
    channels: tuple[Channel, ...]


def sniff(path: Path) -> bool:
    """Whether a file looks like a WFDB header."""
    return path.suffix == ".hea"


def read(path: Path) -> Signal:
    """Read the record whose header is `path`.

    Raises:
        InputError: the header or a signal file is missing, malformed, truncated or of another kind.

    Source:
        WFDB Applications Guide, header(5) and signal(5).
    """
    header = parse_header(_text(path), where=str(path))
    values: list[Float32[np.ndarray, " time"]] = [np.empty(0, np.float32)] * len(header.channels)
    for name in dict.fromkeys(channel.file for channel in header.channels):
        members = [i for i, channel in enumerate(header.channels) if channel.file == name]
        counts = _counts(path, header, [header.channels[i] for i in members])
        for i, column in zip(members, counts.T, strict=True):
            values[i] = _millivolts(column, header.channels[i], where=str(path))
    return Signal(
        leads=tuple(channel.lead for channel in header.channels),
        values=np.stack(values),
        sampling_rate_hz=header.sampling_rate_hz,
        source=str(path),
    )


def named_in(path: Path) -> tuple[str, ...]:
    """The signal files that a header names, none where it cannot be read."""
    try:
        lines = [line.split() for line in _text(path).splitlines() if not line.startswith("#")]
    except InputError:
        return ()
    return tuple(words[0] for words in lines[1:] if words)


def parse_header(text: str, *, where: str) -> Header:
    """Read a header's text.

    Raises:
        InputError: malformed, several segments, or more signals than anybody records.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    record = lines[0].split() if lines else []
    try:
        if "/" in record[0]:
            raise _malformed(where, "a record of several segments", code="wfdb.segments")
        n_signals = int(record[1])
        rate = float(re.split(r"[/(]", record[2])[0]) if len(record) > 2 else 250.0
        samples = int(record[3]) if len(record) > 3 else 0
    except (IndexError, ValueError) as error:
        raise _malformed(
            where, "no record line: a name, then the number of signals, the rate and the number of samples"
        ) from error
    if not 0 < n_signals <= MAX_SIGNALS or len(lines) < 1 + n_signals:
        raise _malformed(where, f"{n_signals} signals announced, {max(0, len(lines) - 1)} described")
    if not 0 < rate < 1e6 or samples < 0 or samples * n_signals * 4 > MAX_BYTES:
        raise _malformed(where, f"{samples} samples at {rate:g} Hz")
    channels = tuple(_channel(line, where=where) for line in lines[1 : 1 + n_signals])
    return Header(sampling_rate_hz=rate, samples=samples, channels=channels)


def _channel(line: str, *, where: str) -> Channel:
    match = SIGNAL_LINE.match(line)
    if match is None or match["layout"] or match["format"] not in BYTES_PER_SAMPLE:
        raise _malformed(where, "a signal line is of a kind that is not read", code="wfdb.format")
    if Path(match["file"]).name != match["file"]:
        raise _malformed(where, f"signal file {match['file']!r} lies in another folder", code="wfdb.path")
    unit = match["unit"] or "mV"
    if unit not in MILLIVOLTS:
        raise _malformed(where, f"unit {unit!r} is no voltage", code="wfdb.unit")
    try:
        gain = float(match["gain"] or 0) or 200.0  # 0 means "not known", and 200 is WFDB's own default
    except ValueError as error:
        raise _malformed(where, f"gain {match['gain']!r} is no number") from error
    return Channel(
        file=match["file"],
        format=match["format"],
        offset=int(match["offset"] or 0),
        gain=gain,
        baseline=int(match["baseline"] or match["zero"] or 0),
        millivolts=MILLIVOLTS[unit],
        checksum=int(match["checksum"]) if match["checksum"] else None,
        lead=(match["lead"] or "").strip(),
    )


def _counts(path: Path, header: Header, channels: list[Channel]) -> Int64[np.ndarray, "time signal"]:
    """The interleaved samples of one signal file, as integers."""
    first, n = channels[0], len(channels)
    if any((c.format, c.offset) != (first.format, first.offset) for c in channels):
        raise _malformed(str(path), f"{first.file} mixes formats", code="wfdb.format")
    file = path.with_name(first.file)
    size = file.stat().st_size - first.offset if file.is_file() else -1
    if size < 0:
        raise _malformed(str(path), f"its signal file {first.file} is missing", code="wfdb.missing_dat")
    width = BYTES_PER_SAMPLE[first.format]
    samples = header.samples or int(size / width) // n
    needed = int(np.ceil(samples * n * width))
    if size < needed or needed > MAX_BYTES or samples == 0:
        found = f"{first.file} has {size} bytes, {needed} are announced"
        raise _malformed(str(path), found, code="wfdb.truncated")
    raw = np.fromfile(file, np.uint8, count=needed, offset=first.offset)
    return _unpack(raw, first.format)[: samples * n].reshape(samples, n)


def _unpack(raw: np.ndarray, kind: str) -> Int64[np.ndarray, " count"]:
    match kind:
        case "16" | "32":
            return raw.view(f"<i{int(kind) // 8}").astype(np.int64)
        case "80":
            return raw.astype(np.int64) - 128
        case "24":
            low, middle, high = raw.reshape(-1, 3).astype(np.int64).T
            return _signed(low | middle << 8 | high << 16, bits=24)
        case _:  # 212: two samples of 12 bits in three bytes
            triples = np.pad(raw, (0, -len(raw) % 3)).reshape(-1, 3).astype(np.int64)
            even = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
            odd = triples[:, 2] | (triples[:, 1] & 0xF0) << 4
            return _signed(np.stack([even, odd], axis=1).ravel(), bits=12)


def _signed(values: Int64[np.ndarray, " count"], *, bits: int) -> Int64[np.ndarray, " count"]:
    return values - ((values >> (bits - 1)) << bits)


def _millivolts(counts: Int64[np.ndarray, " time"], channel: Channel, *, where: str) -> Float32[np.ndarray, " time"]:
    if channel.checksum is not None and (int(counts.sum()) - channel.checksum) & 0xFFFF:
        raise _malformed(where, f"checksum of lead {channel.lead} does not fit", code="wfdb.checksum")
    values = (counts - channel.baseline) / channel.gain * channel.millivolts
    return np.where(counts == INVALID[channel.format], np.nan, values).astype(np.float32)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > 1 << 20:
            raise _malformed(str(path), "a header of more than a megabyte")
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise _malformed(str(path), f"cannot be read ({error.strerror})") from error
    if not text.strip():
        raise _malformed(str(path), "is empty")
    return text


def _malformed(where: str, found: str, *, code: str = "wfdb.malformed") -> InputError:
    return InputError(code, where=where, found=found, hint="Export the record again from its source.")

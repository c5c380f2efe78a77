"""The meta group at the head of a DICOM file: what it is and how the rest is written, before anything is inflated."""

import struct

MAGIC, PREAMBLE = b"DICM", 128
SYNTAX, KIND = (2, 0x10), (2, 2)
DEFLATED, DICOMDIR = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.3.10"
WAVEFORM = "1.2.840.10008.5.1.4.1.1.9."  # ECGs and other signals, PS3.6
LONG = {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UR", b"UT", b"UN", b"SV", b"UV"}


def is_waveform(head: bytes) -> bool:
    """Whether a file that begins so holds a signal, not images."""
    return head[PREAMBLE : PREAMBLE + 4] == MAGIC and file_meta(head).get(KIND, "").startswith(WAVEFORM)


def file_meta(data: bytes) -> dict[tuple[int, int], str]:
    """The texts of the file's meta group, which is never deflated.

    Source:
        DICOM PS3.10, 7.1: explicit VR, little endian.
    """
    found: dict[tuple[int, int], str] = {}
    at = PREAMBLE + 4
    while at + 8 <= len(data):
        group, element = struct.unpack_from("<HH", data, at)
        if group != 2:
            break
        kind = data[at + 4 : at + 6]
        start = at + (12 if kind in LONG else 8)
        size = struct.unpack_from("<I", data, at + 8)[0] if kind in LONG else struct.unpack_from("<H", data, at + 6)[0]
        found[group, element] = data[start : start + min(size, 128)].decode("latin-1").strip("\0 ")
        at = start + size
    return found

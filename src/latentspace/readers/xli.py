"""How large Philips' packed leads (XLI: LZW of 10 bits in Base64) would become, without unpacking them."""

import base64
import re
import struct

import numpy as np

PACKED = re.compile(rb">([A-Za-z0-9+/=\s]{400,})<")
FIRST, LAST, BITS = 256, 1022, 10  # codes of strings: the first and last that stand for several bytes


def unpacked_size(document: bytes, most: int) -> int:
    """Bytes that all packed leads of a document become, at least; it stops counting beyond `most`.

    A string of the table is one byte longer than the one before it, so that two megabytes may become two gigabytes.
    """
    total = 0
    for found in PACKED.finditer(document.replace(b"\0", b"")):
        text = b"".join(found[1].split())
        packed = base64.b64decode(text + b"=" * (-len(text) % 4))
        place = 0
        while place + 8 <= len(packed) and total <= most:
            size = max(1, struct.unpack_from("<i", packed, place)[0])
            total += _chunk(packed[place + 8 : place + 8 + size], most)
            place += 8 + size
    return total


def _chunk(data: bytes, most: int) -> int:
    """One lead: the lengths of the strings that its codes stand for, added up."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    codes = bits[: len(bits) // BITS * BITS].reshape(-1, BITS) @ (1 << np.arange(BITS)[::-1])
    lengths, before, total = [1] * FIRST, 0, 0
    for code in codes.tolist():
        if code > LAST or total > most:
            break
        length = lengths[code] if code < len(lengths) else before + 1
        if before and len(lengths) <= LAST:
            lengths.append(before + 1)
        total += length
        before = length
    return total

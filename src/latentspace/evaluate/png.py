"""Pictures as PNG in a page: 256 colours, standard library only."""

import base64
import struct
import zlib

import numpy as np
from jaxtyping import Shaped, UInt8

Palette = UInt8[np.ndarray, "256 3"]

GREYS: Palette = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
DARKER, NEUTRAL, BRIGHTER = ((0xB2, 0xAB, 0xD2), (0x12, 0x12, 0x12), (0xFD, 0xB8, 0x63))


def _diverging() -> Palette:
    """Lavender below, orange above, black where nothing changes: a cine is black there too, in a light page as well."""
    ends = np.array([DARKER, NEUTRAL, BRIGHTER], float)
    colours = [np.interp(np.arange(256), (0, 128, 255), ends[:, c]) for c in range(3)]
    return np.rint(np.stack(colours, axis=1)).astype(np.uint8)


CHANGES: Palette = _diverging()


def png(levels: UInt8[np.ndarray, "rows columns"], palette: Palette) -> bytes:
    """An indexed PNG of one byte a pixel, each line stored as differences from pixel to pixel.

    Source:
        PNG specification (third edition), sections 5.3 (chunks) and 9.2 (filter 1, Sub).
    """
    rows, columns = levels.shape
    lines = np.ones((rows, 1 + columns), np.uint8)
    lines[:, 1] = levels[:, 0]
    lines[:, 2:] = levels[:, 1:] - levels[:, :-1]
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def shaded(values: Shaped[np.ndarray, "rows columns"], low: float, high: float) -> UInt8[np.ndarray, "rows columns"]:
    """Values as 256 levels, `low` and below 0, `high` and above 255; `low` may be the larger one (dark on light)."""
    share = (np.nan_to_num(values.astype(np.float64)) - low) / ((high - low) or 1.0)
    return np.rint(255 * np.clip(share, 0, 1)).astype(np.uint8)


def data_uri(image: bytes) -> str:
    """The image as the source of an <img>."""
    return "data:image/png;base64," + base64.b64encode(image).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

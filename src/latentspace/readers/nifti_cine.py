"""NIfTI-1 cines (.nii, .nii.gz) of one slice over time: 348 bytes of header, then the voxels."""

import struct
import zlib
from contextlib import suppress
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64

from latentspace.errors import InputError
from latentspace.prepare.cine import Acquired
from latentspace.readers.archive import Member
from latentspace.readers.series import Cine, Note, Series

requires: tuple[str, ...] = ()
SUFFIXES = (".nii", ".nii.gz")
LOOKED_AT = 4096  # bytes, packed or not, in which a header ends
HEADER, MAX_BYTES, MAX_IMAGES, MAX_SIDE = 348, 64 << 20, 400, 2048  # bytes as float32
KINDS = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}
MILLISECONDS = {8: 1000.0, 16: 1.0, 24: 1e-3}  # of a unit of time, by its code
RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])


def is_nifti(name: str) -> bool:
    """Whether a file's name is that of a NIfTI image."""
    return name.lower().endswith(SUFFIXES)


def stem(name: str) -> str:
    """The name without `.nii` and `.gz`."""
    return PurePosixPath(name.removesuffix(".gz")).stem if is_nifti(name) else PurePosixPath(name).stem


def series_of(file: Member, position: int) -> Series:
    """A file as a series, described by its name, for its header has no better description.

    What its header says of sizes counts only if it is sound; if it is not, `load` says why.
    """
    n = rows = columns = 0
    with suppress(InputError):
        head = _inflated(file.head(LOOKED_AT), HEADER, file.name)
        order = _order(head)
        columns, rows, _, n = _shape(struct.unpack_from(f"{order}8h", head, 40), file.name) if order else (0, 0, 0, 0)
    return Series(
        key=file.name, number=0, description=stem(file.name), frames=n, parts=(position,), size=(rows, columns)
    )


def load(file: Member) -> Cine:
    """One slice over time, in mm and ms.

    Raises:
        InputError: no NIfTI-1 image, a kind of number that is not read, more than one slice, or sizes that do not fit
            the file; they are compared before anything is inflated beyond them.

    Source:
        NIfTI-1 specification, nifti1.h (2003), and its methods 2 and 3 for the orientation.
    """
    data = file.read()
    head = _inflated(data, HEADER, file.name)
    order = _order(head)
    if not order:
        raise _refused(file.name, "no NIfTI-1 image in one file")
    dim = struct.unpack_from(f"{order}8h", head, 40)
    step = struct.unpack_from(f"{order}8f", head, 76)
    kind, offset = struct.unpack_from(f"{order}h", head, 70)[0], struct.unpack_from(f"{order}f", head, 108)[0]
    columns, rows, slices, n = _shape(dim, file.name)
    if slices != 1:
        raise InputError("cine.mixed", where=file.name, found=f"{slices} slices", hint="Give one file a slice.")
    if kind not in KINDS or not HEADER <= offset <= 1 << 20:
        raise _refused(file.name, f"numbers of kind {kind} at byte {offset:g}")
    dtype = np.dtype(order + KINDS[kind])
    size = rows * columns * n * dtype.itemsize
    if rows * columns * n * 4 > MAX_BYTES:
        raise _refused(file.name, f"{rows * columns * n} voxels")
    start = int(offset)
    body = _inflated(data, start + size, file.name)
    if len(body) < start + size:
        raise _refused(file.name, f"{len(body) - start} bytes of voxels, {size} are announced")
    frames = np.frombuffer(body, dtype, count=rows * columns * n, offset=start).reshape(n, rows, columns)
    slope, intercept = struct.unpack_from(f"{order}2f", head, 112)
    slope, intercept = slope if np.isfinite(slope) and slope else 1.0, intercept if np.isfinite(intercept) else 0.0
    grey = np.stack([(frame * slope + intercept).astype(np.float32) for frame in frames])
    return _cine(head, order, step, grey, file.name)


def _order(head: bytes) -> str:
    """The order of bytes of a NIfTI-1 header, `""` where it is none."""
    whole = len(head) == HEADER and head[344:347] == b"n+1"
    return next((o for o in "<>" if whole and struct.unpack_from(f"{o}i", head)[0] == HEADER), "")


def _cine(head: bytes, order: str, step: tuple[float, ...], frames: np.ndarray, name: str) -> Cine:
    high, wide = abs(step[2]), abs(step[1])
    if not (0.2 <= high <= 10 and 0.2 <= wide <= 10):
        raise InputError("cine.spacing", where=name, found=f"pixels of {high:g} x {wide:g}", hint="They must be in mm.")
    between = step[4] * MILLISECONDS.get(head[123] & 56, float("nan"))
    n, notes = len(frames), list[Note]()
    timed = bool(np.isfinite(between) and 200 < between * n < 3000)
    if not timed:
        notes.append(Note("cine.rr", "does not say how long a beat lasts; its frames are spread evenly over one"))
    rr_ms = between * n if timed else 1000.0
    orientation = _orientation(head, order)
    if orientation is None:
        notes.append(Note("cine.orientation", "does not say how the image lies; taken as upright"))
    return Cine(Acquired(frames, (high, wide), np.arange(n) * rr_ms / n, rr_ms, orientation), notes, timed)


def _orientation(head: bytes, order: str) -> Float64[np.ndarray, "6"] | None:
    """The patient's direction (left, back, head) along a row and down a column; None where the header has none."""
    by_quaternion, by_matrix = struct.unpack_from(f"{order}2h", head, 252)
    if by_matrix > 0:
        matrix = np.array(struct.unpack_from(f"{order}12f", head, 280), np.float64).reshape(3, 4)[:, :2]
    elif by_quaternion > 0:
        matrix = _rotation(np.array(struct.unpack_from(f"{order}3f", head, 256), np.float64))[:, :2]
    else:
        return None
    length = np.linalg.norm(matrix, axis=0)
    if not np.isfinite(matrix).all() or (length < 1e-6).any():
        return None
    along = matrix / length * RAS_TO_LPS[:, None]
    return np.concatenate([along[:, 0], along[:, 1]])


def _rotation(bcd: Float64[np.ndarray, "3"]) -> Float64[np.ndarray, "3 3"]:
    b, c, d = bcd
    a = np.sqrt(max(0.0, 1 - float(bcd @ bcd)))
    return np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )


def _shape(dim: tuple[int, ...], name: str) -> tuple[int, int, int, int]:
    rank = dim[0]
    sizes = [*dim[1 : rank + 1], *[1] * (7 - rank)] if 1 <= rank <= 7 else []
    fits = len(sizes) == 7 and all(1 <= size <= MAX_SIDE for size in sizes) and sizes[4:] == [1, 1, 1]
    if not fits or sizes[3] > MAX_IMAGES:
        raise _refused(name, f"sizes of {dim}")
    return sizes[0], sizes[1], sizes[2], sizes[3]


def _inflated(data: bytes, most: int, name: str) -> bytes:
    """The first `most` bytes of the file, inflated where it is gzipped."""
    if data[:2] != b"\x1f\x8b":
        return data[:most]
    try:
        return zlib.decompressobj(wbits=31).decompress(data, most)
    except zlib.error as error:
        raise _refused(name, "its gzip is damaged") from error


def _refused(where: str, found: str) -> InputError:
    return InputError("nifti.malformed", where=where, found=found, hint="Convert the series again.")

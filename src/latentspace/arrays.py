"""Named arrays on disk: one Zarr v3 group, sharded, zstd, a CRC-32C on every chunk."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, runtime_checkable

import numpy as np
import zarr
from jaxtyping import Int64
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.storage import FsspecStore

from latentspace.elsewhere import reached, store_at
from latentspace.errors import InputError

CHUNK_BYTES, CHUNKS_PER_SHARD = 1 << 20, 64


@runtime_checkable
class Rows(Protocol):
    """What can be written row by row: an array, or something that reads its rows when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """Of every row."""
        ...

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Consecutive rows."""
        ...


def write_arrays(path: Path, arrays: Mapping[str, Rows], *, dimensions: Mapping[str, tuple[str, ...]]) -> None:
    """Write `arrays` as members of a group at `path`, shard by shard; a name with slashes makes groups within.

    `dimensions` names the axes of an array, by the array's name, where that helps other tools.
    """
    group = zarr.open_group(path, mode="w", zarr_format=3)
    for name, values in arrays.items():
        n, rows = values.shape[0], _rows_per_chunk(values)
        sizes = [max(1, size) for size in values.shape[1:]]  # zarr has no chunk of nothing
        per_shard = rows * max(1, min(CHUNKS_PER_SHARD, -(-n // rows)))
        stored = group.create_array(
            name,
            shape=values.shape,
            dtype=values.dtype,
            chunks=(rows, *sizes),
            shards=(per_shard, *sizes),
            compressors=(ZstdCodec(level=3), Crc32cCodec()),
            dimension_names=dimensions.get(name),
        )
        for first in range(0, n, per_shard):
            stored[first : first + per_shard] = values[first : first + per_shard]


def open_array(path: Path | str, name: str) -> zarr.Array:
    """One array, unread; index it to read rows. A text is a URL.

    Raises:
        InputError: the group or the array is missing or damaged.
        MissingExtraError, InputError: as `elsewhere.store_at` and `elsewhere.reached`, of a URL.
    """
    if isinstance(path, str):
        with reached(path):
            return _array_of(PurePosixPath(path).name, name, zarr.open_group(store_at(path), mode="r", zarr_format=3))
    try:
        return _array_of(path, name, zarr.open_group(path, mode="r", zarr_format=3))
    except (OSError, KeyError, ValueError) as error:
        raise _damaged(path, name, error) from error


def read_rows(array: zarr.Array, rows: slice | np.ndarray = slice(None)) -> np.ndarray:
    """Some rows of an array, checksums verified.

    Raises:
        InputError: a chunk fails its checksum, or lies elsewhere and cannot be reached.
    """
    if isinstance(array.store, FsspecStore):
        place = PurePosixPath(array.store.path).name  # an answer to a page may hold it, but not the URL
        with reached(place):
            return _read(array, rows, place, (ValueError, RuntimeError))
    return _read(array, rows, array.store_path, (OSError, ValueError, RuntimeError))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows of an array that are read when they are asked for: recordings of many people do not fit in memory."""

    array: zarr.Array
    rows: Int64[np.ndarray, " n"]

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        return (len(self.rows), *self.array.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """Of every row."""
        return self.array.dtype

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Consecutive ones of the chosen rows.

        Raises:
            InputError: a chunk fails its checksum.
        """
        return read_rows(self.array, self.rows[rows])


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that wait in a file until all are there, in whatever order they come: codes of many people, say."""

    file: Path
    shape: tuple[int, ...]
    dtype: np.dtype

    def put(self, first: int, rows: np.ndarray) -> None:
        """Keep consecutive rows, the first of which is number `first`."""
        with self.file.open("r+b" if self.file.exists() else "w+b") as file:
            file.seek(first * self._row_bytes)
            file.write(np.ascontiguousarray(rows, self.dtype).tobytes())

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Consecutive rows, all of which were put."""
        first, stop, _ = rows.indices(self.shape[0])
        count = (stop - first) * math.prod(self.shape[1:])
        values = np.fromfile(self.file, self.dtype, count, offset=first * self._row_bytes)
        return values.reshape(stop - first, *self.shape[1:])

    @property
    def _row_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize


def _read(
    array: zarr.Array, rows: slice | np.ndarray, place: object, damage: tuple[type[Exception], ...]
) -> np.ndarray:
    try:
        return _gathered(array, rows) if isinstance(rows, np.ndarray) else np.asarray(array[rows])
    except damage as error:
        raise _damaged(place, array.path, error) from error


def _array_of(place: object, name: str, group: zarr.Group) -> zarr.Array:
    node = group[name]
    if not isinstance(node, zarr.Array):
        raise _damaged(place, name, "a group, not an array")
    return node


def _gathered(array: zarr.Array, rows: np.ndarray) -> np.ndarray:
    """Rows by number, shard by shard: zarr's own indexing decodes a shard of cines again and again."""
    out = np.empty((len(rows), *array.shape[1:]), array.dtype)
    shard = rows // (array.shards or array.chunks)[0]
    for number in np.unique(shard):
        here = np.flatnonzero(shard == number)
        first = int(rows[here].min())
        out[here] = np.asarray(array[first : int(rows[here].max()) + 1])[rows[here] - first]
    return out


def _damaged(place: object, name: str, reason: object) -> InputError:
    return InputError(
        "array.damaged",
        where=f"{place} ({name})",
        found=f"cannot be read: {reason}",
        hint="Run `latentspace verify` on the workspace, then repeat the command that wrote this array.",
    )


def _rows_per_chunk(values: Rows) -> int:
    row_bytes = max(1, math.prod(values.shape[1:]) * values.dtype.itemsize)
    return int(max(1, min(max(1, values.shape[0]), CHUNK_BYTES // row_bytes)))

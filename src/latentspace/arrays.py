"""Named arrays on disk: one Zarr v3 group, sharded, zstd, a CRC-32C on every chunk."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec

from latentspace.errors import InputError

CHUNK_BYTES, CHUNKS_PER_SHARD = 1 << 20, 64


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], *, dimensions: Mapping[str, tuple[str, ...]]) -> None:
    """Write `arrays` as members of a group at `path`; a name with slashes makes groups within.

    `dimensions` names the axes of an array, by the array's name, where that helps other tools.
    """
    group = zarr.open_group(path, mode="w", zarr_format=3)
    for name, values in arrays.items():
        rows = _rows_per_chunk(values)
        per_shard = rows * max(1, min(CHUNKS_PER_SHARD, -(-len(values) // rows)))
        stored = group.create_array(
            name,
            shape=values.shape,
            dtype=values.dtype,
            chunks=(rows, *values.shape[1:]),
            shards=(per_shard, *values.shape[1:]),
            compressors=(ZstdCodec(level=3), Crc32cCodec()),
            dimension_names=dimensions.get(name),
        )
        stored[...] = values


def open_array(path: Path, name: str) -> zarr.Array:
    """One array, unread; index it to read rows.

    Raises:
        InputError: the group or the array is missing or damaged.
    """
    try:
        node = zarr.open_group(path, mode="r", zarr_format=3)[name]
    except (OSError, KeyError, ValueError) as error:
        raise _damaged(path, name, error) from error
    if not isinstance(node, zarr.Array):
        raise _damaged(path, name, "a group, not an array")
    return node


def read_rows(array: zarr.Array, rows: slice | np.ndarray = slice(None)) -> np.ndarray:
    """Some rows of an array, checksums verified.

    Raises:
        InputError: a chunk fails its checksum.
    """
    try:
        return np.asarray(array.oindex[rows] if isinstance(rows, np.ndarray) else array[rows])
    except (OSError, ValueError, RuntimeError) as error:
        raise _damaged(Path(str(array.store_path)), array.path, error) from error


def _damaged(path: Path, name: str, reason: object) -> InputError:
    return InputError(
        "array.damaged",
        where=f"{path} ({name})",
        found=f"cannot be read: {reason}",
        hint="Run `latentspace verify` on the workspace, then repeat the command that wrote this array.",
    )


def _rows_per_chunk(values: np.ndarray) -> int:
    row_bytes = max(1, values.nbytes // max(1, len(values)))
    return int(max(1, min(max(1, len(values)), CHUNK_BYTES // row_bytes)))

"""Arrays of numbers in .npy, .npz, zarr and HDF5 files: sizes are checked before anything is read, no code is run."""

import math
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from latentspace.errors import InputError
from latentspace.readers.h5ad import load_h5py, own_member

MAX_BYTES = 1 << 30
ENDS = (".npy", ".npz", ".zarr", ".h5", ".hdf5")
CODECS = {  # those that turn bytes into numbers and nothing else: numcodecs also knows pickle
    *("bytes", "zstd", "gzip", "blosc", "crc32c", "sharding_indexed", "transpose"),
    *("zlib", "lz4", "bz2", "lzma", "shuffle", "delta", "fixedscaleoffset", "vlen-utf8", "string"),
}
BROKEN = (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError, EOFError, zipfile.BadZipFile)
HINT = f"Give plain numbers in a file that ends in {', '.join(ENDS)}."


def read_array(path: Path, key: str) -> np.ndarray:
    """The numbers of an array; `key` is its name in a file of several, `""` the only one.

    Raises:
        InputError: another format, objects, texts, no such array, one that lies in another file, or too large.
        MissingExtraError: h5py is not installed.
    """
    with _opened(path, key) as array:
        if np.dtype(array.dtype).kind not in "fiub":
            raise _unreadable(path, f"holds {array.dtype}, not plain numbers")
        size = math.prod(array.shape) * 4
        if size > MAX_BYTES or not size:
            found = f"claims an array of shape {tuple(array.shape)}, {size / 2**30:.1f} GB"
            raise InputError("array.size", where=path.name, found=found, hint="At most 1 GB of each modality is read.")
        return np.asarray(array[...])


def read_texts(path: Path, key: str) -> tuple[str, ...]:
    """A list of ids: texts, or whole numbers.

    Raises:
        InputError: as `read_array`, or no list.
    """
    with _opened(path, key) as array:
        kind = np.dtype(array.dtype).kind
        if len(array.shape) != 1 or kind not in "SUTOiu" or array.shape[0] > MAX_BYTES >> 6:
            raise _unreadable(path, f"has no list of ids in {key!r}")
        texts = array.asstr() if kind == "O" and not isinstance(array, zarr.Array) else array  # of HDF5
        return tuple(one.decode() if isinstance(one, bytes) else str(one) for one in np.asarray(texts[...]).tolist())


@contextmanager
def _opened(path: Path, key: str) -> Generator[Any]:
    """Something with shape, dtype and `[...]`; what goes wrong with it is an InputError."""
    try:
        match path.suffix.lower():
            case ".npy":
                yield np.lib.format.open_memmap(path, mode="r")
            case ".npz":
                yield _packed(path, key)
            case ".zarr":
                yield _zarr(path, key)
            case ".h5" | ".hdf5":
                with load_h5py().File(path, "r") as file:
                    yield own_member(load_h5py(), path, file, _name(path, key, list(file)))
            case other:
                raise _unreadable(path, f"ends in {other or 'nothing'}")
    except BROKEN as error:
        raise _unreadable(path, f"is no sound array of plain numbers ({type(error).__name__})") from error


def _packed(path: Path, key: str) -> np.ndarray:
    """From a .npz, whose header is read first: a small zip may claim anything."""
    with zipfile.ZipFile(path) as archive:
        name = _name(path, key, [n.removesuffix(".npy") for n in archive.namelist()])
        with archive.open(f"{name}.npy") as file:
            version = np.lib.format.read_magic(file)
            header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = header(file)
        if math.prod(shape) * dtype.itemsize > 2 * MAX_BYTES:
            found = f"claims an array of shape {shape}"
            raise InputError("array.size", where=path.name, found=found, hint="At most 1 GB of each modality is read.")
    with np.load(path) as arrays:
        return arrays[name]


def _zarr(path: Path, key: str) -> zarr.Array:
    node = zarr.open(path, mode="r")
    if isinstance(node, zarr.Group):
        node = node[_name(path, key, sorted(node.array_keys()))]
    if not isinstance(node, zarr.Array):
        raise _unreadable(path, "has no such array")
    told = node.metadata.to_dict()
    if unknown := sorted(set(_codecs([told.get("codecs"), told.get("filters"), told.get("compressor")])) - CODECS):
        raise _unreadable(path, f"is packed by {unknown[0][:40]}, which is not read")
    return node


def _codecs(told: object) -> Iterator[str]:
    """Names of all codecs, those within others too."""
    if isinstance(told, Mapping):
        if "name" in told or "id" in told:
            yield str(told.get("name", told.get("id"))).removeprefix("numcodecs.")
        told = list(told.values())
    if isinstance(told, list | tuple):
        for one in told:
            yield from _codecs(one)


def _name(path: Path, key: str, names: Sequence[str]) -> str:
    if key in names:
        return key
    if not key and len(names) == 1:
        return names[0]
    found = f"has no array named {key!r} (it has {', '.join(names)[:200] or 'none'})"
    raise InputError("array.name", where=path.name, found=found, hint="Say `key` in the modalities file.")


def _unreadable(path: Path, found: str) -> InputError:
    return InputError("array.unreadable", where=path.name, found=found, hint=HINT)

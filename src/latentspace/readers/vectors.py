"""Embeddings that another program wrote: .npy, safetensors, or a list column of Parquet, as one row of numbers each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Float32
from safetensors import SafetensorError, safe_open

from latentspace.errors import InputError, NotFoundError
from latentspace.readers.h5ad import read_obsm

MAX_BYTES = 1 << 30  # of numbers as they are read: a child that reads has 3 GB
SMALL, PACKED = 64 << 20, 100  # what may be inflated from anything; how many times its size a file may become
SUBJECT = "subject_id"
ENDS = (".npy", ".safetensors", ".parquet", ".h5ad")
HINT = f"Give a file that ends in {', '.join(ENDS)}: one row of numbers for each person."


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """One embedding: (n, dims), NaN rows where there is none; `ids` say whose each row is, where the file knows."""

    values: Float32[np.ndarray, "n dims"]
    ids: tuple[str, ...] | None = None


def read_vectors(path: Path, space: str) -> Vectors:
    """Read one embedding; a row with anything that is no finite number is NaN in whole.

    Of several arrays, columns or `obsm` keys in one file, that named as the space (or `X_<space>`) is taken.

    Raises:
        NotFoundError: no such file.
        InputError: another format, a pickle, objects, no matrix of numbers, or too large.
        MissingExtraError: h5py is not installed.
    """
    if not path.is_file():
        raise NotFoundError("embedding.missing", where=str(path), found="no such file", hint="Check --embedding.")
    match path.suffix.lower():
        case ".npy":
            return Vectors(values=_finite(_npy(path)))
        case ".safetensors":
            return Vectors(values=_finite(_tensor(path, space)))
        case ".parquet":
            return _parquet(path, space)
        case ".h5ad":
            values, ids = read_obsm(path, space, MAX_BYTES)
            return Vectors(values=_finite(_matrix(path, values)), ids=ids)
        case other:
            raise unreadable(path, f"ends in {other or 'nothing'}")


def check_size(path: Path, shape: Sequence[int], itemsize: int) -> None:
    """Refuse what would not fit, before anything is allocated.

    Raises:
        InputError: more than a gigabyte.
    """
    size = math.prod(shape) * itemsize
    if size > MAX_BYTES:
        found = f"claims an array of shape {tuple(shape)}, {size / 2**30:.1f} GB"
        raise InputError("embedding.too_large", where=str(path), found=found, hint="Give fewer rows or dimensions.")


def chosen_name(path: Path, names: Sequence[str], space: str) -> str:
    """Which of several names is meant: the space's own, `X_` and it as scanpy writes, or the only one.

    Raises:
        InputError: none of these.
    """
    for name in (space, f"X_{space}"):
        if name in names:
            return name
    if len(names) == 1:
        return names[0]
    found = f"has no array named {space!r} (it has {', '.join(sorted(names))[:200] or 'none'})"
    raise InputError("embedding.name", where=str(path), found=found, hint="Name the space as the array: SPACE=F.")


def unreadable(path: Path, found: str, hint: str = HINT) -> InputError:
    """The refusal of a file that is no embedding."""
    return InputError("embedding.unreadable", where=str(path), found=found, hint=hint)


def _npy(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        start = file.read(2)
    if start[:1] == b"\x80":
        raise unreadable(path, "is a pickle, which could run any program", "Save it by numpy.save, as plain numbers.")
    try:
        values = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, TypeError, OverflowError, OSError, SyntaxError, TokenError) as error:
        objects = "objects" in str(error)
        found = "holds Python objects, not plain numbers" if objects else "is no .npy file, or is cut short"
        raise unreadable(path, found, "Save it by numpy.save, as plain numbers.") from error
    return _matrix(path, values)


def _tensor(path: Path, space: str) -> np.ndarray:
    try:
        with safe_open(path, framework="numpy") as file:
            part = file.get_slice(chosen_name(path, list(file.keys()), space))
            check_size(path, part.get_shape(), 4)
            return _matrix(path, part[:])
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        hint = "Save a 2-D array of float32."
        raise unreadable(path, f"is no safetensors file of plain numbers ({type(error).__name__})", hint) from error


def _parquet(path: Path, space: str) -> Vectors:
    try:
        _check_inflated(path)
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise unreadable(path, f"is no Parquet file ({type(error).__name__})") from error
    names = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List | pl.Array)]
    if not names:
        raise unreadable(path, "has no column of lists", "Write each vector as one cell: a list of numbers.")
    column = frame[chosen_name(path, names, space)]
    if isinstance(column.dtype, pl.Array):
        column = column.arr.to_list()
    ids = tuple(frame[SUBJECT].cast(pl.String).fill_null("").to_list()) if SUBJECT in frame.columns else None
    return Vectors(values=_finite(_of_lists(path, column)), ids=ids)


def _check_inflated(path: Path) -> None:
    """Refuse a small file of few different numbers that would become gigabytes: no embedding packs so well."""
    n = int(pl.scan_parquet(path).select(pl.len()).collect().item())
    first = pl.scan_parquet(path).head(1).collect()
    dims = sum(int(cell.list.len().fill_null(0).sum()) for cell in first if isinstance(cell.dtype, pl.List))
    if n * dims * 4 > max(SMALL, PACKED * path.stat().st_size):
        found = f"claims {n} rows of {dims} numbers, in {path.stat().st_size} bytes"
        raise InputError("embedding.too_large", where=str(path), found=found, hint="Write the numbers themselves.")


def _of_lists(path: Path, column: pl.Series) -> np.ndarray:
    """(n, dims) from a column of lists, NaN where a cell is empty."""
    lengths = column.list.len()
    sizes = lengths.drop_nulls().unique()
    if len(sizes) != 1:
        found = f"column {column.name!r} has lists of {sizes.min()} to {sizes.max()} numbers"
        hint = "Every vector needs the same number of dimensions."
        raise InputError("embedding.shape", where=str(path), found=found, hint=hint)
    known = lengths.is_not_null().to_numpy()
    check_size(path, (len(column), int(sizes[0])), 4)
    values = np.full((len(column), int(sizes[0])), np.nan, np.float32)
    numbers = column.drop_nulls().explode()
    if not numbers.dtype.is_numeric():
        raise unreadable(path, f"column {column.name!r} has lists of {numbers.dtype}, not of numbers")
    values[known] = numbers.cast(pl.Float32).fill_null(np.nan).to_numpy().reshape(-1, int(sizes[0]))
    return values


def _matrix(path: Path, values: np.ndarray) -> np.ndarray:
    """Refuses anything but rows of numbers."""
    if values.dtype.kind not in "fiu":
        raise unreadable(path, f"holds {values.dtype}, not plain numbers", "Save it as float32.")
    if values.ndim != 2 or 0 in values.shape:
        found = f"holds an array of shape {values.shape}, not (people, dimensions)"
        raise InputError("embedding.shape", where=str(path), found=found, hint="Save one row for each person.")
    check_size(path, values.shape, 4)
    return values


def _finite(values: np.ndarray) -> Float32[np.ndarray, "n dims"]:
    with np.errstate(over="ignore"):
        plain: Any = np.array(values, np.float32)
    plain[~np.isfinite(plain).all(axis=1)] = np.nan
    return plain

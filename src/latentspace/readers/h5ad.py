"""AnnData's .h5ad: one array of `obsm` and the names of the observations, by h5py alone."""
# ruff: noqa: PLC0415 - h5py belongs to the extra `formats`

import math
from pathlib import Path
from typing import Any

import numpy as np

from latentspace.errors import InputError, MissingExtraError


def read_obsm(path: Path, space: str, max_bytes: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """`obsm/<space>` (or `obsm/X_<space>`) and the index of `obs`.

    Raises:
        InputError: no HDF5 file, no such key, an array that lies in another file, or one larger than `max_bytes`.
        MissingExtraError: h5py is not installed.

    Source:
        https://anndata.readthedocs.io/en/stable/fileformat-prose.html
    """
    h5py = load_h5py()
    try:
        with h5py.File(path, "r") as file:
            obsm = own_member(h5py, path, file, "obsm")
            key = next((k for k in (space, f"X_{space}") if k in obsm), "")
            if not key:
                found = f"has no obsm key {space!r} (it has {', '.join(sorted(obsm))[:200] or 'none'})"
                hint = "Name the space as the key: SPACE=F."
                raise InputError("embedding.name", where=str(path), found=found, hint=hint)
            values = _numbers(path, own_member(h5py, path, obsm, key), max_bytes)
            obs = own_member(h5py, path, file, "obs")
            names = own_member(h5py, path, obs, str(obs.attrs.get("_index", "_index")))
            return values, tuple(names.asstr()[:].tolist())
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise InputError(
            "embedding.unreadable",
            where=str(path),
            found=f"is no .h5ad file with a dense array there ({type(error).__name__})",
            hint="Write it by anndata, and the array as numpy's.",
        ) from error


def load_h5py() -> Any:  # noqa: ANN401 - an optional module
    """The module.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError(
            "extra.formats",
            where="h5py",
            found="is not installed",
            hint="Run `pip install 'latent-space-explorer[formats]'`.",
        ) from error
    return h5py


def own_member(h5py: Any, path: Path, group: Any, name: str) -> Any:  # noqa: ANN401 - h5py's own objects
    """A member that lies in this very file.

    Raises:
        KeyError: there is none of that name.
        InputError: it lies in another file.
    """
    kept = group.get(name, getlink=True) if name in group else None
    node: Any = group[name] if isinstance(kept, h5py.HardLink) else None
    elsewhere = isinstance(node, h5py.Dataset) and (node.external or node.is_virtual)
    if kept is not None and (node is None or elsewhere):
        found = f"{group.name}/{name} lies in another file"
        raise InputError("embedding.external", where=str(path), found=found, hint="Save everything in one file.")
    if node is None:
        raise KeyError(name)
    return node


def _numbers(path: Path, array: Any, max_bytes: int) -> np.ndarray:  # noqa: ANN401 - h5py's own objects
    if math.prod(array.shape) * 8 > max_bytes:
        found = f"{array.name} claims shape {array.shape}"
        raise InputError("embedding.too_large", where=str(path), found=found, hint="Give fewer rows or dimensions.")
    return np.asarray(array[:])

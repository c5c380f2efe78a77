"""Codes that another program made: the digits by principal components, by numpy alone, and their table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.datasets import load_digits

import latentspace
from latentspace.digits import NAMES
from latentspace.explorer import Explorer
from latentspace.ingest import Brought, IngestOptions, bring, read_given
from latentspace.progress import silent
from latentspace.report import IngestReport

COMPONENTS = 8


@dataclass(frozen=True, slots=True)
class Components:
    """Digits as points: `images` (n, 64) = `codes` (n, 8) @ `axes` (8, 64) + `mean`, but for what 8 do not tell."""

    ids: tuple[str, ...]
    digit: np.ndarray
    images: np.ndarray
    codes: np.ndarray
    axes: np.ndarray
    mean: np.ndarray
    table: Path


def digits_by_components(folder: Path, n: int = 1797) -> Components:
    """The first n digits; their ids are `0000`, `0001` ..., which only text keeps."""
    data: Any = load_digits()
    images = data.data[:n].astype(np.float64)
    mean = images.mean(axis=0)
    u, s, axes = np.linalg.svd(images - mean, full_matrices=False)
    ids = tuple(f"{i:04d}" for i in range(n))
    table = folder / "table.csv"
    digits = [NAMES[d] for d in data.target[:n]]
    frame = pl.DataFrame({"subject_id": ids, "digit": digits, "ink": images.sum(axis=1)})
    frame.write_csv(table)
    codes = (u * s)[:, :COMPONENTS].astype(np.float32)
    return Components(ids, data.target[:n], images, codes, axes[:COMPONENTS].astype(np.float32), mean, table)


def brought(components: Components, *given: str, onnx_folder: Path | None = None, to: str = "w.ls") -> IngestReport:
    """Ingest the table with embeddings given as on the command line."""
    into = components.table.parent / to
    said = Brought(table=components.table, embeddings=read_given(given), onnx=onnx_folder)
    return bring(said, into, IngestOptions(), silent)


def opened(components: Components, to: str = "w.ls") -> Explorer:
    """What was made of it."""
    return latentspace.open(components.table.parent / to)

"""A few subjects at a time, written to one file: what a worker makes, and how a cohort is read from such files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Bool
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from latentspace.artifact import replace_file, room_for
from latentspace.simulate.cine import cine
from latentspace.simulate.ecg import ecg

BLOCK = 32  # subjects in a file: less than two seconds of work are lost by a kill
CINE_STREAM, ECG_STREAM = 1, 2
MISSING_STREAM = 4  # 3 is that of the blood


@dataclass(frozen=True, slots=True)
class Job:
    """Subjects `first`, `first` + 1, ... of a cohort; `factors` has a row for each."""

    path: Path
    seed: int
    first: int
    factors: tuple[dict[str, float], ...]


def simulate_block(job: Job) -> int:
    """Draw the recordings of a job and write them whole; a subject's depend on seed and number alone.

    Returns:
        How many subjects are done.
    """
    parts: dict[str, list[np.ndarray]] = {"ecg": [], "rhythm": [], "cine": [], "truth": []}
    names: list[str] = []
    for number, factors in enumerate(job.factors, start=job.first):
        frames, view = cine(factors, np.random.default_rng([job.seed, number, CINE_STREAM]))
        beat, rhythm, electric = ecg(factors, np.random.default_rng([job.seed, number, ECG_STREAM]))
        own = {**{f"cine_{name}": v for name, v in view.items()}, **{f"ecg_{name}": v for name, v in electric.items()}}
        names = list(own)
        for name, values in (
            ("ecg", beat),
            ("rhythm", rhythm),
            ("cine", frames),
            ("truth", np.array([*own.values()])),
        ):
            parts[name].append(values)
    with room_for(job.path):
        replace_file(
            job.path, save({name: np.stack(rows) for name, rows in parts.items()}, {"truth": json.dumps(names)})
        )
    return len(job.factors)


@dataclass(frozen=True, slots=True)
class Blocks:
    """One array of all blocks, read when its rows are asked for."""

    files: tuple[Path, ...]
    name: str
    n: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        with safe_open(self.files[0], framework="numpy") as file:
            return (self.n, *file.get_slice(self.name).get_shape()[1:])

    @property
    def dtype(self) -> np.dtype:
        """Of every row."""
        return self[0:1].dtype

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Consecutive rows."""
        first, last, _ = rows.indices(self.n)
        parts: list[np.ndarray] = []
        for number in range(first // BLOCK, -(-last // BLOCK)):
            offset = number * BLOCK
            with safe_open(self.files[number], framework="numpy") as file:
                stored = file.get_slice(self.name)
                parts.append(stored[max(0, first - offset) : min(last - offset, stored.get_shape()[0])])
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class Missing:
    """Rows of which some are nought: what nobody recorded, in grey levels."""

    rows: Blocks
    present: Bool[np.ndarray, " n"]

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        return self.rows.shape

    @property
    def dtype(self) -> np.dtype:
        """Of every row."""
        return self.rows.dtype

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Consecutive rows."""
        values = self.rows[rows]
        values[~self.present[rows]] = 0
        return values


def truth_of(files: Sequence[Path], n: int) -> pl.DataFrame:
    """What every subject's recordings were made from beside the shared factors: one row each."""
    with safe_open(files[0], framework="numpy") as file:
        names: list[str] = json.loads((file.metadata() or {})["truth"])
    return pl.DataFrame(Blocks(tuple(files), "truth", n)[0:n], schema=names, orient="row")


def with_cine(n: int, seed: int, without: float) -> Bool[np.ndarray, " n"]:
    """Who has a cine: each of `n` people lacks it with the probability `without`, whatever they have."""
    return np.array([np.random.default_rng([seed, i, MISSING_STREAM]).random() >= without for i in range(n)])


def whole(path: Path) -> bool:
    """Whether a block is there and can be read."""
    try:
        with safe_open(path, framework="numpy") as file:
            return "truth" in file.keys()  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError):
        return False

"""Workspaces of any number of made-up subjects: people of a trained small cohort drawn again and again, and jittered.

Nothing is trained: encoders, decoders and predictors are those of the small cohort, and the maps are its maps.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import zarr

from benchmarks.cohorts import BUILT
from benchmarks.timing import Effort
from latentspace.artifact import replace_file, replace_json
from latentspace.demo import BuildOptions, demo_cardiac
from latentspace.progress import silent
from latentspace.run import Run
from latentspace.workspace import Workspace, open_folder

HEARTS, FEW_HEARTS = 2_000, 240
RECORDED = 64  # rows of a crowd that have recordings: enough to open, translate and drag
SMALL_SPACES = 100_000  # larger crowds have no private codes: a million times 1,500 numbers are no matter of a page
JITTER = 0.1  # of a spread
NOT_OF_ROWS = ("pca_mean", "pca_basis")


def hearts(effort: Effort) -> Workspace:
    """The trained small cohort: the one that `LATENTSPACE_BENCH_HEARTS` names, or simulated and trained once."""
    named = os.environ.get("LATENTSPACE_BENCH_HEARTS")
    if named and not effort.quick:
        return open_folder(Path(named))
    return demo_cardiac(BUILT, BuildOptions(), silent, subjects=FEW_HEARTS if effort.quick else HEARTS, workers=2)


def crowd(n: int, effort: Effort) -> Workspace:
    """A workspace of `n` subjects, made once and kept under `build/bench`."""
    path = BUILT / f"crowd-{n}"
    if not (path / "runs" / "latest").is_file():
        shutil.rmtree(path, ignore_errors=True)
        write(hearts(effort), path, n)
    return open_folder(path)


def write(base: Workspace, path: Path, n: int) -> None:
    """Write `n` subjects made of those of a built workspace to the new folder `path`."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(base.subjects()), n)
    rows[:RECORDED] = np.flatnonzero(np.all([base.present(m.name) for m in base.modalities], axis=0))[:RECORDED]
    path.mkdir(parents=True)
    _jittered(base.subjects()[rows], rng).write_parquet(path / "subjects.parquet")
    for name in ("phenotypes.json", "ingest.json"):
        shutil.copy(base.path / name, path / name)
    manifest = json.loads((base.path / "workspace.json").read_text(encoding="utf-8"))
    replace_json(path / "workspace.json", {**manifest, "title": f"{n:,} made-up subjects"})
    for modality in base.modalities:
        _few_recordings(base, path / "recordings" / f"{modality.name}.zarr", modality.name, rows)
    run = base.run()
    _run_of(run, Run(path / "runs" / run.name), rows, rng)
    replace_file(path / "runs" / "latest", run.name.encode())


def _jittered(subjects: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The same people with numbers a little off, each a person of an own name."""
    n = len(subjects)
    columns = [pl.Series("subject_id", np.char.mod("P%07d", np.arange(n)))]
    for column in subjects.drop("subject_id", "kept_with", strict=False):
        if column.dtype == pl.Float64:
            noise = JITTER * float(column.std() or 0) * rng.standard_normal(n)  # pyright: ignore[reportArgumentType]
            columns.append((column + pl.Series(noise)).alias(column.name))
        else:
            columns.append(column)
    return pl.DataFrame(columns)


def _few_recordings(base: Workspace, path: Path, name: str, rows: np.ndarray) -> None:
    """The recordings of the first rows; all others have none."""
    stored = base.recordings(name)
    group = zarr.open_group(path, mode="w", zarr_format=3)
    values = group.create_array(
        "values",
        shape=(len(rows), *stored.shape[1:]),
        dtype=stored.dtype,
        chunks=stored.chunks,
        shards=stored.shards,
        fill_value=stored.dtype.type(0),
    )
    for row in range(RECORDED):
        values[row] = stored[int(rows[row])]
    present = group.create_array("present", shape=(len(rows),), dtype=bool, chunks=(len(rows),), fill_value=False)
    present[:RECORDED] = True


def _run_of(base: Run, run: Run, rows: np.ndarray, rng: np.random.Generator) -> None:
    """The small cohort's run with every array that has a row for each subject drawn for these rows."""
    left_out = ("embedding.zarr", "projection.zarr", "trust.zarr", "scores.parquet", "evaluation.safetensors")
    shutil.copytree(base.path, run.path, ignore=shutil.ignore_patterns(*left_out))
    for artifact in ("projection.zarr", "trust.zarr"):
        arrays = {name: np.asarray(values[...]) for name, values in _arrays(base.path / artifact).items()}
        _resampled(run.path / artifact, arrays, rows, rng)
    codes = _arrays(base.path / "embedding.zarr")
    _resampled(run.path / "embedding.zarr", {name: np.asarray(codes[name][...]) for name in codes}, rows, rng)
    pl.read_parquet(base.path / "scores.parquet")[rows].write_parquet(run.path / "scores.parquet")


def _resampled(path: Path, arrays: Mapping[str, np.ndarray], rows: np.ndarray, rng: np.random.Generator) -> None:
    group = zarr.open_group(path, mode="w", zarr_format=3)
    for name, values in arrays.items():
        if name.endswith(NOT_OF_ROWS):
            group.create_array(name, data=values)
            continue
        shape = (len(rows), *values.shape[1:])
        made = group.create_array(name, shape=shape, dtype=values.dtype, chunks=(4096, *shape[1:]), fill_value=0)
        if not _kept(name, len(rows)):
            continue
        spread = JITTER * np.nanstd(values, axis=0)
        for first in range(0, len(rows), 65_536):
            some = values[rows[first : first + 65_536]]
            made[first : first + len(some)] = some + spread * rng.standard_normal(some.shape, dtype=np.float32)


def _kept(name: str, n: int) -> bool:
    return n <= SMALL_SPACES or not name.startswith("private_")


def _arrays(path: Path) -> dict[str, zarr.Array]:
    group = zarr.open_group(path, mode="r", zarr_format=3)
    return {name: node for name, node in group.members(max_depth=None) if isinstance(node, zarr.Array)}

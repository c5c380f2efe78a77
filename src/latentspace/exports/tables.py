"""Codes, places on the map and phenotypes of every row, as tables that other programs read."""

import io

import numpy as np
import polars as pl

from latentspace.project import METHODS
from latentspace.run import Run
from latentspace.workspace import Workspace

FORMULA = r"^[=+\-@\t\r]"  # a cell that a spreadsheet would run
MAP = METHODS[0]


def parquet(workspace: Workspace, run: Run) -> dict[str, bytes]:
    """`<space>.parquet`: subject_id, visit, part of the split, x and y on the t-SNE map, vector (float32).

    Null where a row has no code in that space; x and y are null where the space has no map (private ones).

    Raises:
        NotFoundError: the run has no embedding or no maps yet.
    """
    subjects = workspace.subjects()
    run.file("projection.zarr")
    files: dict[str, bytes] = {}
    for space in run.spaces(workspace.modelled):
        z = run.embedding(space.name)
        if not z.shape[1]:
            continue
        known = np.asarray(np.isfinite(z).all(axis=1))
        mapped = not space.name.startswith("private_")
        points = run.projection(space.name, MAP) if mapped else np.full((len(z), 2), np.nan, np.float32)
        vector = pl.Series("vector", z, dtype=pl.Array(pl.Float32, z.shape[1]))
        frame = pl.DataFrame(
            {
                "subject_id": subjects["subject_id"],
                "visit": subjects["visit"].cast(pl.String),
                "part": run.split(subjects),
                "x": pl.Series(points[:, 0]).fill_nan(None),
                "y": pl.Series(points[:, 1]).fill_nan(None),
                "vector": vector,
            }
        )
        frame = frame.with_columns(pl.when(pl.Series(known)).then(pl.col("vector")).alias("vector"))
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        files[f"{space.name}.parquet"] = buffer.getvalue()
    return files


def latentverse(workspace: Workspace, run: Run) -> dict[str, bytes]:
    """`<space>.csv`: sample_id and a column for each dimension; `labels.csv`: sample_id and the phenotypes.

    `sample_id` is the subject's id, with the visit where somebody has several. Rows without a code are left out. A text
    that a spreadsheet would run as a formula gets an apostrophe before it, in both files alike.

    Raises:
        NotFoundError: the run has no embedding yet.

    Source:
        ml4h-latentverse 0.3: `--representations F.csv --labels labels.csv --id-col sample_id`.
    """
    subjects = workspace.subjects()
    ids = subjects["subject_id"]
    if ids.n_unique() < len(ids):
        ids = ids + "_" + subjects["visit"].cast(pl.String)
    sample = pl.DataFrame({"sample_id": ids})
    names = [p.name for p in workspace.dictionary()]
    files = {"labels.csv": _csv(sample.hstack(subjects.select(names)))}
    for space in run.spaces(workspace.modelled):
        z = run.embedding(space.name)
        if z.shape[1]:
            known = pl.Series(np.asarray(np.isfinite(z).all(axis=1)))
            codes = pl.DataFrame({dim: z[:, i] for i, dim in enumerate(space.dims)})
            files[f"{space.name}.csv"] = _csv(sample.hstack(codes).filter(known))
    return files


def _csv(frame: pl.DataFrame) -> bytes:
    texts = pl.col(pl.String)
    plain = frame.with_columns(
        pl.when(texts.str.contains(FORMULA)).then(pl.lit("'") + texts).otherwise(texts).name.keep()
    )
    return plain.write_csv().encode()

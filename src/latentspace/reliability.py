"""What the model tells of each row besides its place: do its modalities agree on neighbours, do maps keep them?"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float32

from latentspace.arrays import open_array, read_rows, write_arrays
from latentspace.modality import JOINT, Space
from latentspace.phenotype import Phenotype
from latentspace.run import Run
from latentspace.stats.neighbours import neighbours_shared

AGREEMENT, RELIABILITY = "agreement", "reliability."
NEIGHBOURS, MAP_NEIGHBOURS = 50, 15
SHOWN = "tsne"  # of this map every space has a chart; of all others only a column
FILE, SECTION = "trust.zarr", "Model"


def agreement(embeddings: Sequence[Float32[np.ndarray, "n _"]]) -> tuple[Float32[np.ndarray, " n"], int]:
    """How many of a row's nearest others are the same to two modalities, the mean over its pairs; and of how many.

    Neighbours are sought among the rows that have both; NaN for a row without a pair. Of 50, or a quarter of the
    smallest pair's rows.
    """
    known = np.stack([~np.isnan(z).any(axis=1) for z in embeddings])
    pairs = [(a, b, np.logical_and(known[a], known[b])) for a, b in combinations(range(len(embeddings)), 2)]
    k = max(1, min([NEIGHBOURS, *(int(both.sum()) // 4 for *_, both in pairs)]))
    total, n = np.zeros((2, known.shape[1]))
    for a, b, both in pairs:
        if both.sum() > k:
            total[both] += neighbours_shared(embeddings[a][both], embeddings[b][both], k=k)
            n[both] += 1
    return np.where(n > 0, total / np.maximum(n, 1), np.nan).astype(np.float32), k


def reliability(z: Float32[np.ndarray, "n dims"], points: Float32[np.ndarray, "n 2"]) -> Float32[np.ndarray, " n"]:
    """How many of a point's 15 neighbours on a map are among its 15 nearest in the space; NaN where it is not drawn."""
    known = ~np.isnan(points).any(axis=1)
    k = min(MAP_NEIGHBOURS, int(known.sum()) - 1)
    true = np.full(len(z), np.nan, np.float32)
    true[known] = neighbours_shared(z[known], points[known], k=k)
    return true


def write_trust(run: Run, embeddings: Mapping[str, np.ndarray], maps: Mapping[str, np.ndarray]) -> None:
    """Write `trust.zarr/{agreement, reliability.<space>.<method>}`, each (n,) float32, and to run.json `agreement`."""
    own = [z for space, z in embeddings.items() if space != JOINT]
    shared, k = agreement(own or list(embeddings.values()))
    true = {f"{RELIABILITY}{name}": reliability(embeddings[name.split(".")[0]], xy) for name, xy in maps.items()}
    run.write_folder(FILE, lambda path: write_arrays(path, {AGREEMENT: shared, **true}, dimensions={}))
    run.update(agreement={"neighbours": k, "n": int(np.isfinite(shared).sum())})


def told(run: Run, spaces: Sequence[Space]) -> tuple[Phenotype, ...]:
    """The columns of `trust.zarr` that are drawn as charts; none in a run that was projected before there were any."""
    if not run.has(FILE):
        return ()
    said, charts = run.record["agreement"], list[Phenotype]()
    if said["n"]:
        charts.append(_number(AGREEMENT, "Neighbours shared", most=said["neighbours"]))
    for space in spaces:
        name, label = f"{RELIABILITY}{space.name}.{SHOWN}", f"Map reliability, {space.label}"
        charts.append(_number(name, label, most=MAP_NEIGHBOURS))
    return tuple(charts)


def told_column(run: Run, name: str) -> Float32[np.ndarray, " n"]:
    """One of them, for every row.

    Raises:
        NotFoundError: the run was projected before this was told.
    """
    return read_rows(open_array(run.file(FILE), name))


def _number(name: str, label: str, *, most: int) -> Phenotype:
    bounds = (0.0, float(most))
    return Phenotype(name=name, label=label, kind="continuous", unit=f"of {most}", section=SECTION, range=bounds)

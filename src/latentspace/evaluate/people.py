"""Whom an evaluation is about: held-out people, one visit each, with their recordings and posteriors."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64, Shaped

from latentspace.arrays import read_rows
from latentspace.evaluate.distance import squared
from latentspace.modality import JOINT, Modality
from latentspace.run import Run, one_visit_each, people
from latentspace.workspace import Workspace

MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Held-out people in the order of `rows` (of the subjects table).

    `recordings[m]` are flattened, in the unit of m, `spaces[s]` the posterior means there; NaN rows (0 in `uint8`)
    where a person has not the modality. `typical[m]` is the mean recording of people who are not held out, `spread[m]`
    the root mean squared deviation from it of each channel (of each named lead), repeated for its samples.
    """

    rows: Int64[np.ndarray, " n"]
    modalities: tuple[Modality, ...]
    recordings: Mapping[str, Shaped[np.ndarray, "n _"]]
    typical: Mapping[str, Float32[np.ndarray, " _"]]
    spread: Mapping[str, Float32[np.ndarray, " _"]]
    spaces: Mapping[str, Float32[np.ndarray, "n _"]]
    joint_log_var: Float32[np.ndarray, "n shared"]

    def having(self, *modalities: str) -> Int64[np.ndarray, " having"]:
        """Places (in `rows`) of those who have all of these modalities."""
        has = [~np.isnan(self.spaces[m]).any(axis=1) for m in modalities]
        return np.flatnonzero(np.logical_and.reduce(has))


def held_out(workspace: Workspace, run: Run, rng: np.random.Generator) -> People:
    """At most 1,000 held-out people drawn by `rng`, each with the visit that has most modalities.

    Raises:
        NotFoundError: the run has no embedding yet.
    """
    subjects = workspace.subjects()
    part = run.split(subjects)
    ids = np.array(people(subjects))
    modalities = workspace.modelled
    present = {m.name: workspace.present(m.name) for m in modalities}
    rows = one_visit_each(ids, np.stack(list(present.values())).sum(axis=0), part == "held_out")
    rows = np.sort(rng.permutation(rows)[:MOST])
    seen = np.sort(rng.permutation(np.flatnonzero(part != "held_out"))[:MOST])
    usual = {m.name: _usual(workspace, m, seen[present[m.name][seen]]) for m in modalities}
    return People(
        rows=rows,
        modalities=modalities,
        recordings={m.name: _flat(workspace, m.name, rows, present[m.name][rows]) for m in modalities},
        typical={name: typical for name, (typical, _) in usual.items()},
        spread={name: spread for name, (_, spread) in usual.items()},
        spaces={s.name: run.embedding(s.name)[rows] for s in run.spaces(modalities)},
        joint_log_var=run.embedding(JOINT, "log_var")[rows],
    )


def channels(modality: Modality) -> int:
    """Parts of a recording that are compared one by one: named leads; else the whole is one."""
    first = modality.axes[0]
    return first.size if first.labels and len(modality.axes) > 1 else 1


def _usual(
    workspace: Workspace, modality: Modality, rows: Int64[np.ndarray, " n"]
) -> tuple[Float32[np.ndarray, " elements"], Float32[np.ndarray, " elements"]]:
    """The mean recording, and the spread around it of each channel, at every element; 1 where nothing varies."""
    x = _flat(workspace, modality.name, rows, np.ones(len(rows), bool))
    typical = x.mean(axis=0, dtype=np.float64).astype(np.float32)
    parts = channels(modality)
    each = [squared(x[:, part], typical[part]).mean() / (part.stop - part.start) for part in _parts(x.shape[1], parts)]
    spread = np.sqrt(np.repeat(each, x.shape[1] // parts))
    return typical, np.where(spread > 0, spread, 1).astype(np.float32)


def _parts(elements: int, channels: int) -> list[slice]:
    size = elements // channels
    return [slice(first, first + size) for first in range(0, elements, size)]


def _flat(
    workspace: Workspace, modality: str, rows: Int64[np.ndarray, " n"], has: Bool[np.ndarray, " n"]
) -> Shaped[np.ndarray, "n elements"]:
    values = read_rows(workspace.recordings(modality), rows).reshape(len(rows), -1)
    values[~has] = np.nan if values.dtype.kind == "f" else 0
    return values

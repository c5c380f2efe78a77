"""Recordings as they are stored, read batch by batch: for models that look at frames, not at coordinates of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import zarr
from jaxtyping import Int64
from torch import Tensor

from latentspace.arrays import read_rows
from latentspace.errors import InputError
from latentspace.modality import Modality
from latentspace.run import people, split
from latentspace.train.data import FEWEST, not_finite, too_few
from latentspace.vae.dropfuse import Form
from latentspace.vae.model import Batch
from latentspace.workspace import Workspace

AT_ONCE = 64  # recordings in memory while their mean and scale are taken


@dataclass(frozen=True, slots=True)
class Recordings:
    """Where the recordings of training and validation people lie, and how they are standardised.

    `train` and `validation` are rows of the subjects table that have any modality; `person` numbers all rows.
    """

    arrays: Mapping[str, zarr.Array]
    present: Mapping[str, np.ndarray]
    forms: Mapping[str, Form]
    person: Int64[np.ndarray, " rows"]
    train: Int64[np.ndarray, " n_train"]
    validation: Int64[np.ndarray, " n_validation"]

    def batch(self, rows: Int64[np.ndarray, " n"]) -> Batch:
        """Read and standardise some rows, each recording flat."""
        x: dict[str, Tensor] = {}
        for m, form in self.forms.items():
            has = self.present[m][rows]
            values = np.zeros((len(rows), *form.shape), np.float32)
            values[has] = (read_rows(self.arrays[m], rows[has]).astype(np.float32) - form.mean) / form.scale
            x[m] = torch.from_numpy(values).flatten(1)
        known = {m: torch.from_numpy(self.present[m][rows]) for m in self.forms}
        return Batch(x, known, torch.from_numpy(self.person[rows]))


def recordings_of(workspace: Workspace, split_seed: int, multiple: int) -> Recordings:
    """One signal (lead, time) and one cine (time, row, column), whose rows and columns are multiples of `multiple`.

    Raises:
        InputError: other modalities, fewer than 8 people to train on, or values that are no numbers.
    """
    for m in _signal_and_cine(workspace.modelled):
        if any(n % (2 if len(m.shape) == 2 else multiple) for n in m.shape[1:]):
            raise _unfit(f"{m.name} of {m.shape}", f"samples in pairs, rows and columns in multiples of {multiple}")
    ids = people(workspace.subjects())
    part = split(ids, seed=split_seed)
    present = {m.name: workspace.present(m.name) for m in workspace.modelled}
    arrays = {m.name: workspace.recordings(m.name) for m in workspace.modelled}
    anything = np.logical_or.reduce(list(present.values()))
    train, validation = (np.flatnonzero((part == name) & anything) for name in ("train", "validation"))
    forms = {m.name: _form(m, arrays[m.name], train[present[m.name][train]]) for m in workspace.modelled}
    return Recordings(arrays, present, forms, np.unique(np.array(ids), return_inverse=True)[1], train, validation)


def _signal_and_cine(modalities: tuple[Modality, ...]) -> tuple[Modality, ...]:
    axes = sorted((m.axes for m in modalities), key=len)
    if [len(a) for a in axes] != [2, 3] or axes[0][1].name != "time" or axes[1][0].name != "time":
        raise _unfit(", ".join(f"{m.name} of {m.shape}" for m in modalities), "(lead, time) and (time, row, column)")
    return modalities


def _form(modality: Modality, array: zarr.Array, rows: np.ndarray) -> Form:
    """Mean and scale of all values of all training recordings."""
    if len(rows) < FEWEST:
        raise too_few(modality, len(rows))
    total, squares, n = 0.0, 0.0, 0
    for first in range(0, len(rows), AT_ONCE):
        values = read_rows(array, rows[first : first + AT_ONCE]).astype(np.float32)
        if not np.isfinite(values).all():
            raise not_finite(modality)
        total += float(values.sum(dtype=np.float64))
        squares += float(np.square(values).sum(dtype=np.float64))
        n += values.size
    mean = total / n
    return Form(shape=modality.shape, mean=mean, scale=max(squares / n - mean**2, 1e-12) ** 0.5)


def _unfit(found: str, expected: str) -> InputError:
    return InputError(
        "train.modalities",
        where="training with this model",
        found=f"modelled modalities are {found}; it needs {expected}",
        hint="Use another --model; cross_modal takes any modalities.",
    )

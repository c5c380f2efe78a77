"""What is known of training people besides their recordings, as ridge regression reads it from coordinates of these."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.linalg import solve

from latentspace.columns import Columns
from latentspace.errors import InputError
from latentspace.phenotype import Phenotype
from latentspace.stats.scoring import FOLDS, folds
from latentspace.vae.linear import PENALTIES
from latentspace.workspace import Workspace

LEAST = 0.1  # squared correlation of a label with what is read of it, below which it is left alone
BY_LUCK = 10.0  # squared correlation times people: a label that has nothing to do with the coordinates stays below
FOLD_SEED = 0

Labels = Mapping[str, Float64[np.ndarray, " n"]]  # NaN where a label is not known


@dataclass(frozen=True, slots=True)
class Reader:
    """Labels as linear functions of centred coordinates: `x @ weights`, of unit spread for people not learnt from."""

    names: tuple[str, ...]
    weights: Float64[np.ndarray, "k labels"]


def labels_of(workspace: Workspace, rows: Int64[np.ndarray, " n"]) -> Labels:
    """The phenotypes of some rows that are numbers or have two levels; nothing sensitive or later."""
    columns = Columns(workspace.subjects()[rows], workspace.dictionary())
    return {p.name: _numbers(columns.values(p.name)) for p in columns.dictionary if _usable(p, columns)}


def read(
    x: Float64[np.ndarray, "n k"], labels: Labels, person: Int64[np.ndarray, " n"]
) -> tuple[Reader, Float64[np.ndarray, "n labels"]]:
    """Ridge regressions of labels on centred coordinates, and what a fit on other people says of each row.

    A label that a person lacks counts as typical. Coordinates keep their common scale: where each had unit spread,
    the thousand small ones would hide the rest. Each label has the penalty with which what is said of people who were
    left out goes best along with what they are; one that cannot be told from the coordinates is left alone.

    Raises:
        InputError: none of the labels can be read.
    """
    names = tuple(labels)
    y = np.stack([_standard(labels[name]) for name in names], axis=1) if names else np.zeros((len(x), 0))
    known, full = ~np.isnan(y), np.nan_to_num(y)
    fold = folds(person, seed=FOLD_SEED)
    said = np.zeros((len(PENALTIES), *y.shape))
    for each in range(FOLDS):
        said[:, fold == each] = x[fold == each] @ _weights(x[fold != each], full[fold != each])
    agreement = _agreement(said, full, known)
    best, most = agreement.argmax(axis=0), agreement.max(axis=0)
    told = np.flatnonzero((most > 0) & (most**2 > np.maximum(LEAST, BY_LUCK / np.maximum(1, known.sum(axis=0)))))
    if not told.size:
        raise _refused("phenotypes", f"none of {len(names)} can be told from the large recordings of training people")
    out_of_fold, weights = said[best[told], :, told].T, _weights(x, full)[best[told], :, told].T
    spread = out_of_fold.std(axis=0)
    return Reader(tuple(names[i] for i in told), weights / spread), out_of_fold / spread


def nothing_large() -> InputError:
    """Why this cohort has no use for labels."""
    return _refused("modalities", "none has recordings so large (20,000 numbers) that labels could be read from them")


def _refused(where: str, found: str) -> InputError:
    return InputError("train.labels", where=where, found=found, hint="Train without labels: `--preset standard`.")


def _usable(phenotype: Phenotype, columns: Columns) -> bool:
    wanted = phenotype.kind in ("continuous", "count") or len(columns.levels(phenotype.name)) == 2
    return wanted and not columns.dictionary.later(phenotype.name) and not phenotype.sensitive


def _numbers(values: np.ndarray) -> Float64[np.ndarray, " n"]:
    return np.where(values < 0, np.nan, values) if values.dtype == np.int16 else values.astype(np.float64)


def _standard(values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Of mean 0 and variance 1 where it is known; a label that does not vary tells nothing."""
    known = values[np.isfinite(values)]
    if not known.size or known.std() < 1e-9 * max(1.0, float(np.abs(known).max())):
        return np.full(len(values), np.nan)
    return np.where(np.isfinite(values), (values - known.mean()) / known.std(), np.nan)


def _weights(
    x: Float64[np.ndarray, "n k"], y: Float64[np.ndarray, "n labels"]
) -> Float64[np.ndarray, "penalties k labels"]:
    gram, along = x.T @ x, x.T @ y
    unit = max(float(np.trace(gram)), 1e-12) / len(gram) * np.eye(len(gram))
    return np.stack([solve(gram + penalty * unit, along, assume_a="pos") for penalty in PENALTIES])


def _agreement(
    said: Float64[np.ndarray, "penalties n labels"],
    y: Float64[np.ndarray, "n labels"],
    known: Bool[np.ndarray, "n labels"],
) -> Float64[np.ndarray, "penalties labels"]:
    """Pearson's r where a label is known; `y` is centred there, and 0 elsewhere. 0 where nothing varies."""
    middle = (said * known).sum(axis=1, keepdims=True) / np.maximum(1, known.sum(axis=0))
    centred = np.where(known, said - middle, 0)
    scale = np.sqrt((centred**2).sum(axis=1) * (y**2).sum(axis=0))
    return (centred * y).sum(axis=1) / np.where(scale > 0, scale, np.inf)

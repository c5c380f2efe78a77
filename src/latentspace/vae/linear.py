"""Closed forms where the network starts and ends: principal components, generalised CCA, ridge regression."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float64

from latentspace.vae.principal import principal

FOLDS = 5
MANY = 1000  # rows and elements from which all components would take minutes
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # of a ridge, as shares of the mean variance of a code
TELLING = 0.1  # penalty of what one modality tells of components of all, as share of the variance of a feature
LOWEST, HIGHEST = 0.02, 0.95  # bounds of a correlation between modalities, so that no posterior is degenerate


@dataclass(frozen=True, slots=True)
class Basis:
    """Scores of one modality: by principal `components`, or the elements themselves (None: they are coordinates).

    `scores / spread` has unit variance, or less where it is noise (ridge). The first `telling` scores are those that
    another modality may know. `rank` counts the components that the data have, of which k are kept; an element that no
    score describes leaves `noise` (its variance).

    Where a `reader` makes features of coordinates, a row has these in columns beside its coordinates: those of people
    whom the reader was learnt from are out of fold, those of others are scores @ reader. They are what is telling.
    """

    components: Float64[np.ndarray, "k elements"] | None
    spread: Float64[np.ndarray, " k"]
    rank: int
    telling: int
    noise: float
    reader: Float64[np.ndarray, "k telling"] | None = None

    def scores(self, x: Float64[np.ndarray, "n elements"]) -> Float64[np.ndarray, "n k"]:
        """Scores of centred rows."""
        return x[:, : len(self.spread)] if self.components is None else x @ self.components.T

    def features(self, x: Float64[np.ndarray, "n elements"]) -> Float64[np.ndarray, "n telling"]:
        """Scaled telling scores, or what the reader says."""
        if self.reader is not None:
            return x[:, len(self.spread) :]
        return self.scores(x)[:, : self.telling] / self.spread[: self.telling]


@dataclass(frozen=True, slots=True)
class LinearStart:
    """Linear maps of one modality between its scores and the latents.

    `to_shared` gives E[z | this modality] from the features, with variances exp(`log_var`); `from_shared` gives scores.
    """

    basis: Basis
    to_shared: Float64[np.ndarray, "telling n_shared"]
    log_var: Float64[np.ndarray, " n_shared"]
    from_shared: Float64[np.ndarray, "n_shared k"]


def basis_of(x: Float64[np.ndarray, "n elements"], *, n_components: int, ridge: float) -> Basis:
    """Leading principal components of centred rows; `ridge` is a share of the mean kept variance.

    Of many long rows only the leading ones are computed: `rank` is then at most a few more than `n_components`.
    """
    if min(x.shape) > MANY:
        components = principal(torch.from_numpy(x.astype(np.float32)), n_components + 1).numpy().astype(np.float64)
        variance = ((x @ components.T) ** 2).mean(axis=0)
    else:
        _, singular, components = np.linalg.svd(x, full_matrices=False)
        variance = singular**2 / max(1, len(x))
    rank = max(1, int((variance > 1e-6 * variance[0]).sum()))
    k = min(n_components, rank)
    noise = max(0.0, np.vdot(x, x) / max(1, len(x)) - variance[:k].sum()) / max(1, x.shape[1] - k)
    return Basis(components[:k], np.sqrt(variance[:k] + ridge * variance[:k].mean()), rank, k, float(noise))


def coordinates_of(
    x: Float64[np.ndarray, "n coordinates"],
    *,
    telling: int,
    ridge: float,
    noise: float,
    reader: Float64[np.ndarray, "coordinates _"] | None = None,
) -> Basis:
    """Coordinates as they are; `ridge` is a share of the mean variance of the telling ones."""
    variance = (x**2).mean(axis=0)
    spread = np.sqrt(variance + ridge * variance[:telling].mean())
    return Basis(None, spread, x.shape[1], telling if reader is None else reader.shape[1], noise, reader)


def start(
    x: Sequence[Float64[np.ndarray, "n _"]],
    known: Sequence[Bool[np.ndarray, " n"]],
    bases: Sequence[Basis],
    n_shared: int,
    n_principal: int = 0,
) -> tuple[LinearStart, ...]:
    """Probabilistic CCA of any number of modalities; `x` are centred rows, zero where the modality is missing.

    The last `n_principal` of the shared dimensions are principal components of all modalities together instead, of
    which each says what ridge regression tells from it alone: agreement knows no size, and what is large in one
    modality alone would not be in the code. Shared dimensions are then ordered by the variance they explain.

    Source:
        Bach & Jordan 2005 (two modalities); Kettenring 1971, MAXVAR (more).
    """
    features = [b.features(v) for v, b in zip(x, bases, strict=True)]
    directions, agreement = _shared(features, known, n_shared - n_principal)
    variates = [f @ d for f, d in zip(features, directions, strict=True)]
    to_shared = [d * np.sqrt(agreement) for d in directions]
    log_var = [np.log(1 - agreement)] * len(x)
    scores = [b.scores(v) for v, b in zip(x, bases, strict=True)]
    # Bach & Jordan: loadings are covariance with the variate times the root of the (honest) correlation.
    from_shared = [
        np.sqrt(agreement)[:, None] * (v[k].T @ s[k]) / max(1, k.sum())
        for v, s, k in zip(variates, scores, known, strict=True)
    ]
    if n_principal:
        everything = np.logical_and.reduce(known)
        common = _principal([s[everything] for s in scores], n_principal)
        for i, (f, s) in enumerate(zip(features, scores, strict=True)):
            told, certainty = _told(f[everything], common)
            to_shared[i] = np.concatenate([to_shared[i], told], axis=1)
            log_var[i] = np.concatenate([log_var[i], np.log(1 - certainty)])
            loadings = common.T @ s[everything] / len(common)
            from_shared[i] = np.concatenate([from_shared[i], loadings])
    explained = [
        (w**2).sum(axis=1) / (s[k] ** 2).sum(axis=1).mean() for w, s, k in zip(from_shared, scores, known, strict=True)
    ]
    order = np.argsort(-np.sum(explained, axis=0), kind="stable")
    return tuple(
        LinearStart(basis, to[:, order], width[order], back[order])
        for basis, to, width, back in zip(bases, to_shared, log_var, from_shared, strict=True)
    )


def ridge_loadings(
    z: Float64[np.ndarray, "n n_shared"], scores: Float64[np.ndarray, "n k"], folds: int = FOLDS
) -> Float64[np.ndarray, "n_shared k"]:
    """Ridge regression of scores on codes without a constant; held-out folds choose the penalty.

    The squared error counts every score in its own unit, as a recording does.
    """
    fold = np.arange(len(z)) % folds
    error = [sum(_left(z, scores, fold == f, penalty) for f in range(folds)) for penalty in PENALTIES]
    return _ridge(z, scores, PENALTIES[int(np.argmin(error))])


def _left(z: np.ndarray, scores: np.ndarray, held: np.ndarray, penalty: float) -> float:
    return float(((scores[held] - z[held] @ _ridge(z[~held], scores[~held], penalty)) ** 2).sum())


def _ridge(z: np.ndarray, scores: np.ndarray, penalty: float) -> np.ndarray:
    gram = z.T @ z
    return np.linalg.solve(gram + penalty * max(np.trace(gram), 1e-12) * np.eye(len(gram)) / len(gram), z.T @ scores)


def _shared(
    features: Sequence[np.ndarray], known: Sequence[np.ndarray], n_shared: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """Directions of unit-variance variates for each modality, and the correlation that held-out folds confirm."""
    everyone = np.logical_or.reduce(known)
    folds = np.arange(len(everyone)) % FOLDS
    directions = _directions(features, known, everyone, n_shared)
    held = np.zeros(n_shared)
    for fold in range(FOLDS):
        inside = _directions(features, known, everyone & (folds != fold), n_shared)
        held += _agreement([f @ d for f, d in zip(features, inside, strict=True)], known, folds == fold) / FOLDS
    return directions, np.clip(held, LOWEST, HIGHEST)


def _principal(scores: Sequence[np.ndarray], n: int) -> np.ndarray:
    """Principal components of all scores side by side, of unit variance."""
    left, _, _ = np.linalg.svd(np.concatenate(scores, axis=1), full_matrices=False)
    return left[:, :n] * np.sqrt(len(left))


def _told(features: np.ndarray, common: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of a ridge regression on one modality, and the share of the variance that held-out folds confirm."""

    def fitted(rows: np.ndarray) -> np.ndarray:
        f = features[rows]
        return np.linalg.solve(f.T @ f + TELLING * len(f) * np.eye(f.shape[1]), f.T @ common[rows])

    fold = np.arange(len(common)) % FOLDS
    left = sum(((common[fold == k] - features[fold == k] @ fitted(fold != k)) ** 2).sum(axis=0) for k in range(FOLDS))
    return fitted(fold >= 0), np.clip(1 - left / (common**2).sum(axis=0), LOWEST, HIGHEST)


def _directions(
    features: Sequence[np.ndarray], known: Sequence[np.ndarray], rows: np.ndarray, n_shared: int
) -> list[np.ndarray]:
    whitened, back = [], []
    for f, k in zip(features, known, strict=True):
        use = f[rows & k]
        values, vectors = np.linalg.eigh(use.T @ use / max(1, len(use)) + 0.02 * np.eye(f.shape[1]))
        root = (vectors / np.sqrt(values)) @ vectors.T
        whitened.append(np.where(k[rows, None], f[rows], 0.0) @ root)
        back.append(root)
    _, _, vt = np.linalg.svd(np.concatenate(whitened, axis=1), full_matrices=False)
    parts = np.split(vt.T[:, :n_shared], np.cumsum([f.shape[1] for f in features])[:-1])
    directions: list[np.ndarray] = []
    for f, k, root, part in zip(features, known, back, parts, strict=True):
        d = np.zeros((f.shape[1], n_shared))
        d[:, : part.shape[1]] = root @ part
        spread = (f[rows & k] @ d).std(axis=0)
        directions.append(d / np.where(spread > 1e-9, spread, np.inf))
    return directions


def _agreement(variates: Sequence[np.ndarray], known: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Mean correlation of every pair of modalities, dimension by dimension; one modality agrees with itself."""
    pairs = [(i, j) for i in range(len(variates)) for j in range(i)]
    if not pairs:
        return np.full(variates[0].shape[1], HIGHEST)
    total = np.zeros(variates[0].shape[1])
    for i, j in pairs:
        both = rows & known[i] & known[j]
        a, b = variates[i][both], variates[j][both]
        total += (a * b).sum(axis=0) / np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0) + 1e-12)
    return total / len(pairs)

"""Closed forms where the network starts: principal components, generalised CCA, private residual components."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

FOLDS = 5
LOWEST, HIGHEST = 0.02, 0.95  # bounds of a correlation between modalities, so that no posterior is degenerate


@dataclass(frozen=True, slots=True)
class Basis:
    """Principal components of one modality; `scores / spread` has unit variance, or less where it is noise (ridge).

    `rank` counts the components that the data have, of which k are kept.
    """

    components: Float64[np.ndarray, "k elements"]
    spread: Float64[np.ndarray, " k"]
    rank: int


@dataclass(frozen=True, slots=True)
class LinearStart:
    """Linear maps of one modality between its scaled scores and the latents.

    `to_shared` gives E[z | this modality] with variances exp(`log_var`); `from_shared` and `from_private` give scores.
    """

    basis: Basis
    to_shared: Float64[np.ndarray, "k n_shared"]
    log_var: Float64[np.ndarray, " n_shared"]
    from_shared: Float64[np.ndarray, "n_shared k"]
    to_private: Float64[np.ndarray, "k n_private"]
    from_private: Float64[np.ndarray, "n_private k"]


def basis_of(x: Float64[np.ndarray, "n elements"], *, n_components: int, ridge: float) -> Basis:
    """Leading principal components of centred rows; `ridge` is a share of the mean kept variance."""
    _, singular, components = np.linalg.svd(x, full_matrices=False)
    variance = singular**2 / max(1, len(x))
    rank = max(1, int((variance > 1e-6 * variance[0]).sum()))
    k = min(n_components, rank)
    return Basis(components[:k], np.sqrt(variance[:k] + ridge * variance[:k].mean()), rank)


def start(
    features: Sequence[Float64[np.ndarray, "n _"]],
    known: Sequence[Bool[np.ndarray, " n"]],
    bases: Sequence[Basis],
    n_shared: int,
    n_private: Sequence[int],
) -> tuple[LinearStart, ...]:
    """Probabilistic CCA of any number of modalities, then the components of what it leaves, for each.

    `features` are the scaled scores, zero where the modality is missing. Shared dimensions are ordered by the
    variance they explain.

    Source:
        Bach & Jordan 2005 (two modalities); Kettenring 1971, MAXVAR (more).
    """
    directions, agreement = _shared(features, known, n_shared)
    variates = [f @ d for f, d in zip(features, directions, strict=True)]
    to_shared = [d * np.sqrt(agreement) for d in directions]
    own = [np.where(k[:, None], v * np.sqrt(agreement), 0.0) for v, k in zip(variates, known, strict=True)]
    joint = _joint_mean(own, known, agreement)
    scores = [f * b.spread for f, b in zip(features, bases, strict=True)]
    # Bach & Jordan: loadings are covariance with the variate times the root of the (honest) correlation.
    from_shared = [
        np.sqrt(agreement)[:, None] * (v[k].T @ s[k]) / max(1, k.sum())
        for v, s, k in zip(variates, scores, known, strict=True)
    ]
    explained = [
        (w**2).sum(axis=1) / (s[k] ** 2).sum(axis=1).mean() for w, s, k in zip(from_shared, scores, known, strict=True)
    ]
    order = np.argsort(-np.sum(explained, axis=0), kind="stable")
    parts: list[LinearStart] = []
    for i, (f, s, k) in enumerate(zip(features, scores, known, strict=True)):
        to_private, from_private = _private(f[k], (s - joint @ from_shared[i])[k], n_private[i])
        parts.append(
            LinearStart(
                basis=bases[i],
                to_shared=to_shared[i][:, order],
                log_var=np.log(1 - agreement)[order],
                from_shared=from_shared[i][order],
                to_private=to_private,
                from_private=from_private,
            )
        )
    return tuple(parts)


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


def _joint_mean(own: Sequence[np.ndarray], known: Sequence[np.ndarray], agreement: np.ndarray) -> np.ndarray:
    precision, weighted = np.ones_like(own[0]), np.zeros_like(own[0])
    for mean, k in zip(own, known, strict=True):
        precision += k[:, None] * (1 / (1 - agreement) - 1)
        weighted += k[:, None] * mean / (1 - agreement)
    return weighted / precision


def _private(features: np.ndarray, residual: np.ndarray, n_private: int) -> tuple[np.ndarray, np.ndarray]:
    """Principal components of what the shared latents leave, scaled to unit variance, and the ridge map to them."""
    _, singular, vt = np.linalg.svd(residual, full_matrices=False)
    spread = singular / np.sqrt(max(1, len(residual)))
    k = min(n_private, int((spread > 1e-9).sum()))
    codes = residual @ vt[:k].T / spread[:k]
    gram = features.T @ features + 1e-3 * len(features) * np.eye(features.shape[1])
    to_private = np.zeros((features.shape[1], n_private))
    from_private = np.zeros((n_private, features.shape[1]))
    to_private[:, :k] = np.linalg.solve(gram, features.T @ codes)
    from_private[:k] = vt[:k] * spread[:k, None]
    return to_private, from_private

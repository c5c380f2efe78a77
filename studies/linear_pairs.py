"""Linear methods that find the other recording of a person, each at the setting that inner folds prefer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from latentspace.evaluate.retrieval import cosines, ranks
from latentspace.stats.scoring import FOLDS, folds

Matrix = Float64[np.ndarray, "n d"]
Ranks = tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]

COMPONENTS = (20, 40, 80)  # of each modality
RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0)  # shares of the mean variance of a component
DIMS = (10, 20, 40, 80)
POWERS = (0.0, 0.5, 1.0)  # of the correlation, as weight of a variate: plain CCA, probabilistic CCA, and beyond
METRICS = (0.01, 0.1, 1.0, 100.0)  # ridges of the scale in which predictions are compared; the last is none


@dataclass(frozen=True, slots=True)
class Pair:
    """Two recordings of each person, flat and standardised."""

    a: Matrix
    b: Matrix

    def of(self, rows: Int64[np.ndarray, " rows"] | Bool[np.ndarray, " n"]) -> "Pair":
        """Some rows."""
        return Pair(self.a[rows], self.b[rows])


@dataclass(frozen=True, slots=True)
class Components:
    """Principal components of the rows that were fitted."""

    mean: Float64[np.ndarray, " elements"]
    loadings: Float64[np.ndarray, "k elements"]
    variance: Float64[np.ndarray, " k"]

    def scores(self, x: Matrix) -> Matrix:
        """Scores of any rows."""
        return (x - self.mean) @ self.loadings.T

    def scale(self, k: int, ridge: float) -> Float64[np.ndarray, " k"]:
        """Root of the variance of the first k scores, and a share of their mean."""
        return np.sqrt(self.variance[:k] + ridge * self.variance[:k].mean())


@dataclass(frozen=True, slots=True)
class Codes:
    """Of both recordings: a is looked for among the bs in the first pair of codes, b among the as in the second."""

    forth: Pair
    back: Pair

    def ranks(self) -> Ranks:
        """The rank of each row's own partner, both ways."""
        return _ranks(self.forth.a, self.forth.b), _ranks(self.back.b, self.back.a)


Method = Callable[[Pair, Pair], Iterator[tuple[str, Codes]]]
"""People to fit on, people asked -> the codes of these for each setting, by its name."""


def components_of(x: Matrix, most: int = max(COMPONENTS)) -> Components:
    """The leading components, through the products of rows: there are fewer rows than elements."""
    mean = x.mean(axis=0)
    centred = x - mean
    strength, vectors = np.linalg.eigh(centred @ centred.T)
    order = np.argsort(-strength)[: min(most, len(x) - 1)]
    loadings = (vectors[:, order] / np.sqrt(np.maximum(strength[order], 1e-12))).T @ centred
    return Components(mean, loadings, strength[order] / len(x))


def cca(fitted: Pair, asked: Pair) -> Iterator[tuple[str, Codes]]:
    """Canonical correlations of principal components with a ridge; variates weighted by a power of the correlation."""
    bases, scores, said = _scores(fitted, asked)
    for k in (k for k in COMPONENTS if k <= min(len(b.variance) for b in bases)):
        for ridge in RIDGES:
            scales = [b.scale(k, ridge) for b in bases]
            yield from _variates(scores, said, k, (scales[0], scales[1]), f"{k} components, ridge {ridge:g}, ")


def pls(fitted: Pair, asked: Pair) -> Iterator[tuple[str, Codes]]:
    """Partial least squares: singular vectors of the covariance of all scores, which are not whitened."""
    bases, scores, said = _scores(fitted, asked)
    k = min(len(b.variance) for b in bases)
    scales = [np.full(k, np.sqrt(b.variance.sum())) for b in bases]
    yield from _variates(scores, said, k, (scales[0], scales[1]), "")


def ridge_regression(fitted: Pair, asked: Pair) -> Iterator[tuple[str, Codes]]:
    """The scores of one are predicted from those of the other, and compared with them in scaled units."""
    bases, scores, said = _scores(fitted, asked)
    for k in (k for k in COMPONENTS if k <= min(len(b.variance) for b in bases)):
        cross = scores.a[:, :k].T @ scores.b[:, :k] / len(scores.a)
        for ridge in RIDGES:
            to_b = said.a[:, :k] @ (cross / bases[0].scale(k, ridge)[:, None] ** 2)
            to_a = said.b[:, :k] @ (cross.T / bases[1].scale(k, ridge)[:, None] ** 2)
            for metric in METRICS:
                of_a, of_b = bases[0].scale(k, metric), bases[1].scale(k, metric)
                forth, back = Pair(to_b / of_b, said.b[:, :k] / of_b), Pair(said.a[:, :k] / of_a, to_a / of_a)
                yield f"{k} components, ridge {ridge:g}, metric {metric:g}", Codes(forth, back)


METHODS: Mapping[str, Method] = {"CCA": cca, "PLS": pls, "ridge": ridge_regression}


def best(method: Method, fitted: Pair, person: Int64[np.ndarray, " n"], seed: int) -> str:
    """The setting with which most partners are found first in inner folds of people, both ways."""
    found: dict[str, list[float]] = {}
    fold = folds(person, seed=seed)
    for each in range(FOLDS):
        inside, outside = fold != each, one_of_each(person, fold == each)
        for name, codes in method(fitted.of(inside), fitted.of(outside)):
            found.setdefault(name, []).append(float(np.mean([rank <= 1 for rank in codes.ranks()])))
    return max(found, key=lambda name: float(np.mean(found[name])))


def one_of_each(person: Int64[np.ndarray, " n"], mask: Bool[np.ndarray, " n"]) -> Int64[np.ndarray, " people"]:
    """The first row of each person among `mask`."""
    rows = np.flatnonzero(mask)
    return np.sort(rows[np.unique(person[rows], return_index=True)[1]])


def _ranks(sought: Matrix, pool: Matrix) -> Float64[np.ndarray, " n"]:
    return ranks(cosines(sought.astype(np.float32), pool.astype(np.float32)))


def _scores(fitted: Pair, asked: Pair) -> tuple[tuple[Components, Components], Pair, Pair]:
    bases = components_of(fitted.a), components_of(fitted.b)
    both = [Pair(bases[0].scores(pair.a), bases[1].scores(pair.b)) for pair in (fitted, asked)]
    return bases, both[0], both[1]


def _variates(
    fitted: Pair, asked: Pair, k: int, scales: tuple[np.ndarray, np.ndarray], name: str
) -> Iterator[tuple[str, Codes]]:
    whitened = [Pair(pair.a[:, :k] / scales[0], pair.b[:, :k] / scales[1]) for pair in (fitted, asked)]
    left, strength, right = np.linalg.svd(whitened[0].a.T @ whitened[0].b / len(fitted.a))
    a, b = whitened[1].a @ left, whitened[1].b @ right.T
    for dims in (d for d in DIMS if d <= k):
        for power in POWERS:
            weight = strength[:dims] ** power
            code = Pair(a[:, :dims] * weight, b[:, :dims] * weight)
            yield f"{name}{dims} dimensions, power {power:g}", Codes(code, code)

"""How well can chest leads be drawn from limb leads at all? Supervised maps, fitted on the people the model is given.

`python studies/translation_ceiling.py WORKSPACE limb chest --split-seeds 0 1 2` prints a table: how often a drawing is
closer (squared, in the recordings' unit) to its own person's recording than to another's, and its unexplained
variance. Choices are compared by cross-validation inside the people who are not held out; `--held-out` fits on
these and measures on the held-out people.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64, Int64
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold
from torch.nn.functional import cross_entropy

from latentspace.arrays import read_rows
from latentspace.evaluate.translation import closer_than_others
from latentspace.run import one_visit_each, people, split
from latentspace.workspace import Workspace, open_folder

COMPONENTS, FOLDS, STEPS = 40, 5, 300

Scores = Float64[np.ndarray, "n k"]
Fit = Callable[[Scores, Scores], Callable[[Scores], Scores]]


@dataclass(frozen=True, slots=True)
class Components:
    """Principal components of one modality; scores of unit variance come out of `scores(x) / spread`."""

    mean: Float64[np.ndarray, " elements"]
    loadings: Float64[np.ndarray, "k elements"]
    spread: Float64[np.ndarray, " k"]

    def scores(self, x: Float64[np.ndarray, "n elements"]) -> Scores:
        """Coordinates, in the unit of the recordings."""
        return (x - self.mean) @ self.loadings.T


def components_of(x: Float64[np.ndarray, "n elements"]) -> Components:
    """The leading components of the rows."""
    mean = x.mean(axis=0)
    _, singular, loadings = np.linalg.svd(x - mean, full_matrices=False)
    return Components(mean, loadings[:COMPONENTS], singular[:COMPONENTS] / np.sqrt(len(x)))


def ridge(share: float, gain: float = 1.0) -> Fit:
    """Linear, the penalty a share of the number of people; deviations from the mean are multiplied by `gain`."""

    def fit(x: Scores, y: Scores) -> Callable[[Scores], Scores]:
        model = Ridge(alpha=share * len(x)).fit(x, y)
        return lambda asked: y.mean(axis=0) + gain * (model.predict(asked) - y.mean(axis=0))

    return fit


def kernel_ridge(penalty: float, width: float) -> Fit:
    """Gaussian kernel, `width` in units of the median squared distance."""

    def fit(x: Scores, y: Scores) -> Callable[[Scores], Scores]:
        squared = ((x[:, None] - x[None]) ** 2).sum(axis=2)
        model = KernelRidge(kernel="rbf", alpha=penalty, gamma=1 / (width * np.median(squared)))  # pyright: ignore[reportArgumentType] - a float by its documentation
        return model.fit(x, y).predict

    return fit


def matched(share: float, sharpness: float) -> Fit:
    """Linear, from the ridge map on, fitted to what is measured: every drawing nearest to its own recording.

    Cross-entropy of the softmax of -`sharpness` x squared distance over all people fitted on, and the squared
    distance from the ridge map, `share` times, as penalty: the measure's own ceiling for a linear map.
    """

    def fit(x: Scores, y: Scores) -> Callable[[Scores], Scores]:
        start = Ridge(alpha=0.1 * len(x)).fit(x, y)
        inputs, truth = torch.from_numpy(x), torch.from_numpy(y)
        first, offset = torch.from_numpy(start.coef_.T.copy()), torch.from_numpy(np.asarray(start.intercept_))
        weights = first.clone().requires_grad_()
        optimizer = torch.optim.Adam([weights], lr=0.02)
        for _ in range(STEPS):
            optimizer.zero_grad()
            distance = torch.cdist(inputs @ weights + offset, truth).square()
            loss = cross_entropy(-sharpness * distance, torch.arange(len(x)))
            (loss + share * (weights - first).square().sum()).backward()
            optimizer.step()
        learned = weights.detach().numpy()
        return lambda asked: asked @ learned + offset.numpy()

    return fit


CANDIDATES: Mapping[str, Fit] = {
    "ridge .01": ridge(0.01),
    "ridge .1": ridge(0.1),
    "ridge .3": ridge(0.3),
    "ridge .1, gain 1.2": ridge(0.1, 1.2),
    "ridge .1, gain 1.5": ridge(0.1, 1.5),
    "kernel ridge .1": kernel_ridge(0.1, 1.0),
    "kernel ridge .03, wide": kernel_ridge(0.03, 3.0),
    "matched, loose": matched(0.003, 0.03),
    "matched, middle": matched(0.03, 0.03),
    "matched, tight": matched(0.3, 0.03),
}


def judged(
    fit: Fit,
    pair: tuple[Float64[np.ndarray, "n from"], Float64[np.ndarray, "n to"]],
    rows: tuple[Int64[np.ndarray, " fitted"], Int64[np.ndarray, " asked"]],
) -> tuple[float, float]:
    """Closer than another person's, and unexplained variance, of the people asked about."""
    (source, target), (fitted, asked) = pair, rows
    a, b = components_of(source[fitted]), components_of(target[fitted])
    draw = fit(a.scores(source[fitted]) / a.spread, b.scores(target[fitted]))
    drawn = draw(a.scores(source[asked]) / a.spread) @ b.loadings + b.mean
    truth = target[asked]
    closer = closer_than_others(drawn.astype(np.float32), truth.astype(np.float32)).mean()
    return float(closer), float(((truth - drawn) ** 2).sum() / ((truth - b.mean) ** 2).sum())


def divisions(workspace: Workspace, seed: int, held_out: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to fit on and rows to ask about (one visit each): folds inside the seen people, or seen and held out."""
    ids = np.array(people(workspace.subjects()))
    part = split(ids.tolist(), seed=seed)
    visits = np.ones(len(ids), dtype=np.int64)
    seen = np.flatnonzero(part != "held_out")
    if held_out == "ask":
        return [(seen, one_visit_each(ids, visits, part == "held_out"))]
    folds = GroupKFold(n_splits=FOLDS, shuffle=True, random_state=seed).split(seen, groups=ids[seen])
    return [(seen[f], one_visit_each(ids, visits, np.isin(np.arange(len(ids)), seen[a]))) for f, a in folds]


def table(workspace: Workspace, pair: tuple[str, str], seeds: Sequence[int], held_out: str) -> list[str]:
    """One line for each candidate."""
    arrays = [workspace.recordings(name) for name in pair]
    flat = [(rows := read_rows(each)).reshape(len(rows), -1).astype(np.float64) for each in arrays]
    asked = [division for seed in seeds for division in divisions(workspace, seed, held_out)]
    lines = [f"{'':24} closer   sd   unexplained  ({len(asked)} divisions)"]
    for name, fit in CANDIDATES.items():
        figures = np.array([judged(fit, (flat[0], flat[1]), division) for division in asked])
        (closer, unexplained), sd = figures.mean(axis=0), figures[:, 0].std()
        lines.append(f"{name:24} {closer:6.3f} {sd:6.3f} {unexplained:8.3f}")
    return lines


def main() -> None:
    """Read the arguments, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--split-seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--held-out", action="store_const", const="ask", default="leave")
    asked = parser.parse_args()
    lines = table(open_folder(asked.workspace), (asked.source, asked.target), asked.split_seeds, asked.held_out)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

"""Four modalities: digits cut in quarters. Any of them may be missing, of one person or of many."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain, combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from latentspace.codec import OnnxCodec
from latentspace.digits import digits_cohort
from latentspace.embed import embed
from latentspace.progress import silent
from latentspace.run import Run, split
from latentspace.train import TrainOptions, train
from latentspace.workspace import Workspace, create

NAMES = ("top_left", "top_right", "bottom_left", "bottom_right")
SUBSETS = list(chain.from_iterable(combinations(NAMES, k) for k in (1, 2, 3, 4)))


@dataclass(frozen=True)
class Trained:
    """A workspace of quarters with a run that has an embedding; `held`: rows of people never seen."""

    workspace: Workspace
    run: Run
    held: np.ndarray
    x: Mapping[str, np.ndarray]

    def codec(self) -> OnnxCodec:
        """The exported model."""
        return OnnxCodec(self.run, self.workspace.modalities)


def trained(folder: Path, missing: float) -> Trained:
    """Of people who are not held out, each quarter is missing at random; those who are held out have all."""
    cohort = digits_cohort("quarters")
    ids = cohort.subjects["subject_id"].to_list()
    held, rng = split(ids, seed=0) == "held_out", np.random.default_rng(7)
    has = {name: (rng.random(len(ids)) >= missing) | held for name in NAMES}
    x = {name: np.asarray(cohort.recordings[name][:]) for name in NAMES}
    kept = {name: np.where(has[name][:, None, None], x[name], np.float32(np.nan)) for name in NAMES}
    workspace = create(folder / "quarters.ls", replace(cohort, recordings=kept, present=has))
    run = train(workspace, TrainOptions(), silent)
    embed(workspace, run, silent)
    return Trained(workspace, run, held, x)


@pytest.fixture(scope="module")
def quarters(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(tmp_path_factory.mktemp("all"), 0.0)


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(tmp_path_factory.mktemp("gaps"), 0.3)


def test_four_quarters_make_the_digit_again() -> None:
    cohort = digits_cohort("quarters")
    digits: Any = load_digits()
    top, bottom = (
        np.concatenate([cohort.recordings[f"{row}_{s}"][:] for s in ("left", "right")], axis=2)
        for row in ("top", "bottom")
    )
    np.testing.assert_allclose(np.concatenate([top, bottom], axis=1), digits.images / 16)
    origins = {m.name: tuple(a.origin for a in m.axes) for m in cohort.modalities}
    assert origins == {"top_left": (0, 0), "top_right": (0, 4), "bottom_left": (4, 0), "bottom_right": (4, 4)}


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_every_subset_encodes_and_more_quarters_leave_less_doubt(quarters: Trained, subset: tuple[str, ...]) -> None:
    rows = np.flatnonzero(quarters.held)[:100]
    codec = quarters.codec()
    said = codec.encode({m: quarters.x[m][rows] for m in subset})["joint"]
    assert np.isfinite(said.mean).all()
    for less in combinations(subset, len(subset) - 1):
        if less:
            before = codec.encode({m: quarters.x[m][rows] for m in less})["joint"]
            assert (said.log_var <= before.log_var + 1e-5).all()


@pytest.mark.parametrize("missing", NAMES)
def test_a_missing_quarter_is_drawn_better_than_the_mean_quarter(quarters: Trained, missing: str) -> None:
    rows, codec = np.flatnonzero(quarters.held), quarters.codec()
    said = codec.encode({m: quarters.x[m][rows] for m in NAMES if m != missing})["joint"]
    z = np.zeros((len(rows), said.mean.shape[1] + sum(quarters.run.record["n_private"].values())), np.float32)
    z[:, : said.mean.shape[1]] = said.mean
    truth = quarters.x[missing][rows]
    error = np.square(codec.decode(z, missing) - truth).sum(axis=(1, 2))
    dull = np.square(quarters.x[missing][~quarters.held].mean(axis=0) - truth).sum(axis=(1, 2))
    assert error.sum() < 0.75 * dull.sum()
    assert (error < dull).mean() > 0.7


def recall(of: Trained, at: int = 10) -> float:
    """Mean over all ordered pairs of quarters, held-out people, by cosine of the shared means."""
    found: list[float] = []
    unit = {}
    for m in NAMES:
        z = of.run.embedding(m)[of.held].astype(float)
        unit[m] = z / np.linalg.norm(z, axis=1, keepdims=True)
    for a, b in permutations(NAMES, 2):
        similarity = unit[a] @ unit[b].T
        found.append(float(((similarity > np.diag(similarity)[:, None]).sum(axis=1) < at).mean()))
    return float(np.mean(found))


def read(of: Trained, x: np.ndarray) -> float:
    """Accuracy for people never seen of a logistic regression whose penalty folds of the others choose."""
    digit = of.workspace.subjects()["digit"].to_numpy()
    line = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
    chosen: Any = GridSearchCV(line, {"logisticregression__C": [0.01, 0.1, 1, 10]}, cv=5).fit(
        x[~of.held], digit[~of.held]
    )
    return float(chosen.score(x[of.held], digit[of.held]))


def components(of: Trained, each: int) -> np.ndarray:
    """Principal components of every quarter, of people who are not held out, side by side."""
    flat = [of.x[m].reshape(len(of.held), -1) for m in NAMES]
    return np.concatenate([PCA(each, random_state=0).fit(v[~of.held]).transform(v) for v in flat], axis=1)


def test_what_four_quarters_say_is_read_better_than_all_their_principal_components(quarters: Trained) -> None:
    said = np.concatenate([quarters.run.embedding(m) for m in NAMES], axis=1)
    assert read(quarters, said) > read(quarters, components(quarters, 15))


def test_the_joint_code_is_read_as_well_as_as_many_components(quarters: Trained) -> None:
    # The goal, better, is not shown: docs/design/missing says what was tried. .02 are seven people.
    joint = quarters.run.embedding("joint")
    assert joint.shape[1] % len(NAMES) == 0
    assert read(quarters, joint) > read(quarters, components(quarters, joint.shape[1] // len(NAMES))) - 0.02


def test_with_three_of_ten_quarters_missing_recall_loses_at_most_a_fifth(quarters: Trained, gaps: Trained) -> None:
    missing = [1 - gaps.workspace.present(m)[~gaps.held].mean() for m in NAMES]
    np.testing.assert_allclose(missing, 0.3, atol=0.04)
    whole = recall(quarters)
    assert whole > 5 * 10 / quarters.held.sum()
    assert recall(gaps) >= 0.8 * whole

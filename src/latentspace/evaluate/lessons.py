"""What predictors are learnt from, and one piece of that learning, which runs wherever the workspace is seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float64, Int64
from threadpoolctl import threadpool_limits

from latentspace.columns import Columns
from latentspace.evaluate.targets import Target, raw_phenotypes, targets_of
from latentspace.modality import CODE, JOINT, private
from latentspace.run import Run, people
from latentspace.stats.scoring import Predictor, Problem, fit, folds
from latentspace.workspace import Workspace, open_folder

FOLD_SEED = 0
ALL, RAW, BOTH = "all", "phenotypes", "both"
FIRST = 160  # private dimensions of a modality that predict: of a cine, the heart as a whole and its pose

_alone = Lock()  # the number of threads is the whole process's
Input = tuple[Float64[np.ndarray, "n _"], Bool[np.ndarray, "_ targets"]]
Result = TypeVar("Result")
Said = Float64[np.ndarray, "_ targets"]


@dataclass(frozen=True, slots=True)
class Home:
    """A run by its workspace's path and its name; `made` says which tables and codes these are."""

    workspace: Path
    run: str
    made: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything is by row of the subjects table; `problems[space]` is what is to be learnt there."""

    targets: tuple[Target, ...]
    left_out: Mapping[str, str]
    person: Int64[np.ndarray, " n"]
    fold: Int64[np.ndarray, " n"]
    held_out: Bool[np.ndarray, " n"]
    problems: Mapping[str, Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Learn the targets of a space (`only` some of them) from some rows; then speak of others."""

    home: Home
    space: str
    taught_by: Bool[np.ndarray, " n"]
    said_of: Bool[np.ndarray, " n"]
    only: Int64[np.ndarray, " some"] | None = None

    def __call__(self) -> tuple[Predictor, Said]:
        """The fit, and what it says of the rows of `said_of`."""
        problem = material(self.home).problems[self.space]
        problem = problem if self.only is None else problem.only(self.only)
        predictor = fit(problem.of(self.taught_by))
        return predictor, predictor.predict(problem.x[self.said_of])


def done(piece: Callable[[], Result]) -> Result:
    """A piece of work on one thread: on several, sums come in another order and have other last digits."""
    with _alone, threadpool_limits(1, "blas"):
        return piece()


def home_of(workspace: Workspace, run: Run) -> Home:
    """Where the workers find a run."""
    return Home(workspace.path.resolve(), run.name, str(sorted({**workspace.hashes, **run.hashes}.items())))


@lru_cache(maxsize=1)
def material(home: Home) -> Material:
    """Kept from piece to piece; spaces as `scores.score` names them.

    Raises:
        NotFoundError: the run has no embedding yet.
    """
    workspace = open_folder(home.workspace)
    run, subjects = workspace.run(home.run), workspace.subjects()
    columns = Columns(subjects, workspace.dictionary())
    targets, left_out = targets_of(columns)
    person = np.unique(people(subjects), return_inverse=True)[1]
    y = np.stack([t.values for t in targets], axis=1) if targets else np.zeros((len(subjects), 0))
    binary = np.array([t.binary for t in targets], bool)
    return Material(
        targets=tuple(targets),
        left_out=left_out,
        person=person,
        fold=folds(person, seed=FOLD_SEED),
        held_out=run.split(subjects) == "held_out",
        problems={
            space: Problem(x=x, y=y, binary=binary, person=person, allowed=allowed)
            for space, (x, allowed) in _inputs(_codes(workspace, run), columns, targets).items()
        },
    )


def _inputs(
    codes: Mapping[str, Float64[np.ndarray, "n _"]], columns: Columns, targets: list[Target]
) -> dict[str, Input]:
    inputs = {
        name: (x, np.repeat(np.any(x, axis=0, keepdims=True).T, len(targets), axis=1)) for name, x in codes.items()
    }
    inputs |= {RAW: raw_phenotypes(columns, targets)}
    return inputs | {BOTH: _beside(inputs[ALL], inputs[RAW])}


def _first(private_codes: Float64[np.ndarray, "n _"]) -> Float64[np.ndarray, "n _"]:
    """Nought, from which nothing is learnt, beyond the first dimensions: those of tiles only hide what these say."""
    kept = private_codes.copy()
    kept[:, FIRST:] *= 0.0
    return kept


def _beside(some: Input, others: Input) -> Input:
    """Columns of two inputs side by side, each with the targets that it may predict."""
    return np.concatenate([some[0], others[0]], axis=1), np.concatenate([some[1], others[1]])


def _codes(workspace: Workspace, run: Run) -> dict[str, Float64[np.ndarray, "n _"]]:
    spaces = {s.name: run.embedding(s.name).astype(np.float64) for s in run.spaces(workspace.modelled)}
    own = [_first(spaces.pop(name)) for name in [*spaces] if name.startswith(private(""))]
    each = [z for name, z in spaces.items() if name != JOINT] or [spaces[JOINT]]
    side_by_side = np.concatenate([*each, *own], axis=1)
    side_by_side[np.isnan(side_by_side).any(axis=1)] = np.nan
    return spaces | {CODE: np.concatenate([spaces[JOINT], *own], axis=1), ALL: side_by_side}

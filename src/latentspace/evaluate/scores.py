"""Out-of-fold predictions of every phenotype from every space, and the predictors that answer for a moved code."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Bool, Float64, Int64
from safetensors.numpy import save

from latentspace.columns import Columns
from latentspace.evaluate.targets import Target, raw_phenotypes, targets_of
from latentspace.modality import CODE, JOINT, private
from latentspace.run import Run, people
from latentspace.stats.bootstrap import Figure
from latentspace.stats.scoring import FOLDS, Predictor, Problem, fit, folds, half_width, out_of_fold
from latentspace.workspace import Workspace

FOLD_SEED = 0
ALL, RAW, BOTH = "all", "phenotypes", "both"
FIRST = 160  # private dimensions of a modality that predict: of a cine, the heart as a whole and its pose

Input = tuple[Float64[np.ndarray, "n _"], Bool[np.ndarray, "_ targets"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Everything is by row of the subjects table and by target.

    `problems[space]` is what was learnt, `others[space]` the fit without each fold, `said[space]` what it says of the
    rows of that fold; `predictors[space]` is a fit on the people who are not held out, `seen[space]` what it says.
    `left_out` says of other phenotypes why they are not predicted.
    """

    targets: tuple[Target, ...]
    left_out: Mapping[str, str]
    person: Int64[np.ndarray, " n"]
    fold: Int64[np.ndarray, " n"]
    held_out: Bool[np.ndarray, " n"]
    problems: Mapping[str, Problem]
    said: Mapping[str, Float64[np.ndarray, "n targets"]]
    others: Mapping[str, tuple[Predictor, ...]]
    predictors: Mapping[str, Predictor]
    seen: Mapping[str, Float64[np.ndarray, "n targets"]]

    def half_width(self, space: str, target: int) -> float:
        """Half the 90 % interval of a number; NaN for a probability."""
        problem = self.problems[space]
        return np.nan if problem.binary[target] else half_width(problem.y[:, target] - self.said[space][:, target])


def score(workspace: Workspace, run: Run) -> Scores:
    """Predict every phenotype from every space, always by a fit on other people.

    Spaces: joint; each modality's; `code`, the full code z (a missing modality's private code is the typical one);
    `all`, every modality's own shared and private code side by side (fusing them loses a little); `phenotypes`, the
    other phenotypes without those that give the target away; and `both`, those beside `all`.

    Raises:
        NotFoundError: the run has no embedding yet.
    """
    subjects = workspace.subjects()
    columns = Columns(subjects, workspace.dictionary())
    targets, left_out = targets_of(columns)
    person = np.unique(people(subjects), return_inverse=True)[1]
    fold = folds(person, seed=FOLD_SEED)
    held_out = run.split(subjects) == "held_out"
    y = np.stack([t.values for t in targets], axis=1) if targets else np.zeros((len(subjects), 0))
    binary = np.array([t.binary for t in targets], bool)
    codes = _codes(workspace, run)
    inputs = {
        name: (x, np.repeat(np.any(x, axis=0, keepdims=True).T, len(targets), axis=1)) for name, x in codes.items()
    }
    inputs |= {RAW: raw_phenotypes(columns, targets)}
    inputs |= {BOTH: _beside(inputs[ALL], inputs[RAW])}
    problems = {
        space: Problem(x=x, y=y, binary=binary, person=person, allowed=allowed)
        for space, (x, allowed) in inputs.items()
    }
    answers = {space: out_of_fold(problem, fold) for space, problem in problems.items()}
    predictors = {space: fit(problem.of(~held_out)) for space, problem in problems.items()}
    return Scores(
        targets=tuple(targets),
        left_out=left_out,
        person=person,
        fold=fold,
        held_out=held_out,
        problems=problems,
        said={space: said for space, (said, _) in answers.items()},
        others={space: others for space, (_, others) in answers.items()},
        predictors=predictors,
        seen={space: predictors[space].predict(problem.x) for space, problem in problems.items()},
    )


def write(run: Run, scores: Scores, figures: Mapping[str, Figure]) -> None:
    """Write scores.parquet, predictors.safetensors, and to run.json `scoring`: what both hold, intervals and skill.

    `figures` are named `downstream.<space>.<key>.r2` or `.auroc`.
    """
    keys = [t.key for t in scores.targets]
    said = {
        f"{space}.{key}": values[:, i].astype(np.float32)
        for space, values in scores.said.items()
        for i, key in enumerate(keys)
    }
    buffer = io.BytesIO()
    pl.DataFrame({"fold": scores.fold.astype(np.int8)} | said).write_parquet(buffer)
    run.write_file("scores.parquet", buffer.getvalue())
    codes = [space for space in scores.problems if space not in {ALL, RAW, BOTH}]  # what a full code has the numbers of
    fits = {space: (*scores.others[space], scores.predictors[space]) for space in codes}
    tensors = {f"{space}.weights": np.stack([p.weights for p in each]) for space, each in fits.items()}
    tensors |= {f"{space}.offset": np.stack([p.offset for p in each]) for space, each in fits.items()}
    run.write_file("predictors.safetensors", save({name: t.astype(np.float32) for name, t in tensors.items()}))
    run.update(scoring=_record(scores, figures))


def _record(scores: Scores, figures: Mapping[str, Figure]) -> dict[str, object]:
    return {
        "folds": FOLDS,
        "fold_seed": FOLD_SEED,
        "targets": [{"key": t.key, "phenotype": t.phenotype, "level": t.level} for t in scores.targets],
        "spaces": {
            space: [_of_target(scores, figures, space, i) for i in range(len(scores.targets))]
            for space in scores.problems
        },
    }


def _of_target(scores: Scores, figures: Mapping[str, Figure], space: str, target: int) -> dict[str, object]:
    """`reason` says why a prediction would be worth nothing; it is empty where it is worth something."""
    binary = scores.targets[target].binary
    skill = figures[f"downstream.{space}.{scores.targets[target].key}.{'auroc' if binary else 'r2'}"]
    guess, name = (0.5, "chance") if binary else (0.0, "the mean of all")
    reason = "" if (skill.low or 0.0) > guess else f"predicted no better than by {name}"
    width = scores.half_width(space, target)
    return {
        "half_width_90": width if np.isfinite(width) else None,
        "skill": skill.value,
        "reason": skill.reason or reason,
        "n_out_of_fold": _taught(scores, space, target),
        "n_predictor": int(scores.predictors[space].n[target]),
    }


def _taught(scores: Scores, space: str, target: int) -> int:
    """How many people an out-of-fold prediction was learnt from: the smallest number of any fold."""
    known = ~np.isnan(scores.said[space][:, target])
    others = [scores.person[known & (scores.fold != each)] for each in range(FOLDS)]
    return min(int(np.count_nonzero(np.bincount(person))) for person in others)


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

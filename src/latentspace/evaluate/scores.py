"""Out-of-fold predictions of every phenotype from every space, and the predictors that answer for a moved code."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from jaxtyping import Float64
from safetensors.numpy import save

from latentspace.cluster import Workers, each
from latentspace.evaluate.lessons import ALL, BOTH, FOLD_SEED, RAW, Lesson, Material, Result, done, home_of, material
from latentspace.progress import Progress, silent
from latentspace.run import Run
from latentspace.stats.bootstrap import Figure
from latentspace.stats.scoring import FOLDS, Predictor, half_width, out_of_fold
from latentspace.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What was `known`, and what each space says of it, by row of the subjects table and by target.

    `others[space]` is the fit without each fold, `said[space]` what it says of the rows of that fold;
    `predictors[space]` is a fit on the people who are not held out, `seen[space]` what it says.
    """

    known: Material
    said: Mapping[str, Float64[np.ndarray, "n targets"]]
    others: Mapping[str, tuple[Predictor, ...]]
    predictors: Mapping[str, Predictor]
    seen: Mapping[str, Float64[np.ndarray, "n targets"]]

    def half_width(self, space: str, target: int) -> float:
        """Half the 90 % interval of a number; NaN for a probability."""
        asked = self.known.targets[target]
        return np.nan if asked.binary else half_width(asked.values - self.said[space][:, target])

    def alone(self, space: str) -> "Scores":
        """What was said in one space, without what it was learnt from: small enough to be sent."""
        said, seen = {space: self.said[space]}, {space: self.seen[space]}
        return Scores(known=replace(self.known, problems={}), others={}, predictors={}, said=said, seen=seen)


def score(workspace: Workspace, run: Run, workers: Workers = 1, progress: Progress = silent) -> Scores:
    """Predict every phenotype from every space, always by a fit on other people.

    Spaces: joint; each modality's; `code`, the full code z (a missing modality's private code is the typical one);
    `all`, every modality's own shared and private code side by side (fusing them loses a little); `phenotypes`, the
    other phenotypes without those that give the target away; and `both`, those beside `all`. Each fit is a piece of
    work, and its bytes are the same wherever it is done.

    Raises:
        NotFoundError: the run has no embedding yet.
        LatentSpaceError: as `cluster.each`.
    """
    home = home_of(workspace, run)
    material.cache_clear()
    known = material(home)
    everybody = np.ones(len(known.fold), bool)
    y = known.problems[RAW].y
    rows = [(known.fold != k, known.fold == k) for k in range(FOLDS)] + [(~known.held_out, everybody)]
    lessons = [Lesson(home=home, space=space, taught_by=by, said_of=of) for space in known.problems for by, of in rows]
    learnt = in_order(workers, lessons, progress, "predict")
    fits = {space: learnt[i * len(rows) : (i + 1) * len(rows)] for i, space in enumerate(known.problems)}
    return Scores(
        known=known,
        said={space: out_of_fold(y, known.fold, [said for _, said in found[:FOLDS]]) for space, found in fits.items()},
        others={space: tuple(predictor for predictor, _ in found[:FOLDS]) for space, found in fits.items()},
        predictors={space: found[FOLDS][0] for space, found in fits.items()},
        seen={space: found[FOLDS][1] for space, found in fits.items()},
    )


def in_order(workers: Workers, pieces: Sequence[Callable[[], Result]], progress: Progress, phase: str) -> list[Result]:
    """What the pieces of work give, in their own order, whoever does them.

    Raises:
        LatentSpaceError: as `cluster.each`.
    """
    found: dict[int, Result] = {}
    for i, result in each(workers, done, pieces):
        found[i] = result
        progress(phase, len(found), len(pieces))
    return [found[i] for i in range(len(pieces))]


def write(run: Run, scores: Scores, figures: Mapping[str, Figure]) -> None:
    """Write scores.parquet, predictors.safetensors, and to run.json `scoring`: what both hold, intervals and skill.

    `figures` are named `downstream.<space>.<key>.r2` or `.auroc`.
    """
    keys = [t.key for t in scores.known.targets]
    said = {
        f"{space}.{key}": values[:, i].astype(np.float32)
        for space, values in scores.said.items()
        for i, key in enumerate(keys)
    }
    buffer = io.BytesIO()
    pl.DataFrame({"fold": scores.known.fold.astype(np.int8)} | said).write_parquet(buffer)
    run.write_file("scores.parquet", buffer.getvalue())
    codes = [
        space for space in scores.known.problems if space not in {ALL, RAW, BOTH}
    ]  # what a full code has the numbers of
    fits = {space: (*scores.others[space], scores.predictors[space]) for space in codes}
    tensors = {f"{space}.weights": np.stack([p.weights for p in each]) for space, each in fits.items()}
    tensors |= {f"{space}.offset": np.stack([p.offset for p in each]) for space, each in fits.items()}
    run.write_file("predictors.safetensors", save({name: t.astype(np.float32) for name, t in tensors.items()}))
    run.update(scoring=_record(scores, figures))


def _record(scores: Scores, figures: Mapping[str, Figure]) -> dict[str, object]:
    return {
        "folds": FOLDS,
        "fold_seed": FOLD_SEED,
        "targets": [{"key": t.key, "phenotype": t.phenotype, "level": t.level} for t in scores.known.targets],
        "spaces": {
            space: [_of_target(scores, figures, space, i) for i in range(len(scores.known.targets))]
            for space in scores.known.problems
        },
    }


def _of_target(scores: Scores, figures: Mapping[str, Figure], space: str, target: int) -> dict[str, object]:
    """`reason` says why a prediction would be worth nothing; it is empty where it is worth something."""
    binary = scores.known.targets[target].binary
    skill = figures[f"downstream.{space}.{scores.known.targets[target].key}.{'auroc' if binary else 'r2'}"]
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
    others = [scores.known.person[known & (scores.known.fold != each)] for each in range(FOLDS)]
    return min(int(np.count_nonzero(np.bincount(person))) for person in others)

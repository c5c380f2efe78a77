"""How well each space predicts each phenotype: out of fold, on held-out people, and from few labels."""

import json
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from jaxtyping import Float64, Int64

from latentspace.cluster import Workers
from latentspace.evaluate.lessons import ALL, FOLD_SEED, RAW, Home, Lesson, home_of, material
from latentspace.evaluate.scores import Scores, in_order, score, write
from latentspace.evaluate.skills import Draws, chance_figures, number_figures, reason_against
from latentspace.modality import JOINT
from latentspace.progress import Progress, silent
from latentspace.run import Run
from latentspace.stats.bootstrap import Figure, Statistic, mean
from latentspace.stats.skill import auroc, r2
from latentspace.workspace import Workspace

LABELS, CHOICES = (100, 300, 1000), 5
LEARNERS = (JOINT, ALL, RAW)
EXEMPLARS, MOST_EXEMPLARS = ("age", "sex", "lvm", "lvef", "af", "lbbb", "lvedv", "old_mi"), 6


@dataclass(frozen=True, slots=True)
class Drawn:
    """The draws of a run's people that a generator in this state makes: sent as such, and made once by each worker."""

    home: Home
    state: str


def downstream(
    workspace: Workspace, run: Run, rng: np.random.Generator, workers: Workers = 1, progress: Progress = silent
) -> dict[str, Figure]:
    """`downstream.<space>.<phenotype>.<statistic>`; writes scores.parquet, predictors.safetensors and `scoring`.

    Numbers have `r2` and `mae` (in their unit), probabilities `auroc`, `auprc`, `brier` and `calibration_slope`, over
    everyone, each predicted by a fit on other people. `held_out_r2`, `held_out_auroc` and `held_out_coverage_90` (of
    the 90 % interval) are of held-out people alone, whom neither the encoder nor the fit has seen. `r2_at_100`,
    `auroc_at_300` are the same from so many people, the mean of five choices of them, the same in every run.
    Intervals are over the people who are predicted. The bytes are the same whoever computes them.

    Raises:
        LatentSpaceError: as `scores.score`.
    """
    scores = score(workspace, run, workers, progress)
    drawn = Drawn(home_of(workspace, run), json.dumps(rng.bit_generator.state))
    pieces = [partial(judged, drawn, scores.alone(space), space) for space in scores.known.problems]
    few = [partial(few_labels, drawn, space, size) for space in LEARNERS for size in LABELS]
    found = in_order(workers, [*pieces, *few], progress, "judge predictions")
    of_all = {name: each for part in found[: len(pieces)] for name, each in part.items()}
    write(run, scores, of_all)
    material.cache_clear()
    _draws.cache_clear()
    return of_all | {name: each for part in found[len(pieces) :] for name, each in part.items()}


@lru_cache(maxsize=1)
def _draws(drawn: Drawn) -> Draws:
    rng = np.random.default_rng()
    rng.bit_generator.state = json.loads(drawn.state)
    return Draws.of_people(material(drawn.home).person, rng)


def judged(drawn: Drawn, scores: Scores, space: str) -> dict[str, Figure]:
    """The figures of one space."""
    draws = _draws(drawn)
    figures = {
        f"downstream.{space}.{name}": Figure(reason=f"not predicted: {reason}")
        for name, reason in scores.known.left_out.items()
    }
    for i, target in enumerate(scores.known.targets):
        found = everyone(scores, space, i, draws) | held_out(scores, space, i, draws)
        figures |= {f"downstream.{space}.{target.key}.{name}": each for name, each in found.items()}
    return figures


def everyone(scores: Scores, space: str, target: int, draws: Draws) -> dict[str, Figure]:
    """Figures of out-of-fold predictions."""
    truth, said = scores.known.targets[target].values, scores.said[space][:, target]
    if scores.known.targets[target].binary:
        return chance_figures(truth, said, scores.known.fold, draws)
    return number_figures(truth, said, draws)


def held_out(scores: Scores, space: str, target: int, draws: Draws) -> dict[str, Figure]:
    """Figures of held-out people, predicted by a fit on the others."""
    truth = scores.known.targets[target].values
    said = np.where(scores.known.held_out, scores.seen[space][:, target], np.nan)
    if scores.known.targets[target].binary:
        one_fold = np.zeros(len(truth), np.int64)
        return {"held_out_auroc": chance_figures(truth, said, one_fold, draws)["auroc"]}
    rows = ~np.isnan(truth) & ~np.isnan(said)
    inside = np.abs(truth - said)[rows] <= scores.half_width(space, target)
    found = number_figures(truth, said, draws)["r2"]
    covered = found if found.reason else draws.figure(mean(inside.astype(np.float64)), rows)
    return {"held_out_r2": found, "held_out_coverage_90": covered}


def few_labels(drawn: Drawn, space: str, size: int) -> dict[str, Figure]:
    """What 100, 300 or 1,000 people teach about six phenotypes at most; judged on held-out people."""
    known = material(drawn.home)
    keys = [t.key for t in known.targets]
    chosen = [keys.index(name) for name in EXEMPLARS if name in keys][:MOST_EXEMPLARS]
    chosen = np.array(chosen or range(min(MOST_EXEMPLARS, len(keys))), np.int64)
    people = np.unique(known.person[~known.held_out])
    rng = np.random.default_rng(FOLD_SEED)
    choices = [rng.permutation(people) for _ in range(CHOICES)] if size <= len(people) else []
    said = [_taught(drawn.home, space, choice[:size], chosen) for choice in choices]
    figures: dict[str, Figure] = {}
    for i, target in enumerate(known.targets[t] for t in chosen):
        name = f"downstream.{space}.{target.key}.{'auroc' if target.binary else 'r2'}_at_{size}"
        parts = [each[:, i] for each in said]
        figures[name] = _mean_figure(target.values, parts, _draws(drawn), binary=target.binary)
    return figures


def _taught(
    home: Home, space: str, people: Int64[np.ndarray, " k"], chosen: Int64[np.ndarray, " some"]
) -> Float64[np.ndarray, "n some"]:
    known = material(home)
    taught_by, everybody = np.isin(known.person, people), np.ones(len(known.person), bool)
    said = Lesson(home=home, space=space, taught_by=taught_by, said_of=everybody, only=chosen)()[1]
    said[~known.held_out] = np.nan
    return said


def _mean_figure(
    truth: Float64[np.ndarray, " n"], said: list[Float64[np.ndarray, " n"]], draws: Draws, *, binary: bool
) -> Figure:
    if not said:
        return Figure(reason="fewer people are not held out")
    rows = ~np.isnan(truth) & ~np.isnan(np.sum(said, axis=0))
    if reason := reason_against(truth, rows, draws, binary=binary):
        return Figure(n=draws.people(rows), reason=reason)
    one_fold = np.zeros(int(rows.sum()), np.int64)
    each: list[Statistic] = [
        auroc(truth[rows], values[rows], one_fold) if binary else r2(truth[rows], values[rows]) for values in said
    ]
    return draws.figure(lambda weights: np.mean([statistic(weights) for statistic in each], axis=0), rows)

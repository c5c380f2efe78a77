"""The lines of the study of folds, and what they say together: means over repeats, paired intervals over people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from latentspace.evaluate.compare import paired
from latentspace.stats.bootstrap import Figure, Ratio, Statistic, figure_over, mean, resampled
from latentspace.stats.scoring import FOLDS
from latentspace.stats.skill import auroc

MODEL = "model"
WAYS = ((0,), (1,), (0, 1))
SEED = 0  # of the draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What was found of the people `asked` in one fold: ranks of the partners, both ways, and log odds of targets."""

    repeat: int
    fold: int
    asked: Int64[np.ndarray, " asked"]
    ranks: Mapping[str, Float64[np.ndarray, "2 asked"]]
    said: Mapping[str, Mapping[str, Float64[np.ndarray, " asked"]]]
    settings: Mapping[str, str]
    cpu_seconds: float


def read_folds(path: Path) -> list[Fold]:
    """Every whole line; the last one may have been cut off when the study was killed."""
    if not path.exists():
        return []
    folds: list[Fold] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            kept = json.loads(line)
        except ValueError:
            continue
        kept["asked"] = np.array(kept["asked"], np.int64)
        kept["ranks"] = {name: np.array(both, np.float64) for name, both in kept["ranks"].items()}
        kept["said"] = {
            space: {name: np.array(values, np.float64) for name, values in targets.items()}
            for space, targets in kept["said"].items()
        }
        folds.append(Fold(**kept))
    return folds


def whole(folds: Sequence[Fold]) -> list[list[Fold]]:
    """The folds of every repeat of which no fold lacks."""
    numbers = sorted({fold.repeat for fold in folds})
    repeats = [sorted((f for f in folds if f.repeat == n), key=lambda f: f.fold) for n in numbers]
    return [repeat for repeat in repeats if len(repeat) == FOLDS]


def hits(repeats: Sequence[Sequence[Fold]], method: str, ways: Sequence[int]) -> Ratio:
    """Recall@1: of each person, in how many repeats (and ways) the partner was found first; equal ranks are no find."""
    found = [np.concatenate([f.ranks[method][list(ways)] <= 1 for f in repeat], axis=1) for repeat in repeats]
    ordered = [each[:, np.argsort(_asked(repeat))] for each, repeat in zip(found, repeats, strict=True)]
    return mean(np.mean(ordered, axis=(0, 1)))


def area(
    repeats: Sequence[Sequence[Fold]], spaces: Sequence[str], target: str, truth: Float64[np.ndarray, " n"]
) -> Figure:
    """AUROC within folds, the mean over repeats; of two spaces the first less the second, people drawn for both."""
    people = np.sort(_asked(repeats[0]))
    known = ~np.isnan(truth[people])
    each = [[_area(repeat, space, target, truth) for repeat in repeats] for space in spaces]

    def statistic(weights: Float64[np.ndarray, "draws n"]) -> Float64[np.ndarray, " draws"]:
        of_spaces = [np.mean([one(weights) for one in of_repeats], axis=0) for of_repeats in each]
        return of_spaces[0] - of_spaces[1] if len(of_spaces) > 1 else of_spaces[0]

    return figure_over(statistic, resampled(int(known.sum()), np.random.default_rng(SEED)))


def _asked(repeat: Sequence[Fold]) -> Int64[np.ndarray, " people"]:
    return np.concatenate([fold.asked for fold in repeat])


def _area(repeat: Sequence[Fold], space: str, target: str, truth: Float64[np.ndarray, " n"]) -> Statistic:
    """Of one repeat, over the people whose truth is known, in the order of their places."""
    asked = _asked(repeat)
    said = np.concatenate([fold.said[space][target] for fold in repeat])
    fold = np.concatenate([np.full(len(f.asked), f.fold) for f in repeat])
    order = np.argsort(asked)
    order = order[~np.isnan(truth[asked[order]])]
    return auroc(truth[asked[order]], said[order], fold[order])


def table(folds: Sequence[Fold], truth: Mapping[str, Float64[np.ndarray, " n"]], names: Sequence[str]) -> str:
    """Markdown: recall@1 both ways and AUROC, of every method, and the model less each of the others.

    Only whole repeats count. `truth` is indexed by the places that the folds name; `names` are the two modalities.
    """
    repeats = whole(folds)
    if not repeats:
        return "no repeat is whole yet"
    methods, spaces = list(repeats[0][0].ranks), list(repeats[0][0].said)
    others, beside = methods[1:], [s for s in spaces if not s.startswith(MODEL)]
    pools = [len(fold.asked) for repeat in repeats for fold in repeat]
    spent = sum(fold.cpu_seconds for repeat in repeats for fold in repeat) / len(pools)
    there, back = f"{names[0]} to {names[1]}", f"{names[1]} to {names[0]}"
    lines = [
        f"{len(repeats)} x {FOLDS} folds, each of {min(pools)} to {max(pools)} people; {spent:.1f} CPU s for a model.",
        "",
        *_head("found first", [there, back, "both"]),
        *(_row(m, [f"{_all(hits(repeats, m, way)):.3f}" for way in WAYS]) for m in methods),
        *(
            _row(f"model less {m}", [_said(paired(hits(repeats, m, w), hits(repeats, MODEL, w))) for w in WAYS])
            for m in others
        ),
        "",
        *_head("AUROC", list(truth)),
        *(_row(s, [f"{area(repeats, [s], t, truth[t]).value:.3f}" for t in truth]) for s in spaces),
        *(_row(f"model less {s}", [_said(area(repeats, [MODEL, s], t, truth[t])) for t in truth]) for s in beside),
    ]
    return "\n".join(lines)


def _all(ratio: Ratio) -> float:
    return float(ratio.above.sum() / ratio.below.sum())


def _head(name: str, columns: Sequence[str]) -> list[str]:
    return [_row(name, columns), _row("---", ["---"] * len(columns))]


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {' | '.join([name, *cells])} |"


def _said(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return figure.reason or ""
    return f"{figure.value:+.3f} ({figure.low:+.3f} to {figure.high:+.3f})"

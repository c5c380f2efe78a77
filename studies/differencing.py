"""An attack on small numbers: two groups that differ in one person are asked for, and the answers are subtracted.

`python -m studies.differencing WORKSPACE [PAIRS [PRESET ...]]` asks `compare` and `score` about 2,000 pairs (the
default), 25 of each of 80 people: everyone up to this person's value of some number, within some range of another, and
the same without this person. From the counts of every condition, of the group and of the rest, it guesses whether the
person has the condition, and prints a table: how many cells say so for certain, and how well the difference of one pair
tells those who have it from those who have not (area under the ROC curve; .5 is chance), and the mean over all pairs of
a person.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from latentspace.comparison.answer import CompareOptions, Side
from latentspace.disclosure import Preset
from latentspace.explorer import Explorer, open_workspace
from latentspace.groups import AllOf, Between, Recipe

PAIRS, EACH, SEED = 2000, 25, 0
FEWEST, BASE = 11, 5  # of `strict`
HIDDEN = 7  # what is guessed for a count that is not told
Cell = tuple[str, str, str, str]  # question, column, level, whether of the group or of the rest
Cells = dict[Cell, int | None]
PRESETS: tuple[Preset, ...] = ("laptop", "cms11", "strict")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two groups, of which the second has one person more: the one of `row`."""

    row: int
    without: Recipe
    with_one: Recipe


@dataclass(slots=True)
class Attack:
    """What was found by one question: cells looked at, and how many of them tell for certain.

    By person and condition also the differences of all pairs, and whether the person has the condition.
    """

    cells: int = 0
    certain: int = 0
    differences: dict[tuple[int, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    truth: dict[tuple[int, str, str], bool] = field(default_factory=dict)

    def area(self, *, together: bool) -> float:
        """How well differences tell who has the condition: each pair by itself, or the mean over a person's pairs."""
        said = {key: [float(np.mean(each))] if together else each for key, each in self.differences.items()}
        place = rankdata([value for each in said.values() for value in each])
        having = np.array([self.truth[key] for key, each in said.items() for _ in each])
        n, others = int(having.sum()), int((~having).sum())
        return float((place[having].sum() - n * (n + 1) / 2) / (n * others)) if n and others else float("nan")


def could_be(told: int, preset: Preset) -> range:
    """Every count that may be told so, from what the guide says of a preset."""
    return range(told - BASE + 1, told + BASE) if preset == "strict" else range(told, told + 1)


def fits(before: int | None, after: int | None, preset: Preset, joined: int) -> bool:
    """Whether both answers can be of counts that differ by `joined`; any count may be hidden, to hide another."""
    if before is None or after is None:
        return True
    return any(n + joined in could_be(after, preset) for n in could_be(before, preset))


def pairs(explorer: Explorer, many: int, seed: int = SEED) -> Iterator[Pair]:
    """Pairs around people of one visit, `EACH` of each; a group has `FEWEST` people at least."""
    rng = np.random.default_rng(seed)
    names = [p.name for p in explorer.describe().phenotypes if p.kind == "continuous"]
    values = {name: column.astype(float) for name, column in explorer.columns(names).items()}
    for row in rng.permutation(explorer.describe().n).tolist():
        made = 0
        for _ in range(20 * EACH):
            one, other = rng.choice(names, 2)
            pair = _around(row, values, (str(one), str(other)), rng)
            if pair and made < EACH and many and explorer.select(pair.without).sum() >= FEWEST:
                grown = explorer.select(pair.with_one) & ~explorer.select(pair.without)
                if np.flatnonzero(grown).tolist() == [row]:
                    made, many = made + 1, many - 1
                    yield pair
        if not many:
            return


def _around(row: int, values: dict[str, np.ndarray], names: tuple[str, str], rng: np.random.Generator) -> Pair | None:
    """Up to the person's value of one number, within a range of another that has the person."""
    end, there = (float(values[name][row]) for name in names)
    if not np.isfinite([end, there]).all():
        return None
    low, high = np.nanquantile(values[names[1]], [0.5 * rng.uniform(), 1 - 0.5 * rng.uniform()])
    if not low <= there <= high:
        return None
    within = Between(column=names[1], low=float(low), high=float(high))
    upto = [Between(column=names[0], low=-1e9, high=top) for top in (float(np.nextafter(end, -np.inf)), end)]
    return Pair(row, *(AllOf(of=(within, each)) for each in upto))


def answers(explorer: Explorer, recipe: Recipe, preset: Preset) -> Cells:
    """Every count of a condition or a level that `compare` and `score` tell of a group, and of the rest."""
    options = CompareOptions(adjust=(), disclosure=preset)
    told: Cells = {}
    for row in explorer.compare([Side(name="a", recipe=recipe)], options).rows:
        for who, group in zip(("group", "rest"), row.groups, strict=True):
            for i, level in enumerate(row.levels):
                told["compare", row.name, level, who] = group.counts[i] if group.counts else None
    for task in explorer.score([recipe], by=[], disclosure=preset).tasks:
        if task.level:
            told["score", task.name.partition("=")[0], task.level, "group"] = task.scored[1].events
    return told


def attack(explorer: Explorer, asked: Sequence[Pair], preset: Preset) -> dict[str, Attack]:
    """Subtract the answers of all pairs; by question."""
    found = {"compare": Attack(), "score": Attack()}
    levels = {p.name: p.levels for p in explorer.describe().phenotypes if p.levels}
    codes = explorer.columns(list(levels))
    for pair in asked:
        before, after = (answers(explorer, recipe, preset) for recipe in (pair.without, pair.with_one))
        for cell, old in before.items():
            question, name, level, who = cell
            has = int(codes[name][pair.row]) == levels[name].index(level)
            one, other = (old, after[cell]) if who == "group" else (after[cell], old)
            _tell(found[question], (pair.row, name, level), (one, other), preset, has=has)
    return found


def _tell(
    found: Attack, key: tuple[int, str, str], told: tuple[int | None, int | None], preset: Preset, *, has: bool
) -> None:
    found.cells += 1
    found.certain += not (fits(*told, preset, 0) and fits(*told, preset, 1))
    fewer, more = (HIDDEN if n is None else n for n in told)
    found.differences[key].append(more - fewer)
    found.truth[key] = has


def main(workspace: Path, many: int, presets: Sequence[Preset]) -> None:
    """Attack, print."""
    explorer = open_workspace(workspace)
    asked = list(pairs(explorer, many))
    print(f"run {explorer.run.name}, {len(asked)} pairs around {len({pair.row for pair in asked})} people")
    print("| preset | question | cells | certain | one pair | all pairs of a person |\n|---|---|---|---|---|---|")
    for preset in presets:
        for question, found in attack(explorer, asked, preset).items():
            areas = f"{found.area(together=False):.2f} | {found.area(together=True):.2f}"
            print(f"| {preset} | {question} | {found.cells:,} | {found.certain:,} | {areas} |", flush=True)


if __name__ == "__main__":
    chosen: list[Preset] = [preset for preset in PRESETS if preset in sys.argv[3:] or not sys.argv[3:]]
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else PAIRS, chosen)

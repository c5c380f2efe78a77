"""What is to be predicted, and which phenotypes may predict another without giving it away."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from latentspace.columns import Columns
from latentspace.phenotype import Phenotype

MOST_LEVELS = 12
GIVEN_AWAY = 0.98  # correlation, or AUROC of one column


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A phenotype to be predicted: its number, or the probability of one of its levels (which then has a name)."""

    phenotype: str
    level: str
    values: Float64[np.ndarray, " n"]

    @property
    def key(self) -> str:
        """`lvm`, `af`, `sex`; `digit=three` where more than two levels have no order."""
        return f"{self.phenotype}={self.level}" if self.one_of_many else self.phenotype

    @property
    def binary(self) -> bool:
        """Whether a probability is predicted; `values` are then 0 and 1."""
        return bool(self.level)

    one_of_many: bool = False


def targets_of(columns: Columns) -> tuple[list[Target], Mapping[str, str]]:
    """Every target of a dictionary, and why the other phenotypes are none.

    Numbers, counts and ordinal levels (0, 1, ...) are predicted as values; of two levels the second; of more levels
    without an order each against the rest.
    """
    targets: list[Target] = []
    left_out: dict[str, str] = {}
    for phenotype in columns.dictionary:
        levels = columns.levels(phenotype.name)
        if phenotype.kind == "date":
            left_out[phenotype.name] = "a date"
        elif phenotype.kind == "time_to_event":
            left_out[phenotype.name] = "a time to an event: see survival"
        elif len(levels) > MOST_LEVELS and phenotype.kind != "ordinal":
            left_out[phenotype.name] = f"{len(levels)} levels"
        else:
            targets += _targets(phenotype, levels, columns.numbers(phenotype.name))
    return targets, left_out


def raw_phenotypes(
    columns: Columns, targets: list[Target]
) -> tuple[Float64[np.ndarray, "n d"], Bool[np.ndarray, "d targets"]]:
    """All phenotypes as columns of numbers, and which of them may predict which target.

    Left out are: the target itself; what happened later (`Dictionary.later`); names with the same first word or the
    same beginning (`lvm_index` for `lvm`); any column that alone parts the two levels (AUROC above .98); and, the
    closest first, columns that together determine the target, plain or in logarithms (multiple correlation above .98:
    `weight` and `height` for `bmi`, both volumes for an ejection fraction).
    """
    inputs = [t for t in targets if not columns.dictionary.later(t.phenotype)]
    x = np.stack([t.values for t in inputs], axis=1) if inputs else np.zeros((len(columns.subjects), 0))
    allowed = np.array([[not _akin(a.phenotype, t.phenotype) for t in targets] for a in inputs], bool)
    allowed = allowed.reshape(len(inputs), len(targets))
    for i, target in enumerate(targets):
        allowed[:, i] &= ~_telling(x, target) if target.binary else True
        for logarithms in (False, True):
            allowed[:, i] = _undetermined(x, target.values, allowed[:, i], logarithms=logarithms)
    return x, allowed


def _targets(phenotype: Phenotype, levels: tuple[str, ...], values: Float64[np.ndarray, " n"]) -> list[Target]:
    if not levels or phenotype.kind == "ordinal":
        return [Target(phenotype=phenotype.name, level="", values=values)]
    many = len(levels) > 2
    return [
        Target(
            phenotype=phenotype.name,
            level=level,
            values=np.where(np.isnan(values), np.nan, values == code),
            one_of_many=many,
        )
        for code, level in enumerate(levels)
        if many or code == 1
    ]


def _akin(a: str, b: str) -> bool:
    return a.partition("_")[0] == b.partition("_")[0] or a.startswith(b) or b.startswith(a)


def _telling(x: Float64[np.ndarray, "n d"], target: Target) -> Bool[np.ndarray, " d"]:
    """Columns whose order alone parts the two levels."""
    known = ~np.isnan(target.values)
    event = target.values[known] > 0
    found = np.zeros(x.shape[1], bool)
    if event.all() or not event.any():
        return found
    for i, column in enumerate(x[known].T):
        yes, no = (np.sort(column[who & ~np.isnan(column)]) for who in (event, ~event))
        if len(yes) and len(no):
            below = np.searchsorted(no, yes, side="left") + np.searchsorted(no, yes, side="right")
            share = below.mean() / (2 * len(no))
            found[i] = max(share, 1 - share) > GIVEN_AWAY
    return found


def _undetermined(
    x: Float64[np.ndarray, "n d"],
    y: Float64[np.ndarray, " n"],
    allowed: Bool[np.ndarray, " d"],
    *,
    logarithms: bool,
) -> Bool[np.ndarray, " d"]:
    """`allowed` without the columns that give `y` away, the closest first, until the rest does not."""
    rows = ~np.isnan(y)
    table = np.concatenate([x[rows], y[rows, None]], axis=1)
    if logarithms:
        positive = np.nanmin(table, axis=0, initial=np.inf) > 0
        if not positive[-1]:
            return allowed
        table[:, positive] = np.log(table[:, positive])
    known = ~np.isnan(table)
    table = np.where(known, table - np.nansum(table, axis=0) / np.maximum(known.sum(axis=0), 1), 0)
    spread = table.std(axis=0)
    unit = table / np.where(spread > 0, spread, np.inf)
    r = unit.T @ unit / max(1, len(unit))
    kept = allowed.copy()
    while (which := np.flatnonzero(kept)).size and _multiple(r, which, len(unit)) > GIVEN_AWAY:
        kept[which[np.abs(r[which, -1]).argmax()]] = False
    return kept


def _multiple(r: Float64[np.ndarray, "k k"], which: np.ndarray, n: int) -> float:
    """Multiple correlation of the last column with `which`, adjusted for their number; the best alone if n is small."""
    alone = float(np.abs(r[which, -1]).max())
    if n < len(which) + 10:
        return alone
    squared = float(r[-1, which] @ np.linalg.pinv(r[np.ix_(which, which)], rcond=1e-8) @ r[which, -1])
    return max(alone, max(0.0, 1 - (1 - squared) * (n - 1) / (n - len(which) - 1)) ** 0.5)

"""The one door for counts and figures of groups: small numbers are suppressed, others rounded, as a preset says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Preset = Literal["laptop", "ukb5", "cms11", "strict"]
ORDER: tuple[Preset, ...] = get_args(Preset)
CHANCES = (0.001, 0.01, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Counts from 1 to below `fewest` are not told, others are rounded to `base`.

    With a `base` above 1 figures are rounded too, as coarsely as one person could change them.
    """

    preset: Preset
    fewest: int
    base: int
    says: str

    def hides(self, n: int | None) -> bool:
        """Whether a count is too small to be told. Nobody is told: it says of no person anything."""
        return n is not None and 0 < n < self.fewest

    def count(self, n: int | None) -> int | None:
        """The count as it may be told, or nothing."""
        if n is None or self.hides(n):
            return None
        return self.base * round(n / self.base)

    def cells(self, counts: Sequence[int | None]) -> tuple[int | None, ...]:
        """Counts that add up to one that may be known: where one alone is hidden, the smallest other goes with it."""
        hidden = [i for i, n in enumerate(counts) if self.hides(n)]
        others = [(n, i) for i, n in enumerate(counts) if n and i not in hidden]
        if len(hidden) == 1 and others:
            hidden.append(min(others)[1])
        return tuple(None if i in hidden else self.count(n) for i, n in enumerate(counts))

    def figure(self, value: float | None, spread: float | None, n: int | None) -> float | None:
        """A mean or another figure of `n` people, rounded to 1, 2 or 5 times a power of ten above 5 `spread` / n.

        `spread` is the standard deviation of what the figure is of, so that a step hides what one person adds.
        """
        if value is None or self.base == 1 or not spread or not n:
            return value
        step = _step(5 * spread / n)
        return round(round(value / step) * step, 10)

    def chance(self, p: float | None) -> float | None:
        """A p-value: with rounding only whether it is below .001, .01 or .05, else 1."""
        if p is None or self.base == 1:
            return p
        return next((bound for bound in CHANCES if p <= bound), 1.0)


DOORS = {
    "laptop": Door(preset="laptop", fewest=1, base=1, says="Nothing is suppressed: for your own eyes."),
    "ukb5": Door(preset="ukb5", fewest=5, base=1, says="Counts from 1 to 4 are suppressed."),
    "cms11": Door(preset="cms11", fewest=11, base=1, says="Counts from 1 to 10 are suppressed."),
    "strict": Door(
        preset="strict",
        fewest=11,
        base=5,
        says="Counts from 1 to 10 are suppressed, others rounded to 5; figures are rounded by the size of the group.",
    ),
}


def door(*presets: Preset) -> Door:
    """The strictest of some presets."""
    return DOORS[max(presets, key=ORDER.index)]


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= least * (1 - 1e-12))

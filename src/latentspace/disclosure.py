"""The one door for counts and figures of groups: small numbers are suppressed, others rounded, as a preset says."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, get_args, overload

Preset = Literal["laptop", "ukb5", "cms11", "strict"]
ORDER: tuple[Preset, ...] = get_args(Preset)
CHANCES = (0.001, 0.01, 0.05)
SMALL = "suppressed: too few people"
QUARTILES_APART = 1.349  # standard deviations, of a normal distribution
TIGHT = "suppressed: people too much alike in it"
EXACT = re.compile(r"(^|for |of )(\d[\d,]*)(?= (?:held-out )?people)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Counts from 1 to below `fewest` are not told, others are rounded to `base`.

    With a `base` above 1 figures are rounded too, as coarsely as one person could change them, and nobody (0) is as
    little told as one. Whether it is rounded up or down is drawn from `key`, which is of the people whom it is about:
    the same people, the same answer, however they were asked for; with one more person the draw is another, so that
    the difference of two answers does not say what that person adds.
    """

    preset: Preset
    fewest: int
    base: int
    says: str
    key: bytes = b""
    alone: bool = True  # whether single people may be shown: their rows, points, recordings, codes and neighbours

    def of(self, *what: bytes | str) -> "Door":
        """The same for other people, or for another thing that is told of the same people."""
        parts = [self.key, *(part.encode() if isinstance(part, str) else part for part in what)]
        return replace(self, key=sha256(b"\0".join(parts)).digest())

    def hides(self, n: int | None) -> bool:
        """Whether a count is too small to be told."""
        if n is None:
            return False
        return 0 < n < self.fewest if self.base == 1 else self._rounded(n, self.base) < self.fewest

    def count(self, n: int | None) -> int | None:
        """The count as it may be told, or nothing."""
        if n is None or self.hides(n):
            return None
        return n if self.base == 1 else round(self._rounded(n, self.base))

    def cells(self, counts: Sequence[int | None]) -> tuple[int | None, ...]:
        """Counts that add up to one that may be known: with those hidden go the smallest others.

        Until two are hidden and their sum, which the total gives away, is no small number itself.
        """
        doors = [self.of(str(i)) for i in range(len(counts))]
        told = [one.count(n) for one, n in zip(doors, counts, strict=True)]
        hidden = [i for i, (one, n) in enumerate(zip(doors, counts, strict=True)) if one.hides(n)]
        others = sorted((n, i) for i, n in enumerate(told) if n)
        while hidden and others and (len(hidden) < 2 or self._small(sum(counts[i] or 0 for i in hidden))):
            hidden.append(others.pop(0)[1])
        return tuple(None if i in hidden else n for i, n in enumerate(told))

    def _small(self, total: int) -> bool:
        """Whether a sum would be told that is small; rounding has blurred it already."""
        return self.base == 1 and total < self.fewest

    @overload
    def figure(self, value: float, spread: float | None, n: int | None) -> float: ...
    @overload
    def figure(self, value: float | None, spread: float | None, n: int | None) -> float | None: ...
    def figure(self, value: float | None, spread: float | None, n: int | None) -> float | None:
        """A mean or another figure of `n` people, rounded to 1, 2 or 5 times a power of ten above 5 `spread` / n.

        `spread` is the standard deviation of what the figure is of, so that a step hides what one person adds.
        """
        if value is None or self.base == 1 or not spread or not n:
            return value
        return round(self._rounded(value, round_step(5 * spread / n)), 10)

    def tight(self, low: float | None, high: float | None, cohort: float) -> bool:
        """Whether a group is so much alike, beside everyone's standard deviation `cohort`, that one more person shows.

        Its own deviation is not told then, nor what is divided by it: of people chosen to have one value it says
        whether somebody with another is among them. It is judged by the quartiles `low` and `high`, which that person
        hardly moves, and blurred as a figure is, so that the edge tells nothing for certain.
        """
        if self.base == 1 or low is None or high is None or not cohort:
            return False
        return self._rounded((high - low) / QUARTILES_APART, cohort / 8) < cohort / 2

    def reason(self, text: str) -> str:
        """A reason without the exact number of people that it may give: as a count is told, or as "few"."""
        if self.fewest == 1:
            return text
        return EXACT.sub(lambda found: f"{found[1]}{self.count(int(found[2].replace(',', ''))) or 'few'}", text)

    def chance(self, p: float | None) -> float | None:
        """A p-value: with rounding only whether it is below .001, .01 or .05, else 1."""
        if p is None or self.base == 1:
            return p
        return next((bound for bound in CHANCES if p <= bound), 1.0)

    def _rounded(self, value: float, step: float) -> float:
        """Up or down by one draw for each key, right on average, so that what falls does not rise when rounded."""
        drawn = int.from_bytes(sha256(self.key).digest()[:6]) / 2**48
        return step * math.floor(value / step + drawn)


DOORS = {
    "laptop": Door(preset="laptop", fewest=1, base=1, says="Nothing is suppressed: for your own eyes."),
    "ukb5": Door(preset="ukb5", fewest=5, base=1, says="Counts from 1 to 4 are suppressed."),
    "cms11": Door(preset="cms11", fewest=11, base=1, says="Counts from 1 to 10 are suppressed."),
    "strict": Door(
        preset="strict",
        fewest=11,
        base=5,
        alone=False,
        says=(
            "Counts up to 10 are suppressed, others rounded to 5, up or down by chance, the same for the same people; "
            "figures are rounded by the size of the group. Single people are not shown."
        ),
    ),
}


def door(*presets: Preset) -> Door:
    """The strictest of some presets."""
    return DOORS[max(presets, key=ORDER.index)]


def round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= least * (1 - 1e-12))

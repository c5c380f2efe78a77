"""For whom a phenotype is predicted worse than for the rest, and whether that is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64

from latentspace.scores.answer import Gap
from latentspace.scores.judged import Predictions, estimated, heads
from latentspace.stats.accuracy import Ranked
from latentspace.stats.gap import difference, holm

BELIEVED = 0.05
THIRDS = (1 / 3, 2 / 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some rows, to be held against the rest of those whose attribute is known; `known` is everyone if it is not given.

    `made_of` are the phenotypes that decide who is in it: of those a difference would be no finding. `twin` is
    the other of two levels: it says the same with the sign turned.
    """

    attribute: str
    label: str
    level: str
    made_of: frozenset[str]
    rows: Bool[np.ndarray, " n"]
    known: Bool[np.ndarray, " n"] | None = None
    twin: str = ""

    def rest(self) -> Bool[np.ndarray, " n"]:
        """The others whose attribute is known."""
        return ~self.rows if self.known is None else self.known & ~self.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Every difference of a table by its target, their `p` adjusted for each other."""

    gaps: tuple[tuple[int, Gap], ...]

    @classmethod
    def of(cls, predictions: Predictions, phenotypes: Sequence[str], parts: Sequence[Part]) -> "Family":
        """Each target between each part and its rest, but for parts made by the target itself."""
        found: list[tuple[int, Gap]] = []
        for which, phenotype in enumerate(phenotypes):
            ranked = predictions.ranked(which)
            for part in parts:
                gap = None
                if phenotype not in part.made_of:
                    gap = _gap(part, ranked, binary=predictions.binary[which])
                if gap is not None:
                    found.append((which, gap))
        adjusted = holm(np.array([gap.p for _, gap in found]))
        named = [replace(gap, p=float(p)) for (_, gap), p in zip(found, adjusted, strict=True)]
        return cls(gaps=tuple((which, _believed(gap)) for (which, _), gap in zip(found, named, strict=True)))

    @property
    def tests(self) -> int:
        """How many differences there are."""
        return len(self.gaps)

    def target(self, which: int) -> tuple[Gap, ...]:
        """The differences of one target, the most certain first."""
        return tuple(sorted((gap for at, gap in self.gaps if at == which), key=_rank))

    def worst(self, which: int) -> Gap | None:
        """The named one that is the surest, or the surest of those that are worse; none where there is none."""
        worse = [gap for gap in self.target(which) if _is_worse(gap)]
        return worse[0] if worse else None


def parts_of(name: str, label: str, values: Float64[np.ndarray, " n"], levels: Sequence[str]) -> list[Part]:
    """The people of each level of a phenotype, or of each third of its values."""
    known = ~np.isnan(values)
    if levels:
        masks = {level: values == code for code, level in enumerate(levels)}
    elif known.any():
        low, high = np.quantile(values[known], THIRDS)
        masks = {
            f"under {low:.3g}": values < low,
            f"{low:.3g} to {high:.3g}": (values >= low) & (values < high),
            f"{high:.3g} or more": values >= high,
        }
    else:
        masks = {}
    masks = {level: rows for level, rows in masks.items() if rows.any()}
    twins = dict(zip(masks, reversed(masks), strict=True)) if len(masks) == 2 else {}
    every = [
        Part(
            attribute=name,
            label=label,
            level=level,
            made_of=frozenset([name]),
            rows=rows,
            known=known,
            twin=twins.get(level, ""),
        )
        for level, rows in masks.items()
    ]
    return every[:1] if twins else every


def _gap(part: Part, ranked: Ranked, *, binary: bool) -> Gap | None:
    name = "auroc" if binary else "mae"
    some, others = ranked.among(part.rows), ranked.among(part.rest())
    here, rest = (estimated(each, name, binary=binary) for each in (some, others))
    if here is None or rest is None or not np.isfinite(here.value - rest.value):
        return None
    found = difference((some, here), (others, rest))
    gap = Gap(
        attribute=part.attribute,
        label=part.label,
        level=part.level,
        statistic=name,
        n=heads(some),
        here=here.value,
        rest=rest.value,
        value=found.value,
        low=found.low,
        high=found.high,
        p=found.p,
        named=False,
    )
    return _turned(gap, part.twin, heads(others)) if part.twin and not _is_worse(gap) else gap


def _turned(gap: Gap, twin: str, n: int) -> Gap:
    """The same difference, told of the other of two levels."""
    return replace(gap, level=twin, n=n, here=gap.rest, rest=gap.here, value=-gap.value, low=-gap.high, high=-gap.low)


def _believed(gap: Gap) -> Gap:
    return replace(gap, named=_is_worse(gap) and gap.p < BELIEVED)


def _is_worse(gap: Gap) -> bool:
    return gap.value < 0 if gap.statistic == "auroc" else gap.value > 0


def _rank(gap: Gap) -> tuple[bool, float, float]:
    return (not gap.named, gap.p, -abs(gap.value))

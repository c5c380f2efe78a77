"""A comparison as a disclosure preset lets it out."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from latentspace.comparison.answer import Compared, ComparedRow, Contrast, Estimate, Size, Summary
from latentspace.comparison.order import ordered
from latentspace.disclosure import SMALL, TIGHT, Door


def disclosed(found: Compared, doors: Sequence[Door], spread: Callable[[str], float]) -> Compared:
    """What may be told of it, a door for each group: small groups and cells go, and whatever could give them away.

    `spread` is everyone's standard deviation of a column: figures are rounded by it where a group's own is less.
    """
    told = replace(found, disclosure=doors[0].preset, notes=(*found.notes, doors[0].says))
    if doors[0].fewest == 1:
        return told
    sizes = tuple(Size(name=g.name, n=each.count(g.n)) for g, each in zip(found.groups, doors, strict=True))
    hidden = tuple(size.n is None for size in sizes)
    # By what is told: the place would tell what is not.
    rows = ordered(_row(row, hidden, doors, spread(row.name)) for row in found.rows)
    return replace(told, groups=sizes, rows=rows)


def _row(row: ComparedRow, hidden: tuple[bool, ...], doors: Sequence[Door], cohort: float) -> ComparedRow:
    doors = [each.of(row.name) for each in doors]
    alike = [
        each.of("tight").tight(one.low_quartile, one.high_quartile, cohort)
        for one, each in zip(row.groups, doors, strict=True)
    ]
    groups = tuple(
        Summary() if small or each.of("n").hides(one.n) else _summary(one, each, cohort, tight=tight)
        for one, small, each, tight in zip(row.groups, hidden, doors, alike, strict=True)
    )
    small = [one == Summary() or None in one.counts for one in groups]
    contrasts = tuple(
        Contrast(reason=SMALL, reason_adjusted=SMALL)
        if small[0] or small[j]
        else Contrast(reason=TIGHT, reason_adjusted=TIGHT)
        if alike[0] and alike[j]
        else replace(
            _contrast(c, row.groups[0], row.groups[j], doors[0].of(doors[j].key)),
            difference=_difference(c, row, groups[0], groups[j]) if doors[0].base > 1 else c.difference,
        )
        for j, c in enumerate(row.contrasts, start=1)
    )
    return replace(row, groups=groups, contrasts=contrasts)


def _summary(one: Summary, door: Door, cohort: float, *, tight: bool) -> Summary:
    """Where counts are exact, those missing are a cell beside the levels; rounding already blurs that sum.

    Each figure has a draw of its own: two that are equal would otherwise say so when rounded.
    """
    missing = door.of("missing").count(one.missing)
    few = door.base == 1 and door.hides(one.missing)
    exact = door.base == 1 and one.counts
    counts = door.cells((*one.counts, one.missing))[:-1] if exact else door.cells(one.counts)

    def rounded(what: str, value: float | None) -> float | None:
        return door.of(what).figure(value, None if one.sd is None else max(one.sd, cohort), one.n)

    return Summary(
        n=None if few else door.of("n").count(one.n),
        missing=missing,
        mean=rounded("mean", one.mean),
        sd=None if tight else rounded("sd", one.sd),
        median=rounded("median", one.median),
        low_quartile=rounded("low_quartile", one.low_quartile),
        high_quartile=rounded("high_quartile", one.high_quartile),
        counts=counts,
    )


def _difference(c: Contrast, row: ComparedRow, a: Summary, b: Summary) -> float | None:
    """Of what is told, so that a reader who subtracts finds the same and nothing more."""
    if row.shape == "numbers":
        return None if a.mean is None or b.mean is None else round(a.mean - b.mean, 10)
    sums = [sum(n or 0 for n in one.counts) for one in (a, b)]
    if c.difference is None or row.shape != "share" or 0 in sums:
        return None
    return round((a.counts[1] or 0) / sums[0] - (b.counts[1] or 0) / sums[1], 10)


def _contrast(c: Contrast, a: Summary, b: Summary, door: Door) -> Contrast:
    n = min(a.n or 0, b.n or 0)
    return replace(
        c,
        smd=_estimate(c.smd, n, door.of("smd"), spread=1.0),
        adjusted=_estimate(c.adjusted, n, door.of("adjusted"), spread=1.0),
        odds=_estimate(c.odds, n, door.of("odds"), spread=c.odds.value),
        adjusted_odds=_estimate(c.adjusted_odds, n, door.of("adjusted odds"), spread=c.adjusted_odds.value),
        p=door.chance(c.p),
        q=door.chance(c.q),
    )


def _estimate(one: Estimate, n: int, door: Door, *, spread: float | None) -> Estimate:
    low, value, high = (door.figure(part, spread, n) for part in (one.low, one.value, one.high))
    return Estimate(value=value, low=low, high=high, n=door.count(one.n))

"""A comparison as a disclosure preset lets it out."""

from dataclasses import replace

from latentspace.comparison.answer import Compared, ComparedRow, Contrast, Estimate, Size, Summary
from latentspace.disclosure import Door

SMALL = "suppressed: too few people"


def disclosed(found: Compared, door: Door) -> Compared:
    """What may be told of it: small groups and cells go, and whatever could give them away."""
    told = replace(found, disclosure=door.preset, notes=(*found.notes, door.says))
    if door.fewest == 1:
        return told
    hidden = tuple(door.hides(group.n) for group in found.groups)
    sizes = tuple(Size(name=group.name, n=door.count(group.n)) for group in found.groups)
    return replace(told, groups=sizes, rows=tuple(_row(row, hidden, door) for row in found.rows))


def _row(row: ComparedRow, hidden: tuple[bool, ...], door: Door) -> ComparedRow:
    groups = tuple(
        Summary() if small or door.hides(one.n) else _summary(one, door)
        for one, small in zip(row.groups, hidden, strict=True)
    )
    small = [one == Summary() or None in one.counts for one in groups]
    contrasts = tuple(
        Contrast(reason=SMALL, reason_adjusted=SMALL)
        if small[0] or small[j]
        else _contrast(c, row.groups[0], row.groups[j], door)
        for j, c in enumerate(row.contrasts, start=1)
    )
    return replace(row, groups=groups, contrasts=contrasts)


def _summary(one: Summary, door: Door) -> Summary:
    """Where counts are exact, those missing are a cell beside the levels; rounding already blurs that sum."""
    few = door.hides(one.missing)
    exact = door.base == 1 and one.counts
    counts = door.cells((*one.counts, one.missing))[:-1] if exact else door.cells(one.counts)

    def rounded(value: float | None) -> float | None:
        return door.figure(value, one.sd, one.n)

    return Summary(
        n=None if few else door.count(one.n),
        missing=door.count(one.missing),
        mean=rounded(one.mean),
        sd=rounded(one.sd),
        median=rounded(one.median),
        low_quartile=rounded(one.low_quartile),
        high_quartile=rounded(one.high_quartile),
        counts=counts,
    )


def _contrast(c: Contrast, a: Summary, b: Summary, door: Door) -> Contrast:
    n = min(a.n or 0, b.n or 0)
    spread = max(a.sd or 0.0, b.sd or 0.0) if a.sd is not None else 0.5
    return replace(
        c,
        difference=door.figure(c.difference, spread, n),
        smd=_estimate(c.smd, n, door, spread=1.0),
        adjusted=_estimate(c.adjusted, n, door, spread=1.0),
        odds=_estimate(c.odds, n, door, spread=c.odds.value),
        adjusted_odds=_estimate(c.adjusted_odds, n, door, spread=c.adjusted_odds.value),
        p=door.chance(c.p),
        q=door.chance(c.q),
    )


def _estimate(one: Estimate, n: int, door: Door, *, spread: float | None) -> Estimate:
    low, value, high = (door.figure(part, spread, n) for part in (one.low, one.value, one.high))
    return Estimate(value=value, low=low, high=high, n=door.count(one.n))

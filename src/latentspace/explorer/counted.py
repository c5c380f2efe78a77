"""Groups counted: histograms of columns and densities on maps, as openly as the server's preset allows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Shaped

from latentspace.disclosure import DOORS, Door, round_step
from latentspace.errors import InputError
from latentspace.explorer.rows import Rows
from latentspace.groups import Recipe

MOST_GROUPS, MOST_NAMES = 6, 200  # in one question
BINS = 25  # at most so many to a histogram, at least ten
SIDES = (48, 24, 12, 6, 3)  # cells along a side of a map, each twice as long as those before
SEEN = 2 / 3  # of a group's people must lie in cells that are told
HIDDEN = -1  # a count that is not told


@dataclass(frozen=True, slots=True)
class Binned:
    """A column in bins: of each row its bin, `n` where the value is missing, `n + 1` where it lies beyond the ends."""

    codes: Shaped[np.ndarray, " rows"]
    edges: Float32[np.ndarray, " bounds"]
    n: int


class Counted(Rows):
    """Rows of a workspace, counted by group: nothing of a single person is told where the preset forbids it."""

    @cached_property
    def _binned(self) -> dict[str, Binned]:
        return {}

    @cached_property
    def _spreads(self) -> dict[str, float]:
        return {}

    @cached_property
    def _boxes(self) -> dict[str, Float32[np.ndarray, " 4"]]:
        return {}

    @cached_property
    def _sides(self) -> dict[str, int]:
        """Of everyone, by map."""
        return {}

    @property
    def _alone(self) -> bool:
        return DOORS[self.disclosure].alone

    def tally(self, groups: Sequence[Recipe], names: Sequence[str]) -> dict[str, np.ndarray]:
        """Groups counted by the bins or levels of columns: `total` (groups,), -1 where a count is not told.

        For each group i and column `<i>.<name>.counts` (bins or levels, and last those whose value is missing); of
        numbers also `<i>.<name>.figures` (3,): mean, standard deviation and median, NaN where they are not told, and
        once `<name>.edges` (bins + 1,). Ends of a histogram are no single person's: as few people as the preset
        tells of may lie beyond each, and are in no bin.

        Raises:
            NotFoundError, InputError: as `select` and `columns`; more than six groups or 200 columns.
        """
        _few(len(groups), MOST_GROUPS, "groups")
        _few(len(names), MOST_NAMES, "columns")
        rows = [self.select(group) for group in groups]
        doors = [self._door(each) for each in rows]
        told = [door.count(int(each.sum())) for door, each in zip(doors, rows, strict=True)]
        arrays: dict[str, np.ndarray] = {"total": _counts(told)}
        for name in names:
            binned, values = self._bins(name), self._column(name)
            if values.dtype != np.int16:
                arrays[f"{name}.edges"] = binned.edges
            for i, (each, door) in enumerate(zip(rows, doors, strict=True)):
                hidden = told[i] is None
                own = door.of(name)
                counted = np.bincount(binned.codes[each], minlength=binned.n + 2).tolist()
                cells = [None] * len(counted) if hidden else own.cells(counted)
                arrays[f"{i}.{name}.counts"] = _counts(cells[: binned.n + 1])
                if values.dtype != np.int16:
                    arrays[f"{i}.{name}.figures"] = _figures(values[each], own, None if hidden else self._spread(name))
        return arrays

    def _spread(self, name: str) -> float:
        """Everyone's standard deviation of a column, found once."""
        if name not in self._spreads:
            self._spreads[name] = float(np.nanstd(self._column(name).astype(np.float64)))
        return self._spreads[name]

    def grid(self, space: str, method: str, groups: Sequence[Recipe]) -> dict[str, np.ndarray]:
        """Groups counted by the cells of a map: `box` (left, bottom, right, top) and for each group `<i>` (side, side).

        Rows from the bottom, -1 where a count is not told. Cells are as small as leaves two of three people in cells
        that are told.

        Raises:
            NotFoundError, InputError: as `points` and `select`; more than six groups.
        """
        _few(len(groups), MOST_GROUPS, "groups")
        name = f"{space}.{method}"
        arrays: dict[str, np.ndarray] = {"box": self._box(name)}
        for i, group in enumerate(groups):
            arrays[str(i)] = self._cells(name, self.select(group))
        return arrays

    def _cells(self, name: str, rows: Bool[np.ndarray, " n"]) -> Int32[np.ndarray, "side side"]:
        """The finest cells that are told well enough: which they are follows from what is told of each size."""
        points, door = self.points(*name.split(".", 1))[rows], self._door(rows)
        told, side = door.count(int(rows.sum())), SIDES[-1]
        for side in SIDES if told else ():
            counted = np.bincount(cells_of(points, self._box(name), side), minlength=side * side + 1)
            enough = counted[:-1][counted[:-1] >= door.fewest].sum()
            if (1 + door.base / door.fewest) * enough < SEEN * (told or 0):
                continue  # rounded up, they would not be enough either
            cells = _counts(door.of(name, str(side)).cells(counted.tolist())[:-1])
            if cells[cells > 0].sum() >= SEEN * (told or 0) or side == SIDES[-1]:
                return cells.reshape(side, side)
        return np.full((side, side), HIDDEN if told is None else 0, np.int32)

    def _bins(self, name: str) -> Binned:
        """The bins of a column, found once."""
        if name not in self._binned:
            values, levels = self._column(name), self._columns.levels(name)
            if values.dtype == np.int16:
                n = len(levels) or int(values.max(initial=0)) + 1  # `part` has codes and no texts
                codes = np.where(values < 0, n, values)
                self._binned[name] = Binned(codes.astype(np.int64), np.zeros(0, np.float32), n)
            else:
                self._binned[name] = binned(values, DOORS[self.disclosure].fewest)
        return self._binned[name]

    def _box(self, name: str) -> Float32[np.ndarray, " 4"]:
        """What of a map is drawn: no single person lies at its edge."""
        if name not in self._boxes:
            points = self.points(*name.split(".", 1))
            ends = [ends_of(points[:, axis], DOORS[self.disclosure].fewest, SIDES[0]) for axis in (0, 1)]
            (left, right, _), (bottom, top, _) = ends
            self._boxes[name] = np.array([left, bottom, right, top], np.float32)
        return self._boxes[name]

    def _in_cell(self, name: str, at: Float32[np.ndarray, " 2"]) -> Float32[np.ndarray, " 2"]:
        """The middle of the cell of a map (`joint.tsne`) in which a place lies, where single places are not told."""
        if self._alone or np.isnan(at).any():
            return at
        if name not in self._sides:
            self._sides[name] = len(self._cells(name, np.ones(len(self._subjects), bool)))
        low, high = np.split(self._box(name), 2)
        size = (high - low) / self._sides[name]
        return (low + (np.floor((np.clip(at, low, high) - low) / size) + np.float32(0.5)) * size).astype(np.float32)


def binned(values: Float32[np.ndarray, " n"], fewest: int) -> Binned:
    """Even bins with round bounds; `fewest` - 1 values may lie beyond each end, rounded outwards."""
    known = values[~np.isnan(values)].astype(np.float64)
    whole = bool((known == np.floor(known)).all())
    low, high, step = ends_of(values, fewest, BINS, whole=whole)
    n = round((high - low) / step)
    edges = (low + step * np.arange(n + 1)).astype(np.float32)
    codes = np.searchsorted(edges, values, side="right") - 1
    codes[(codes < 0) | (codes >= n)] = n + 1
    codes[np.isnan(values)] = n
    return Binned(codes, edges, n)


def ends_of(
    values: Float32[np.ndarray, " n"], fewest: int, parts: int, *, whole: bool = False
) -> tuple[float, float, float]:
    """Bounds of all but `fewest` - 1 values at each end, and the step that they are round by: about a `parts`th.

    0 to 1 where there are too few values to bound.
    """
    known = np.sort(values[~np.isnan(values)].astype(np.float64))
    if len(known) < 2 * fewest:
        return 0.0, 1.0, 1.0
    low, high = float(known[fewest - 1]), float(known[-fewest])
    least = (high - low) / parts or abs(low) / parts or 1.0
    step = max(round_step(least), 1.0) if whole else round_step(least)
    first, last = math.floor(low / step), math.floor(high / step) + 1
    return first * step, last * step, step


def cells_of(points: Float32[np.ndarray, "n 2"], box: Float32[np.ndarray, " 4"], side: int) -> Shaped[np.ndarray, " n"]:
    """The cell of each point, row by row from the lower left; side * side for those off the box or without a place."""
    low, high = box[:2].astype(np.float64), box[2:].astype(np.float64)
    at: Float64[np.ndarray, "n 2"] = (points - low) / (high - low) * side
    off: Bool[np.ndarray, " n"] = np.any((at < 0) | (at >= side) | np.isnan(at), axis=1)
    column, row = np.where(off[:, None], 0, at).astype(np.int64).T
    return np.where(off, side * side, row * side + column)


def _counts(told: Sequence[int | None]) -> Int32[np.ndarray, " k"]:
    return np.array([HIDDEN if n is None else n for n in told], np.int32)


def _figures(values: Float32[np.ndarray, " m"], door: Door, cohort: float | None) -> Float32[np.ndarray, " 3"]:
    """Mean, standard deviation and median of the known values, each with a draw of its own; NaN without a `cohort`.

    They are rounded by what one person of everyone could change, so that people alike give away no other among them.
    """
    known = values[~np.isnan(values)].astype(np.float64)
    n = len(known)
    if cohort is None or not n or door.of("n").hides(n):
        return np.full(3, np.nan, np.float32)
    spread = float(known.std())
    low, median, high = (float(value) for value in np.percentile(known, (25, 50, 75)))
    sd = np.nan if door.of("tight").tight(low, high, cohort) else spread
    plain = {"mean": float(known.mean()), "sd": sd, "median": median}
    spread = max(spread, cohort)
    return np.array(
        [np.nan if np.isnan(value) else door.of(what).figure(value, spread, n) for what, value in plain.items()],
        np.float32,
    )


def _few(n: int, most: int, what: str) -> None:
    if n > most:
        raise InputError("tally.many", where=what, found=f"{n}", hint=f"Ask of {most} {what} at most.")

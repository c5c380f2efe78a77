"""Group recipes: how a group is defined, as data that travels between page, files and Python, and its boolean mask."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float

from latentspace.errors import InputError

MAX_NODES, MAX_DEPTH, MAX_POINTS = 256, 16, 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Numeric values in [low, high]; a missing value is never inside."""

    column: str
    low: float
    high: float
    kind: Literal["between"] = "between"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """Any of these levels; `missing` adds those whose value is not known (numeric columns too)."""

    column: str
    values: tuple[str, ...] = ()
    missing: bool = False
    kind: Literal["one_of"] = "one_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Points of one map inside a polygon (even-odd rule), in the map's own coordinates, of this run only.

    `map` is the hash of the run's maps when it was drawn, empty where it is not known.
    """

    run: str
    space: str
    method: str
    polygon: tuple[tuple[float, float], ...]
    map: str = ""
    kind: Literal["inside"] = "inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """In every one of them; of nothing: everyone."""

    of: tuple["Recipe", ...]
    kind: Literal["all_of"] = "all_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """In at least one of them; of nothing: nobody."""

    of: tuple["Recipe", ...]
    kind: Literal["any_of"] = "any_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Everyone else, those with missing values included."""

    of: "Recipe"
    kind: Literal["not"] = "not"


Recipe = Between | OneOf | Inside | AllOf | AnyOf | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """What recipes are applied to: the very arrays that the page holds, so that counts agree.

    `column(name)` gives float32 values with NaN where missing, or for levels their int16 codes with -1 where
    missing; `levels(name)` their texts; `points(run, space, method)` the (n, 2) float32 map.
    """

    n: int
    column: Callable[[str], np.ndarray]
    levels: Callable[[str], tuple[str, ...]]
    points: Callable[[str, str, str], np.ndarray]


def mask(recipe: Recipe, cohort: Cohort) -> Bool[np.ndarray, " n"]:
    """Who belongs to the group.

    Raises:
        NotFoundError: the recipe names a column or a map that this workspace has not.
        InputError: a level that the column has not, or a numeric bound on levels.
    """
    match recipe:
        case Between():
            return _between(recipe, cohort)
        case OneOf():
            return _one_of(recipe, cohort)
        case Inside():
            points = cohort.points(recipe.run, recipe.space, recipe.method)
            return inside(points.astype(np.float64), np.array(recipe.polygon, np.float64).reshape(-1, 2))
        case AllOf():
            return np.logical_and.reduce([np.ones(cohort.n, bool), *(mask(r, cohort) for r in recipe.of)])
        case AnyOf():
            return np.logical_or.reduce([np.zeros(cohort.n, bool), *(mask(r, cohort) for r in recipe.of)])
        case Not():
            return ~mask(recipe.of, cohort)


def leaves(recipe: Recipe) -> Iterator[Between | OneOf | Inside]:
    """The parts of a recipe that ask something of a column or a map."""
    match recipe:
        case AllOf() | AnyOf():
            for part in recipe.of:
                yield from leaves(part)
        case Not():
            yield from leaves(recipe.of)
        case _:
            yield recipe


def inside(points: Float[np.ndarray, "n 2"], polygon: Float[np.ndarray, "k 2"]) -> Bool[np.ndarray, " n"]:
    """Even-odd rule, float64, the same arithmetic as `inside` in frontend/src/lib/lasso.ts.

    A point with NaN is never inside; fewer than three corners enclose nobody.
    """
    x, y = points[:, 0], points[:, 1]
    odd = np.zeros(len(points), bool)
    if len(polygon) < 3:
        return odd
    with np.errstate(divide="ignore", invalid="ignore"):
        for (xi, yi), (xj, yj) in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
            crosses = (yi > y) != (yj > y)
            odd ^= crosses & (x < (xj - xi) * (y - yi) / (yj - yi) + xi)
    return odd & ~np.isnan(x) & ~np.isnan(y)


def to_json(recipe: Recipe) -> dict[str, Any]:
    """Plain data, as `parse` reads it."""
    return asdict(recipe)


def parse(data: object) -> Recipe:
    """Build a recipe from plain data (JSON), with limits on its size.

    Raises:
        InputError: not a recipe, or larger than 256 nodes, 16 levels or 4,096 corners.
    """
    budget = [MAX_NODES]
    try:
        return _parse(data, 0, budget)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "recipe.malformed",
            where="group recipe",
            found=f"not a recipe ({type(error).__name__}: {error})",
            hint="Use between, one_of, inside, all_of, any_of and not, as the page's “Copy recipe” writes them.",
        ) from error


def _parse(data: object, depth: int, budget: list[int]) -> Recipe:
    budget[0] -= 1
    if budget[0] < 0 or depth > MAX_DEPTH:
        message = f"more than {MAX_NODES} parts or {MAX_DEPTH} levels"
        raise ValueError(message)
    if not isinstance(data, dict):
        message = "expected an object"
        raise TypeError(message)
    fields: dict[str, Any] = {str(key): value for key, value in data.items()}
    kind = fields.pop("kind")
    match kind:
        case "between":
            return Between(column=_text(fields["column"]), low=_number(fields["low"]), high=_number(fields["high"]))
        case "one_of":
            values = tuple(_text(v) for v in _list(fields.get("values", [])))
            return OneOf(column=_text(fields["column"]), values=values, missing=fields.get("missing", False) is True)
        case "inside":
            return _parse_inside(fields)
        case "all_of" | "any_of":
            parts = tuple(_parse(part, depth + 1, budget) for part in _list(fields["of"]))
            return AllOf(of=parts) if kind == "all_of" else AnyOf(of=parts)
        case "not":
            return Not(of=_parse(fields["of"], depth + 1, budget))
        case _:
            message = f"unknown kind {str(kind)[:40]!r}"
            raise ValueError(message)


def _parse_inside(fields: dict[str, Any]) -> Inside:
    corners = _list(fields["polygon"])
    if len(corners) > MAX_POINTS:
        message = f"more than {MAX_POINTS} corners"
        raise ValueError(message)
    polygon = tuple((_number(x), _number(y)) for x, y in corners)
    return Inside(
        run=_text(fields["run"]),
        space=_text(fields["space"]),
        method=_text(fields["method"]),
        polygon=polygon,
        map=_text(fields.get("map", "")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = f"expected text, found {type(value).__name__}"
        raise TypeError(message)
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        message = f"expected a finite number, found {str(value)[:40]!r}"
        raise ValueError(message)
    return float(value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list | tuple):
        message = f"expected a list, found {type(value).__name__}"
        raise TypeError(message)
    return list(value)


def _between(recipe: Between, cohort: Cohort) -> Bool[np.ndarray, " n"]:
    if cohort.levels(recipe.column):
        raise InputError(
            "recipe.not_numeric",
            where=f"column {recipe.column}",
            found="has levels, not numbers",
            hint="Use one_of with its levels.",
        )
    values = cohort.column(recipe.column).astype(np.float64)
    return (values >= recipe.low) & (values <= recipe.high)


def _one_of(recipe: OneOf, cohort: Cohort) -> Bool[np.ndarray, " n"]:
    levels, values = cohort.levels(recipe.column), cohort.column(recipe.column)
    if unknown := [v for v in recipe.values if v not in levels]:
        raise InputError(
            "recipe.unknown_level",
            where=f"column {recipe.column}",
            found=f"no level {unknown[0]!r}",
            hint=f"Its levels are {', '.join(levels) or 'none (it is numeric)'}.",
        )
    missing = values < 0 if levels else np.isnan(values)
    chosen = np.isin(values, [levels.index(v) for v in recipe.values]) & ~missing
    return chosen | missing if recipe.missing else chosen

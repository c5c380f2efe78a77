"""`compare`: two evaluated runs side by side; the difference, in pairs, wherever both judged the same people."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from latentspace.artifact import read_json
from latentspace.evaluate.parts import Parts, plain, read_parts
from latentspace.modality import JOINT
from latentspace.run import Run
from latentspace.stats.bootstrap import Figure, Ratio, figure
from latentspace.workspace import Workspace

SEED = 0  # of the draws: the same two runs always give the same intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two runs: what it is, how long it was trained (`epochs`: passes over its people), what it reached."""

    run: str
    model: str
    preset: str
    seed: int | None
    seconds: float | None
    epochs: int | None
    config: Mapping[str, Any]
    figures: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of both runs; `difference` is B minus A, paired if it has an interval, else with the reason."""

    a: Mapping[str, Any]
    b: Mapping[str, Any]
    difference: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs of one workspace and every figure that both have."""

    a: Side
    b: Side
    rows: Mapping[str, Row]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The whole as one JSON object."""
        sides = {"a": asdict(self.a), "b": asdict(self.b)}
        for side in sides.values():
            del side["figures"]
        rows = {n: {"a": dict(r.a), "b": dict(r.b), "b_minus_a": plain(r.difference)} for n, r in self.rows.items()}
        return {**sides, "figures": rows, "only_a": list(self.only_a), "only_b": list(self.only_b)}

    def table(self) -> str:
        """The whole for a terminal."""
        a, b = (dict(_facts(side)) for side in (self.a, self.b))
        differing = sorted(k for k in {*self.a.config, *self.b.config} - a.keys() if _of(self.a, k) != _of(self.b, k))
        lines = [("", "A", "B", ""), *((fact, a[fact], b[fact], "") for fact in a)]
        lines += [(f"config {key}", _of(self.a, key), _of(self.b, key), "") for key in differing]
        lines += [("", "", "", ""), ("figure", "A", "B", "B - A [95 %]")]
        lines += [(n, _value(r.a), _value(r.b), _change(r)) for n, r in self.rows.items()]
        lines += [(n, "only here", "", "") for n in self.only_a] + [(n, "", "only here", "") for n in self.only_b]
        wide = [max(len(line[i]) for line in lines) for i in range(3)]
        text = (f"{n:<{wide[0]}}  {a:>{wide[1]}}  {b:>{wide[2]}}  {d}".rstrip() for n, a, b, d in lines)
        return "\n".join(text)


def compare(workspace: Workspace, a: Run, b: Run) -> Comparison:
    """Both runs' figures, and B minus A with its 95 % interval over the same people drawn anew for both.

    Figures of single dimensions stay out: z03 of one model has nothing to do with z03 of another.

    Raises:
        NotFoundError: a run is not evaluated yet.
    """
    sides = (_side(a), _side(b))
    parts = (read_parts(a), read_parts(b))
    dims = {dim for run in (a, b) for s in run.spaces(workspace.modelled) if s.name == JOINT for dim in s.dims}
    names = [[n for n in side.figures if not dims & set(n.split("."))] for side in sides]
    rows = {
        name: Row(a=sides[0].figures[name], b=sides[1].figures[name], difference=_difference(name, sides, parts))
        for name in names[0]
        if name in names[1]
    }
    only = [tuple(n for n in own if n not in rows) for own in names]
    return Comparison(a=sides[0], b=sides[1], rows=rows, only_a=only[0], only_b=only[1])


def _side(run: Run) -> Side:
    record = run.record
    config: dict[str, Any] = record.get("config", {})
    return Side(
        run=run.name,
        model=config.get("model", "cross_modal"),
        preset=config.get("preset", "unknown"),
        seed=config.get("seed"),
        seconds=record.get("seconds"),
        epochs=record.get("passes", record.get("epochs")),
        config=flat(config),
        figures=read_json(run.file("evaluation.json")),
    )


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """`{"objective": {"kl": 1}}` as `{"objective.kl": 1}`, the way overrides are written."""
    values: dict[str, Any] = {}
    for key, value in config.items():
        inner = {f"{key}.{k}": v for k, v in flat(value).items()} if isinstance(value, Mapping) else {key: value}
        values |= inner
    return values


def _difference(name: str, sides: tuple[Side, Side], parts: tuple[Parts | None, Parts | None]) -> Figure:
    values = [side.figures[name]["value"] for side in sides]
    for letter, side in zip("AB", sides, strict=True):
        if side.figures[name]["value"] is None:
            return Figure(reason=f"{letter}: {side.figures[name].get('reason', 'no value')}")
    ratios, reason = _pair(name, parts)
    if ratios is None:
        return Figure(value=values[1] - values[0], reason=f"unpaired: {reason}")
    return paired(*ratios)


def paired(a: Ratio, b: Ratio) -> Figure:
    """B minus A over the same people, with the interval that draws of these people give to the difference."""

    def statistic(weights: Float64[np.ndarray, "draws n"]) -> Float64[np.ndarray, " draws"]:
        return b(weights) - a(weights)

    return figure(statistic, len(a.above), np.random.default_rng(SEED))


def _pair(name: str, parts: tuple[Parts | None, Parts | None]) -> tuple[tuple[Ratio, Ratio] | None, str]:
    a, b = parts
    if a is None or b is None:
        return None, "an older version evaluated one of them; evaluate it again"
    if a.drawn_by != b.drawn_by or not np.array_equal(a.people, b.people):
        return None, "they were judged on other people, or with another seed"
    if name not in a.figures or name not in b.figures:
        return None, "no sum over people"
    of_a, of_b = a.figures[name], b.figures[name]
    if len(of_a.above) != len(of_b.above):
        return None, "not the same number of people"
    return (of_a, of_b), ""


def _facts(side: Side) -> list[tuple[str, str]]:
    seconds = "unknown" if side.seconds is None else f"{side.seconds:.0f}"
    epochs = "unknown" if side.epochs is None else str(side.epochs)
    seed = "unknown" if side.seed is None else str(side.seed)
    named = [("run", side.run), ("model", side.model), ("preset", side.preset), ("seed", seed)]
    return [*named, ("seconds", seconds), ("epochs", epochs)]


def _of(side: Side, key: str) -> str:
    return str(side.config.get(key, "none"))


def _value(figure: Mapping[str, Any]) -> str:
    return "none" if figure.get("value") is None else f"{figure['value']:.4g}"


def _change(row: Row) -> str:
    """The difference with the decimals of A."""
    difference, a = row.difference, row.a.get("value")
    if difference.value is None or a is None:
        return difference.reason or ""
    decimals = max(0, 3 - math.floor(math.log10(abs(a)))) if a else 3
    if difference.low is None or difference.high is None:
        return f"{difference.value:+.{decimals}f} {difference.reason}"
    return f"{difference.value:+.{decimals}f} [{difference.low:+.{decimals}f}, {difference.high:+.{decimals}f}]"

"""Lines as inline SVG: intervals, traces on ECG paper, values of a vector."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from jaxtyping import Float64, Shaped

from latentspace.evaluate.words import Metric, bracket
from latentspace.modality import Modality
from latentspace.stats.bootstrap import Figure

UNITS_PER_MM, TRACE_MM, HEIGHT_MM = 20, 30.0, 20.0
MM_PER_MV, LONGEST_MM = 10.0, 60.0
ROWS_OF_LEADS, MOST_POINTS = 3, 300
PLOT_WIDTH, PLOT_HEIGHT, INSET = 180, 18, 4
VALUE_WIDTH, VALUE_HEIGHT, LABEL_WIDTH = 230, 15, 90

Values = Shaped[np.ndarray, " elements"]


def interval(figure: Figure, metric: Metric) -> str:
    """A dot with its 95 % line on an axis whose ends are written; a tick where a model that knows nothing is."""
    assert figure.value is not None  # noqa: S101 - for the type checker
    low, high = (figure.value if edge is None else edge for edge in (figure.low, figure.high))
    left, right = _ends(low, high, metric)

    def at(value: float) -> str:
        return f"{INSET + (PLOT_WIDTH - 2 * INSET) * (value - left) / (right - left):.1f}"

    middle = PLOT_HEIGHT / 2
    parts = [f'<path class="axis" d="M{INSET} {middle}H{PLOT_WIDTH - INSET}"/>']
    if metric.nothing is not None and left <= metric.nothing <= right:
        parts.append(f'<path class="nothing" d="M{at(metric.nothing)} 2V{PLOT_HEIGHT - 2}"/>')
    parts.append(f'<path class="range" d="M{at(low)} {middle}H{at(high)}"/>')
    parts.append(f'<circle class="dot" cx="{at(figure.value)}" cy="{middle}" r="3.5"/>')
    label = f"95 % interval {bracket(figure.value, low, high)}"
    drawn = _svg(parts, PLOT_WIDTH, PLOT_HEIGHT, label)
    return f'<span class="end">{left:g}</span>{drawn}<span class="end">{right:g}</span>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """How the traces of a modality are laid out: three rows, column by column, `zero` of each at `baselines_mm`."""

    modality: Modality
    mm_per_unit: float
    mm_per_sample: float
    zero: float
    baselines_mm: tuple[float, ...]
    height_mm: float

    @property
    def leads(self) -> tuple[str, ...]:
        """Names of the traces, empty where they have none; a vector is one trace."""
        axes = self.modality.axes
        named = len(axes) == 2 and bool(axes[0].labels)
        return axes[0].labels if named else ("",) * math.prod(self.modality.shape[:-1])

    @property
    def width_mm(self) -> float:
        """Of the whole sheet."""
        columns = -(-len(self.leads) // ROWS_OF_LEADS)
        return columns * self.mm_per_sample * self.modality.axes[-1].size


def scale_of(modality: Modality, seen: Shaped[np.ndarray, "n elements"]) -> float:
    """Millimetres for one unit: 10 for an ECG in mV, which stands on squared paper, else so that most people fit."""
    axis = modality.axes[-1]
    traces = seen.reshape(len(seen), -1, axis.size)
    height = float(np.quantile(traces.max(axis=2), 0.9) - np.quantile(traces.min(axis=2), 0.1))
    beat = modality.unit == "mV" and axis.unit == "s" and 25 * axis.step * axis.size <= LONGEST_MM
    return MM_PER_MV if beat and MM_PER_MV * height <= LONGEST_MM else HEIGHT_MM / max(height, 1e-9)


def squared(modality: Modality, mm_per_unit: float) -> bool:
    """Whether the sheet is squared paper, at 25 mm/s and 10 mm/mV."""
    return modality.unit == "mV" and modality.axes[-1].unit == "s" and mm_per_unit == MM_PER_MV


def paper_for(modality: Modality, mm_per_unit: float, shown: Shaped[np.ndarray, "n elements"]) -> Paper:
    """A sheet on which all that is `shown` fits."""
    axis, on_squares = modality.axes[-1], squared(modality, mm_per_unit)
    traces = np.nan_to_num(shown.reshape(len(shown), -1, axis.size).astype(np.float64))
    zero = 0.0 if on_squares else float(traces.min())
    top, bottom = (mm_per_unit * (edge - zero) for edge in (traces.max(axis=(0, 2)), traces.min(axis=(0, 2))))
    baselines: list[float] = []
    y = 0.0
    for row in range(min(ROWS_OF_LEADS, len(top))):
        over, under = (_to_5_mm(float(v[row::ROWS_OF_LEADS].max())) for v in (top, -bottom))
        baselines.append(y + over)
        y += over + under
    return Paper(
        modality=modality,
        mm_per_unit=mm_per_unit,
        mm_per_sample=25 * axis.step if on_squares else TRACE_MM / axis.size,
        zero=zero,
        baselines_mm=tuple(baselines),
        height_mm=y,
    )


def traces(paper: Paper, before: Values, drawn: Values, px_per_mm: int) -> str:
    """Every lead of `before` in grey with that of `drawn` in blue over it."""
    leads, size = paper.leads, paper.modality.axes[-1].size
    wide, high = (round(mm * UNITS_PER_MM) for mm in (paper.width_mm, paper.height_mm))
    on_squares = squared(paper.modality, paper.mm_per_unit)
    grid = ("mm" if px_per_mm > 2 else "cm") if on_squares else "plain"
    parts = [f'<rect class="paper {grid}" width="{wide}" height="{high}"/>']
    if on_squares:
        parts.append(f'<rect fill="url(#{grid})" width="{wide}" height="{high}"/>')
    for kind, values in (("before", before), ("now", drawn)):
        lines = [_line(paper, i, trace) for i, trace in enumerate(values.reshape(len(leads), size))]
        parts.append(f'<path class="{kind}" d="{"".join(lines)}"/>')
    for i, lead in enumerate(leads):
        x, y = _origin(paper, i)
        parts.append(f'<text x="{x + 10}" y="{max(y - 4 * UNITS_PER_MM, 55)}">{escape(lead)}</text>')
    box = f'viewBox="0 0 {wide} {high}" width="{wide * px_per_mm // UNITS_PER_MM}"'
    return f'<svg class="traces" {box} role="img" aria-label="grey before, blue drawn">{"".join(parts)}</svg>'


def values(labels: Sequence[str], limits: Float64[np.ndarray, "2 elements"], before: Values, drawn: Values) -> str:
    """A row for each element, from its lower to its upper limit: a grey dot before, a blue one drawn."""
    left, right = LABEL_WIDTH, VALUE_WIDTH - 8
    share = [(v - limits[0]) / np.maximum(limits[1] - limits[0], 1e-12) for v in (before, drawn)]
    x = left + (right - left) * np.clip(share, 0, 1)
    parts: list[str] = []
    for i, label in enumerate(labels):
        y = i * VALUE_HEIGHT + VALUE_HEIGHT / 2
        parts.append(f'<text x="0" y="{y + 4}">{escape(label)}</text><path class="axis" d="M{left} {y}H{right}"/>')
        parts.append(f'<circle class="before" cx="{x[0, i]:.1f}" cy="{y}" r="4"/>')
        parts.append(f'<circle class="now" cx="{x[1, i]:.1f}" cy="{y}" r="3"/>')
    return _svg(parts, VALUE_WIDTH, len(labels) * VALUE_HEIGHT, "grey before, blue drawn")


def _ends(low: float, high: float, metric: Metric) -> tuple[float, float]:
    left, right = metric.ends or (0.0, 0.0)
    return (left if low >= left else -_nice(-low)), (right if right > left and high <= right else _nice(high))


def _nice(value: float) -> float:
    """The next of 1, 2, 5, 10, ... times a power of ten; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999)


def _to_5_mm(mm: float) -> float:
    return max(5.0, 5 * math.ceil((mm + 1) / 5))


def _origin(paper: Paper, lead: int) -> tuple[int, int]:
    column, row = divmod(lead, ROWS_OF_LEADS)
    x = column * paper.mm_per_sample * paper.modality.axes[-1].size
    return round(x * UNITS_PER_MM), round(paper.baselines_mm[row] * UNITS_PER_MM)


def _line(paper: Paper, lead: int, trace: Values) -> str:
    """A path in whole units, each point relative to the one before: a third of the characters."""
    left, base = _origin(paper, lead)
    kept = np.arange(0, len(trace), max(1, len(trace) // MOST_POINTS))
    x = np.rint(left + kept * paper.mm_per_sample * UNITS_PER_MM).astype(int)
    height = (np.nan_to_num(trace[kept].astype(np.float64)) - paper.zero) * paper.mm_per_unit * UNITS_PER_MM
    y = np.rint(base - height).astype(int)
    steps = " ".join(f"{dx} {dy}" for dx, dy in zip(np.diff(x), np.diff(y), strict=True))
    return f"M{x[0]} {y[0]}l{steps}"


def _svg(parts: Sequence[str], width: float, height: float, label: str) -> str:
    return f'<svg width="{width}" height="{height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'

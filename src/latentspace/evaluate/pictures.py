"""Samples and filmstrips as HTML: traces and values are laid over each other, images stand beside each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from jaxtyping import Float64, Shaped, UInt8

from latentspace.evaluate.drawings import paper_for, scale_of, squared, traces, values
from latentspace.evaluate.png import CHANGES, GREYS, Palette, data_uri, png, shaded
from latentspace.evaluate.samples import STEPS_SD, Sample, Strip
from latentspace.evaluate.words import number
from latentspace.modality import Modality

MOST_SEEN, FEWEST_SEEN = 1 << 21, 24  # elements, people
MOST_VALUES, SMALL, PIXEL_PX = 24, 32, 16
WIDE_PX, TILE_PX = 600, 240
MARK = '<b class="mark">GENERATED</b>'

Values = Shaped[np.ndarray, " elements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a modality is drawn, in all pictures alike: `mm_per_unit` as traces, from `low` to `high` as grey levels.

    Dark on light where `low` is the larger. `limits` are where nearly all people lie, for each element of a vector.
    """

    modality: Modality
    mm_per_unit: float = 1.0
    limits: Float64[np.ndarray, "2 elements"] | None = None
    low: float = 0.0
    high: float = 1.0

    @property
    def change(self) -> float:
        """A change of full colour: a quarter of the range from black to white."""
        return abs(self.high - self.low) / 4


def look_at(modality: Modality, recordings: Shaped[np.ndarray, "n elements"]) -> Look:
    """The look that fits what was recorded of the first people."""
    known = np.flatnonzero(~np.isnan(recordings[:, 0].astype(np.float64)))
    many = max(MOST_SEEN // recordings.shape[1], FEWEST_SEEN)
    seen = recordings[known[:many]].astype(np.float64) if len(known) else np.zeros((1, recordings.shape[1]))
    if is_image(modality):
        low, high = (float(q) for q in np.quantile(seen, (0.005, 0.997)))
        low, high = (high, low) if modality.unit == "ink" else (low, high)
        return Look(modality=modality, low=low, high=high)
    if len(modality.axes) == 1 and modality.axes[0].size <= MOST_VALUES:
        return Look(modality=modality, limits=np.quantile(seen, (0.01, 0.99), axis=0))
    return Look(modality=modality, mm_per_unit=scale_of(modality, seen))


def is_image(modality: Modality) -> bool:
    """Whether its arrays are images, or images in time."""
    axes = modality.axes
    return len(axes) == 3 or (len(axes) == 2 and not axes[0].labels)


def sample_row(look: Look, sample: Sample, truth: str) -> str:
    """Recorded, reconstructed and translated; `truth` is the word for what was recorded (or simulated)."""
    source = "" if sample.source is None else f"Translated from {escape(sample.source.label)} alone"
    drawn = [("Reconstructed", sample.reconstructed), (source, sample.translated)]
    panels = [(words, v) for words, v in drawn if v is not None]
    if not is_image(look.modality):
        over, draw = (
            f"over {escape(truth.lower())} (grey)",
            _drawer(look, [sample.recorded, *(v for _, v in panels)], WIDE_PX),
        )
        return _row([_generated(f"{words}, {over}", draw(sample.recorded, v)) for words, v in panels])
    systole = _largest_change(look, sample.recorded)
    own = _figure("recorded", f'<b class="mark">{escape(truth.upper())}</b>', _images(look, sample.recorded, systole))
    return _row([own, *(_generated(words, _images(look, v, systole)) for words, v in panels)])


def strip_row(look: Look, strip: Strip) -> str:
    """The five steps along a dimension or a direction in one modality."""
    start = strip.drawn[STEPS_SD.index(0)]
    draw = _tiler(look, start) if is_image(look.modality) else _drawer(look, list(strip.drawn), TILE_PX)
    steps = [f"{sd:+d} SD".replace("-", "−") if sd else "0 SD" for sd in STEPS_SD]
    tiles = [_generated(step, draw(start, drawn)) for step, drawn in zip(steps, strip.drawn, strict=True)]
    share = "" if strip.share is None else f"{number(100 * strip.share)} % of the variance of "
    title = f"{escape(strip.along)} <span>{share}{escape(strip.modality.label)}</span>"
    return f'<h4>{title}</h4><div class="strip">{"".join(tiles)}</div>'


def legend(look: Look) -> str:
    """How to read the pictures of a modality."""
    if look.limits is not None:
        return "Each line runs from the 1st to the 99th percentile of the held-out people."
    if not is_image(look.modality):
        on_squares = squared(look.modality, look.mm_per_unit)
        return "Squares of 1 mm: 25\u00a0mm/s, 10\u00a0mm/mV." if on_squares else "One scale for all traces."
    if len(look.modality.axes) == 2:
        return "One grey scale for all pictures."
    phases = _phases(look.modality)
    colours = f"orange brighter, lavender darker, full colour from ±{number(look.change)} {look.modality.unit}"
    pose = " A translated heart lies where hearts lie on average: another modality does not know its place."
    return (
        f"Left {phases[0]}, middle {phases[1]}, right the change between them ({escape(colours)})."
        f"{pose if look.modality.is_cine else ''}"
    )


Draw = Callable[[Values, Values], str]
"""Values before and now -> a picture."""


def _drawer(look: Look, shown: Sequence[Values], width_px: int) -> Draw:
    """Draws traces, all on sheets of one size and 2 to 4 pixels a millimetre, or single values."""
    axis, limits = look.modality.axes[0], look.limits
    if limits is not None:
        labels = axis.labels or tuple(f"{axis.name} {i + 1}" for i in range(axis.size))
        return lambda before, now: values(labels, limits, before, now)
    paper = paper_for(look.modality, look.mm_per_unit, np.stack(shown))
    px_per_mm = max(2, min(4, int(width_px // paper.width_mm)))
    return lambda before, now: traces(paper, before, now, px_per_mm)


def _tiler(look: Look, start: Values) -> Draw:
    """Draws an image; of images in time two phases, and under each how it differs from before."""
    shape = look.modality.shape
    if len(shape) == 2:
        return lambda _, now: _image(look, now.reshape(shape), "image")
    systole, phases = _largest_change(look, start), _phases(look.modality)

    def draw(before: Values, now: Values) -> str:
        here, there = (v.reshape(shape).astype(np.float64)[[0, systole]] for v in (now, before))
        frames = [_image(look, frame, phase) for frame, phase in zip(here, phases, strict=True)]
        return "".join([*frames, *(_change(look, change) for change in here - there)])

    return draw


def _phases(modality: Modality) -> tuple[str, str]:
    return ("end diastole", "end systole") if modality.is_cine else ("first frame", "frame that differs most")


def _images(look: Look, flat: Values, systole: int) -> str:
    whole = flat.reshape(look.modality.shape)
    if whole.ndim == 2:
        return _image(look, whole, "image")
    frames = whole[[0, systole]].astype(np.float64)
    drawn = [_image(look, frame, phase) for frame, phase in zip(frames, _phases(look.modality), strict=True)]
    return "".join([*drawn, _change(look, frames[1] - frames[0])])


def _image(look: Look, picture: Shaped[np.ndarray, "rows columns"], alt: str) -> str:
    return _img(shaded(picture, look.low, look.high), GREYS, alt)


def _change(look: Look, change: Float64[np.ndarray, "rows columns"]) -> str:
    return _img(shaded(change, -look.change, look.change), CHANGES, "change")


def _img(levels: UInt8[np.ndarray, "rows columns"], palette: Palette, alt: str) -> str:
    rows, columns = levels.shape
    how = f' class="pixels" style="width:{PIXEL_PX * columns}px"' if max(rows, columns) < SMALL else ""
    return f'<img{how} width="{columns}" height="{rows}" alt="{alt}" src="{data_uri(png(levels, palette))}">'


def _largest_change(look: Look, flat: Values) -> int:
    """The frame that differs most from the first; 0 where there is no time."""
    if not is_image(look.modality) or len(look.modality.axes) == 2:
        return 0
    whole = flat.reshape(look.modality.shape[0], -1).astype(np.float64)
    return int(((whole - whole[0]) ** 2).sum(axis=1).argmax())


def _generated(words: str, content: str) -> str:
    return _figure("generated", f"{MARK} {words}", content)


def _figure(kind: str, caption: str, content: str) -> str:
    return f'<figure class="{kind}"><figcaption>{caption}</figcaption><div>{content}</div></figure>'


def _row(figures: Sequence[str]) -> str:
    return f'<div class="row">{"".join(figures)}</div>'

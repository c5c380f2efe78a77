"""Compiled loops of the cine: exact area coverage of outlines, painting, reception by the coils.

Coverage is accumulated as signed differences along each row, so an outline wound there and back leaves a hole.

Source:
    The accumulation buffer of font rasterisers (R. Levien, font-rs, 2016).
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Int64, UInt8

Image = Float32[np.ndarray, "size size"]
Row = Float32[np.ndarray, " size"]
Cover = Float32[np.ndarray, "size beyond"]
Frames = Float32[np.ndarray, "frames size size"]
Points = Float32[np.ndarray, "points 2"]
Span = tuple[int, int]
Corner = tuple[float, float]
Spans = Int64[np.ndarray, "size 2"]  # first column of each row that an outline touches, and the one after the last
# Layers as plain arrays: points, the start of each outline and the end of the last, and value, opacity, flow, grain.
Painting = tuple[Float32[np.ndarray, "..."], Int64[np.ndarray, " ends"], Float32[np.ndarray, "..."]]
Fields = tuple[Frames, Float32[np.ndarray, "frames fields"], Image]  # moving fields, their weights, grain
P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code, kept on disk. Its types are not checked: the compiler needs the bare function."""
    return numba.njit(cache=True, nogil=True, fastmath=True)(function)


@compiled
@no_type_check
def _cover_row(cover: Cover, y: int, left: float, right: float, area: float) -> None:
    """Add the coverage that one edge gives to a row: `cover` holds differences from pixel to pixel."""
    first, last = int(left), int(np.ceil(right))
    if last <= first + 1:
        beyond = 0.5 * (left + right) - first
        cover[y, first] += area * (1 - beyond)
        cover[y, first + 1] += area * beyond
        return
    slope = 1 / (right - left)
    part = left - first
    begun = 0.5 * slope * (1 - part) ** 2
    rest = right - last + 1
    ended = 0.5 * slope * rest**2
    cover[y, first] += area * begun
    if last == first + 2:
        cover[y, first + 1] += area * (1 - begun - ended)
    else:
        second = slope * (1.5 - part)
        cover[y, first + 1] += area * (second - begun)
        for x in range(first + 2, last - 1):
            cover[y, x] += area * slope
        cover[y, last - 1] += area * (1 - second - (last - first - 3) * slope - ended)
    cover[y, last] += area * ended


@compiled
@no_type_check
def _cover_edge(cover: Cover, spans: Spans, start: Corner, end: Corner) -> None:
    """Add one edge of an outline to the coverage differences, and widen the spans of the rows that it touches."""
    size = cover.shape[0]
    (x0, y0), (x1, y1), sign = start, end, 1.0
    if y0 == y1:
        return
    if y0 > y1:
        x0, y0, x1, y1, sign = x1, y1, x0, y0, -1.0
    slope = (x1 - x0) / (y1 - y0)
    x = x0 if y0 >= 0 else x0 - y0 * slope
    for y in range(max(0, int(np.floor(y0))), min(size, int(np.ceil(y1)))):
        height = min(y + 1.0, y1) - max(float(y), y0)
        after = x + slope * height
        here, there = min(max(x, 0.0), float(size)), min(max(after, 0.0), float(size))
        left, right = min(here, there), max(here, there)
        _cover_row(cover, y, left, right, sign * height)
        spans[y, 0] = min(spans[y, 0], int(left))
        spans[y, 1] = max(spans[y, 1], min(size, int(right) + 2))
        x = after


@compiled
@no_type_check
def _cover(cover: Cover, spans: Spans, points: Points) -> Span:
    """Fill the table of one outline; gives the rows that it touches."""
    size = cover.shape[0]
    top, bottom = points[0, 1], points[0, 1]
    for i in range(len(points)):
        top, bottom = min(top, points[i, 1]), max(bottom, points[i, 1])
    first, last = max(0, int(np.floor(top))), min(size, int(np.ceil(bottom)))
    for y in range(first, last):
        spans[y, 0], spans[y, 1] = size, 0
    before = (points[-1, 0], points[-1, 1])
    for i in range(len(points)):
        corner = (points[i, 0], points[i, 1])
        _cover_edge(cover, spans, before, corner)
        before = corner
    return first, last


@compiled
@no_type_check
def paint(image: Image, painting: Painting, flow: Image, grain: Image) -> None:
    """Paint all layers of one frame, in place."""
    points, start, style = painting
    size = image.shape[0]
    cover = np.zeros((size, size + 2), np.float32)
    spans = np.zeros((size, 2), np.int64)
    for k in range(len(start) - 1):
        if style[k, 1] <= 0:
            continue
        first, last = _cover(cover, spans, points[start[k] : start[k + 1]])
        _blend(image, cover, spans[first:last], (first, style[k]), (flow, grain))


@compiled
@no_type_check
def _blend(image: Image, cover: Cover, spans: Spans, layer: tuple[int, Row], textures: tuple[Image, Image]) -> None:
    """Mix one layer into its rows of the image, and clear its coverage; two loops, so that the second is vectorised."""
    one = np.float32(1)
    first, style = layer
    value, opacity, moving, fixed = style
    flow, grain = textures
    for i in range(len(spans)):
        y, left, right = first + i, spans[i, 0], spans[i, 1]
        total = np.float32(0)
        for x in range(left, right):
            total += cover[y, x]
            cover[y, x] = total
        for x in range(left, right):
            share = min(abs(cover[y, x]), one) * opacity
            colour = value * (one + moving * flow[y, x] + fixed * grain[y, x])
            image[y, x] += share * (colour - image[y, x])
        for x in range(left, min(right + 2, cover.shape[1])):
            cover[y, x] = 0


@compiled
@no_type_check
def covered(points: Float32[np.ndarray, "frames points 2"], size: int) -> Frames:
    """Share of each pixel inside an outline, frame by frame."""
    out = np.zeros((len(points), size, size), np.float32)
    cover = np.zeros((size, size + 2), np.float32)
    spans = np.zeros((size, 2), np.int64)
    for t in range(len(points)):
        first, last = _cover(cover, spans, points[t])
        for y in range(first, last):
            total = np.float32(0)
            for x in range(spans[y, 0], spans[y, 1]):
                total += cover[y, x]
                if abs(total) > np.float32(1e-4):  # what is left of rounding is no coverage
                    out[t, y, x] = min(abs(total), np.float32(1))
            cover[y] = 0
    return out


@compiled
@no_type_check
def _add(flow: Image, weight: np.float32, field: Image) -> None:
    for y in range(len(flow)):
        for x in range(len(flow)):
            flow[y, x] += weight * field[y, x]


@compiled
@no_type_check
def paint_frames(still: Painting, aorta: Painting, moving: Painting, textures: Fields) -> Frames:
    """Paint what stands still once, then the heart on each frame."""
    fields, weights, grain = textures
    size = len(grain)
    out = np.empty((len(weights), size, size), np.float32)
    flow = np.zeros((size, size), np.float32)
    ground = np.zeros((size, size), np.float32)
    paint(ground, (still[0][0], still[1], still[2][0]), flow, grain)
    for t in range(len(out)):
        flow[:] = 0
        for k in range(len(fields)):
            _add(flow, weights[t, k], fields[k])
        out[t] = ground
        paint(out[t], (aorta[0][t], aorta[1], aorta[2][t]), flow, grain)
        paint(out[t], (moving[0][t], moving[1], moving[2][t]), flow, grain)
    return out


@compiled
@no_type_check
def receive(frames: Frames, coil: Image, noise: Frames, sigma: np.float32) -> None:
    """Blur by the point spread, weigh by the coils, take the magnitude with complex noise; in place.

    The imaginary part of the noise is the real part of another frame.
    """
    n = frames.shape[1]
    side, middle = np.float32(0.09), np.float32(0.82)
    rows = np.empty((n, n), np.float32)
    for t in range(len(frames)):
        image, real, imaginary = frames[t], noise[t], noise[(t + 23) % len(frames)]
        for y in range(n):
            rows[y, 0] = image[y, 0]
            rows[y, n - 1] = image[y, n - 1]
            for x in range(1, n - 1):
                rows[y, x] = middle * image[y, x] + side * (image[y, x - 1] + image[y, x + 1])
        for y in range(n):
            up, down = max(y - 1, 0), min(y + 1, n - 1)
            for x in range(n):
                value = coil[y, x] * (middle * rows[y, x] + side * (rows[up, x] + rows[down, x]))
                image[y, x] = np.sqrt((value + sigma * real[y, x]) ** 2 + (sigma * imaginary[y, x]) ** 2)


@compiled
@no_type_check
def quantise(signal: Row, low: np.float32, scale: np.float32, out: UInt8[np.ndarray, " n"]) -> None:
    """To bytes, 0 at `low`, cut off at both ends."""
    for i in range(len(signal)):
        value = (signal[i] - low) * scale
        out[i] = np.uint8(min(max(value + np.float32(0.5), np.float32(0)), np.float32(255)))

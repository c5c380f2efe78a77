"""Paint outlines onto frames with exact area coverage, so that an edge is as soft as partial volume makes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from latentspace.simulate.kernels import covered

SIZE = 96  # pixels on a side
PIXEL_MM = 1.8
Outlines = Float64[np.ndarray, "frames points 2"]


@dataclass(frozen=True)
class Layer:
    """One closed outline and what fills it.

    `outline` is (frames, points, 2) in mm, x to the right and y down from the centre of the frame; one frame stands for
    all. `value` and `opacity` are constants or one number a frame. `flow` and `grain` say how much the moving texture
    of blood and the fixed texture of tissue modulate the value.
    """

    outline: Outlines
    value: float | Float64[np.ndarray, " frames"]
    opacity: float | Float64[np.ndarray, " frames"] = 1.0
    flow: float = 0.0
    grain: float = 0.0


@dataclass(frozen=True)
class Packed:
    """Many layers as plain arrays, for the compiled painter; outlines in pixels."""

    points: Float32[np.ndarray, "frames points 2"]
    start: Int64[np.ndarray, " layers_and_end"]
    style: Float32[np.ndarray, "frames layers 4"]  # value, opacity, flow, grain


def pack(layers: Sequence[Layer], n_frames: int, place: Callable[[Outlines], Outlines] = np.asarray) -> Packed:
    """Lay out the layers in the order in which they are painted; `place` takes their coordinates to mm in the frame."""
    sizes = [layer.outline.shape[1] for layer in layers]
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    points = np.empty((n_frames, start[-1], 2))
    style = np.empty((n_frames, len(layers), 4), np.float32)
    for i, layer in enumerate(layers):
        points[:, start[i] : start[i + 1]] = layer.outline
        style[:, i, 0] = layer.value
        style[:, i, 1] = layer.opacity
        style[:, i, 2] = layer.flow
        style[:, i, 3] = layer.grain
    return Packed(pixels(place(points)), start, style)


def pixels(outlines: Outlines) -> Float32[np.ndarray, "frames points 2"]:
    """From mm about the centre of the frame to pixels from its corner (a pixel's middle is at .5)."""
    return (outlines * (1 / PIXEL_MM) + SIZE / 2).astype(np.float32)


def coverage(outline: Float32[np.ndarray, "frames points 2"]) -> Float32[np.ndarray, "frames 96 96"]:
    """Share of each pixel inside an outline in pixels."""
    return covered(outline, SIZE)

"""Paint outlines onto frames with exact area coverage, so that an edge is as soft as partial volume makes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from latentspace.modality import CINE
from latentspace.simulate.kernels import covered

SIZE = CINE[1]  # pixels on a side
PIXEL_MM = 1.8
Outlines = Float[np.ndarray, "frames points 2"]


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
    start = np.cumsum([0, *(layer.outline.shape[1] for layer in layers)])
    points = np.empty((n_frames, start[-1], 2), np.float32)
    for layer, first, last in zip(layers, start[:-1], start[1:], strict=True):
        points[:, first:last] = layer.outline
    style = np.empty((n_frames, len(layers), 4), np.float32)
    style[...] = [(0.0, 0.0, layer.flow, layer.grain) for layer in layers]
    for column, looks in enumerate(([layer.value for layer in layers], [layer.opacity for layer in layers])):
        varied = [i for i, look in enumerate(looks) if isinstance(look, np.ndarray)]
        style[:, :, column] = [0.0 if isinstance(look, np.ndarray) else look for look in looks]
        for i in varied:
            style[:, i, column] = looks[i]
    return Packed(pixels(place(points)), start, style)


def pixels(outlines: Float[np.ndarray, "frames points 2"]) -> Float32[np.ndarray, "frames points 2"]:
    """From mm about the centre of the frame to pixels from its corner (a pixel's middle is at .5)."""
    return (outlines * np.float32(1 / PIXEL_MM) + np.float32(SIZE / 2)).astype(np.float32, copy=False)


def coverage(outline: Float32[np.ndarray, "frames points 2"]) -> Float32[np.ndarray, "frames 96 96"]:
    """Share of each pixel inside an outline in pixels."""
    return covered(outline, SIZE)

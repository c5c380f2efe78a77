"""One subject's four-chamber cine: 50 phases of 96 x 96 pixels of 1.8 mm, one RR interval from the R wave."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from latentspace.simulate.anatomy import Heart, heart, ring
from latentspace.simulate.cycle import FRAMES
from latentspace.simulate.kernels import paint_frames, quantise, receive
from latentspace.simulate.raster import SIZE, Outlines, coverage, pack, pixels
from latentspace.simulate.texture import coil, textures
from latentspace.simulate.thorax import aorta_layers, thorax_layers
from latentspace.simulate.tissue import BLOOD, heart_layers

Factors = Mapping[str, float]
CHAMBERS = ("lv", "rv", "la", "ra")


@dataclass(frozen=True)
class Placement:
    """Where the heart lies: mm in the frame = turn(u * squeeze, v) - centre, `turn` in radians for each frame."""

    turn: Float64[np.ndarray, "frames 1"]
    squeeze: float
    centre: Float64[np.ndarray, " 2"]

    def __call__(self, outline: Outlines) -> Outlines:
        """From heart coordinates to mm from the centre of the frame; an outline of one frame lies as in the first."""
        turn = self.turn[: len(outline)].astype(outline.dtype)
        s, c = np.sin(turn), np.cos(turn)
        u, v = outline[:, :, 0], outline[:, :, 1]
        squeeze, (x, y) = outline.dtype.type(self.squeeze), self.centre.astype(outline.dtype)
        placed = np.empty_like(outline)
        placed[:, :, 0] = (s * squeeze) * u + c * v - x
        placed[:, :, 1] = s * v - (c * squeeze) * u - y
        return placed


# Standard normals of the view, besides those that follow from body and heart.
FREE = (
    "long", "annulus", "bow", "rv_apex", "rv_tilt", "la_long", "ra_long", "ias", "papillary", "papillary_off", "veins",
    "chest_shape", "muscle", "sternum", "marrow", "aorta_x", "aorta_y", "rv_shape", "pad",
)  # fmt: skip


def draw_view(factors: Factors, rng: np.random.Generator) -> dict[str, float]:
    """What the picture depends on beside the physiology: pose, shapes, surroundings, scanner.

    Units: `shift_x`, `shift_y` and names in `_mm` mm; `turn` (heart's axis, clockwise from the frame's upright) and
    `tilt` (out of the plane, foreshortening by its cosine) degrees; `noise` as a share of blood's signal; the rest
    standard normals or factors about 1.
    """
    z: dict[str, float] = dict(zip(FREE, np.clip(rng.standard_normal(len(FREE)), -2.5, 2.5), strict=True))
    e = np.clip(rng.standard_normal(22), -2.5, 2.5)
    heavy = (factors["bmi"] - 26.6) / 4.3
    build = (factors["height"] - 169) / 9.3
    older = (factors["age"] - 64) / 7.6
    view = z | {
        "shift_x": 3.0 * e[0],
        "shift_y": 3.0 * e[1],
        "turn": 37 + 4.0 * heavy - 3.0 * (factors["r_axis"] - 27) / 33 + 6.0 * e[2],
        "tilt": 5.0 * abs(e[3]),
        "kick": np.clip(0.24 + 0.035 * older + 0.05 * e[4], 0.10, 0.42),
        "swing": 2.0 + 1.0 * e[5],
        "fat_mm": 2.6 * np.exp(0.28 * heavy + 0.10 * older + 0.30 * e[6]),
        "chest_fat_mm": 16.0 * np.exp(0.45 * heavy + 0.20 * (1 - factors["male"]) + 0.22 * e[7]),
        "chest": 0.94 * np.exp(0.045 * build + 0.035 * factors["male"] + 0.02 * heavy + 0.035 * e[8]),
        "chest_x": 4.0 * e[9],
        "gap_mm": 7.0 * np.exp(0.35 * e[10]),
        "liver_mm": -22 + 4.0 * heavy + 9.0 * e[11],
        "spine_x": -6 + 5.0 * e[12],
        "spine_mm": 24 + 2.0 * build + 3.0 * e[13],
        "aorta_mm": 24 * np.exp(0.06 * factors["male"] + 0.06 * older + 0.09 * e[14]),
        "papillary_mm": 3.0 * np.exp(0.15 * e[15]) * (factors["lvm"] / 88) ** 0.3,
        "papillary_seen": np.clip(0.75 + 0.15 * e[20], 0.3, 1.0),
        "inflow": np.exp(0.5 * e[16]),
        "leaflet": np.clip(0.85 + 0.1 * e[17], 0.5, 1.0),
        "blood_texture": 0.042 * np.exp(0.3 * e[18]),
        "noise": 0.026 * np.exp(0.25 * e[19] + 0.08 * heavy),
    }
    return {name: float(value) for name, value in view.items()}


def cine(factors: Factors, rng: np.random.Generator) -> tuple[UInt8[np.ndarray, "50 96 96"], dict[str, float]]:
    """The cine of one subject, and what was drawn for it with the pose that came of it (for the truth table)."""
    view = draw_view(factors, rng)
    body = heart(factors, view)
    place = placement(body, view)
    return _rendered(body, place, view, rng), view | _lie(body, place)


def render(factors: Factors, view: Factors, rng: np.random.Generator) -> UInt8[np.ndarray, "50 96 96"]:
    """The cine of a view that was drawn before, with the generator as `draw_view` left it."""
    body = heart(factors, view)
    return _rendered(body, placement(body, view), view, rng)


def _rendered(body: Heart, place: Placement, view: Factors, rng: np.random.Generator) -> UInt8[np.ndarray, "50 96 96"]:
    """Layers, coil sensitivity, point spread, Rician noise; then 0 to 255 from the 1st to the 99th percentile."""
    atrium = place(ring(body.la_septal, body.la_free)).reshape(-1, 2)
    hull = np.concatenate([place(body.lateral_epi), place(body.rv_free)], axis=1)[:, ::3].reshape(-1, 2)
    behind = atrium[atrium[:, 1].argmax()]
    still = pack(thorax_layers(view, hull, behind, rng), 1)
    aorta = pack(aorta_layers(view, behind), FRAMES)
    moving = pack(heart_layers(body, view, rng), FRAMES, place)
    hot = place(body.ra_free[:, 17:18])[:, 0].mean(axis=0), place(body.la_free[:, 19:20])[:, 0].mean(axis=0)
    texture = textures(view, body.cycle, hot, rng)
    signal = paint_frames(
        (still.points, still.start, still.style),
        (aorta.points, aorta.start, aorta.style),
        (moving.points, moving.start, moving.style),
        (texture.fields, texture.weights, texture.grain),
    )
    sensitivity = coil(rng)
    receive(signal, sensitivity, _noise(rng), np.float32(BLOOD * view["noise"]))
    return _to_bytes(signal)


def _noise(rng: np.random.Generator) -> Float32[np.ndarray, "50 96 96"]:
    """Standard normals; the second half of the frames has the first half's turned round, for drawing them is slow."""
    half = rng.standard_normal((FRAMES // 2, SIZE, SIZE), dtype=np.float32)
    return np.concatenate([half, half[:, ::-1, ::-1]])


def chamber_masks(factors: Factors, view: Factors) -> Float32[np.ndarray, "4 50 96 96"]:
    """Share of each pixel inside the blood of LV, RV, LA and RA, without noise; papillary muscle counts as blood."""
    body = heart(factors, view)
    place = placement(body, view)
    outlines = body.chambers()
    return np.stack([coverage(pixels(place(outlines[name]))) for name in CHAMBERS])


def pose(factors: Factors, view: Factors) -> dict[str, float]:
    """Where the heart lies at end diastole.

    `heart_x`, `heart_y`: mm from the frame's centre to the middle between the centres of the mitral and tricuspid
    annulus. `heart_turn`: degrees from the frame's upright to the left ventricle's axis, clockwise.
    """
    body = heart(factors, view)
    return _lie(body, placement(body, view))


def _lie(body: Heart, place: Placement) -> dict[str, float]:
    hinges = np.stack([side[:, 0] for side in (body.septal, body.lateral, body.rv_septal, body.rv_free)], axis=1)
    x, y = place(hinges)[0].mean(axis=0)
    return {"heart_x": float(x), "heart_y": float(y), "heart_turn": float(np.rad2deg(place.turn[0, 0]))}


def placement(body: Heart, view: Factors) -> Placement:
    """The box about the four chambers, first at rest and then contracted, is centred in the frame before the shift."""
    turn = np.deg2rad(view["turn"] + view["swing"] * (body.cycle.lv[:, None] - 0.5))
    free = Placement(turn, float(np.cos(np.deg2rad(view["tilt"]))), np.zeros(2))
    box = np.concatenate([free(outline)[::9].reshape(-1, 2) for outline in body.chambers().values()])
    centre = 0.5 * (box.min(axis=0) + box.max(axis=0)) - [view["shift_x"], view["shift_y"]]
    return Placement(turn, free.squeeze, centre)


def _to_bytes(signal: Float32[np.ndarray, "50 96 96"]) -> UInt8[np.ndarray, "50 96 96"]:
    """0 to 255 from the 1st to the 99th percentile, as a recorded cine is prepared."""
    low, high = np.percentile(signal[::10], [1, 99]).astype(np.float32)
    out = np.empty(signal.shape, np.uint8)
    quantise(signal.reshape(-1), low, np.float32(255) / (high - low), out.reshape(-1))
    return out

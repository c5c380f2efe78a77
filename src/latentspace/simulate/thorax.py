"""What lies around the heart in the frame: lungs, liver, chest wall, spine, aorta; only the aorta moves."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64

from latentspace.simulate.raster import Layer

Factors = Mapping[str, float]
Place = Float64[np.ndarray, " 2"]
Places = Float64[np.ndarray, "n 2"]
Shape = Float64[np.ndarray, "one points 2"]
TURN = np.linspace(0, 2 * np.pi, 96, endpoint=False)
TURN_SMALL = np.linspace(0, 2 * np.pi, 16, endpoint=False)
UNIT_SMALL = np.exp(1j * TURN_SMALL)
TURN_LUMPY = np.linspace(0, 2 * np.pi, 32, endpoint=False)
COS_LUMPY, SIN_LUMPY = np.cos(TURN_LUMPY), np.sin(TURN_LUMPY)


def thorax_layers(view: Factors, hull: Places, behind: Place, rng: np.random.Generator) -> list[Layer]:
    """Layers behind the heart, outlines in mm from the centre of the frame.

    `hull` are places on the heart's outer face, `behind` the hindmost place of its left atrium.
    """
    inner = _chest(view, hull, rng)
    frame = np.array([[[-90.0, -90.0], [90.0, -90.0], [90.0, 90.0], [-90.0, 90.0]]])
    return [
        Layer(frame, 27.0, grain=0.25),
        *_lung_vessels(rng),
        *_liver(view, rng),
        *_pad(view, hull, rng),
        *_spine(view, behind, rng),
        *_mediastinum(behind, rng),
        *_wall(inner, view, rng),
    ]


def _chest(view: Factors, hull: Places, rng: np.random.Generator) -> Shape:
    """Inner face of the ribs: an ellipse, nowhere regular, that comes near the heart in front."""
    scale = view["chest"]
    across, deep = 124 * scale * (1 + 0.05 * view["chest_shape"]), 100 * scale * (1 - 0.04 * view["chest_shape"])
    reach = (1 - view["gap_mm"] / deep) ** 2 - ((hull[:, 0] - view["chest_x"]) / across) ** 2
    middle = (hull[:, 1] + deep * np.sqrt(np.clip(reach, 0, None)))[reach > 0].min()
    radius = 1 + _waves(rng, TURN, (0.0, 0.012, 0.014, 0.010, 0.008, 0.006))
    x = view["chest_x"] + across * radius * np.cos(TURN)
    y = middle + deep * radius * np.sin(TURN)
    return np.stack([x, y], axis=1)[None]


def _wall(inner: Shape, view: Factors, rng: np.random.Generator) -> list[Layer]:
    """From inside out: pleura, muscle with ribs and sternum, fat with its septa, skin, air."""
    muscle = np.clip(10 + 2.5 * view["muscle"] + 4 * _waves(rng, TURN, (0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3)), 4, 30)
    fat = view["chest_fat_mm"] * np.clip(1 + _waves(rng, TURN, (0.2, 0.15, 0.15, 0.1, 0.1, 0.08)), 0.25, 3)
    layers = [
        Layer(_band(inner, -0.8, muscle), 60.0, grain=1.0),
        Layer(_band(inner, 0.45 * muscle, 0.45 * muscle + 1.8 + 0.6 * view["muscle"]), 150.0, 0.6, grain=1.5),
        Layer(_band(inner, muscle, muscle + fat), 470.0, grain=0.3),
        Layer(_band(inner, muscle + fat, muscle + fat + 2.2), 90.0),
        Layer(_band(inner, muscle + fat + 2.2, 160.0), 16.0),
    ]
    for _ in range(9):
        at, part = rng.uniform(np.pi, 2 * np.pi), rng.uniform(0.2, 0.9)
        i = int(at / (2 * np.pi) * len(TURN))
        centre = _grown(inner, muscle + part * fat)[0, i]
        angle = TURN[i] + np.pi / 2 + rng.normal(0, 0.35)
        layers.append(Layer(_ellipse(centre, rng.uniform(4, 14), 0.8, angle), 160.0, rng.uniform(0.2, 0.6)))
    for at in np.arange(rng.uniform(0, 0.3), 2 * np.pi, 0.36):
        layers += _rib(inner, muscle, at + rng.normal(0, 0.07), rng)
    return layers + _sternum(inner, view, rng)


def _rib(inner: Shape, muscle: Float64[np.ndarray, " points"], at: float, rng: np.random.Generator) -> list[Layer]:
    i = int(at / (2 * np.pi) * len(TURN)) % len(TURN)
    centre = _grown(inner, 0.5 * muscle)[0, i]
    long, wide = rng.uniform(4, 11), rng.uniform(2.2, 3.6)
    angle = TURN[i] + np.pi / 2 + rng.normal(0, 0.2)
    bright, seen = rng.uniform(80, 190), rng.uniform(0.3, 0.9)
    return [Layer(_ellipse(centre, long + 1.3, wide + 1.3, angle), 34.0, seen),
            Layer(_ellipse(centre, long, wide, angle), bright, seen, grain=0.8)]  # fmt: skip


def _sternum(inner: Shape, view: Factors, rng: np.random.Generator) -> list[Layer]:
    place = (
        3 * len(TURN) // 4 - 3 + round(2 * view["sternum"])
    )  # the top of the ellipse, a little to the right of the body
    centre = _by(inner[0, place], 0.0, -6.0)
    return [
        Layer(_lumpy(centre, 20, 7.5, rng, 0.08), 38.0, 0.8),
        Layer(_lumpy(centre, 18, 5.6, rng, 0.1), 150.0, 0.9, grain=1.0),
    ]


def _pad(view: Factors, hull: Places, rng: np.random.Generator) -> list[Layer]:
    """Fat in the angle between heart, diaphragm and chest wall, and behind the sternum."""
    tip = hull[np.argmax(hull[:, 0] - 1.6 * hull[:, 1])]
    front = hull[np.argmin(hull[:, 1])]
    size = view["fat_mm"]
    corner = _by(tip, 4.0 + 3 * view["pad"], -7.0)
    layers = [Layer(_lumpy(corner, 8 + 3.0 * size, 6 + 1.6 * size, rng, 0.14), 300.0, 0.95, grain=1.2)]
    behind = _by(front, -4.0 + 6 * view["sternum"], -3.0)
    layers.append(Layer(_lumpy(behind, 12 + 3 * size, 3 + 1.5 * size, rng, 0.18), 240.0, 0.8, grain=1.5))
    return layers


def _lung_vessels(rng: np.random.Generator) -> list[Layer]:
    """Vessels that fan out from the two roots of the lungs, and specks where others cross the plane."""
    layers: list[Layer] = []
    for side in (-1, 1):
        hub = np.array([side * (60 + 6 * rng.normal()), 46 + 6 * rng.normal()])
        for _ in range(5):
            way = rng.uniform(-1.9, 1.9)
            out = np.array([side * np.cos(way), np.sin(way)])
            begin, far = rng.uniform(0, 12), rng.uniform(8, 34)
            centre = hub + out * (begin + far / 2)
            angle = np.arctan2(out[1], out[0]) + 0.25 * rng.normal()
            layers.append(Layer(_ellipse(centre, far / 2, rng.uniform(0.7, 1.7), angle), rng.uniform(70, 200),
                                rng.uniform(0.15, 0.6), grain=1.0))  # fmt: skip
        layers += [_vein(hub, rng) for _ in range(3)]
    return layers + [_speck(rng) for _ in range(22)]


def _vein(hub: Place, rng: np.random.Generator) -> Layer:
    outline = _lumpy(hub + rng.normal(0, 5, 2), rng.uniform(3, 7), rng.uniform(2.5, 4.5), rng, 0.15)
    return Layer(outline, rng.uniform(200, 520), rng.uniform(0.5, 1.0), grain=1.0)


def _speck(rng: np.random.Generator) -> Layer:
    size = rng.uniform(0.7, 1.6)
    outline = _ellipse(rng.uniform(-88, 88, 2), size * rng.uniform(1, 2), size, rng.uniform(0, 3))
    return Layer(outline, rng.uniform(80, 220), 0.5)


def _liver(view: Factors, rng: np.random.Generator) -> list[Layer]:
    """The dome under the right heart, with bright vessels; in this view it lies towards the top of the frame."""
    top = view["liver_mm"]
    x = np.linspace(-130, 60, 32)
    edge = (
        top
        - 0.0030 * (x + 66) ** 2
        - 0.9 * np.clip(x - 10, 0, None)
        + 2.5 * _waves(rng, 6 * np.linspace(0, 1, 32), (1.0, 0.6, 0.4))
    )
    up = [[60.0, -190.0], [-130.0, -190.0]]
    outline = np.concatenate([np.stack([x, edge], axis=1), up])[None]
    wall = np.concatenate([np.stack([x, edge + 2.0], axis=1), up])[None]
    layers = [Layer(wall, 58.0, 0.7), Layer(outline, 84.0, grain=0.5)]
    for _ in range(18):
        centre = np.array([rng.uniform(-88, -10), top - rng.uniform(4, 60)])
        layers.append(Layer(_ellipse(centre, rng.uniform(1.2, 5.5), rng.uniform(0.7, 1.6), rng.uniform(0, np.pi)),
                            rng.uniform(110, 230), rng.uniform(0.3, 0.8)))  # fmt: skip
    return layers


def _spine(view: Factors, behind: Place, rng: np.random.Generator) -> list[Layer]:
    centre = _by(behind, view["spine_x"], view["spine_mm"])
    canal = _by(centre, 1.0, 23.0)
    return [
        Layer(_lumpy(_by(centre, 0.0, 3.0), 27, 23, rng, 0.08), 46.0, grain=0.9),
        Layer(_lumpy(centre, 20.6, 16.6, rng, 0.04), 38.0),
        Layer(_lumpy(centre, 19, 15, rng, 0.05), 76.0 + 14 * view["marrow"], grain=0.7),
        Layer(_lumpy(_by(centre, 0.0, 30.0), 34, 15, rng, 0.15), 56.0, grain=1.2),
        Layer(_ellipse(canal, 10.5, 9, 0.0), 40.0), Layer(_ellipse(canal, 9, 7.6, 0.0), 250.0, grain=0.6),
        Layer(_ellipse(canal, 4.6, 3.8, 0.0), 110.0),
    ]  # fmt: skip


def _mediastinum(behind: Place, rng: np.random.Generator) -> list[Layer]:
    """Soft tissue and gullet behind the left atrium."""
    gullet = _by(behind, 8.0, 3.0)
    return [
        Layer(_lumpy(_by(behind, 2.0, 4.0), 26, 11, rng, 0.18), 62.0, grain=1.1),
        Layer(_lumpy(gullet, 7.5, 4.6, rng, 0.1), 84.0, grain=0.8), Layer(_ellipse(gullet, 3.0, 1.4, 0.3), 45.0, 0.6),
    ]  # fmt: skip


def aorta_layers(view: Factors, behind: Place) -> list[Layer]:
    """Descending aorta left of the spine; it swells, and its fast blood darkens, in systole."""
    time = np.arange(50) / 50
    pulse = np.exp(-(((time - 0.24) / 0.12) ** 2))
    half = view["aorta_mm"] / 2
    centre = _by(behind, 27 + view["spine_x"] + 2.5 * view["aorta_x"], half + 8 + 2.0 * view["aorta_y"])
    size = half * (1 + 0.035 * pulse)
    circle = np.stack([0.94 * np.cos(TURN_SMALL), 1.10 * np.sin(TURN_SMALL)], axis=1)
    outline = centre + size[:, None, None] * circle
    wall = centre + (size[:, None, None] + 1.6) * circle
    return [Layer(wall, 56.0, 0.8), Layer(outline, 350 * (1 - 0.2 * pulse), flow=1.2)]


def _by(place: Place, right: float, down: float) -> Place:
    return place + np.array([right, down])


def _waves(
    rng: np.random.Generator, turn: Float64[np.ndarray, " n"], sizes: tuple[float, ...]
) -> Float64[np.ndarray, " n"]:
    """A smooth random curve: one sine of random phase for each size."""
    phase = rng.uniform(0, 2 * np.pi, len(sizes))
    height = rng.normal(0, 1, len(sizes)) * sizes
    order = np.arange(1, len(sizes) + 1)[:, None]
    return (height[:, None] * np.sin(order * turn + phase[:, None])).sum(axis=0)


def _band(
    shape: Shape, near: float | Float64[np.ndarray, " points"], far: float | Float64[np.ndarray, " points"]
) -> Float64[np.ndarray, "one around 2"]:
    """What lies between two distances outside a shape (an outline wound there and back leaves the middle bare)."""
    outer, hole = _grown(shape, far), _grown(shape, near)
    return np.concatenate([outer, outer[:, :1], hole[:, :1], hole[:, ::-1]], axis=1)


def _grown(shape: Shape, by: float | Float64[np.ndarray, " points"]) -> Shape:
    around = np.concatenate([shape[:, -1:], shape, shape[:, :1]], axis=1)
    step = around[:, 2:] - around[:, :-2]
    step *= (np.asarray(by) / np.hypot(step[..., 0], step[..., 1]))[..., None]
    out = shape.copy()
    out[..., 0] += step[..., 1]
    out[..., 1] -= step[..., 0]
    return out


def _ellipse(centre: Float64[np.ndarray, " 2"], long: float, wide: float, angle: float) -> Shape:
    """An ellipse as two circles that turn against each other in the complex plane: few calls, for it is drawn often."""
    turn = complex(math.cos(angle), math.sin(angle))
    ahead, back = turn * (0.5 * (long + wide)), turn * (0.5 * (long - wide))
    around = UNIT_SMALL * ahead
    around += UNIT_SMALL.conj() * back
    around += complex(centre[0], centre[1])
    return around.view(np.float64).reshape(1, -1, 2)


def _lumpy(
    centre: Float64[np.ndarray, " 2"], long: float, wide: float, rng: np.random.Generator, rough: float
) -> Shape:
    radius = 1 + _waves(rng, TURN_LUMPY, (0.0, rough, rough, rough / 2, rough / 2))
    out = np.empty((1, len(radius), 2))
    out[0, :, 0] = centre[0] + long * radius * COS_LUMPY
    out[0, :, 1] = centre[1] + wide * radius * SIN_LUMPY
    return out

"""Dress the walls of a heart: blood, muscle, leaflets, papillary muscle, trabeculae, fat; in painting order."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from latentspace.simulate.anatomy import Heart, Outline, Side, across, ring
from latentspace.simulate.raster import Layer

# Signal of a balanced steady-state cine at 3 T, as in the real four-chamber series (fat of the chest wall about 350).
BLOOD, MUSCLE, FAT = 300.0, 80.0, 290.0
Factors = Mapping[str, float]
Points = Float64[np.ndarray, "frames 2"]
Curve = Float64[np.ndarray, " frames"]


@dataclass(frozen=True)
class Stroke:
    """A tapering band of half width `half` mm about the quadratic curve from `start` towards `middle` to `end`."""

    start: Points
    middle: Points
    end: Points
    half: float | Curve
    value: float
    opacity: float | Curve


def heart_layers(heart: Heart, view: Factors, rng: np.random.Generator) -> list[Layer]:
    """All layers of the heart, outlines in heart coordinates."""
    return [
        *_fat(heart, view),
        *_great_vessels(heart, view),
        *_walls(heart),
        *_grooves(heart, view),
        *_blood(heart),
        *_bands(
            [
                *_right_trabeculae(heart, rng),
                *_left_trabeculae(heart, view, rng),
                *_leaflets(heart, view),
                *_jets(heart),
            ]
        ),
    ]


def _fat(heart: Heart, view: Factors) -> list[Layer]:
    """Fat between heart and pericardium, thickest over the right ventricle, the grooves and the apex."""
    along = np.linspace(0, 1, heart.lateral.shape[1])
    thick = view["fat_mm"]
    patchy = np.clip(0.2 + np.sin(2 * np.pi * (along * (1.2 + 0.25 * view["veins"]) + 0.3 * view["bow"])), 0, 1)
    left = thick * (0.5 * patchy + 1.3 * np.exp(-((along / 0.28) ** 2)) + 0.4 * np.exp(-(((along - 0.95) / 0.2) ** 2)))
    right = thick * (0.6 * patchy + 0.9 * np.exp(-((along / 0.2) ** 2)) + 0.9 * np.exp(-(((along - 0.9) / 0.25) ** 2)))
    ventricles = ring(_shifted(heart.rv_free, -right - 1.8), _shifted(heart.lateral_epi, left))
    line = ring(_shifted(heart.rv_free, -right - 2.8), _shifted(heart.lateral_epi, left + 1.0))
    return [Layer(line, 44.0, 0.8), Layer(ventricles, FAT * 0.85, 0.85, grain=0.8)]


def _walls(heart: Heart) -> list[Layer]:
    la = _outside(ring(heart.la_septal, heart.la_free), 1.4)
    ra = _outside(ring(heart.ra_septal, heart.ra_free), 1.4)
    sheet = ring(heart.la_septal[:, :18], heart.ra_septal[:, :18])
    rv = ring(heart.septal_epi, _shifted(heart.rv_free, -2.2))
    lv = ring(heart.septal_epi, heart.lateral_epi)
    return [
        Layer(la, 70.0, 0.85, grain=0.4), Layer(ra, 70.0, 0.85, grain=0.4), Layer(rv, MUSCLE, grain=0.5),
        Layer(sheet, 95.0, grain=0.4),
        Layer(lv, MUSCLE, grain=0.45),
    ]  # fmt: skip


def _blood(heart: Heart) -> list[Layer]:
    """Blood pools; each atrium reaches a little under its ventricle, so that no wall shows in an open valve."""
    inflow, outflow = heart.cycle.inflow, heart.cycle.outflow
    la = _reaching(ring(heart.la_septal, heart.la_free), 3.0)
    ra = _reaching(ring(heart.ra_septal, heart.ra_free), 3.0)
    return [
        Layer(la, BLOOD * (1.02 + 0.05 * inflow), flow=1.0),
        Layer(ra, BLOOD * (0.98 + 0.05 * inflow), flow=1.15),
        Layer(ring(heart.rv_septal, heart.rv_free), BLOOD * (0.96 + 0.06 * inflow - 0.04 * outflow), flow=1.1),
        Layer(ring(heart.septal, heart.lateral), BLOOD * (0.99 + 0.07 * inflow - 0.06 * outflow), flow=0.9),
    ]


def _great_vessels(heart: Heart, view: Factors) -> list[Layer]:
    """Ends of the pulmonary veins at the roof of the left atrium, and the mouth of the caval vein."""
    la, ra, roof = heart.la_free, heart.ra_free, heart.la_septal
    turn = np.deg2rad(view["turn"])
    size = 6.5 + 0.8 * view["veins"]
    low = _horn(la[:, 14], la[:, 22], _turned(turn, 11.0 + 2 * view["veins"], 5.0 + 2 * view["bow"]), size)
    high = _horn(roof[:, 17], roof[:, 24], _turned(turn, -13.0 - 2 * view["veins"], 6.0 - 2 * view["bow"]), size)
    cava = _horn(ra[:, 15], ra[:, 20], _turned(turn, -8.0, 7.0), 1.2 * size)
    layers: list[Layer] = []
    for outline, colour in ((low, BLOOD), (high, BLOOD), (cava, BLOOD)):
        layers += [Layer(_outside(outline, 1.4), 60.0, 0.7), Layer(outline, colour, flow=1.0)]
    return layers


def _right_trabeculae(heart: Heart, rng: np.random.Generator) -> list[Stroke]:
    """Moderator band and muscle bundles of the right ventricle, moving with its walls."""
    band = [_inside_right(heart, rng.uniform(0.5, 0.68), 0.0), _inside_right(heart, rng.uniform(0.72, 0.88), 1.0)]
    strokes = [
        _stroke((band[0], band[1]), rng.uniform(1.2, 2.4), rng.uniform(-0.2, 0.2), (120.0, rng.uniform(0.2, 0.65)))
    ]
    for _ in range(11):
        at, side = rng.uniform(0.2, 0.95), rng.uniform(0.45, 1.0)
        here = _inside_right(heart, at, side)
        there = _inside_right(heart, np.clip(at + rng.uniform(-0.1, 0.25), 0.1, 0.99), side - rng.uniform(0.1, 0.45))
        bend, seen = rng.uniform(-0.2, 0.2), rng.uniform(0.15, 0.45)
        strokes.append(_stroke((here, there), rng.uniform(1.0, 2.6), bend, (130.0, seen)))
    return strokes


def _left_trabeculae(heart: Heart, view: Factors, rng: np.random.Generator) -> list[Stroke]:
    """Papillary muscle with its cords, and fine trabeculae of the lateral wall and apex."""
    root = 0.66 + 0.06 * view["papillary"]
    tip = root - 0.24 - 0.04 * view["papillary_off"]
    foot, head = _inside_left(heart, root, 1.02), _inside_left(heart, tip, 0.66 + 0.07 * view["papillary_off"])
    mitral = heart.lateral[:, 0] * 0.6 + heart.septal[:, 0] * 0.4 + [[12.0, 0.0]]
    width = view["papillary_mm"] * (1 + 0.22 * heart.cycle.lv)
    strokes = [
        _stroke((head, mitral), 0.6, 0.05, (140.0, 0.35)),
        _stroke((foot, head), width, -0.06, (MUSCLE + 12, view["papillary_seen"])),
    ]
    for _ in range(8):
        at, size = rng.uniform(0.42, 0.95), rng.uniform(0.08, 0.22)
        side = 1.0 if rng.uniform() < 0.75 else -1.0
        here = _inside_left(heart, at, side)
        there = _inside_left(heart, min(at + size, 0.99), side * rng.uniform(0.72, 0.92))
        strokes.append(_stroke((here, there), rng.uniform(1.0, 2.0), 0.1, (130.0, rng.uniform(0.2, 0.55))))
    return strokes


def _grooves(heart: Heart, view: Factors) -> list[Layer]:
    """Fat of the atrioventricular grooves with their coronary vessels."""
    size = 3.2 + 0.8 * view["fat_mm"]
    left = 0.5 * (heart.lateral_epi[:, 0] + heart.la_free[:, 3]) + [[-1.0, 2.5]]
    right = 0.5 * (heart.rv_free[:, 0] + heart.ra_free[:, 3]) + [[-0.5, -4.0]]
    layers: list[Layer] = []
    for centre, long in ((left, 1.5), (right, 1.7)):
        layers.append(Layer(_blob(centre, size * long, size * 0.75), FAT, 0.95, grain=0.5))
        layers.append(Layer(_blob(centre, 2.9, 2.6), 55.0, 0.8))
        layers.append(Layer(_blob(centre, 1.5, 1.4), 330.0, 0.9))
    return layers


def _leaflets(heart: Heart, view: Factors) -> list[Stroke]:
    mitral = _valve(heart.septal[:, 0], heart.lateral[:, 0], heart.cycle.mitral, 0.58)
    tricuspid = _valve(heart.rv_septal[:, 0], heart.rv_free[:, 0], heart.cycle.tricuspid, 0.45)
    return [
        Stroke(*curve, 1.1, 82.0, view["leaflet"] * strength)
        for pair, strength in ((mitral, 0.85), (tricuspid, 0.7))
        for curve in pair
    ]


def _valve(
    inner: Points, outer: Points, opening: Float64[np.ndarray, " frames"], share: float
) -> list[tuple[Points, Points, Points]]:
    """Two leaflets: closed they meet a little inside the ventricle, open they hang along its walls."""
    o = opening[:, None]
    across = outer - inner
    wide = np.linalg.norm(across, axis=1, keepdims=True)
    ahead = np.stack([np.abs(across[:, 1]), -across[:, 0] * np.sign(across[:, 1])], axis=1) / wide
    meet = inner + share * across + 0.15 * wide * ahead
    leaflets: list[tuple[Points, Points, Points]] = []
    for hinge, inward, long in ((inner, across, share), (outer, -across, 1 - share)):
        apart = hinge + 0.16 * inward * long / 0.5 + 1.0 * long * wide * ahead
        tip = (1 - o) * meet + o * apart
        belly = 0.5 * (hinge + tip) + (0.10 * (1 - o) - 0.02) * wide * ahead - 0.16 * o * inward
        leaflets.append((hinge, belly, tip))
    return leaflets


def _jets(heart: Heart) -> list[Stroke]:
    """Blood that loses phase where it shears: beside the mitral jet, and below the aortic root in systole."""
    inflow, outflow = heart.cycle.inflow, heart.cycle.outflow
    wide = heart.lateral[:, 0] - heart.septal[:, 0]
    tips = heart.septal[:, 0] + 0.25 * wide + [[14.0, 0.0]]
    root = heart.septal[:, 1] + 0.2 * wide + [[-3.0, 0.0]]
    beside = heart.septal[:, 0] + 0.85 * wide + [[15.0, 0.0]]
    return [
        _stroke((tips, tips + np.array([[16.0, 1.0]])), 2.0, 0.1, (170.0, 0.3 * inflow)),
        _stroke((beside, beside + np.array([[14.0, 1.0]])), 1.8, -0.1, (180.0, 0.25 * inflow)),
        _stroke((root, root + np.array([[14.0, 1.0]])), 5.0, 0.0, (200.0, 0.45 * outflow)),
    ]


def _inside_left(heart: Heart, along: float, across: float) -> Points:
    """A place in the left ventricle: `across` -1 at the septum, 0 on the axis, 1 at the lateral wall."""
    i = np.arcsin(along) / (np.pi / 2) * (heart.septal.shape[1] - 1)  # the sides are sampled at the sine
    septal, lateral = _at(heart.septal, i), _at(heart.lateral, i)
    return 0.5 * (septal + lateral) + 0.5 * across * (lateral - septal)


def _inside_right(heart: Heart, along: float, across: float) -> Points:
    """A place in the right ventricle: `across` 0 at the septum, 1 at the free wall."""
    i = along * (heart.rv_free.shape[1] - 1)
    septal, free = _at(heart.rv_septal, i), _at(heart.rv_free, i)
    return septal + across * (free - septal)


def _at(line: Side, place: float) -> Points:
    low = min(int(place), line.shape[1] - 2)
    return line[:, low] + (place - low) * (line[:, low + 1] - line[:, low])


def _shifted(line: Side, by: float | Float64[np.ndarray, " points"]) -> Side:
    """A side moved across itself by so many mm at each point; positive towards larger v."""
    return line + np.asarray(by)[..., None] * across(line)


def _outside(outline: Outline, by: float) -> Outline:
    """A closed outline grown about its middle by so many mm."""
    middle = outline.mean(axis=1, keepdims=True)
    spoke = outline - middle
    return middle + spoke * (1 + by / np.maximum(np.hypot(spoke[..., :1], spoke[..., 1:]), 1.0))


def _reaching(outline: Outline, by: float) -> Outline:
    """An atrium whose valve end is drawn a little into the ventricle."""
    out = outline.copy()
    out[:, 0, 0] += by
    out[:, -1, 0] += by
    return out


TURN = np.linspace(0, 2 * np.pi, 14, endpoint=False)


def _blob(centre: Points, along: float, across: float) -> Outline:
    return centre[:, None] + np.stack([along * np.cos(TURN), across * np.sin(TURN)], axis=1)


def _turned(turn: float, right: float, down: float) -> list[float]:
    """A step on the frame (mm to the right and down) in heart coordinates."""
    return [right * np.sin(turn) - down * np.cos(turn), right * np.cos(turn) + down * np.sin(turn)]


def _horn(one: Points, other: Points, out: list[float], tip: float) -> Outline:
    """A vessel that leaves a chamber between two places of its wall and narrows on its way out."""
    inside = 0.3 * (other - one)
    end = 0.5 * (one + other) + [out]
    side = other - one
    side = 0.75 * tip * side / np.linalg.norm(side, axis=1, keepdims=True)
    back = -0.6 * np.asarray([out])
    return np.stack(
        [one + back + inside, one - 0.2 * inside, end - side, end + 0.15 * np.asarray([out]), end + side,
         other + 0.2 * inside, other + back - inside], axis=1,
    )  # fmt: skip


def _stroke(
    ends: tuple[Points, Points], half: float | Curve, bend: float, paint: tuple[float, float | Curve]
) -> Stroke:
    """From one end to the other, bowed sideways by `bend` of its length; `paint` is value and opacity."""
    start, end = ends
    step = end - start
    sideways = np.stack([-step[:, 1], step[:, 0]], axis=1)
    return Stroke(start, 0.5 * (start + end) + bend * sideways, end, half, *paint)


WAY = np.linspace(0, 1, 8)
TAPER = np.sqrt(np.sin(np.pi * (0.10 + 0.82 * WAY)))
CURVE = np.stack([(1 - WAY) ** 2, 2 * WAY * (1 - WAY), WAY**2])


def _bands(strokes: list[Stroke]) -> list[Layer]:
    """The layers of many strokes, computed at once."""
    knots = np.array([(s.start, s.middle, s.end) for s in strokes])  # (strokes, 3, frames, 2)
    half = np.stack([np.broadcast_to(s.half, knots.shape[2]) for s in strokes])
    line = np.einsum("skfc,kw->sfwc", knots, CURVE)
    out = half[..., None, None] * TAPER[:, None] * across(line)
    outlines = np.concatenate([line + out, (line - out)[:, :, ::-1]], axis=2)
    return [Layer(o, s.value, s.opacity) for o, s in zip(outlines, strokes, strict=True)]

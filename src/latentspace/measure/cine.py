"""Volumes, ejection fractions, wall thickness from a four-chamber cine, recorded or decoded (50 x 96 x 96, 1.8 mm)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Float64, Real
from scipy.interpolate import CubicSpline

from latentspace.measure.measurement import Measurement
from latentspace.measure.outlines import PER_SIDE, PIXEL_MM, SIZE, Outlines, outlines

Curve = Float64[np.ndarray, " frames"]
Side = Float64[np.ndarray, "frames 15 2"]
Ring = Float64[np.ndarray, "frames around 2"]
CHAMBERS: Mapping[str, tuple[str, str]] = {
    "lv": ("septal", "lateral"), "rv": ("rv_septal", "rv_free"), "la": ("la_septal", "la_free"),
    "ra": ("ra_septal", "ra_free"),
}  # fmt: skip
LONG = {"lv": "Left ventricle", "rv": "Right ventricle", "la": "Left atrium", "ra": "Right atrium"}
# V = factor A^2 / L. The right ventricle is a crescent of which the plane shows a part: the simulator's rule.
VOLUME = {"lv": 8 / (3 * np.pi), "rv": 1.9, "la": 8 / (3 * np.pi), "ra": 8 / (3 * np.pi)}
MIDDLE = slice(2, 8)  # basal and middle part of a wall, where its thickness is read
FAINT = 0.15  # least share by which muscle must be darker than blood
STILL = 0.004  # least first harmonic of the liveliest pixels, as a share of the grey scale
USUAL = 3.0  # root mean square of the modes beyond which a shape is no heart (a simulated heart: about 1)


@dataclass(frozen=True)
class Heart:
    """What was found: areas in cm2 and volumes in mL on every frame, wall thickness in mm.

    `reason` says for a chamber ("lv", "rv", "la", "ra") why it cannot be measured; it is empty where it can.
    """

    outlines: Outlines
    area: Mapping[str, Curve]
    volume: Mapping[str, Curve]
    septum_mm: Curve
    lateral_mm: Curve
    reason: Mapping[str, str]


def find_heart(cine: Real[np.ndarray, "50 96 96"]) -> Heart:
    """Trace the chambers on all frames of a cine with finite values, of whatever grey scale."""
    grey = cine.astype(np.float32)
    traced = outlines(grey)
    area = {name: _area(_closed(traced, name)) for name in CHAMBERS}
    length = {name: _length(traced, name) for name in CHAMBERS}
    volume = {name: VOLUME[name] * area[name] ** 2 / length[name] / 1000 for name in CHAMBERS}
    reason = {name: _doubt(grey, traced, name) for name in CHAMBERS}
    return Heart(
        traced, {name: value / 100 for name, value in area.items()}, volume,
        _thickness(traced, "septal"), _thickness(traced, "lateral"), reason,
    )  # fmt: skip


def measure_cine(cine: Real[np.ndarray, "50 96 96"]) -> dict[str, Measurement]:
    """All measurements by name; null with a reason where the picture does not allow them."""
    trouble = _unusable(cine)
    heart = None if trouble else _found(cine)
    return {
        name: _one(heart, (name, label, unit), chamber, read, trouble) for name, label, unit, chamber, read in _READINGS
    }


def lv_area(cine: Real[np.ndarray, "50 96 96"]) -> Curve | None:
    """Area of the left ventricle on every frame, cm2; None where the picture does not allow it."""
    heart = None if _unusable(cine) else _found(cine)
    return None if heart is None or heart.reason["lv"] else heart.area["lv"]


def _found(cine: Real[np.ndarray, "50 96 96"]) -> Heart:
    return _found_in(cine.tobytes(), cine.dtype.str, cine.shape)


@lru_cache(maxsize=4)
def _found_in(values: bytes, dtype: str, shape: tuple[int, ...]) -> Heart:
    """Measurements and the curve of the area are asked of the same cine, one after the other: traced once."""
    return find_heart(np.frombuffer(values, dtype).reshape(shape))


Reading = Callable[[Heart], float]


def _one(heart: Heart | None, words: tuple[str, str, str], chamber: str, read: Reading, trouble: str) -> Measurement:
    name, label, unit = words
    reason = trouble if heart is None else heart.reason[chamber]
    value = None if heart is None or reason else float(read(heart))
    return Measurement(name, label, value, unit, reason)


def _largest(chamber: str) -> Reading:
    return lambda heart: heart.volume[chamber].max()


def _smallest(chamber: str) -> Reading:
    return lambda heart: heart.volume[chamber].min()


def _stroke(chamber: str) -> Reading:
    return lambda heart: np.ptp(heart.volume[chamber])


def _emptied(chamber: str) -> Reading:
    return lambda heart: 100 * np.ptp(heart.volume[chamber]) / heart.volume[chamber].max()


def _descent(side: str) -> Reading:
    """How far the free hinge of a valve moves towards the apex."""

    def read(heart: Heart) -> float:
        place = (heart.outlines.side(side)[:, 0] * _axis(heart.outlines)[0]).sum(axis=1)
        return float(place.max() - place[0])

    return read


def _mass(heart: Heart) -> float:
    """Area-length mass: the shell between the inner and the outer outline, 1.05 g/mL, the mean of all frames.

    Muscle cannot be compressed, so every frame shows the same mass; one frame alone has 1.5 times the error.
    """
    found = heart.outlines
    outer = _area(_ring(found.side("septal_epi"), found.side("lateral_epi")))
    thick = 0.5 * (heart.septum_mm + heart.lateral_mm)
    shell = VOLUME["lv"] * outer**2 / (_length(found, "lv") + thick) / 1000 - heart.volume["lv"]
    return 1.05 * float(shell.mean())


def _at_rest(read: Callable[[Heart], Curve]) -> Reading:
    return lambda heart: read(heart)[heart.volume["lv"].argmax()]


_READINGS: tuple[tuple[str, str, str, str, Reading], ...] = (
    ("lvedv", "LV end-diastolic volume", "mL", "lv", _largest("lv")),
    ("lvesv", "LV end-systolic volume", "mL", "lv", _smallest("lv")),
    ("lvsv", "LV stroke volume", "mL", "lv", _stroke("lv")),
    ("lvef", "LV ejection fraction", "%", "lv", _emptied("lv")),
    ("lvm", "LV mass", "g", "lv", _mass),
    ("septum_mm", "Septal thickness, end diastole", "mm", "lv", _at_rest(lambda heart: heart.septum_mm)),
    ("lateral_mm", "Lateral wall thickness, end diastole", "mm", "lv", _at_rest(lambda heart: heart.lateral_mm)),
    ("mapse", "Mitral annular plane systolic excursion", "mm", "lv", _descent("lateral")),
    ("rvedv", "RV end-diastolic volume", "mL", "rv", _largest("rv")),
    ("rvesv", "RV end-systolic volume", "mL", "rv", _smallest("rv")),
    ("rvef", "RV ejection fraction", "%", "rv", _emptied("rv")),
    ("tapse", "Tricuspid annular plane systolic excursion", "mm", "rv", _descent("rv_free")),
    ("la_max", "LA maximal volume", "mL", "la", _largest("la")),
    ("la_min", "LA minimal volume", "mL", "la", _smallest("la")),
    ("la_ef", "LA emptying fraction", "%", "la", _emptied("la")),
    ("ra_max", "RA maximal volume", "mL", "ra", _largest("ra")),
    ("ra_min", "RA minimal volume", "mL", "ra", _smallest("ra")),
    ("ra_ef", "RA emptying fraction", "%", "ra", _emptied("ra")),
)


def _unusable(cine: Real[np.ndarray, "50 96 96"]) -> str:
    """Why nothing can be measured on this cine, or nothing."""
    if not np.isfinite(cine).all():
        return "The cine holds values that are not finite."
    low, high = np.percentile(cine[::5], [2, 98])
    if high <= low:
        return "The cine is blank."
    beat = np.abs(np.fft.rfft(cine[:, ::2, ::2].astype(np.float32), axis=0)[1]) * (2 / len(cine))
    if np.percentile(beat, 95) < STILL * (high - low):
        return "Nothing beats: the frames hardly differ."
    return ""


def _doubt(cine: Float32[np.ndarray, "50 96 96"], found: Outlines, chamber: str) -> str:
    """Why one chamber is not to be trusted, or nothing."""
    if np.sqrt((found.modes**2).mean()) > USUAL:
        return "No heart of the usual form was found."
    outline = _closed(found, chamber)
    if (np.abs(outline) > SIZE * PIXEL_MM / 2).any(axis=2).mean() > 0.03:
        return f"{LONG[chamber]} leaves the frame."
    if _contrast(cine, found) < FAINT:
        return "Blood and muscle cannot be told apart."
    return ""


def _contrast(cine: Float32[np.ndarray, "50 96 96"], found: Outlines) -> float:
    """How much darker than blood the middle of the left ventricle's walls is, as a share of blood above black."""
    septum = 0.5 * (found.side("septal") + found.side("septal_epi"))[:, MIDDLE]
    lateral = 0.5 * (found.side("lateral") + found.side("lateral_epi"))[:, MIDDLE]
    middle = 0.5 * (found.side("septal") + found.side("lateral"))[:, MIDDLE]
    wall, blood = (
        float(np.median(_grey(cine, places))) for places in (np.concatenate([septum, lateral], axis=1), middle)
    )
    return (blood - wall) / max(blood - float(np.percentile(cine[::5], 2)), 1e-9)


def _grey(
    cine: Float32[np.ndarray, "50 96 96"], places: Float64[np.ndarray, "frames n 2"]
) -> Float32[np.ndarray, "frames n"]:
    x, y = np.moveaxis(np.clip(places / PIXEL_MM + SIZE / 2, 0, SIZE - 1).astype(int), -1, 0)
    return cine[np.arange(len(cine))[:, None], y, x]


def _closed(found: Outlines, chamber: str) -> Ring:
    inner, outer = CHAMBERS[chamber]
    return _ring(found.side(inner), found.side(outer))


def _ring(inner: Side, outer: Side) -> Ring:
    """One closed outline through two sides, with a smooth curve between the points that were found."""
    known, fine = np.arange(PER_SIDE), np.linspace(0, PER_SIDE - 1, 4 * PER_SIDE - 3)
    both = CubicSpline(known, np.stack([inner, outer]), axis=2)(fine)
    return np.concatenate([both[0], both[1][:, ::-1]], axis=1)


def _area(outline: Ring) -> Curve:
    """In mm2, by the shoelace formula."""
    x, y = outline[:, :, 0], outline[:, :, 1]
    return np.abs((x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1)) / 2


def _axis(found: Outlines) -> Float64[np.ndarray, "frames 1 2"]:
    """Unit vector from the middle of the mitral valve to the apex."""
    step = found.side("septal")[:, -1] - 0.5 * (found.side("septal")[:, 0] + found.side("lateral")[:, 0])
    return (step / np.linalg.norm(step, axis=1, keepdims=True))[:, None]


def _length(found: Outlines, chamber: str) -> Curve:
    """Middle of the valve to apex or roof along the heart's axis, mm."""
    inner, outer = (found.side(side) for side in CHAMBERS[chamber])
    far, valve = 0.5 * (inner[:, -1] + outer[:, -1]), 0.5 * (inner[:, 0] + outer[:, 0])
    return np.abs(((far - valve) * _axis(found)[:, 0]).sum(axis=1))


def _thickness(found: Outlines, side: str) -> Curve:
    """Mean distance of the outer outline from the inner one in the middle of a wall, mm."""
    inner, outer = found.side(side)[:, MIDDLE], found.side(f"{side}_epi")[:, MIDDLE]
    return np.linalg.norm(outer - inner, axis=2).mean(axis=1)


def heart_mask(found: Outlines) -> Bool[np.ndarray, "96 96"]:
    """Every pixel that the heart covers at some time of the beat (every fifth frame is asked)."""
    y, x = ((np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2) * PIXEL_MM).reshape(2, -1)
    inside = np.zeros(SIZE * SIZE, bool)
    for inner, outer in (("septal_epi", "lateral_epi"), *(CHAMBERS[name] for name in ("rv", "la", "ra"))):
        outline = np.concatenate([found.side(inner), found.side(outer)[:, ::-1]], axis=1)
        for points in outline[::5]:
            inside |= _within(points, x, y)
    return inside.reshape(SIZE, SIZE)


def _within(
    outline: Float64[np.ndarray, "n 2"], x: Float64[np.ndarray, " places"], y: Float64[np.ndarray, " places"]
) -> Bool[np.ndarray, " places"]:
    """Even-odd rule: how many edges lie to the right of each place."""
    odd = np.zeros(len(x), bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if y0 != y1:
            odd ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return odd

"""Outlines of the four chambers in the heart's own coordinates, driven by volumes through the area-length rule.

Coordinates (u, v) in mm: u runs along the left ventricle's axis from the end-diastolic mitral plane to the apex, v
across it towards the lateral wall, so that the right heart has negative v. All outlines are (50, points, 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from latentspace.simulate.cycle import Cycle, cycle

N_SIDE = 28
RV_AREA_LENGTH = (
    1.9  # V = 1.9 A^2 / L: the crescent behind the plane; 24 cm2 and 76 mm then hold 145 mL, as in the normals
)
ROUND = 3 * np.pi / 8  # V = 8 A^2 / (3 pi L), so A^2 = ROUND V L
S = np.sin(np.linspace(0, np.pi / 2, N_SIDE))  # base to apex, dense at the round end
SHARE = 0.5 * (np.diff(S, prepend=0) + np.diff(S, append=1))  # weights of the trapezoid rule along S
DEPTH = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, N_SIDE))  # valve to roof of an atrium, dense at both ends
Side = Float64[np.ndarray, "frames points 2"]  # a wall from the valve to the apex or roof
Outline = Float64[np.ndarray, "frames around 2"]  # closed
Column = Float64[np.ndarray, "frames 1"]
Factors = Mapping[str, float]


@dataclass(frozen=True)
class Heart:
    """Walls of one heart through the cycle; sides run from the valve to the apex or roof.

    `septal`, `lateral`: LV endocardium; `septal_epi`, `lateral_epi`: outer face of its wall (septal: the RV's face);
    `rv_septal`, `rv_free`; `la_septal`, `la_free`; `ra_septal`, `ra_free`.
    """

    cycle: Cycle
    septal: Side
    lateral: Side
    septal_epi: Side
    lateral_epi: Side
    rv_septal: Side
    rv_free: Side
    la_septal: Side
    la_free: Side
    ra_septal: Side
    ra_free: Side

    def chambers(self) -> dict[str, Outline]:
        """Closed outlines of the blood (papillary muscle included): what the volumes are computed from."""
        return {
            "lv": ring(self.septal, self.lateral),
            "rv": ring(self.rv_septal, self.rv_free),
            "la": ring(self.la_septal, self.la_free),
            "ra": ring(self.ra_septal, self.ra_free),
        }


def heart(factors: Factors, view: Factors) -> Heart:
    """The walls of one subject: `factors` of `physiology.draw`, `view` of `cine.draw_view`."""
    beat = cycle(factors, view["kick"])
    septal, lateral, thick = _left_ventricle(factors, view, beat)
    septal_epi = septal - _thickness(factors, thick, "septum") * across(septal)
    lateral_epi = lateral + _thickness(factors, thick, "lateral") * across(lateral)
    rv_septal, rv_free = _right_ventricle(factors, view, beat, septal_epi)
    la, ra = _atria(factors, view, (septal, lateral, rv_septal, rv_free), beat)
    return Heart(beat, septal, lateral, septal_epi, lateral_epi, rv_septal, rv_free, *la, *ra)


def ring(there: Side, back: Side) -> Outline:
    """Close two sides that both run from the valve to the far end."""
    return np.concatenate([there, back[:, ::-1]], axis=1)


def lv_length(factors: Factors, view: Factors, beat: Cycle) -> Column:
    """Mitral plane to endocardial apex, mm. A dilated ventricle is rounder; the valve plane moves with the EF."""
    rest = 17.4 * np.cbrt(factors["lvedv"]) * np.exp(0.035 * view["long"] - 0.05 * factors["dcm"])
    rest *= (factors["lvedv"] / 145) ** -0.04
    return rest * (1 - 0.27 * factors["lvef"] / 100 * beat.lv[:, None])


def _left_ventricle(factors: Factors, view: Factors, beat: Cycle) -> tuple[Side, Side, Column]:
    length = lv_length(factors, view, beat)
    volume = 1000 * (factors["lvedv"] - factors["lvsv"] * beat.lv[:, None])
    target = np.sqrt(ROUND * volume * length)
    side = {
        "septum": _profile(0.77 + 0.04 * view["annulus"], 2.0),
        "lateral": _profile(0.74 + 0.05 * view["annulus"], 1.9),
    }
    widest = float(target[0, 0] / (length[0, 0] * ((side["septum"] + side["lateral"]) @ SHARE)))
    rest = {name: shape * widest for name, shape in side.items()}
    moves = {name: rest[name] * _motion(factors, name) for name in rest}
    flash = 6.0 * beat.flash[:, None] * np.sin(np.pi * np.clip(S, 0, 1)) ** 1.5
    both = rest["septum"] + rest["lateral"] - flash
    whole = (moves["septum"] + moves["lateral"]) @ SHARE
    short = (both @ SHARE - target[:, 0] / length[:, 0]) / whole  # the area is linear in the shortening
    u = length[0, 0] - length + S * length
    bow = (1.6 * view["bow"] - 0.8) * 4 * S * (1 - S) * np.ones_like(u)
    septal = np.stack([u, bow - (rest["septum"] - flash - short[:, None] * moves["septum"])], axis=2)
    lateral = np.stack([u, bow + rest["lateral"] - short[:, None] * moves["lateral"]], axis=2)
    return septal, lateral, _wall(factors["lvm"], volume, length)


def _wall(mass_g: float, volume: Column, length: Column) -> Column:
    """Mean wall thickness in mm: an ellipsoidal shell keeps its volume (1.05 g/mL) whatever the cavity does."""
    width = np.sqrt(6 * volume / (np.pi * length))
    outer = 6 / np.pi * (volume + 1000 * mass_g / 1.05)
    thick = np.full_like(volume, 7.0)
    for _ in range(6):
        across, along = width + 2 * thick, length + thick
        thick = thick - (along * across**2 - outer) / (across**2 + 4 * along * across)
    return thick


def _thickness(factors: Factors, mean: Column, side: str) -> Float64[np.ndarray, "frames points 1"]:
    """Wall thickness along one side, mm: thinner at the apex, asymmetric in HCM, thin and stiff in a scar."""
    bulge = np.exp(-(((S - 0.36) / 0.34) ** 2))
    ratio = 1 + max(factors["septum"] - 1, 0.0) * bulge  # septum against lateral wall; 0 in the factors: alike
    share = ratio**0.75 if side == "septum" else ratio**-0.25
    base = 0.45 if side == "septum" else 0.25
    shape = (1 - base * np.exp(-S / 0.07)) * (1 - 0.42 * np.clip((S - 0.72) / 0.28, 0, 1) ** 1.5)
    wall = mean * shape * share * (1.0 if side == "septum" else 0.96)
    scar = _scar(factors, side)
    return ((1 - scar) * wall + scar * 0.62 * wall[:1])[:, :, None]


def _scar(factors: Factors, side: str) -> Float64[np.ndarray, " points"]:
    """How dead the wall is along one side, 0 to 1."""
    if factors["scar"] <= 0:
        return np.zeros(N_SIDE)
    centre = {0: {"septum": 0.55}, 1: {"septum": 0.88, "lateral": 0.90}, 2: {"lateral": 0.5}}[int(factors["scar_wall"])]
    if side not in centre:
        return np.zeros(N_SIDE)
    reach = 0.16 + 0.22 * factors["scar"]
    return np.exp(-(((S - centre[side]) / reach) ** 4)) * min(1.0, 0.45 + 0.8 * factors["scar"])


def _motion(factors: Factors, side: str) -> Float64[np.ndarray, " points"]:
    """How much of the common inward motion each place takes part in; a scar hardly moves."""
    shape = 0.62 + 0.38 * np.clip(S / 0.3, 0, 1)
    if side == "septum":
        shape = 0.86 * shape
    return shape * (1 - 1.12 * _scar(factors, side))


def _right_ventricle(factors: Factors, view: Factors, beat: Cycle, septal_epi: Side) -> tuple[Side, Side]:
    """The free wall is placed so that V = RV_AREA_LENGTH A^2 / L; its valve is nearer the apex than the mitral one."""
    reach = 0.05 + (0.88 + 0.025 * view["rv_apex"]) * np.linspace(0, 1, N_SIDE)
    septal = _along(septal_epi, reach)
    long = septal[:1, -1, 0] - septal[:1, 0, 0]
    ahead = 2 + 3 * view["rv_tilt"] + 0.22 * factors["rvef"] / 100 * long[0] * beat.rv
    share = np.linspace(0, 1, N_SIDE)
    u = septal[:, :, 0] + ahead[:, None] * (1 - share) ** 1.5
    length = septal[:, -1, 0] - 0.5 * (septal[:, 0, 0] + u[:, 0])
    volume = 1000 * (factors["rvedv"] - (factors["rvedv"] - factors["rvesv"]) * beat.rv)
    target = np.sqrt(volume * length / RV_AREA_LENGTH)
    width = (1 - share) ** (0.72 - 0.06 * view["rv_shape"]) * (0.88 + (0.45 + 0.1 * view["rv_shape"]) * share)
    return septal, _fit(septal, u, septal[:, :, 1], -width, target)


def _atria(
    factors: Factors, view: Factors, walls: tuple[Side, Side, Side, Side], beat: Cycle
) -> tuple[tuple[Side, Side], tuple[Side, Side]]:
    """Left and right atrium either side of their septum; roofs stay where they are while the valve plane moves."""
    septal, lateral, rv_septal, rv_free = walls
    left = _atrium(factors, ("la", view["la_long"], beat.la), (septal[:, 0], lateral[:, 0]), view)
    right = _atrium(factors, ("ra", view["ra_long"], beat.ra), (rv_septal[:, 0], rv_free[:, 0]), view)
    return left, right


def _atrium(
    factors: Factors, which: tuple[str, float, Float64[np.ndarray, " frames"]],
    hinges: tuple[Float64[np.ndarray, "frames 2"], Float64[np.ndarray, "frames 2"]], view: Factors,
) -> tuple[Side, Side]:  # fmt: skip
    name, long, filled = which
    largest, smallest = factors[f"{name}_max"], factors[f"{name}_min"]
    inner, outer = hinges
    side = 1.0 if name == "la" else -1.0
    middle = 0.5 * (inner[:, 0] + outer[:, 0])
    most = 11.9 * np.cbrt(largest) * np.exp(0.06 * long)
    roof = middle.max() - most
    length = middle - roof
    target = np.sqrt(ROUND * 1000 * (smallest + (largest - smallest) * filled) * length)
    depth_in = inner[:, :1] + DEPTH * (roof - inner[:, :1])
    depth_out = outer[:, :1] + DEPTH * (roof - outer[:, :1])
    far = np.clip((DEPTH - 0.42) / 0.58, 0, 1)
    rounding = 0.36 * most * (1 - np.sqrt(1 - far**2))
    septum = np.stack([depth_in, _partition(depth_in, inner, side, view) + side * rounding], axis=2)
    reach = (outer[:, 1:] - septum[:, :1, 1]) * (1 - DEPTH) ** 0.7
    bulge = side * 2 * np.sqrt(DEPTH * (1 - DEPTH))
    return septum, _fit(septum, depth_out, septum[:, :, 1] + reach, bulge, target)


def _partition(
    depth: Float64[np.ndarray, "frames points"], inner: Float64[np.ndarray, "frames 2"], side: float, view: Factors
) -> Float64[np.ndarray, "frames points"]:
    """The atrial septum's face in one atrium: from its valve's hinge it thins to a sheet that leans back."""
    rest = inner[:1, 1] - side * 3.0
    sheet = rest[:, None] + side * 1.1 + (0.10 * view["ias"] + 0.05) * (depth - inner[:, :1])
    begun = np.clip(1 - DEPTH / 0.30, 0, 1) ** 2
    return sheet + (inner[:, 1:] - sheet[:, :1]) * begun


def _fit(
    known: Side, u: Float64[np.ndarray, "frames points"], v: Float64[np.ndarray, "frames points"],
    outward: Float64[np.ndarray, " points"], target: Float64[np.ndarray, " frames"],
) -> Side:  # fmt: skip
    """The other side of a chamber: v + w outward, with w such that the area is right (area is linear in w)."""
    flat = _signed(ring(known, np.stack([u, v], axis=2)))
    wide = _signed(ring(known, np.stack([u, v + outward], axis=2)))
    sign = np.sign(wide - flat)
    w = (sign * target - flat) / (wide - flat)
    return np.stack([u, v + w[:, None] * outward], axis=2)


def _signed(outline: Outline) -> Float64[np.ndarray, " frames"]:
    u, v = outline[:, :, 0], outline[:, :, 1]
    inside = (u[:, :-1] * v[:, 1:] - u[:, 1:] * v[:, :-1]).sum(axis=1)
    return 0.5 * (inside + u[:, -1] * v[:, 0] - u[:, 0] * v[:, -1])


def _profile(base: float, power: float) -> Float64[np.ndarray, " points"]:
    """Half width of a ventricle from base to apex, 1 at its widest."""
    wide = 0.36
    near = base + (1 - base) * np.sin(0.5 * np.pi * np.clip(S / wide, 0, 1))
    far = np.clip(1 - (np.clip(S - wide, 0, 1) / (1 - wide)) ** power, 0, 1) ** 0.56
    return near * far


def _along(line: Side, places: Float64[np.ndarray, " points"]) -> Side:
    """Points at the given places (0 valve, 1 apex) of a side."""
    right = np.clip(np.searchsorted(S, places), 1, N_SIDE - 1)
    share = ((places - S[right - 1]) / (S[right] - S[right - 1]))[None, :, None]
    return (1 - share) * line[:, right - 1] + share * line[:, right]


def across(line: Float64[np.ndarray, "*lines points 2"]) -> Float64[np.ndarray, "*lines points 2"]:
    """Unit vectors across each point of a line that runs towards the apex, pointing to larger v."""
    step = np.empty_like(line)
    step[..., 1:-1, :] = line[..., 2:, :] - line[..., :-2, :]
    step[..., 0, :] = line[..., 1, :] - line[..., 0, :]
    step[..., -1, :] = line[..., -1, :] - line[..., -2, :]
    out = np.empty_like(line)
    long = np.hypot(step[..., 0], step[..., 1]) + 1e-9
    out[..., 0] = -step[..., 1] / long
    out[..., 1] = step[..., 0] / long
    return out

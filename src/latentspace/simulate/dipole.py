"""The heart's electrical forces over one beat: P, QRS and T as Gaussians in time, each with a direction in space."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

Factors = Mapping[str, float]

# Standard normals of the beat beside those of the torso. `late_r` and the like are in the names of what they move.
FREE = (
    "azimuth", "posterior", "septal", "septal_way", "basal", "basal_way", "late_r", "notch", "sharp", "middle",
    "t_size", "t_azimuth", "t_wide", "t_skew", "t_bend", "j_size", "j_way", "st_slope", "p_size", "p_back", "p_split",
    "infarct_t", "block_form", "discord",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waves:
    """Forces of one part of the beat: each is `force` (left, feet, back; mV) * a bump in time.

    A bump rises as exp(-x^2 / 2) with `rise` (ms) before `centre` (ms after QRS onset) and falls with `fall`.
    """

    force: Float64[np.ndarray, "n 3"]
    centre: Float64[np.ndarray, " n"]
    rise: Float64[np.ndarray, " n"]
    fall: Float64[np.ndarray, " n"]

    def bumps(self, time: Float64[np.ndarray, " samples"]) -> Float64[np.ndarray, "n samples"]:
        """Every bump at these times (ms)."""
        x = time - self.centre[:, None]
        return np.exp(-0.5 * (x / np.where(x < 0, self.rise[:, None], self.fall[:, None])) ** 2)

    def area(self) -> Float64[np.ndarray, " 3"]:
        """Time integral of the force, but for a factor."""
        return (self.force * ((self.rise + self.fall) / 2)[:, None]).sum(axis=0)


def draw_beat(rng: np.random.Generator) -> dict[str, float]:
    """Standard normals (cut off at 2.5) for `FREE`."""
    return dict(zip(FREE, np.clip(rng.standard_normal(len(FREE)), -2.5, 2.5).tolist(), strict=True))


def ventricle(factors: Factors, own: Factors) -> Waves:
    """QRS, in a time that runs from about 0 to 1; `timed` stretches it to its duration.

    Septum (to the right and front), apex and free wall (to the left), base of the left ventricle (to the back), last
    the outflow tracts; blocks and scars change what comes when.
    """
    if factors["lbbb"]:
        waves = _left_block(own)
    else:
        waves = _normal(factors, own)
        if factors["rbbb"]:
            waves = _right_block(waves, own)
    if factors["scar"]:
        waves = _scarred(waves, factors, own)
    force, centre, rise, fall = (np.array(part, float) for part in zip(*waves, strict=True))
    return Waves(force * factors["voltage"], centre, rise, fall)


Part = tuple[tuple[float, float, float], float, float, float]


def _normal(factors: Factors, own: Factors) -> list[Part]:
    turned = np.deg2rad(14 * own["azimuth"] + 20 * factors["dcm"])
    back = 1.00 * np.exp(0.30 * own["posterior"]) * (1 + 0.35 * factors["dcm"])
    septal = 0.27 * np.exp(0.38 * own["septal"]) * (1 + 1.1 * factors["hcm"]) * (1 - 0.45 * factors["dcm"])
    basal = 0.19 * np.exp(0.45 * own["basal"])
    limb = 1 - 0.22 * factors["dcm"]
    sharp = np.exp(0.10 * own["sharp"])
    way = 0.35 * own["septal_way"]
    late = max(0.0, 0.10 * (own["late_r"] - 0.9))
    middle = 0.41 + 0.025 * own["middle"]
    return [
        ((septal * (-0.42 + way), septal * (-0.12 + 0.25 * way), -septal), 0.17, 0.062, 0.075),
        ((1.26 * limb * np.cos(turned), 0.58 * limb, 1.26 * np.sin(turned)), middle, 0.088 * sharp, 0.085 * sharp),
        ((0.30 + 0.12 * own["notch"], 0.14 - 0.10 * own["notch"], back), middle + 0.15, 0.085, 0.095),
        ((-basal * (0.62 + 0.4 * own["basal_way"]), -basal * 0.55, basal * 0.7), 0.76, 0.075, 0.075),
        ((-2.2 * late, -late, -3.0 * late), 0.84, 0.05, 0.055),
    ]


def _left_block(own: Factors) -> list[Part]:
    """Nothing to the right first; slow and notched to the left and the back."""
    form = 0.10 * own["block_form"]
    back = 1.70 * np.exp(0.25 * own["posterior"])
    return [
        ((0.10, 0.10, -0.20 * np.exp(0.6 * own["septal"])), 0.11, 0.05, 0.06),
        ((0.92 + form, 0.45, 0.62 * back), 0.33, 0.10, 0.11),
        ((0.35, 0.05, 0.75 * back), 0.50, 0.11, 0.12),
        ((0.82 - form, 0.10 + 0.1 * own["notch"], 0.42 * back), 0.67, 0.10, 0.105),
    ]


def _right_block(normal: list[Part], own: Factors) -> list[Part]:
    """The left ventricle first, as ever; then slowly the right one: to the right and the front."""
    early = [(force, 0.68 * centre, 0.70 * rise, 0.72 * fall) for force, centre, rise, fall in normal[:3]]
    size = 0.62 * np.exp(0.30 * own["block_form"])
    right = ((-0.82 * size, 0.05 * own["basal_way"], -0.95 * size), 0.68, 0.10, 0.13)
    return [*early, right]


# To the left, to the feet, to the back: where the forces of a wall point.
WALLS = ((-0.25, 0.10, -1.0), (0.55, 0.35, -0.75), (1.0, -0.25, 0.20))  # septum, apex, lateral wall


def _scarred(waves: list[Part], factors: Factors, own: Factors) -> list[Part]:
    """A dead wall no longer pulls: the forces away from it win early on."""
    wall = np.array(WALLS[int(factors["scar_wall"])])
    lost = -factors["scar"] * (1.35 + 0.25 * own["septal_way"]) * wall
    septal = [((*(np.array(waves[0][0]) * (1 - 0.85 * factors["scar"])),), *waves[0][1:])]
    return [*septal, *waves[1:], ((*lost,), 0.27, 0.085, 0.10)]


def atrium(factors: Factors, own: Factors) -> Waves:
    """P: the right atrium to the front and the feet, then the left one to the left and the back."""
    length = factors["p_duration"]
    size = 0.15 * np.exp(0.28 * own["p_size"]) * (0.6 + 0.4 * factors["voltage"])
    large = np.clip(np.log(factors["la_max"] / 74.5), -0.7, 0.9)
    a = np.deg2rad(factors["p_axis"])
    back = size * (0.42 + 0.20 * own["p_back"] + 0.5 * large)
    split = 0.135 + 0.02 * own["p_split"]
    frontal = size * np.array([np.cos(a) / 0.68, np.sin(a) / 1.18])
    force = np.array([[*(0.62 * frontal), -0.55 * size], [*(0.80 * frontal), back]])
    centre = -factors["pr"] + length * np.array([0.5 - split, 0.5 + split])
    width = np.full(2, length * 0.152)
    return Waves(force, centre, width, width)


def repolarisation(factors: Factors, own: Factors, depolarised: Float64[np.ndarray, " 3"]) -> Waves:
    """T, with the ST segment that leads to it; `depolarised` is the area of QRS, against which a block turns T.

    T is a bell whose fall ends with QT: a thirtieth of its height is left there, where an electrocardiograph marks it.
    """
    male, older = factors["male"], (factors["age"] - 64.25) / 7.57
    fall = (36 + 4 * own["t_wide"]) * (factors["qt"] / 420)
    rise = fall * (1.48 + 0.2 * own["t_skew"])
    peak = factors["qt"] - T_ENDS * fall
    size = 0.43 * np.exp(
        0.28 * own["t_size"] + 0.12 * (male - 0.5) - 0.07 * older - 0.08 * (factors["bmi"] - 26.6) / 4.3
    )
    unusual = (factors["t_axis"] - 41 + 180) % 360 - 180
    size *= 0.3 + 0.7 * np.exp(-0.5 * (unusual / 45) ** 2)  # a healthy T that points elsewhere is flat
    a = np.deg2rad(factors["t_axis"])
    turned = np.deg2rad(-35 + 14 * own["t_azimuth"] + 6 * older - 10 * (male - 0.5))
    flat = np.cos(turned)
    force = size * np.array([np.cos(a) * flat / 0.68, np.sin(a) * flat / 1.18, 1.05 * np.sin(turned)])
    force = _ill(force, factors, own, depolarised)
    j = 0.045 * np.exp(0.35 * own["j_size"]) * np.array([0.35, 0.25 + 0.2 * own["j_way"], -1.1]) * (0.55 + 0.9 * male)
    st = 0.30 * force + 0.02 * own["st_slope"]
    shoulder = 0.5 * (factors["qrs"] + peak)
    return Waves(
        np.stack([force, 0.35 * st + j, 0.10 * own["t_bend"] * force]),
        np.array([peak, shoulder - 20, peak - 0.9 * rise]),
        np.array([rise, 0.55 * (shoulder - factors["qrs"]) + 12, 0.6 * rise]),
        np.array([fall, 0.8 * (peak - shoulder), 0.6 * rise]),
    )


def _ill(
    force: Float64[np.ndarray, " 3"], factors: Factors, own: Factors, depolarised: Float64[np.ndarray, " 3"]
) -> Float64[np.ndarray, " 3"]:
    """T is turned away from what is depolarised late or slowly, thick or dead."""
    against = -depolarised / max(float(np.linalg.norm(depolarised)), 1e-9)
    if factors["lbbb"]:
        return 0.25 * force + (0.46 + 0.08 * own["discord"]) * factors["voltage"] * against
    if factors["rbbb"]:
        force = force + np.array([0.05, 0.0, 0.16 * np.exp(0.3 * own["discord"])])
    force = force + 0.42 * factors["strain"] * against
    if factors["dcm"]:
        force = 0.55 * force
    if factors["scar"]:
        force = force - 0.36 * factors["scar"] * np.exp(0.4 * own["infarct_t"]) * np.array(
            WALLS[int(factors["scar_wall"])]
        )
    return force


def turned_to(waves: Waves, degrees: float, limb: Float64[np.ndarray, "2 3"]) -> Waves:
    """The waves turned in the frontal plane so that the net area of I and aVF (rows of `limb`) points to `degrees`."""
    target = np.deg2rad(degrees)
    both = limb * np.array([[1.0], [2 / np.sqrt(3)]])
    left, foot, back = waves.area()
    across = -np.sin(target) * both[0] + np.cos(target) * both[1]  # what is seen at a right angle to the target
    reach = float(np.hypot(across[0], across[1]) * np.hypot(left, foot))
    middle = np.arctan2(across[1], across[0]) - np.arctan2(foot, left)
    half = np.arccos(np.clip(-across[2] * back / max(reach, 1e-12), -1, 1))
    along = np.cos(target) * both[0] + np.sin(target) * both[1]

    def ahead(turn: float) -> float:
        c, s = np.cos(turn), np.sin(turn)
        return float(along @ np.array([c * left - s * foot, s * left + c * foot, back]))

    c, s = (fn(max(middle - half, middle + half, key=ahead)) for fn in (np.cos, np.sin))
    force = waves.force @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    return Waves(force, waves.centre, waves.rise, waves.fall)


def timed(waves: Waves, duration: float, leads: Float64[np.ndarray, "8 n"]) -> Waves:
    """QRS stretched so that it shows (`leads`: what each electrode sees of each force) from 0 to `duration` ms."""
    time = np.linspace(-0.25, 1.35, 161)
    seen = np.abs(leads @ waves.bumps(time))
    shows = np.flatnonzero((seen > np.maximum(SHOWS_MV, SHOWS_SHARE * seen.max(axis=1, keepdims=True))).any(axis=0))
    first, last = time[shows[0]], time[shows[-1]]
    scale = duration / (last - first)
    return Waves(waves.force, (waves.centre - first) * scale, waves.rise * scale, waves.fall * scale)


T_ENDS = 2.6  # standard deviations of its falling side
SHOWS_MV, SHOWS_SHARE = 0.010, 0.009  # below both, an expert sees no deflection any more

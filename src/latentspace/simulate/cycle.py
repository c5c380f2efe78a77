"""How full each chamber is through one heartbeat, and how far its valve stands open: 50 phases from the R wave."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from latentspace.modality import CINE

FRAMES = CINE[0]
Curve = Float64[np.ndarray, " frames"]


@dataclass(frozen=True)
class Cycle:
    """Curves over one RR interval.

    `lv` and `rv` are the share of the stroke volume that has left (0 end diastole, 1 end systole), `la` and `ra` the
    share of the atrium's filling (0 smallest, 1 largest), `mitral` and `tricuspid` the opening of the valve (0 to 1),
    `inflow` and `outflow` the speed of blood through the valves (peak 1), `flash` the early jerk of the septum in LBBB.
    """

    lv: Curve
    rv: Curve
    la: Curve
    ra: Curve
    mitral: Curve
    tricuspid: Curve
    inflow: Curve
    outflow: Curve
    flash: Curve


def cycle(factors: Mapping[str, float], kick: float) -> Cycle:
    """Curves for one subject; `kick` is the atrial share of filling in sinus rhythm.

    Source:
        Systole shortens less than the cycle does (Weissler 1968); isovolumic phases of about 50 and 70 ms.
    """
    rr = factors["rr"]
    late = 22.0 * factors["lbbb"]
    time = np.arange(FRAMES) * rr / FRAMES
    kick = 0.0 if factors["af"] else kick
    opens = 48.0 + late
    closes = 352.0 * (rr / 1000) ** 0.36 + late
    fills = closes + 66.0 + 8.0 * factors["hypertension"]
    lv, early, atrial = _ventricle(time, rr, (opens, closes, fills), kick)
    right = (opens - 6, closes + 8 + 25 * factors["rbbb"], fills - 8 + 20 * factors["rbbb"])
    rv, _, _ = _ventricle(time, rr, right, kick)
    valve = _valve(time, rr, fills, kick)
    outflow = np.where(time < closes, np.sin(np.pi * np.clip((time - opens) / (closes - opens), 0, 1)), 0.0)
    inflow = np.gradient(early + atrial)
    flash = factors["lbbb"] * (_bump(time, 62, 40) - 0.55 * _bump(time, closes + 10, 60))
    return Cycle(
        lv=lv, rv=rv, la=_atrium(time, rr, fills, 0.42 * (kick > 0) + 0.4 * kick),
        ra=_atrium(time, rr, fills - 8, 0.40 * (kick > 0) + 0.4 * kick),
        mitral=valve, tricuspid=_valve(time, rr, fills - 8, kick),
        inflow=np.clip(inflow / max(inflow.max(), 1e-6), 0, 1), outflow=outflow, flash=flash,
    )  # fmt: skip


def _ventricle(time: Curve, rr: float, marks: tuple[float, float, float], kick: float) -> tuple[Curve, Curve, Curve]:
    """Share of the stroke volume that has left; early and atrial filling."""
    opens, closes, fills = marks
    out = _ease(np.clip((time - opens) / (closes - opens), 0, 1) ** 0.88)
    rest = rr - fills
    quick = min(215.0, 0.66 * rest)
    x = np.clip((time - fills) / quick, 0, 1)
    slow = 0.07 * np.clip((time - fills) / rest, 0, 1)
    early = (1 - kick) * (0.93 * _ease(x**0.85) + slow)
    starts = rr - min(135.0, 0.5 * rest)
    atrial = kick * _ease(np.clip((time - starts) / (rr - 12 - starts), 0, 1))
    return out - early - atrial, early, atrial


def _atrium(time: Curve, rr: float, fills: float, active: float) -> Curve:
    """Reservoir until the valve opens, conduit after, then the kick (`active`: its share of the emptying)."""
    reservoir = _ease(np.clip(time / (fills + 5), 0, 1) ** 0.92)
    rest = rr - fills
    conduit = (1 - active) * _ease(np.clip((time - fills) / min(230.0, 0.7 * rest), 0, 1) ** 0.9)
    refill = 0.05 * active * np.sin(np.pi * np.clip((time - fills - 200) / max(rest - 200, 60), 0, 1))
    starts = rr - min(140.0, 0.5 * rest)
    pump = active * _ease(np.clip((time - starts) / (rr - 8 - starts), 0, 1))
    full = np.where(time < fills, reservoir, 1 - conduit + refill - pump)
    return (full - full.min()) / np.ptp(full)


def _valve(time: Curve, rr: float, fills: float, kick: float) -> Curve:
    rest = rr - fills
    early = np.clip((time - fills + 12) / 42, 0, 1) * (1 - 0.62 * _ease(np.clip((time - fills - 85) / 150, 0, 1)))
    peak = rr - min(92.0, 0.32 * rest)
    again = 0.5 * (kick > 0) * _bump(time, peak, 62)
    shut = np.clip((rr + 9 - time) / 50, 0, 1)
    swing = np.clip(np.maximum(early, 0.0) + again, 0, 1) * shut
    return np.maximum(swing, np.clip(0.18 - time / 90, 0, 1))  # the leaflets meet just after the R wave


def _ease(x: Curve) -> Curve:
    return x * x * (3 - 2 * x)


def _bump(time: Curve, centre: float, width: float) -> Curve:
    return np.exp(-(((time - centre) / width) ** 2))

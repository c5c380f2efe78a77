"""Directions: the axis of a heart is near 180 and near -180 degrees at once, so their plain mean would lie opposite."""

import numpy as np
from jaxtyping import Float64, Real

TURN = 360.0


def unrolled(degrees: Real[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """The same directions within half a turn of their mean direction, so that means and spreads are those of a line.

    NaN stays NaN. What spans more than one turn counts turns, which are no directions, and stays as it is.

    Source:
        Mardia & Jupp 2000, Directional statistics, section 2.2 (the mean direction), section 3.4 (the cut).
    """
    values = degrees.astype(np.float64)
    known = values[np.isfinite(values)]
    if not known.size or np.ptp(known) > TURN:
        return values
    centre = np.degrees(np.angle(np.exp(1j * np.radians(known)).mean()))
    return centre - TURN / 2 + np.mod(values - centre + TURN / 2, TURN)

"""Where the QRS complex of an averaged beat begins."""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

SMOOTH_S, EARLIEST_S, QUIET_S = 0.004, 0.14, 0.012
SHARE_OF_PEAK = 0.06


def qrs_onset(beat: Float[np.ndarray, "lead time"], peak: int, *, rate_hz: float) -> int:
    """The sample at which the QRS complex begins, in any lead, of an averaged beat whose QRS is near sample `peak`.

    From the steepest point of the complex the spatial velocity (root mean square over the leads of the slope) is
    followed back to where it stays at the level of the PR segment for 12 ms. The level is the quietest 20 ms before the
    complex; the threshold lies above it by four times its spread, and is at least 6 % of the steepest slope.

    Source:
        Spatial velocity as in de Bie et al., J Electrocardiol 2020 (Glasgow, GE and Philips all begin from it).
    """
    velocity = spatial_velocity(beat, rate_hz=rate_hz)
    reach, quiet = int(EARLIEST_S * rate_hz), max(1, int(QUIET_S * rate_hz))
    low = max(0, peak - reach)
    steepest = low + int(np.argmax(velocity[low : peak + int(0.06 * rate_hz)]))
    before = velocity[max(0, steepest - reach) : max(1, steepest - int(0.02 * rate_hz))]
    width = int(0.02 * rate_hz)
    mean = uniform_filter1d(before, width)
    calmest = int(np.argmin(mean))
    segment = before[max(0, calmest - width // 2) : calmest + width // 2 + 1]
    threshold = max(float(segment.mean() + 4 * segment.std()), SHARE_OF_PEAK * float(velocity[steepest]))
    below = velocity < threshold
    for sample in range(steepest, max(quiet, steepest - reach), -1):
        if below[sample - quiet : sample].all():
            return sample
    return max(0, steepest - reach)


def spatial_velocity(beat: Float[np.ndarray, "lead time"], *, rate_hz: float) -> Float[np.ndarray, " time"]:
    """Root mean square over the leads of the slope, in mV/s, smoothed by 4 ms."""
    slope = gaussian_filter1d(beat.astype(np.float64), SMOOTH_S * rate_hz, axis=1, order=1) * rate_hz
    return np.sqrt((slope**2).mean(axis=0))

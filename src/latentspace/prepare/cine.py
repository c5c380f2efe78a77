"""From a scanner's frames to the model's cine: upright, heart-centred, 50 phases of 96 x 96 pixels of 1.8 mm."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Real, UInt8
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from latentspace.errors import InputError
from latentspace.modality import CINE
from latentspace.prepare.pose import CANONICAL, PIXEL_MM, Pose, estimate_pose

FRAMES, SIZE, _ = CINE
FEWEST = 8  # frames, below which a beat cannot be drawn
LEFT, BACK = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])  # of the patient, in DICOM's axes


@dataclass(frozen=True)
class Acquired:
    """Frames in any order with what the headers say.

    `frames` (time, rows, columns), any grey scale; `spacing_mm` between rows and between columns; `trigger_ms` of each
    frame since the R wave; `rr_ms` the mean RR interval; `orientation` the patient's direction (left, back, head) along
    a row and down a column, or None where the frames are upright already.
    """

    frames: Real[np.ndarray, "time rows columns"]
    spacing_mm: tuple[float, float]
    trigger_ms: Float64[np.ndarray, " times"]
    rr_ms: float
    orientation: Float64[np.ndarray, "6"] | None = None


@dataclass(frozen=True)
class Prepared:
    """`frames` are bytes: source value = low + frames / 255 * (high - low), cut off at the 1st and 99th percentile.

    `centre` is the middle of the crop (row, column) in the upright source; `pose` the estimated place of the heart.
    """

    frames: UInt8[np.ndarray, "50 96 96"]
    low: float
    high: float
    centre: tuple[float, float]
    pose: Pose


def prepare_cine(acquired: Acquired, *, source: str) -> Prepared:
    """Upright, in time order, cropped about the heart, resampled in space and time, as bytes.

    Raises:
        InputError: too few frames, times that do not fit one beat, values that are not finite, or nothing that beats.
    """
    ordered = _in_order(acquired, source)
    frames, spacing = upright(ordered)
    centre, phases = _centre(frames, spacing, source), _phases(ordered)
    for _ in range(2):  # the pose is read best where the heart is already in the middle
        pose = estimate_pose(_as_bytes(_resampled(frames, spacing, centre, phases))[0])
        rows, columns = (pose.y_mm - CANONICAL.y_mm) / spacing[0], (pose.x_mm - CANONICAL.x_mm) / spacing[1]
        centre = (centre[0] + rows, centre[1] + columns)
    grey, low, high = _as_bytes(_resampled(frames, spacing, centre, phases))
    return Prepared(grey, low, high, centre, estimate_pose(grey))


def upright(acquired: Acquired) -> tuple[Float32[np.ndarray, "time rows2 columns2"], tuple[float, float]]:
    """Flip and transpose so that the patient's left lies right and his back down, as far as quarter turns allow."""
    frames, (high, wide) = acquired.frames.astype(np.float32, copy=False), acquired.spacing_mm
    if acquired.orientation is None:
        return frames, (high, wide)
    right, down = acquired.orientation[:3], acquired.orientation[3:]
    if abs(right @ LEFT) + abs(down @ BACK) < abs(down @ LEFT) + abs(right @ BACK):
        frames, right, down, high, wide = frames.transpose(0, 2, 1), down, right, wide, high
    if right @ LEFT < 0:
        frames = frames[:, :, ::-1]
    if down @ BACK < 0:
        frames = frames[:, ::-1]
    return np.ascontiguousarray(frames), (high, wide)


def _in_order(acquired: Acquired, source: str) -> Acquired:
    """Frames by trigger time; refuses what cannot be one beat."""
    n = len(acquired.frames)
    if n < FEWEST or len(acquired.trigger_ms) != n:
        _refuse(
            "cine.frames",
            source,
            f"{n} frames and {len(acquired.trigger_ms)} trigger times, at least {FEWEST} are needed",
        )
    if not np.isfinite(acquired.frames).all():
        _refuse("cine.values", source, "values that are not finite")
    order = np.argsort(acquired.trigger_ms)
    times = acquired.trigger_ms[order]
    if (np.diff(times) <= 0).any() or times[-1] - times[0] >= acquired.rr_ms:
        found = f"trigger times of {times[0]:g} to {times[-1]:g} ms in an RR interval of {acquired.rr_ms:g} ms"
        _refuse("cine.times", source, found)
    return Acquired(acquired.frames[order], acquired.spacing_mm, times, acquired.rr_ms, acquired.orientation)


def _refuse(code: str, source: str, found: str) -> None:
    raise InputError(code, where=source, found=found, hint="Check that the series is one complete cine of one view.")


def _centre(
    frames: Float32[np.ndarray, "time rows columns"], spacing: tuple[float, float], source: str
) -> tuple[float, float]:
    """Row and column about which the heart beats: the middle of the first harmonic's energy in time.

    The amplitude is cut off at its 99th percentile, so that a jet of bright blood does not outweigh the walls.
    """
    beat = _first_harmonic(frames)
    beat = gaussian_filter(beat, (4 / spacing[0], 4 / spacing[1]))
    top = float(np.percentile(beat, 99))
    if top <= 1e-6 * max(float(np.ptp(frames)), 1e-12):
        _refuse("cine.still", source, "nothing that beats")
    energy = np.clip(beat, 0, top) ** 2
    energy[energy < 0.15 * top**2] = 0
    row, column = (np.arange(n) for n in energy.shape)
    y, x = (energy.sum(axis=1) @ row) / energy.sum(), (energy.sum(axis=0) @ column) / energy.sum()
    return float(y), float(x)


def _first_harmonic(frames: Float32[np.ndarray, "time rows columns"]) -> Float32[np.ndarray, "rows columns"]:
    """Its amplitude in time; of what does not change exactly 0."""
    n = len(frames)
    angle = 2 * np.pi * np.arange(n) / n
    waves = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    moved = (frames - frames[0]).reshape(n, -1)
    return np.hypot(*(waves @ moved)).reshape(frames.shape[1:])


def _resampled(
    frames: Float32[np.ndarray, "time rows columns"],
    spacing: tuple[float, float],
    centre: tuple[float, float],
    phases: Float32[np.ndarray, "50 time"],
) -> Float32[np.ndarray, "50 96 96"]:
    """Pixels of 1.8 mm about the centre (beyond the source: its edge), then phases.

    Every step is linear and goes along one axis, so each is a matrix, and only the window that they read is touched.
    """
    (rows, high), (columns, wide) = (
        _along(n, step, middle) for n, step, middle in zip(frames.shape[1:], spacing, centre, strict=True)
    )
    crop = rows @ (frames[:, high, wide] @ columns.T)
    return (phases @ crop.reshape(len(crop), -1)).reshape(-1, SIZE, SIZE)


def _along(n: int, step_mm: float, middle: float) -> tuple[Float32[np.ndarray, "96 window"], slice]:
    """What `n` pixels in a row are multiplied with: smoothed where they are finer, then linear between two; and which.

    Pixels that the result does not depend on are left out.
    """
    place = np.clip(middle + (np.arange(SIZE) - (SIZE - 1) / 2) * PIXEL_MM / step_mm, 0, n - 1)
    before = np.minimum(place.astype(np.int64), max(n - 2, 0))
    weights = np.zeros((SIZE, n))
    weights[np.arange(SIZE), before] = 1 - (place - before)
    weights[np.arange(SIZE), np.minimum(before + 1, n - 1)] += place - before
    smooth = 0.5 * np.sqrt(max(0.0, (PIXEL_MM / step_mm) ** 2 - 1))
    if smooth:
        weights = weights @ gaussian_filter1d(np.eye(n), smooth, axis=0)
    read = np.flatnonzero(weights.any(axis=0))
    window = slice(int(read[0]), int(read[-1]) + 1)
    return weights[:, window].astype(np.float32), window


def _phases(times: Acquired) -> Float32[np.ndarray, "50 time"]:
    """What frames are multiplied with for 50 even phases of the beat from the R wave on: a periodic cubic spline."""
    start = times.trigger_ms[0]
    knots = np.append(times.trigger_ms, start + times.rr_ms)
    each = np.eye(len(times.trigger_ms))
    spline = CubicSpline(knots, np.concatenate([each, each[:1]]), bc_type="periodic")
    wanted = np.arange(FRAMES) * times.rr_ms / FRAMES
    return spline(start + (wanted - start) % times.rr_ms).astype(np.float32)


def _as_bytes(grey: Float32[np.ndarray, "50 96 96"]) -> tuple[UInt8[np.ndarray, "50 96 96"], float, float]:
    low, high = (float(value) for value in np.percentile(grey, [1, 99]))
    scaled = (grey - low) * (255 / max(high - low, 1e-9))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8), low, high

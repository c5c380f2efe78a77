"""Preparing a cine: time, place, orientation, grey scale, pose; on drawn, simulated and real frames."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.ndimage import affine_transform, gaussian_filter, map_coordinates

from latentspace.errors import InputError
from latentspace.prepare.cine import PIXEL_MM, Acquired, prepare_cine, upright
from latentspace.prepare.pose import CANONICAL, Pose, estimate_pose, from_canonical, to_canonical
from latentspace.simulate.cine import cine
from latentspace.simulate.physiology import draw
from real_cine import acquired, real_four_chamber

UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])


def beating_disc(spacing: tuple[float, float] = (1.4, 1.4), n: int = 25) -> Acquired:
    """A disc of 30 mm radius that swells by 4 mm once a beat, about row 130 mm and column 200 mm of a wide frame."""
    y, x = np.mgrid[: int(300 / spacing[0]), : int(400 / spacing[1])]
    away = np.hypot(y * spacing[0] - 130, x * spacing[1] - 200)
    time = np.arange(n) / n
    radius = 30 + 4 * np.cos(2 * np.pi * time)
    frames = 100 + 900 / (1 + np.exp((away - radius[:, None, None]) / 1.5))
    return Acquired(frames, spacing, time * 900.0, 900.0)


def radius_mm(frame: np.ndarray) -> float:
    return float(np.sqrt((frame > 127).sum() * PIXEL_MM**2 / np.pi))


@pytest.mark.parametrize("spacing", [(1.4, 1.4), (1.8, 1.2), (2.2, 2.2)])
def test_sizes_in_mm_survive_any_pixel_spacing(spacing: tuple[float, float]) -> None:
    frames = prepare_cine(beating_disc(spacing), source="disc").frames
    assert radius_mm(frames[0]) == pytest.approx(34, abs=0.5)
    assert radius_mm(frames[25]) == pytest.approx(26, abs=0.5)


def test_the_fifty_phases_follow_the_beat_from_the_r_wave() -> None:
    frames = prepare_cine(beating_disc(), source="disc").frames
    found = np.array([radius_mm(frame) for frame in frames])
    assert np.allclose(found, 30 + 4 * np.cos(2 * np.pi * np.arange(50) / 50), atol=0.5)


def test_a_late_first_trigger_does_not_shift_the_phases() -> None:
    whole = beating_disc(n=30)
    rolled = replace(whole, frames=np.roll(whole.frames, -3, axis=0), trigger_ms=whole.trigger_ms + 3 * 30.0)
    late = replace(rolled, trigger_ms=np.where(rolled.trigger_ms >= 900, rolled.trigger_ms - 900, rolled.trigger_ms))
    assert np.array_equal(prepare_cine(late, source="disc").frames, prepare_cine(whole, source="disc").frames)


def test_the_order_of_the_files_does_not_matter() -> None:
    disc = beating_disc()
    order = np.random.default_rng(0).permutation(25)
    mixed = replace(disc, frames=disc.frames[order], trigger_ms=disc.trigger_ms[order])
    assert np.array_equal(prepare_cine(mixed, source="disc").frames, prepare_cine(disc, source="disc").frames)


def test_bytes_and_scaling_give_back_the_source_values() -> None:
    ready = prepare_cine(beating_disc(), source="disc")
    back = ready.low + ready.frames / 255 * (ready.high - ready.low)
    assert back[0].max() == pytest.approx(1000, rel=0.01)
    assert back[0].min() == pytest.approx(100, rel=0.05)


def test_every_way_to_store_the_rows_gives_the_same_upright_frames() -> None:
    disc = replace(beating_disc((1.6, 1.3)), orientation=UPRIGHT)
    right, down = UPRIGHT[:3], UPRIGHT[3:]
    wanted, spacing = upright(disc)
    for swap in (False, True):
        for flip_rows in (False, True):
            for flip_columns in (False, True):
                frames = disc.frames[:, :: -1 if flip_rows else 1, :: -1 if flip_columns else 1]
                axes = [(-1 if flip_columns else 1) * right, (-1 if flip_rows else 1) * down]
                if swap:
                    frames, axes = frames.transpose(0, 2, 1), axes[::-1]
                stored = replace(
                    disc, frames=frames, spacing_mm=disc.spacing_mm[:: -1 if swap else 1],
                    orientation=np.concatenate(axes),
                )  # fmt: skip
                found, found_spacing = upright(stored)
                assert np.array_equal(found, wanted)
                assert found_spacing == spacing


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"frames": np.zeros((4, 20, 20)), "trigger_ms": np.arange(4.0)}, "cine.frames"),
        ({"trigger_ms": np.arange(24.0)}, "cine.frames"),
        ({"rr_ms": 500.0}, "cine.times"),
        ({"trigger_ms": np.zeros(25)}, "cine.times"),
        ({"frames": np.full((25, 60, 60), np.nan)}, "cine.values"),
        ({"frames": np.ones((25, 200, 200))}, "cine.still"),
    ],
)
def test_what_is_no_cine_is_refused_with_its_reason(change: dict[str, object], code: str) -> None:
    with pytest.raises(InputError) as caught:
        prepare_cine(replace(beating_disc(), **change), source="Se9")
    assert caught.value.code == code
    assert caught.value.where == "Se9"


def test_the_pose_of_unseen_simulated_hearts_is_found() -> None:
    wrong: list[tuple[float, float, float]] = []
    for i, person in enumerate(draw(24, seed=808, cohort="clinic").to_dicts()):
        frames, truth = cine(person, np.random.default_rng([808, i]))
        found = estimate_pose(frames)
        apart = found.x_mm - truth["heart_x"], found.y_mm - truth["heart_y"], found.turn_deg - truth["heart_turn"]
        wrong.append(apart)
    x, y, turn = np.sqrt((np.array(wrong) ** 2).mean(axis=0))
    assert max(x, y) < 3.0
    assert turn < 4.0


def test_the_canonical_pose_is_undone_by_the_way_back() -> None:
    y, x = np.mgrid[:96, :96] - 47.5
    smooth = np.exp(-((x + 5) ** 2 + (y - 8) ** 2) / 200)[None]
    pose = Pose(CANONICAL.x_mm + 9, CANONICAL.y_mm - 6, CANONICAL.turn_deg + 12)
    assert np.abs(from_canonical(to_canonical(smooth, pose), pose) - smooth).max() < 0.02


def test_a_warp_is_the_linear_interpolation_of_scipy_with_edges_repeated() -> None:
    frames = np.random.default_rng(0).random((3, 96, 96), dtype=np.float32)
    pose = Pose(CANONICAL.x_mm + 25, CANONICAL.y_mm - 31, CANONICAL.turn_deg - 38)
    turn = np.deg2rad(pose.turn_deg - CANONICAL.turn_deg)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    to, given = (np.array([p.y_mm, p.x_mm]) / PIXEL_MM + 47.5 for p in (CANONICAL, pose))
    whole = np.block([[matrix, (given - matrix @ to)[:, None]], [np.zeros((1, 2)), np.ones((1, 1))]])
    expected = [affine_transform(f, whole, order=1, mode="nearest") for f in frames]
    np.testing.assert_allclose(to_canonical(frames, pose), expected, atol=1e-5)


def test_warping_brings_a_mark_at_the_heart_to_the_canonical_place() -> None:
    pose = Pose(4.0, -7.0, 60.0)
    y, x = (np.mgrid[:96, :96] - 47.5) * PIXEL_MM
    turn = np.deg2rad(pose.turn_deg)
    tip = pose.x_mm + 40 * np.sin(turn), pose.y_mm - 40 * np.cos(turn)  # 40 mm towards the apex
    marks = [np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 30) for at in ((pose.x_mm, pose.y_mm), tip)]
    heart, apex = to_canonical(np.stack(marks), pose)
    centre = [((image * x).sum() / image.sum(), (image * y).sum() / image.sum()) for image in (heart, apex)]
    assert centre[0] == pytest.approx((CANONICAL.x_mm, CANONICAL.y_mm), abs=0.3)
    step = np.subtract(centre[1], centre[0])
    assert np.rad2deg(np.arctan2(step[0], -step[1])) == pytest.approx(CANONICAL.turn_deg, abs=1)


def test_the_real_heart_is_found_in_its_frame() -> None:
    """Against valve rings and axis as marked by hand on Se6: row 90, column 102 of the upright source, 23 degrees."""
    ready = real_four_chamber()
    row = ready.centre[0] + ready.pose.y_mm / 1.40625
    column = ready.centre[1] + ready.pose.x_mm / 1.40625
    assert np.hypot(row - 90, column - 102) * 1.40625 < 12
    assert abs(ready.pose.turn_deg - 23) < 9


def test_both_real_series_come_upright_though_they_lie_a_quarter_turn_apart() -> None:
    for series in ("Se6", "Se7"):
        stored = acquired(series)
        frames, _ = upright(stored)
        assert frames.shape[1:] == (208, 256)
        assert prepare_cine(stored, source=series).frames.shape == (50, 96, 96)


def by_scipy(acquired: Acquired, centre: tuple[float, float]) -> np.ndarray:
    """The same crop by scipy, frame by frame: smoothed, looked up, then a periodic spline through every pixel."""
    offset = (np.arange(96) - 47.5) * PIXEL_MM
    high, wide = acquired.spacing_mm
    smooth = [0.5 * np.sqrt(max(0.0, (PIXEL_MM / step) ** 2 - 1)) for step in (high, wide)]
    place = np.meshgrid(centre[0] + offset / high, centre[1] + offset / wide, indexing="ij")
    frames = acquired.frames.astype(np.float64)
    crop = np.stack([map_coordinates(gaussian_filter(f, smooth), place, order=1, mode="nearest") for f in frames])
    start = acquired.trigger_ms[0]
    knots = np.append(acquired.trigger_ms, start + acquired.rr_ms)
    spline = CubicSpline(knots, np.concatenate([crop, crop[:1]]), axis=0, bc_type="periodic")
    return spline(start + (np.arange(50) * acquired.rr_ms / 50 - start) % acquired.rr_ms)


@pytest.mark.parametrize("spacing", [(1.4, 1.4), (1.8, 1.2), (2.2, 1.8)])
@pytest.mark.parametrize("delay_ms", [0.0, 13.0])
def test_pixels_and_phases_are_those_of_scipy_within_one_grey_level(
    spacing: tuple[float, float], delay_ms: float
) -> None:
    disc = beating_disc(spacing)
    noise = np.random.default_rng(2).normal(0, 80, disc.frames.shape)
    noisy = replace(disc, frames=disc.frames + noise, trigger_ms=disc.trigger_ms + delay_ms)
    made = prepare_cine(noisy, source="disc")
    grey = by_scipy(noisy, made.centre)
    np.testing.assert_allclose([made.low, made.high], np.percentile(grey, [1, 99]), rtol=1e-5)
    levels = np.clip(np.rint((grey - made.low) * (255 / (made.high - made.low))), 0, 255)
    away = np.abs(levels - made.frames)
    assert away.max() <= 1
    assert (away > 0).mean() < 0.001

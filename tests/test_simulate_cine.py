"""Simulated four-chamber cines against the factors they were made from."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from latentspace.simulate.anatomy import RV_AREA_LENGTH, Heart, heart
from latentspace.simulate.cine import CHAMBERS, chamber_masks, cine, draw_view, pose, render
from latentspace.simulate.cycle import cycle
from latentspace.simulate.physiology import draw
from latentspace.simulate.raster import PIXEL_MM, coverage

Factors = dict[str, float]
HEALTHY = dict.fromkeys(("hypertension", "hcm", "dcm", "old_mi", "af", "lbbb", "rbbb", "septum", "scar"), 0.0)


@pytest.fixture(scope="module")
def clinic() -> list[Factors]:
    return draw(60, seed=21, cohort="clinic").to_dicts()


@pytest.fixture(scope="module")
def normal() -> Factors:
    everyone = draw(200, seed=21, cohort="population")
    ill = pl.sum_horizontal("hypertension", "hcm", "dcm", "old_mi", "af", "lbbb", "rbbb", "lvh")
    return everyone.filter((ill == 0) & pl.col("bmi").is_between(22, 28)).row(0, named=True)


def view_of(factors: Factors, seed: int = 0) -> Factors:
    return draw_view(factors, np.random.default_rng(seed))


@settings(deadline=None, max_examples=40)  # the first example waits for the compiler
@given(st.floats(1.0, 60.0), st.floats(1.0, 60.0), st.floats(0.1, 30.0), st.floats(0.1, 30.0))
def test_a_rectangle_covers_each_pixel_by_its_exact_share(left: float, top: float, wide: float, high: float) -> None:
    box = np.array([[[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]]], np.float32)
    edges = np.arange(97)
    columns = np.diff(np.clip(edges, box[0, 0, 0], box[0, 1, 0]))
    rows = np.diff(np.clip(edges, box[0, 0, 1], box[0, 2, 1]))
    assert np.allclose(coverage(box)[0], rows[:, None] * columns, atol=2e-3)


@settings(deadline=None, max_examples=40)  # the first example waits for the compiler
@given(st.lists(st.tuples(st.floats(2, 90), st.floats(2, 90)), min_size=3, max_size=3))
def test_a_triangle_is_covered_as_counting_fine_points_says(corners: list[tuple[float, float]]) -> None:
    a, b, c = (np.array(corner) for corner in corners)
    area = abs((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0]) / 2
    assume(area > 10)
    y, x = (np.mgrid[: 96 * 8, : 96 * 8] + 0.5) / 8

    def left_of(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0]) > 0

    sides = left_of(a, b).astype(int) + left_of(b, c) + left_of(c, a)
    inside = (sides == 0) | (sides == 3)
    counted = inside.reshape(96, 8, 96, 8).mean(axis=(1, 3))
    assert np.abs(coverage(np.array([corners], np.float32))[0] - counted).max() < 0.2  # a pixel has 64 points
    assert coverage(np.array([corners], np.float32)).sum() == pytest.approx(area, rel=2e-3)


def test_an_outline_wound_there_and_back_leaves_a_hole() -> None:
    outer = np.array([[10.0, 10.0], [50.0, 10.0], [50.0, 50.0], [10.0, 50.0]])
    inner = np.array([[20.0, 20.0], [40.0, 20.0], [40.0, 40.0], [20.0, 40.0]])
    joined = np.concatenate([outer, outer[:1], inner[:1], inner[::-1]])[None].astype(np.float32)
    assert coverage(joined)[0, 30, 30] == 0
    assert coverage(joined).sum() == pytest.approx(40 * 40 - 20 * 20, rel=1e-4)


def test_the_areas_in_the_frame_give_back_the_volumes(clinic: list[Factors]) -> None:
    for i, factors in enumerate(clinic[:25]):
        view = view_of(factors, i)
        area: dict[str, np.ndarray] = dict(
            zip(CHAMBERS, chamber_masks(factors, view).sum(axis=(2, 3)) * PIXEL_MM**2, strict=True)
        )
        body = heart(factors, view)
        mitral, tricuspid = body.septal[:, 0] + body.lateral[:, 0], body.rv_septal[:, 0] + body.rv_free[:, 0]
        length = {
            "lv": body.septal[:, -1, 0] - mitral[:, 0] / 2,
            "rv": body.rv_free[:, -1, 0] - tricuspid[:, 0] / 2,
            "la": mitral[:, 0] / 2 - body.la_free[:, -1, 0],
            "ra": tricuspid[:, 0] / 2 - body.ra_free[:, -1, 0],
        }
        for name, rule in (
            ("lv", 8 / (3 * np.pi)),
            ("rv", RV_AREA_LENGTH),
            ("la", 8 / (3 * np.pi)),
            ("ra", 8 / (3 * np.pi)),
        ):
            volume = rule * area[name] ** 2 / length[name] / 1000
            names = (f"{name}edv", f"{name}esv") if name in ("lv", "rv") else (f"{name}_max", f"{name}_min")
            assert volume.max() == pytest.approx(factors[names[0]], rel=0.06)
            assert volume.min() == pytest.approx(factors[names[1]], rel=0.06)


def test_all_four_chambers_lie_in_the_frame(clinic: list[Factors]) -> None:
    cut = 0
    for i, factors in enumerate(clinic):
        masks = chamber_masks(factors, view_of(factors, i))
        assert (masks.sum(axis=(2, 3)) > 100).all()
        border = np.concatenate([masks[:, :, [0, -1]].ravel(), masks[:, :, :, [0, -1]].ravel()])
        cut += bool((border > 0).any())
    assert cut / len(clinic) <= 0.05  # the largest hearts of a clinic do not fit into 173 mm


def test_no_two_chambers_share_a_pixel(clinic: list[Factors]) -> None:
    for i, factors in enumerate(clinic[:20]):
        assert chamber_masks(factors, view_of(factors, i)).sum(axis=0).max() < 1.02


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_workers(clinic: list[Factors]) -> None:
    def one(i: int) -> bytes:
        return cine(clinic[i], np.random.default_rng([4, i, 2]))[0].tobytes()

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(one, range(6)))
    assert together == [one(i) for i in reversed(range(6))][::-1]
    assert len(set(together)) == 6


def test_the_view_can_be_drawn_again_from_what_was_written_down(normal: Factors) -> None:
    frames, truth = cine(normal, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    view = draw_view(normal, rng)
    assert {name: truth[name] for name in view} == view
    assert np.array_equal(render(normal, {name: truth[name] for name in view}, rng), frames)


def test_shift_and_turn_move_the_heart_by_that_much(normal: Factors) -> None:
    view = view_of(normal)
    before = pose(normal, view)
    moved = pose(normal, view | {"shift_x": view["shift_x"] + 5, "shift_y": view["shift_y"] - 3})
    turned = pose(normal, view | {"turn": view["turn"] + 7})
    assert moved["heart_x"] - before["heart_x"] == pytest.approx(5)
    assert moved["heart_y"] - before["heart_y"] == pytest.approx(-3)
    assert turned["heart_turn"] - before["heart_turn"] == pytest.approx(7)


def test_the_valve_plane_descends_in_systole(normal: Factors) -> None:
    body = heart(normal, view_of(normal))
    rest, end = body.lateral[0, 0, 0], body.lateral[body.cycle.lv.argmax(), 0, 0]
    assert 8 < end - rest < 20  # mm towards the apex, as in healthy people
    assert body.rv_free[:, 0, 0].max() - body.rv_free[0, 0, 0] > end - rest  # the tricuspid ring moves further


def test_the_cycle_begins_full_rests_twice_and_ends_systole_on_time(normal: Factors) -> None:
    beat = cycle(normal | {"rr": 1000.0}, 0.25)
    assert beat.lv[0] == 0
    assert beat.lv.max() == 1
    assert 16 <= beat.lv.argmax() <= 19
    early, late = beat.lv[:3], beat.lv[beat.lv.argmax() : beat.lv.argmax() + 3]
    assert np.ptp(early) < 0.02
    assert np.ptp(late) < 0.02
    assert beat.mitral[5:16].max() < 1e-6
    assert beat.mitral[20:].max() > 0.9


def test_the_atrial_kick_is_missing_in_atrial_fibrillation(normal: Factors) -> None:
    slow = normal | {"rr": 1000.0}
    sinus, fibrillation = cycle(slow, 0.25), cycle(slow | {"af": 1.0}, 0.25)
    assert sinus.la[42] - sinus.la[49] > 0.3
    assert abs(fibrillation.la[42] - fibrillation.la[49]) < 0.05
    assert sinus.lv[42] - sinus.lv[49] > 0.2
    assert fibrillation.lv[42] - fibrillation.lv[49] < 0.05


@pytest.mark.parametrize(("wall", "side", "place"), [(0.0, "septal", 11), (1.0, "lateral", 20), (2.0, "lateral", 9)])
def test_a_scar_hardly_moves_and_stays_thin(normal: Factors, wall: float, side: str, place: int) -> None:
    view = view_of(normal)
    well = heart(normal | HEALTHY, view)
    scarred = heart(normal | HEALTHY | {"scar": 0.9, "scar_wall": wall, "old_mi": 1.0}, view)
    end = well.cycle.lv.argmax()

    def inward(body: Heart) -> float:
        line = getattr(body, side)
        return abs(line[end, place, 1] - line[0, place, 1])

    def thickness(body: Heart) -> float:
        return float(np.linalg.norm(getattr(body, f"{side}_epi")[end, place] - getattr(body, side)[end, place]))

    assert inward(scarred) < 0.35 * inward(well)
    assert thickness(scarred) < 0.75 * thickness(well)


def test_a_hypertrophic_septum_is_much_thicker_than_the_lateral_wall(normal: Factors) -> None:
    body = heart(normal | HEALTHY | {"hcm": 1.0, "septum": 1.8}, view_of(normal))
    septum = np.linalg.norm(body.septal_epi[0, 8] - body.septal[0, 8])
    lateral = np.linalg.norm(body.lateral_epi[0, 8] - body.lateral[0, 8])
    assert septum / lateral == pytest.approx(1.8, rel=0.15)


def test_the_septum_jerks_early_in_left_bundle_branch_block(normal: Factors) -> None:
    view = view_of(normal)
    usual, block = heart(normal | HEALTHY, view), heart(normal | HEALTHY | {"lbbb": 1.0}, view)
    assert np.ptp(usual.septal[:4, 11, 1]) < 1.0
    assert np.ptp(block.septal[:4, 11, 1]) > 2.0


def test_blood_is_bright_muscle_dark_and_lung_darkest(clinic: list[Factors]) -> None:
    for i, factors in enumerate(clinic[:10]):
        frames, truth = cine(factors, np.random.default_rng([5, i]))
        blood = chamber_masks(factors, truth)
        outer = heart(factors, truth)
        assert outer.lateral_epi[0, 12, 1] > outer.lateral[0, 12, 1]
        inside = frames[blood[0] > 0.99]
        assert np.median(inside) > 1.8 * np.median(frames)
        assert np.percentile(frames, 1) <= 1
        assert np.percentile(frames, 99.5) == 255


def test_air_carries_the_noise_that_was_asked_for(normal: Factors) -> None:
    view = view_of(normal)
    quiet = render(normal, view | {"noise": 1e-6}, np.random.default_rng(8)).astype(float)
    noisy = render(normal, view | {"noise": 0.05}, np.random.default_rng(8)).astype(float)
    inside = chamber_masks(normal, view)[0] > 0.99
    spread = (noisy - quiet)[inside].std() / np.median(quiet[inside])
    assert spread == pytest.approx(0.05, rel=0.25)

"""The whole evaluation of hearts and ECGs, on a linear model of the known truth that nobody trained."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LinearRegression

from latentspace.arrays import read_rows
from latentspace.codec import Decoder, OnnxCodec
from latentspace.evaluate import evaluate
from latentspace.evaluate.cohort import Cohort, Hearts, cohort_of
from latentspace.evaluate.directions import (
    SLIDER,
    phenotype_course,
    rank_correlation,
    selectivity,
    slopes,
)
from latentspace.evaluate.hearts import Yardstick, against, translation_of_hearts
from latentspace.evaluate.people import held_out
from latentspace.evaluate.readings import read
from latentspace.evaluate.retrieval import cosines, ranks
from latentspace.measure.ecg import measure_ecg
from latentspace.prepare.heart import heart_frame
from latentspace.prepare.pose import CANONICAL, Pose
from latentspace.progress import silent
from latentspace.run import Run
from latentspace.workspace import Workspace
from linear_hearts import SHARED, linear_hearts
from studies.seeds import GOALS

Figures = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Run]:
    return linear_hearts(tmp_path_factory.mktemp("hearts"))


@pytest.fixture(scope="module")
def cohort(built: tuple[Workspace, Run]) -> Cohort:
    workspace, run = built
    people = held_out(workspace, run, np.random.default_rng(0))
    return cohort_of(
        workspace, run, people, Decoder(OnnxCodec(run, workspace.modalities), run.spaces(people.modalities))
    )


@pytest.fixture(scope="module")
def figures(built: tuple[Workspace, Run]) -> Figures:
    return evaluate(*built, seed=0, progress=silent)


def test_every_aspect_of_the_reference_is_judged(figures: Figures) -> None:
    expected = {f"reconstruction.cine.{k}" for k in ("maps", "heart", "heart_dyn", "psnr", "ssim", "sharpness")}
    expected |= {"reconstruction.cine.area_time_r", "reconstruction.ecg.pearson_median"}
    expected |= {f"reconstruction.ecg.{k}_error" for k in ("qrs", "qt", "pr")}
    expected |= {f"translation.ecg_to_cine.{k}" for k in ("heart", "heart_dyn", "sharpness")}
    banded = ("closer_than_matched", "coverage_90", "width_90", "crps", "matched_coverage_90", "matched_width_90")
    expected |= {f"translation.{p}.{k}" for p in ("ecg_to_cine", "cine_to_ecg") for k in banded}
    read = {"ecg_to_cine": ("lvm", "lvedv", "lvef", "la_max"), "cine_to_ecg": ("qrs", "qt")}
    expected |= {f"translation.{p}.{n}.{k}" for p, names in read.items() for n in names for k in ("r", "r_within_sex")}
    expected |= {f"retrieval.{p}.recall_at_10_adjusted" for p in ("ecg_to_cine", "cine_to_ecg")}
    moved = ("spearman", "shared_spearman", "share_monotone", "selectivity", "identity")
    expected |= {f"traversal.{n}.{k}" for n in ("lvm", "lvef", "qrs", "qt") for k in moved}
    expected |= {"truth.dci", "truth.mig", "truth.sap"}
    assert expected | set(GOALS) <= set(figures)
    for name, each in figures.items():
        assert each["value"] is not None or each["reason"], name
        if "low" in each:
            assert each["low"] <= each["value"] <= each["high"], name


def test_the_page_shows_the_course_of_every_phenotype_in_every_modality(
    built: tuple[Workspace, Run], figures: Figures
) -> None:
    workspace, run = built
    text = run.file("evaluation.html").read_text(encoding="utf-8")
    labels = {p.name: p.label for p in workspace.dictionary()}
    for name in ("lvm", "lvef", "qrs", "qt"):
        assert f"traversal.{name}.spearman" in figures
        for m in workspace.modelled:
            assert f"<h4>{labels[name]} <span>{m.label}</span></h4>" in text, (name, m.name)


def test_the_slow_maps_are_those_of_orthonormal_courses_and_hold_nearly_all_of_a_cine(
    built: tuple[Workspace, Run],
) -> None:
    cines = read_rows(built[0].recordings("cine"))[:20]
    frame = heart_frame(cines)
    np.testing.assert_allclose(frame.time.T @ frame.time, np.eye(8), atol=1e-5)
    flat = cines.reshape(20, 50, -1).astype(np.float64)
    values = np.linalg.svd(flat.transpose(1, 0, 2).reshape(50, -1), compute_uv=False) ** 2
    kept = sum(float((frame.maps(cine).astype(np.float64) ** 2).sum()) for cine in cines)
    assert kept == pytest.approx(values[:8].sum(), rel=1e-4)
    assert 0.2 < frame.mask.mean() < 0.8
    assert frame.mask[40:60, 40:60].all()
    assert not frame.mask[:5].any()


def test_a_perfect_decoder_leaves_nothing_and_the_typical_picture_explains_nothing(cohort: Cohort) -> None:
    heart, cines = cohort.heart("cine"), cohort.people.recordings["cine"].reshape(-1, 50, 96, 96)
    assert heart is not None
    typical = cohort.people.typical["cine"].reshape(50, 96, 96)
    yard = Yardstick(heart, heart.maps(typical), 255)
    pose = cohort.hearts["cine"].poses[0]
    same = against(yard, cines[0], cines[0], pose)
    assert same[0] == same[2] == same[4] == 0
    assert same[7] == pytest.approx(1)
    assert same[8] == same[9]
    assert same[1] > same[3] > same[5] > 0
    dull = against(yard, cines[0], typical, pose)
    np.testing.assert_allclose(dull[0:5:2], dull[1:6:2])
    assert dull[8] < same[9]


def test_the_noise_ratio_is_that_of_the_pixels_inside_the_heart(cohort: Cohort) -> None:
    heart, cine = cohort.heart("cine"), cohort.people.recordings["cine"][0].reshape(50, 96, 96)
    assert heart is not None
    pose = cohort.hearts["cine"].poses[0]
    wrong = cine.astype(np.float32)
    wrong[:, heart.mask_at(pose)] += 5
    wrong[:, ~heart.mask_at(pose)] += 50
    psnr = against(Yardstick(heart, heart.typical, 255), cine, wrong, pose)[6]
    assert psnr == pytest.approx(20 * np.log10(255 / 5), abs=1e-4)


def test_a_typical_heart_is_no_translation(cohort: Cohort) -> None:
    heart, who = cohort.heart("cine"), cohort.people.having("cine")
    assert heart is not None
    typical = np.repeat(heart.typical[:, heart.mask][None], len(who), axis=0)
    found = translation_of_hearts(
        Hearts((), typical, np.ones(len(who))), cohort.hearts["cine"], heart, who, np.random.default_rng(0)
    )
    assert found["heart"].value == pytest.approx(1)
    assert found["heart_dyn"].value == pytest.approx(1)


def test_a_heart_lies_where_the_canonical_mask_is_moved_to(cohort: Cohort) -> None:
    heart = cohort.heart("cine")
    assert heart is not None
    shifted = heart.mask_at(Pose(CANONICAL.x_mm + 9.0, CANONICAL.y_mm - 3.6, CANONICAL.turn_deg))
    expected = np.roll(heart.mask, (-2, 5), axis=(0, 1))  # 1.8 mm to a pixel
    assert (shifted == expected)[8:-8, 8:-8].all()


def test_the_planted_factors_are_found_in_signs_and_order(figures: Figures) -> None:
    # the decoder is linear in the truth: the slider must move what is measured, up for up
    for name in ("lvm", "qrs"):
        assert figures[f"traversal.{name}.spearman"]["value"] > 0.6
    assert figures["translation.cine_to_ecg.qrs.r"]["n"] > 5
    assert figures["truth.sap"]["value"] > 0.05


def test_the_course_of_a_phenotype_moves_the_dimension_that_is_it(cohort: Cohort) -> None:
    z = cohort.source.run.embedding("joint")
    for name in ("lvm", "lvef", "qrs"):
        along = phenotype_course(cohort, name, np.array([-1.0, 1.0]))["joint"]
        moved = (along[1] - along[0]) / z[cohort.seen("joint")].std(axis=0)
        assert moved[SHARED.index(name)] > 0.8


def test_recall_without_sex_and_rate_is_that_of_the_residuals_of_a_regression(cohort: Cohort, figures: Figures) -> None:
    assert cohort.traits is not None
    rows = cohort.people.rows[cohort.people.having("ecg", "cine")]
    known = np.column_stack([cohort.traits.rate, cohort.traits.sex]).astype(np.float64)
    left: list[np.ndarray] = []
    for space in ("ecg", "cine"):
        z, seen = cohort.source.run.embedding(space), cohort.seen(space)
        left.append((z - LinearRegression().fit(known[seen], z[seen]).predict(known)).astype(np.float32)[rows])
    expected = (ranks(cosines(*left)) <= 10).mean()
    assert figures["retrieval.ecg_to_cine.recall_at_10_adjusted"]["value"] == pytest.approx(expected)


def test_who_matches_is_of_the_same_sex_and_not_five_years_or_beats_apart(cohort: Cohort) -> None:
    traits, subjects = cohort.traits, cohort.columns.subjects
    assert traits is not None
    rows = np.arange(30)
    match = traits.match(rows, np.arange(len(subjects)))
    people = subjects.select("sex", "age", "heart_rate").to_dicts()
    for i in rows:
        for j, other in enumerate(people):
            apart = max(abs(other[key] - people[i][key]) for key in ("age", "heart_rate"))
            assert match[i, j] == (i != j and other["sex"] == people[i]["sex"] and apart <= 5)
    assert match.any()


def test_what_is_read_is_what_measuring_one_person_says(cohort: Cohort) -> None:
    people = cohort.people
    who = people.having("ecg")[:3]
    found = read(cohort, {"ecg": people.recordings["ecg"][who]}, people.rows[who])
    for i, place in enumerate(who):
        rr = float(cohort.columns.subjects["rr_ms"][int(people.rows[place])])
        said = measure_ecg(people.recordings["ecg"][place].reshape(12, 600), rr_ms=rr)
        for name in ("qrs", "qt", "pr"):
            value = said[name].value
            np.testing.assert_equal(found[name][i], np.nan if value is None else value)


def test_the_rank_correlation_is_scipys_where_something_is_measured() -> None:
    values = np.random.default_rng(0).standard_normal((4, 9))
    values[1, [2, 5]] = np.nan
    values[2] = 3.0
    values[3, 3:8] = np.nan
    known = [0, 1, 3, 4, 6, 7, 8]
    expected = [
        *(np.asarray(spearmanr(*pair))[0] for pair in ((np.arange(9), values[0]), (known, values[1, known]))),
        0,
        np.nan,
    ]
    np.testing.assert_allclose(rank_correlation(values), expected)


def test_a_slope_is_that_of_least_squares_over_the_steps_that_are_known() -> None:
    rng = np.random.default_rng(0)
    steps, values = np.linspace(-2, 2, 9), rng.standard_normal((3, 9))
    values[1, [0, 4]] = np.nan
    values[2, 2:8] = np.nan
    known = np.isfinite(values[1])
    expected = [np.polyfit(steps, values[0], 1)[0], np.polyfit(steps[known], values[1, known], 1)[0], np.nan]
    np.testing.assert_allclose(slopes(values, steps), expected)


def test_selectivity_is_the_change_of_the_target_over_that_of_the_others_in_their_own_sd(cohort: Cohort) -> None:
    seen = cohort.seen("joint")
    one_sd = {name: float(np.nanstd(cohort.number(name)[seen])) for name in ("lvm", "lvef", "la_max")}
    per_step = {"lvm": 1.5, "lvef": -0.5, "la_max": 0.25}  # SD of each for one SD of the slider
    values = {name: 7 + np.tile(per_step[name] * sd * SLIDER, (6, 1)) for name, sd in one_sd.items()}
    found = selectivity(cohort, "lvm", values, np.random.default_rng(0))
    assert found.value == pytest.approx(1.5 / 0.375)
    alone = selectivity(cohort, "lvm", {"lvm": values["lvm"]}, np.random.default_rng(0))
    assert alone.value is None
    assert "nothing else" in str(alone.reason)

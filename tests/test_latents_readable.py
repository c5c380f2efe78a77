"""Directions, filmstrips, what parts two groups and the axes of one: a planted direction, numpy and scikit-learn."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

import latentspace
from foreign_run import N_SHARED, N, foreign_run
from latentspace import groups
from latentspace.errors import InputError, LatentSpaceError, NotFoundError
from latentspace.explorer import directing
from latentspace.stats.course import contrast, normal_scores, scores_at
from latentspace.stats.direction import Judgement, Way, auc, judge
from latentspace.stats.separation import standardised_difference
from latentspace.stats.telling import telling

TALL = groups.parse({"kind": "between", "column": "height", "low": 0.3, "high": 9})
REST = groups.parse({"kind": "not", "of": {"kind": "between", "column": "height", "low": 0.3, "high": 9}})
NOBODY = groups.parse({"kind": "between", "column": "height", "low": 98, "high": 99})
NUMBER = Way("number", always=99)
EVERYONE = groups.parse({"kind": "all_of", "of": []})


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> latentspace.Explorer:
    """Four shared factors; the table knows the second one as `height`."""
    workspace, _ = foreign_run(tmp_path_factory.mktemp("planted"))
    return latentspace.open(workspace.path)


def test_a_direction_is_judged_once_however_many_ask_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, _ = foreign_run(tmp_path)
    asked, judged = latentspace.open(workspace.path), list[float]()

    def slowly(*given: Any) -> Judgement:
        judged.append(time.monotonic())
        time.sleep(0.1)
        return judge(*given)

    monkeypatch.setattr(directing, "judge", slowly)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(asked.direction, ["height"] * 8))
    assert len(judged) == 1
    assert all(one == answers[0] for one in answers)


def with_heights(folder: Path, change: pl.Expr) -> latentspace.Explorer:
    """The same run where the table says something else of height."""
    workspace, _ = foreign_run(folder)
    workspace.subjects().with_columns(change.alias("height")).write_parquet(workspace.path / "subjects.parquet")
    return latentspace.open(workspace.path)


def test_a_planted_direction_is_found_and_is_stable(explorer: latentspace.Explorer) -> None:
    said = explorer.direction("height")
    assert said.reason == ""
    assert said.stability is not None
    assert said.stability > 0.65  # 47 people in each half
    assert said.share is not None
    assert said.share > 0.8
    steps = explorer.course("height")["steps"]
    chord = (steps[-1] - steps[0])[:N_SHARED]
    assert chord[1] / np.linalg.norm(chord) > 0.95
    assert (np.diff(steps[:, 1]) > 0).all()


def test_the_slider_goes_from_the_5th_to_the_95th_centile_and_adds_nothing_at_the_median(
    explorer: latentspace.Explorer,
) -> None:
    height = explorer.columns(["height"])["height"].astype(np.float64)
    said, course = explorer.direction("height"), explorer.course("height")
    low, centre, high = (float(np.percentile(height, at)) for at in (5, 50, 95))
    assert (said.low, said.centre, said.high) == pytest.approx((low, centre, high))
    np.testing.assert_allclose(course["values"], np.linspace(low, high, 33), rtol=1e-5)
    middle = np.abs(course["values"] - np.median(height)).argmin()
    assert np.linalg.norm(course["steps"][middle]) < 0.15 * np.linalg.norm(course["steps"][-1])


def with_private_heights(folder: Path) -> latentspace.Explorer:
    """The same run where height is the first private dimension of `a` and a little noise."""
    workspace, run = foreign_run(folder)
    noise = 0.1 * np.random.default_rng(4).standard_normal(N)
    heights = pl.Series("height", run.embedding("private_a")[:, 0].astype(np.float64) + noise)
    workspace.subjects().with_columns(heights).write_parquet(workspace.path / "subjects.parquet")
    return latentspace.open(workspace.path)


def with_levels(folder: Path, tall: pl.Expr) -> latentspace.Explorer:
    """The same run where height is a yes or a no."""
    workspace, _ = foreign_run(folder)
    workspace.subjects().with_columns(tall.alias("height")).write_parquet(workspace.path / "subjects.parquet")
    dictionary = workspace.path / "phenotypes.json"
    dictionary.write_text(dictionary.read_text(encoding="utf-8").replace("continuous", "boolean"), encoding="utf-8")
    return latentspace.open(workspace.path)


def test_shared_only_leaves_the_private_dimensions_where_they_are(tmp_path: Path) -> None:
    explorer = with_private_heights(tmp_path)
    part = next(part for part in explorer.describe().layout if part.space == "private_a")
    steps = explorer.course("height")["steps"]
    assert steps[-1, part.start] - steps[0, part.start] > 1
    said = explorer.direction("height")
    assert (said.moves[0].space, said.moves[0].n, said.moves[0].of) == ("joint", N_SHARED, N_SHARED)
    for moved, space in zip(said.moves, explorer.describe().layout, strict=True):
        assert np.count_nonzero(steps[-1, space.start : space.stop]) == moved.n
    assert [m.space for m in explorer.direction("height", "shared").moves] == ["joint"]


def test_a_dimension_is_telling_by_what_its_t_has_more_than_chance() -> None:
    rng = np.random.default_rng(5)
    values, codes = rng.exponential(size=150), rng.standard_normal((150, 30)).astype(np.float32)
    codes[:, :9] += np.outer(normal_scores(values), np.linspace(0.1, 0.9, 9)).astype(np.float32) + 2
    r = np.array([np.corrcoef(normal_scores(values), codes[:, dim])[0, 1] for dim in range(30)])
    squared = 148 * r**2 / (1 - r**2)
    assert (squared < 1).any()
    np.testing.assert_allclose(telling(values, codes), np.maximum(0, 1 - 1 / squared), atol=1e-3)
    codes[:, 20] = 3
    assert telling(values, codes)[20] == 0
    assert not telling(values[:10], codes[:10]).any()


def test_a_space_of_noise_tells_nothing_and_stays_where_it_is() -> None:
    rng = np.random.default_rng(8)
    silent = [
        not telling(rng.standard_normal(150), rng.standard_normal((150, 60)).astype(np.float32)).any()
        for _ in range(40)
    ]
    assert sum(silent) > 34  # the false discovery rate lets one in twenty speak
    values, codes = rng.standard_normal(150), rng.standard_normal((150, 60)).astype(np.float32)
    codes[:, 0] += values
    codes[:, 30] += values
    steps = Way("number", 0, (30, 30)).steps(values, codes)
    assert np.abs(steps[-1, [0, 30]]).min() > 1
    codes[:, 30] -= values
    assert not Way("number", 0, (30, 30)).steps(values, codes)[:, 30:].any()


def test_of_two_levels_the_way_goes_from_the_mean_of_one_to_the_mean_of_the_other(tmp_path: Path) -> None:
    explorer = with_levels(tmp_path, pl.col("height") > 0.3)
    said, course = explorer.direction("height"), explorer.course("height")
    tall = explorer.columns(["height"])["height"] == 1
    seen = explorer.run.split(explorer.workspace.subjects()) != "held_out"
    z = explorer.run.embedding("joint").astype(np.float64)
    assert (said.told_by, said.reason, said.low, said.high) == ("auc", "", 0.0, 1.0)
    assert said.centre == pytest.approx(tall.mean())
    moved = course["steps"][-1, :N_SHARED] - course["steps"][0, :N_SHARED]
    np.testing.assert_allclose(moved, z[tall & seen].mean(axis=0) - z[~tall & seen].mean(axis=0), atol=1e-5)
    assert said.share is not None
    assert said.share > 0.9


def test_two_levels_dealt_out_anew_have_no_direction(tmp_path: Path) -> None:
    said = with_levels(tmp_path, (pl.col("height") > 0.3).shuffle(seed=3)).direction("height")
    assert "AUC" in said.reason
    assert "chance alone" in said.reason


def test_a_level_of_too_few_has_no_direction(tmp_path: Path) -> None:
    said = with_levels(tmp_path, pl.int_range(pl.len()) < 12).direction("height")
    assert "at least 20 are needed" in said.reason


def test_the_area_under_the_curve_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(6)
    values = (rng.random(60) < 0.3).astype(np.float64)
    place = np.round(rng.standard_normal(60) + values, 1).astype(np.float32)  # with ties
    assert auc(place, values) == pytest.approx(roc_auc_score(values, place))
    assert auc(place, np.zeros(60)) == 0.5
    assert not contrast(np.zeros(60), place[:, None]).any()


def test_a_phenotype_that_is_dealt_out_anew_has_no_direction(tmp_path: Path) -> None:
    shuffled = with_heights(tmp_path, pl.col("height").shuffle(seed=3))
    said = shuffled.direction("height")
    assert "chance alone" in said.reason
    with pytest.raises(InputError, match=r"direction\.refused"):
        shuffled.course("height")


def test_what_is_known_of_too_few_has_no_direction(tmp_path: Path) -> None:
    few = with_heights(tmp_path, pl.when(pl.int_range(pl.len()) < 40).then(pl.col("height")))
    assert "at least 50 are needed" in few.direction("height").reason


def test_an_unknown_phenotype_is_not_found(explorer: latentspace.Explorer) -> None:
    with pytest.raises(NotFoundError, match=r"column\.missing"):
        explorer.direction("weather")


def test_chance_is_at_most_rarely_called_a_direction() -> None:
    rng = np.random.default_rng(11)
    found = 0
    for _ in range(20):
        codes = rng.standard_normal((80, 6)).astype(np.float32)
        found += judge(rng.standard_normal(80), codes, np.arange(80), rng, NUMBER).better_than_chance
    assert found <= 3


def test_two_visits_of_a_person_lie_in_one_half() -> None:
    """Forty people in ten copies each: were the copies divided, one half would explain the noise of the other."""
    rng = np.random.default_rng(2)
    codes = np.repeat(rng.standard_normal((40, 30)).astype(np.float32), 10, axis=0)
    values = np.repeat(rng.standard_normal(40), 10) + 1e-3 * rng.standard_normal(400)
    said = judge(values, codes, np.repeat(np.arange(40), 10), rng, NUMBER)
    assert said.n == 40
    assert said.share < 0.1
    assert judge(values, codes, np.arange(400), rng, NUMBER).share > 0.2


def test_a_number_between_two_known_ones_has_a_score_between_theirs() -> None:
    values = np.array([1.0, 2, 2, 5, 9])
    np.testing.assert_allclose(scores_at(values, values), normal_scores(values))
    assert normal_scores(values)[3] < scores_at(values, np.array([7.0]))[0] < normal_scores(values)[4]


def test_a_filmstrip_is_what_repeated_decoding_draws(explorer: latentspace.Explorer) -> None:
    z = explorer.encode(3, ["a", "b"]).z
    values = [-2.0, -1.0, 0.0, 1.0, 2.0]
    strip = explorer.traverse(z, 2, values, ["b"])
    assert list(strip) == ["b"]
    for row, value in zip(strip["b"], values, strict=True):
        moved = z.copy()
        moved[2] = value
        np.testing.assert_allclose(row, explorer.decode(moved)["b"], rtol=1e-4, atol=1e-5)


def test_dimensions_that_part_two_groups_come_in_the_order_of_their_standardised_difference(
    explorer: latentspace.Explorer,
) -> None:
    said = explorer.separates(TALL, REST)
    z, tall = explorer.run.embedding("joint"), explorer.select(TALL)
    a, b = z[tall].astype(float), z[~tall].astype(float)
    pooled = np.sqrt(((len(a) - 1) * a.var(axis=0, ddof=1) + (len(b) - 1) * b.var(axis=0, ddof=1)) / (N - 2))
    expected = (a.mean(axis=0) - b.mean(axis=0)) / pooled
    assert (said.n, said.against) == (tall.sum(), N - tall.sum())
    assert [r.index for r in said.ranked] == np.argsort(-np.abs(expected)).tolist()
    np.testing.assert_allclose([r.value for r in said.ranked], expected[[r.index for r in said.ranked]], rtol=1e-4)
    assert said.ranked[0].index == 1


def test_a_dimension_that_does_not_vary_parts_nobody() -> None:
    z = np.ones((30, 2), np.float32)
    here = np.arange(30) < 15
    assert (standardised_difference(z, here, ~here) == 0).all()


def test_the_axes_of_a_group_are_its_principal_components(explorer: latentspace.Explorer) -> None:
    found = explorer.axes(TALL)
    z, tall = explorer.run.embedding("joint"), explorer.select(TALL)
    pca = PCA(3).fit(z[tall])
    np.testing.assert_allclose(found["share"], pca.explained_variance_ratio_, rtol=1e-4)
    np.testing.assert_allclose(np.abs((found["axes"] * pca.components_).sum(axis=1)), 1, rtol=1e-4)
    np.testing.assert_allclose(np.abs(found["places"]), np.abs(pca.transform(z)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda e, _: e.separates(TALL, NOBODY), "group.too_few"),
        (lambda e, _: e.separates(NOBODY, TALL), "group.too_few"),
        (lambda e, _: e.axes(NOBODY), "group.too_few"),
        (lambda e, z: e.traverse(z, 99, [0.0], ["a"]), "traverse.malformed"),
        (lambda e, z: e.traverse(z, 0, [], ["a"]), "traverse.malformed"),
        (lambda e, z: e.traverse(z, 0, [0.0] * 17, ["a"]), "traverse.malformed"),
        (lambda e, z: e.traverse(z, 0, [np.inf], ["a"]), "code.malformed"),
        (lambda e, z: e.traverse(z, 0, [0.0], ["voice"]), "modality.unknown"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_hint(explorer: latentspace.Explorer, ask: object, code: str) -> None:
    assert callable(ask)
    with pytest.raises(LatentSpaceError) as raised:
        ask(explorer, explorer.encode(3, ["a", "b"]).z)
    assert raised.value.code == code
    assert raised.value.hint

"""Maps of a run and the places of new points on them."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from foreign_run import foreign_run
from latentspace.artifact import content_hash
from latentspace.errors import InputError, NotFoundError
from latentspace.progress import silent
from latentspace.project import METHODS, Placer, Principal, ProjectOptions, affinities, project
from latentspace.run import Run
from latentspace.stats import neighbours, tsne
from latentspace.stats.neighbours import flat_index, kept_by_map
from latentspace.workspace import create


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Real digits, their principal components as the embedding of each half and of both."""
    from latentspace.digits import digits_cohort  # noqa: PLC0415

    workspace = create(tmp_path_factory.mktemp("maps") / "digits.ls", digits_cohort())
    run = workspace.new_run("pca")
    run.update(n_shared=12, n_private={"left": 2, "right": 2}, split_seed=0)
    images = np.concatenate([workspace.recordings(m)[:] for m in ("left", "right")], axis=2)
    parts = {"joint": images, "left": images[:, :, :4], "right": images[:, :, 4:]}
    means = {
        k: np.asarray(PCA(12, random_state=0).fit_transform(v.reshape(1797, -1)), np.float32) for k, v in parts.items()
    }
    means["right"][:200] = np.nan
    run.write_embedding({k: {"mean": v, "log_var": np.zeros_like(v)} for k, v in means.items()})
    project(workspace, run, ProjectOptions(), silent)
    return run


def test_maps_of_digits_can_be_trusted_as_the_run_says(digits: Run) -> None:
    z, drawn = digits.embedding("joint"), digits.projection("joint", "tsne")
    said = digits.record["projection"]["joint"]
    assert said["tsne"]["trustworthiness"] > 0.97
    assert said["tsne"]["trustworthiness"] == pytest.approx(trustworthiness(z, drawn, n_neighbors=15), abs=1e-6)
    assert said["tsne"]["knn_kept"] > 3 * said["pca"]["knn_kept"]


def test_of_very_many_people_near_neighbours_of_one_weight_draw_maps_as_good(
    digits: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    z, exact = digits.embedding("joint"), digits.projection("joint", "tsne")
    for module in (neighbours, tsne):
        monkeypatch.setattr(module, "MANY", 1000)
    start = 1e-4 * z[:, :2].astype(np.float64) / z[:, 0].std()
    drawn = tsne.map_of(tsne.affinities_of(z, perplexity=30), start, seed=0)
    kept = [kept_by_map(z, points, np.arange(1797), k=15) for points in (exact, drawn)]
    assert kept[0] is not None
    assert kept[1] is not None
    assert kept[1].trustworthiness.mean() > 0.97
    assert kept[1].knn_kept.mean() > 0.9 * kept[0].knn_kept.mean()


def test_rows_without_a_posterior_are_on_no_map(digits: Run) -> None:
    for method in METHODS:
        drawn = digits.projection("right", method)
        assert drawn.dtype == np.float32
        assert drawn.shape == (1797, 2)
        np.testing.assert_array_equal(np.isnan(drawn).any(axis=1), np.arange(1797) < 200)
        assert np.isfinite(digits.projection("joint", method)).all()


def test_the_pca_map_is_scikit_learns_up_to_sign(digits: Run) -> None:
    expected = PCA(2, svd_solver="full").fit_transform(digits.embedding("joint").astype(np.float64))
    np.testing.assert_allclose(np.abs(digits.projection("joint", "pca")), np.abs(expected), atol=2e-4)


def test_a_saved_point_is_placed_on_itself(digits: Run) -> None:
    placer = Placer.load(digits, "right")
    z = digits.embedding("right")[200:300]
    for method in METHODS:
        expected = digits.projection("right", method)[200:300]
        np.testing.assert_allclose(placer.place(z, method), expected, atol=0.05)
        np.testing.assert_allclose(placer.place(z[:1], method), expected[:1], atol=0.05)


def test_a_subject_placed_anew_lands_near_its_own_place(digits: Run) -> None:
    z, drawn = digits.embedding("joint"), digits.projection("joint", "tsne")
    others = np.arange(1797) % 9 != 0
    placer = Placer(flat_index(z[others]), drawn[others], Principal(z[0], z[:12, :2]))
    off = np.linalg.norm(placer.place(z[~others], "tsne") - drawn[~others], axis=1)
    radius = np.sqrt(drawn.var(axis=0).sum())
    assert np.median(off) < 0.05 * radius
    assert np.quantile(off, 0.9) < 0.5 * radius


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path, missing=30)
    project(workspace, run, ProjectOptions(seed=3), silent)
    first = content_hash(run.file("projection.zarr"))
    project(workspace, run, ProjectOptions(seed=3), silent)
    assert content_hash(run.file("projection.zarr")) == first
    assert set(run.record["projection"]) == {"joint", "a", "b"}


def test_affinities_have_the_perplexity_that_was_asked_for() -> None:
    far = np.sort(np.random.default_rng(0).gamma(4, size=(50, 15)), axis=1)
    weight = affinities(far, perplexity=5.0)
    entropy = -(weight * np.log(np.maximum(weight, 1e-300))).sum(axis=1)
    np.testing.assert_allclose(weight.sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(entropy), 5, rtol=1e-3)
    assert (np.diff(weight, axis=1) <= 0).all()


def test_a_map_of_nine_people_is_refused(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path, missing=111)
    with pytest.raises(InputError, match="9 subjects have a posterior") as error:
        project(workspace, run, ProjectOptions(), silent)
    assert error.value.code == "project.too_few"


def test_a_perplexity_of_one_is_refused(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    with pytest.raises(InputError, match="perplexity"):
        project(workspace, run, ProjectOptions(perplexity=1.0), silent)


def test_nothing_can_be_placed_before_the_maps_are_drawn(tmp_path: Path) -> None:
    run = foreign_run(tmp_path)[1]
    with pytest.raises(NotFoundError, match="latentspace project"):
        Placer.load(run, "joint")

"""What the model tells of each row, against scikit-learn's neighbours."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.neighbors import NearestNeighbors

import latentspace
from foreign_run import foreign_run
from latentspace import groups
from latentspace.artifact import content_hash
from latentspace.errors import NotFoundError
from latentspace.progress import silent
from latentspace.project import ProjectOptions, project
from latentspace.reliability import agreement, reliability
from latentspace.stats.neighbours import neighbours_shared


def near(points: np.ndarray, k: int) -> list[set[int]]:
    """The k nearest other rows of every row, by scikit-learn."""
    rows = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors(return_distance=False)
    return [set(row.tolist()) for row in rows]


def expected(one: np.ndarray, other: np.ndarray, k: int) -> list[int]:
    return [len(a & b) for a, b in zip(near(one, k), near(other, k), strict=True)]


def spaces(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    one = rng.standard_normal((n, 5)).astype(np.float32)
    return one, (one + rng.standard_normal((n, 5))).astype(np.float32)


def test_neighbours_shared_are_those_of_scikit_learn() -> None:
    one, other = spaces(300)
    assert neighbours_shared(one, other, k=20).tolist() == expected(one, other, 20)
    assert neighbours_shared(one, one, k=20).tolist() == [20] * 300
    chance = neighbours_shared(one, np.random.default_rng(1).permutation(one), k=20).mean()
    assert chance == pytest.approx(20 * 20 / 299, rel=0.2)


def test_agreement_is_sought_among_those_who_have_both_recordings() -> None:
    one, other = spaces(260)
    both = np.ones(260, bool)
    one[:20], other[30:50] = np.nan, np.nan
    both[:20] = both[30:50] = False
    shared, k = agreement([one, other])
    assert k == 50
    assert shared[both].tolist() == expected(one[both], other[both], 50)
    assert np.isnan(shared[~both]).all()


def test_agreement_of_three_modalities_is_the_mean_of_the_pairs_that_a_row_has() -> None:
    one, other = spaces(240)
    third = other.copy()
    third[:40] = np.nan
    shared, k = agreement([one, other, third])
    pairs = np.array(expected(one[40:], other[40:], k), float)
    whole = np.array(expected(one, other, k), float)
    np.testing.assert_allclose(shared[:40], whole[:40])
    np.testing.assert_allclose(shared[40:], (whole[40:] + pairs + k) / 3, rtol=1e-6)


def test_agreement_of_a_single_modality_is_not_known() -> None:
    shared, _ = agreement([spaces(30)[0]])
    assert np.isnan(shared).all()


def test_reliability_counts_true_neighbours_and_is_unknown_off_the_map() -> None:
    z, _ = spaces(200)
    points = z[:, :2].copy()
    points[:10] = np.nan
    told = reliability(z, points)
    assert np.isnan(told[:10]).all()
    assert told[10:].tolist() == expected(z[10:], points[10:], 15)


def projected(folder: Path) -> latentspace.Explorer:
    workspace, run = foreign_run(folder)
    project(workspace, run, ProjectOptions(), silent)
    return latentspace.open(workspace.path, run.name)


def test_what_project_tells_is_read_brushed_and_verified_like_a_phenotype(tmp_path: Path) -> None:
    explorer = projected(tmp_path)
    run, about = explorer.run, explorer.describe()
    names = [column.name for column in about.told]
    assert names == ["agreement", *(f"reliability.{space}.tsne" for space in ("joint", "a", "b"))]
    z, points = run.embedding("a"), explorer.points("a", "tsne2")
    known = ~np.isnan(z).any(axis=1)
    both = known & ~np.isnan(run.embedding("b")).any(axis=1)
    columns = explorer.columns(["agreement", "reliability.a.tsne2"])
    k = int(about.told[0].range[1]) if about.told[0].range else 0
    assert columns["agreement"][both].tolist() == expected(z[both], run.embedding("b")[both], k)
    assert columns["reliability.a.tsne2"][known].tolist() == expected(z[known], points[known], 15)
    chosen = explorer.select(groups.parse({"kind": "between", "column": "agreement", "low": 1, "high": k}))
    np.testing.assert_array_equal(chosen, columns["agreement"] >= 1)
    assert run.record["hashes"]["trust.zarr"] == content_hash(run.file("trust.zarr"))


def test_a_run_projected_before_says_what_to_run(tmp_path: Path) -> None:
    explorer = projected(tmp_path)
    run = explorer.run
    hashes = {name: value for name, value in run.record["hashes"].items() if name != "trust.zarr"}
    quality = {
        space: {m: q for m, q in maps.items() if m != "tsne2"} for space, maps in run.record["projection"].items()
    }
    run.update(hashes=hashes, projection=quality)
    old = latentspace.open(explorer.workspace.path, run.name)
    about = old.describe()
    assert about.told == ()
    assert [m.method for m in about.maps if m.space == "joint"] == ["tsne", "pca"]
    with pytest.raises(NotFoundError, match="latentspace project"):
        old.columns(["agreement"])
    with pytest.raises(NotFoundError, match="latentspace project"):
        old.points("joint", "tsne2")
    assert "joint.tsne2" not in old.place(np.zeros(old.n_latent, np.float32))
    with pytest.raises(NotFoundError):
        old.columns(["reliability.nowhere.tsne"])


def test_a_phenotype_of_the_same_name_is_not_hidden(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    project(workspace, run, ProjectOptions(), silent)
    phenotypes = workspace.path / "phenotypes.json"
    phenotypes.write_text('[{"name": "agreement", "kind": "continuous"}]')
    table = workspace.path / "subjects.parquet"
    n = len(pl.read_parquet(table))
    pl.read_parquet(table).with_columns(agreement=pl.lit(7.0)).write_parquet(table)
    explorer = latentspace.open(workspace.path, run.name)
    assert explorer.columns(["agreement"])["agreement"].tolist() == [7.0] * n
    assert "agreement" not in [column.name for column in explorer.describe().told]

"""Neighbours and the quality of maps, against scikit-learn and brute force."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from latentspace import neighbourhoods
from latentspace.neighbourhoods import nearest_on
from latentspace.stats import neighbours
from latentspace.stats.neighbours import exact_index, flat_index, kept_by_map, nearest, nearest_others
from latentspace.stats.sifted import Sifted


def _points(n: int = 300, d: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, d)).astype(np.float32)
    return z, (z[:, :2] + 0.5 * rng.standard_normal((n, 2))).astype(np.float32)


@pytest.mark.parametrize("k", [1, 7, 15])
def test_trustworthiness_and_continuity_equal_those_of_scikit_learn(k: int) -> None:
    z, drawn = _points()
    kept = kept_by_map(z, drawn, np.arange(len(z)), k=k)
    assert kept is not None
    assert kept.trustworthiness.mean() == pytest.approx(trustworthiness(z, drawn, n_neighbors=k), abs=1e-9)
    assert kept.continuity.mean() == pytest.approx(trustworthiness(drawn, z, n_neighbors=k), abs=1e-9)
    assert kept.trustworthiness.mean() != pytest.approx(kept.continuity.mean(), abs=1e-4)


def test_kept_neighbours_are_those_that_both_brute_force_searches_name() -> None:
    z, drawn = _points()
    kept = kept_by_map(z, drawn, np.arange(len(z)), k=10)
    assert kept is not None
    sets = [NearestNeighbors(n_neighbors=10).fit(p).kneighbors(return_distance=False) for p in (z, drawn)]
    shared = [len(set(a) & set(b)) / 10 for a, b in zip(*sets, strict=True)]
    np.testing.assert_allclose(kept.knn_kept, shared)


def test_anchors_in_several_blocks_give_the_rows_of_the_whole() -> None:
    z, drawn = _points()
    whole = kept_by_map(z, drawn, np.arange(300), k=5)
    some = kept_by_map(z, drawn, np.array([3, 150, 299]), k=5)
    assert whole is not None
    assert some is not None
    np.testing.assert_allclose(some.trustworthiness, whole.trustworthiness[[3, 150, 299]])


def test_a_perfect_map_keeps_everything_and_a_shuffled_one_nothing() -> None:
    z = _points(d=2)[0]
    perfect = kept_by_map(z, 3 * z + 1, np.arange(300), k=10)
    shuffled = kept_by_map(z, np.random.default_rng(1).permutation(z), np.arange(300), k=10)
    assert perfect is not None
    assert shuffled is not None
    assert perfect.trustworthiness.min() == perfect.continuity.min() == perfect.knn_kept.min() == 1
    assert shuffled.knn_kept.mean() < 0.1
    assert shuffled.trustworthiness.mean() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("many", [100_000, 5_000])
def test_neighbours_sought_by_pieces_are_those_of_all_at_once(
    many: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(neighbours, "MANY", many)
    monkeypatch.setattr(neighbourhoods, "PIECE", neighbours.TOGETHER)
    z = _points(n=9_000, d=8)[0]
    z[5000:5020] = z[0]  # doubles
    rows, distance = nearest_on(2, z, k=15, beside=tmp_path / "neighbours")
    near, far = nearest_on(1, z, k=15, beside=tmp_path / "neighbours")
    np.testing.assert_array_equal(rows, near)
    np.testing.assert_array_equal(distance, far)
    assert list(tmp_path.iterdir()) == []


def test_of_very_many_points_nearly_all_neighbours_are_found_and_on_a_plane_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    z, drawn = _points(n=12_000, d=16)
    exact = [nearest_others(points, k=15) for points in (z, drawn)]
    monkeypatch.setattr(neighbours, "MANY", 1000)
    monkeypatch.setattr(neighbours, "CELLS_SEARCHED", 96)  # of 436: in so few dimensions more than a million needs
    near = [nearest_others(points, k=15) for points in (z, drawn)]
    found = (near[0][0][:, :, None] == exact[0][0][:, None, :]).sum(axis=(1, 2)) / 15
    assert 0.95 < found.mean() < 1
    assert (near[0][0] != np.arange(12_000)[:, None]).all()
    np.testing.assert_array_equal(nearest_others(z, k=15)[0], near[0][0])
    np.testing.assert_allclose(near[1][1], exact[1][1], atol=1e-4)


def test_too_few_points_have_no_quality() -> None:
    z, drawn = _points(n=30)
    assert kept_by_map(z, drawn, np.arange(30), k=15) is None


def test_nearest_are_exact() -> None:
    z = _points()[0]
    queries = _points(n=40, seed=1)[0]
    rows, distance = nearest(flat_index(z), queries, k=9)
    far, expected = NearestNeighbors(n_neighbors=9, algorithm="brute").fit(z).kneighbors(queries)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(distance, far, rtol=1e-4)


def test_a_row_is_never_its_own_neighbour_even_among_doubles() -> None:
    z = np.repeat(_points(n=20)[0], 8, axis=0)
    rows, distance = nearest_others(z, k=5)
    assert rows.shape == distance.shape == (160, 5)
    assert not (rows == np.arange(160)[:, None]).any()
    assert (rows // 8 == np.arange(160)[:, None] // 8).all()
    assert distance.max() < 1e-2


def test_among_very_many_the_nearest_are_exact_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MANY", 5_000)
    z = _points(n=9_000, d=8)[0]
    z[5000:5020] = z[0]  # doubles
    index = exact_index(z)
    assert isinstance(index, Sifted)
    far = np.full((1, 8), 40, np.float32)
    for query in (z[:1], z[8000:8001] + 0.1, far):
        distance = np.sqrt(((z.astype(np.float64) - query) ** 2).sum(axis=1))
        rows, told = nearest(index, query, k=15)
        np.testing.assert_allclose(told[0], np.sort(distance)[:15], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(distance[rows[0]], told[0], rtol=1e-6, atol=1e-6)
    rows, _ = nearest(index, z[:40] + 0.1, k=15)
    np.testing.assert_array_equal(rows, nearest(flat_index(z), z[:40] + 0.1, k=15)[0])


def test_the_nearest_are_exact_where_rounding_makes_all_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MANY", 2_000)
    z = 0.001 * _points(n=4_000, d=4)[0]
    z[:2] = [[1000] * 4, [-1000] * 4]  # one step of eight bits is 8
    index = exact_index(z)
    assert isinstance(index, Sifted)
    z[7, 0] = np.nan  # then no rounding error is known
    for searched in (index, exact_index(z)):
        for row in (100, 3999):
            assert nearest(searched, z[[row]], k=1)[0].item() == row

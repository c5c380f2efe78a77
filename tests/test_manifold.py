"""Density, neighbours and walks: against scikit-learn and scipy, and on crescents whose gap is known."""

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist
from scipy.stats import kstest
from sklearn.datasets import make_moons
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

import latentspace
from built import Built
from latentspace.errors import InputError, NotFoundError
from latentspace.explorer.manifold import K, Manifold, Neighbourhood, between, shortest_way, smoothed, where


@pytest.fixture(scope="module")
def explorer(digits: Built) -> latentspace.Explorer:
    return latentspace.open(digits.path)


def cohort(n: int, d: int = 20, seed: int = 0) -> np.ndarray:
    """Two islands of unequal spread with noise about them."""
    rng = np.random.default_rng(seed)
    spread = np.exp(-np.arange(d) / 5)
    z = rng.standard_normal((n, d)) * spread * rng.choice([0.5, 1.5], (n, 1))
    return (z + np.where(rng.random((n, 1)) < 0.3, 2.0, 0.0) * (np.arange(d) < 2)).astype(np.float32)


def names(n: int, visits: int = 1) -> list[str]:
    return [f"S-{i // visits:05d}" for i in range(n)]


def moons() -> tuple[Manifold, np.ndarray]:
    points = make_moons(1500, noise=0.06, random_state=0)[0]
    noise = np.random.default_rng(1).standard_normal((1500, 6)) * 0.02
    z = np.concatenate([2 * points, noise], axis=1).astype(np.float32)
    return Manifold.of(Neighbourhood.of(z, names(1500))), z


@pytest.mark.parametrize("visits", [1, 3])
def test_the_centile_of_people_who_were_held_out_is_uniform(visits: int) -> None:
    z = np.repeat(cohort(4200), visits, axis=0)
    z += 0.01 * np.random.default_rng(3).standard_normal(z.shape).astype(np.float32)
    kept = 3000 * visits
    manifold = Manifold.of(Neighbourhood.of(z[:kept], names(kept, visits)))
    assert kstest(manifold.centile(z[kept::visits]) / 100, "uniform").pvalue > 0.01


def test_the_centile_of_recorded_people_is_uniform_only_when_they_are_left_out() -> None:
    z = cohort(2500)
    space = Neighbourhood.of(z, names(2500))
    manifold = Manifold.of(space)
    out = np.array([manifold.centile(z[[i]], space.person(i))[0] for i in range(0, 2500, 5)])
    assert kstest(out / 100, "uniform").pvalue > 0.01
    assert (manifold.centile(z[::5]) >= out).all()
    assert (manifold.centile(z[::5]) > out).mean() > 0.5


def test_a_centile_is_what_scikit_learn_counts() -> None:
    z, queries = cohort(400), cohort(50, seed=9)
    manifold = Manifold.of(Neighbourhood.of(z, names(400)))
    k = manifold.to_axes.shape[1]
    pca = PCA(k, whiten=True).fit(z)
    seen, asked = pca.transform(z), pca.transform(queries)
    index = NearestNeighbors(algorithm="brute").fit(seen)
    own = index.kneighbors(n_neighbors=K)[0][:, -1]
    expected = [(own > far).mean() * 100 for far in index.kneighbors(asked, n_neighbors=K)[0][:, -1]]
    np.testing.assert_allclose(manifold.centile(queries), expected, atol=0.3)
    assert PCA().fit(z).explained_variance_ratio_[:k].sum() >= 0.9


def test_far_from_everyone_is_outside_and_the_thickest_of_the_cohort_is_inside() -> None:
    z = cohort(2000)
    manifold = Manifold.of(Neighbourhood.of(z, names(2000)))
    away, middle = manifold.centile(np.stack([z[0] + 30, np.median(z, axis=0)]))
    assert where(away) == "outside"
    assert middle > 80
    assert [where(c) for c in (0.0, 4.99, 5.0, 9.99, 10.0, 100.0)] == [
        *("outside", "outside", "at the edge", "at the edge", "inside", "inside")
    ]


def test_the_nearest_others_are_those_of_brute_force_without_the_visits_of_the_person() -> None:
    z = cohort(300)
    z[7] = np.nan
    space = Neighbourhood.of(z, names(300, 3))
    for row in (0, 4, 299):
        person = row // 3
        distance = np.linalg.norm(z - z[row], axis=1)
        distance[np.arange(300) // 3 == person] = np.inf
        distance[7] = np.inf
        expected = np.argsort(distance)[:5]
        found, far = space.others(z[[row]], 5, space.person(row))
        np.testing.assert_array_equal(space.rows[found[0]], expected)
        np.testing.assert_allclose(far[0], distance[expected], rtol=1e-4)
    assert space.person(7) is None


def test_the_way_through_people_stays_on_a_crescent_where_the_straight_one_leaves_it() -> None:
    manifold, z = moons()
    a, b = z[np.argmin(z[:, 0])], z[np.argmin(np.abs(z[:, 0] - 2) + np.abs(z[:, 1]))]
    straight, bent = between(a, b, 61), manifold.follow(a, b, 61)
    np.testing.assert_allclose(bent[[0, -1]], [a, b], atol=1e-5)
    inner = slice(4, -4)
    lowest = {name: manifold.centile(way[inner]).min() for name, way in {"straight": straight, "bent": bent}.items()}
    assert lowest["straight"] < 5
    assert lowest["bent"] > 20
    hops = np.linalg.norm(np.diff(bent, axis=0), axis=1)
    assert hops.max() < 3 * np.median(hops)


@pytest.mark.parametrize("pair", range(12))
def test_the_way_through_people_is_never_lonelier_than_the_straight_one(pair: int) -> None:
    manifold, z = moons()
    a, b = z[np.random.default_rng(pair).choice(len(z), 2, replace=False)]
    straight, bent = (manifold.centile(way) for way in (between(a, b, 41), manifold.follow(a, b, 41)))
    assert bent.min() >= straight.min() - 0.2  # the blended code is rounded to float32 once more


def test_the_shortest_way_costs_what_scipy_says() -> None:
    points = np.random.default_rng(4).standard_normal((80, 3)).astype(np.float32)
    way = shortest_way(points[:-2], points[-2], points[-1])
    cost = (np.linalg.norm(np.diff(way.astype(float), axis=0), axis=1) ** 3).sum()
    expected = dijkstra(cdist(points, points) ** 3, indices=78)[79]
    assert cost == pytest.approx(expected, rel=1e-5)
    assert len(way) > 2


def test_smoothing_keeps_the_ends_and_makes_even_steps_of_a_straight_line() -> None:
    line = np.array([[0, 0], [0.1, 0.2], [4, 8]], np.float32)
    np.testing.assert_allclose(smoothed(line, 21), between(line[0], line[-1], 21), atol=1e-5)


def test_explorer_answers_for_a_row_as_for_its_code_without_that_person(explorer: latentspace.Explorer) -> None:
    z, joint = explorer.encode(42, ["left", "right"]).z, explorer.run.embedding("joint")
    answer = explorer.neighbours(z, 4, 42)
    far = np.linalg.norm(joint - joint[42], axis=1)
    far[42] = np.inf
    assert [n.row for n in answer.nearest] == np.argsort(far)[:4].tolist()
    assert [n.subject_id for n in answer.nearest] == [f"digit-{n.row:04d}" for n in answer.nearest]
    assert explorer.neighbours(z, 1).nearest[0].row == 42
    others = NearestNeighbors(n_neighbors=1).fit(joint).kneighbors()[0]
    assert answer.typical == pytest.approx(float(np.median(others)), rel=0.1)
    assert explorer.density(z, 42).centile <= explorer.density(z).centile


def test_neighbours_by_all_numbers_are_those_of_the_whole_code(explorer: latentspace.Explorer) -> None:
    z = explorer.encode(42, ["left", "right"]).z
    parts = [explorer.run.embedding(p.space) for p in explorer.describe().layout]
    far = np.linalg.norm(np.concatenate(parts, axis=1) - z, axis=1)
    far[42] = np.inf
    found = [n.row for n in explorer.neighbours(z, 5, 42, "code").nearest]
    assert found == np.argsort(far)[:5].tolist()
    assert found != [n.row for n in explorer.neighbours(z, 5, 42).nearest]


def test_a_walk_carries_at_every_step_what_explorer_says_of_that_code(explorer: latentspace.Explorer) -> None:
    a, b = (explorer.encode(row, ["left", "right"]).z for row in (3, 1500))
    walk = explorer.interpolate(a, b, 21, "straight")
    np.testing.assert_allclose(walk.z, np.linspace(a, b, 21), atol=1e-5)
    np.testing.assert_array_equal(walk.z[[0, -1]], [a, b])
    for step in (0, 7, 20):
        assert walk.centile[step] == pytest.approx(explorer.density(walk.z[step]).centile, abs=0.1)
        near = explorer.neighbours(walk.z[step], 1).nearest[0]
        assert walk.nearest[step] == near.row
        assert walk.distance[step] == pytest.approx(near.distance, abs=1e-3)
    bent = explorer.interpolate(a, b, 21, "density")
    assert bent.centile.min() >= walk.centile.min()
    private = explorer.describe().layout[1].start
    np.testing.assert_allclose(bent.z[:, private:], walk.z[:, private:], atol=1e-6)
    np.testing.assert_allclose(bent.z[[0, -1]], [a, b], atol=1e-5)


def test_what_is_no_code_no_row_or_no_number_of_steps_is_refused(explorer: latentspace.Explorer) -> None:
    z = np.zeros(explorer.n_latent, np.float32)
    for ask in (explorer.density, lambda bad: explorer.neighbours(bad, 3)):
        with pytest.raises(InputError, match=r"code\.malformed"):
            ask(z[:-1])
    with pytest.raises(InputError, match=r"code\.malformed"):
        explorer.interpolate(z[:-1], z[:-1], 5, "straight")
    with pytest.raises(NotFoundError, match=r"subject\.missing"):
        explorer.density(z, 10**6)
    for steps in (1, 1001):
        with pytest.raises(InputError, match=r"walk\.steps"):
            explorer.interpolate(z, z, steps, "straight")

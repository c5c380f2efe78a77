"""The closed forms where the network starts."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV

from latentspace.vae.linear import HIGHEST, LOWEST, basis_of, coordinates_of, ridge_loadings, start


def _two_views(seed: int, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Two modalities with canonical correlations .9 and .5, mixed by random rotations."""
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((n, 6))
    b = rng.standard_normal((n, 6))
    for i, rho in enumerate((0.9, 0.5)):
        b[:, i] = rho * a[:, i] + np.sqrt(1 - rho**2) * b[:, i]
    mix = [np.linalg.qr(rng.standard_normal((6, 6)))[0] for _ in range(2)]
    return a @ mix[0], b @ mix[1]


def test_components_are_orthonormal_and_leave_the_least_squares_residual() -> None:
    x = np.random.default_rng(0).standard_normal((50, 8)) * np.arange(1, 9)
    basis = basis_of(x, n_components=3, ridge=0.0)
    assert basis.components is not None
    np.testing.assert_allclose(basis.components @ basis.components.T, np.eye(3), atol=1e-9)
    residual = x - basis.scores(x) @ basis.components
    expected = np.linalg.svd(x, compute_uv=False)[3:] ** 2
    assert (residual**2).sum() == pytest.approx(expected.sum())
    assert basis.rank == 8
    assert basis.noise == pytest.approx((residual**2).sum() / len(x) / 5)


def test_canonical_correlations_are_found_and_set_the_posterior() -> None:
    x = _two_views(0)
    everyone = np.ones(len(x[0]), bool)
    bases = [basis_of(v, n_components=6, ridge=0.0) for v in x]
    starts = start(x, [everyone, everyone], bases, 2)
    features = [b.features(v) for v, b in zip(x, bases, strict=True)]
    # Bach & Jordan: the variance of z given one modality is 1 - its canonical correlation
    assert sorted(1 - np.exp(starts[0].log_var)) == pytest.approx([0.5, 0.9], abs=0.04)
    means = [f @ s.to_shared for f, s in zip(features, starts, strict=True)]
    agreement = [abs(np.corrcoef(means[0][:, i], means[1][:, i])[0, 1]) for i in range(2)]
    assert sorted(agreement) == pytest.approx([0.5, 0.9], abs=0.05)


def test_translation_through_the_shared_latents_is_linear_regression() -> None:
    x = _two_views(1)
    everyone = np.ones(len(x[0]), bool)
    bases = [basis_of(v, n_components=6, ridge=0.0) for v in x]
    a, b = start(x, [everyone, everyone], bases, 2)
    components = bases[1].components
    assert components is not None
    drawn = bases[0].features(x[0]) @ a.to_shared @ b.from_shared @ components
    weights, *_ = np.linalg.lstsq(x[0], x[1], rcond=None)
    regression = x[0] @ weights
    assert np.corrcoef(drawn.ravel(), regression.ravel())[0, 1] > 0.98
    left = [((x[1] - guess) ** 2).sum() / (x[1] ** 2).sum() for guess in (drawn, regression)]
    assert left[0] == pytest.approx(left[1], abs=0.02)


def test_noise_that_two_modalities_do_not_share_gets_almost_no_say() -> None:
    rng = np.random.default_rng(2)
    x = [rng.standard_normal((400, 20)) for _ in range(2)]
    everyone = np.ones(400, bool)
    bases = [basis_of(v, n_components=20, ridge=0.0) for v in x]
    starts = start(x, [everyone, everyone], bases, 4)
    assert (1 - np.exp(starts[0].log_var) < 0.2).all()


def test_one_modality_and_three_modalities_start_too() -> None:
    x = [*_two_views(3, 300), _two_views(4, 300)[0]]
    everyone = np.ones(300, bool)
    bases = [basis_of(v, n_components=6, ridge=0.01) for v in x]
    for count in (1, 3):
        parts = start(x[:count], [everyone] * count, bases[:count], 3)
        assert len(parts) == count
        assert all(np.isfinite(p.to_shared).all() and p.to_shared.shape == (6, 3) for p in parts)
        assert all(np.isfinite(p.from_shared).all() and p.from_shared.shape == (3, 6) for p in parts)


def test_coordinates_are_scores_as_they_are_of_which_the_first_are_telling() -> None:
    x = np.random.default_rng(5).standard_normal((40, 6)) * np.arange(1, 7)
    basis = coordinates_of(x, telling=2, ridge=0.0, noise=0.1)
    assert np.array_equal(basis.scores(x), x)
    np.testing.assert_allclose((basis.features(x) ** 2).mean(axis=0), [1, 1])


def test_the_ridge_takes_the_penalty_that_held_out_folds_prefer() -> None:
    rng = np.random.default_rng(6)
    z = rng.standard_normal((60, 20))
    truth = rng.standard_normal((20, 3))
    clear, noisy = z @ truth, 0.05 * z @ truth + 3 * rng.standard_normal((60, 3))
    np.testing.assert_allclose(ridge_loadings(z, clear), truth, atol=0.1)
    assert np.abs(ridge_loadings(z, noisy)).mean() < 0.5 * np.abs(np.linalg.lstsq(z, noisy, rcond=None)[0]).mean()


def test_principal_dimensions_say_what_is_large_in_one_modality_alone() -> None:
    rng = np.random.default_rng(8)
    n, shared, voltage = 4000, rng.standard_normal((4000, 3)), rng.standard_normal(4000)
    a, b = (shared @ rng.standard_normal((3, 6)) + 0.3 * rng.standard_normal((n, 6)) for _ in range(2))
    a += 9 * np.outer(voltage, np.arange(6) == 0)  # b knows nothing of it
    views = [x - x.mean(axis=0) for x in (a, b)]
    bases = [basis_of(x, n_components=6, ridge=0.01) for x in views]
    parts = start(views, [np.ones(n, bool)] * 2, bases, 4, 1)
    largest = PCA(1).fit_transform(np.concatenate(views, axis=1))[:, 0]
    said = [basis.features(x) @ part.to_shared for x, basis, part in zip(views, bases, parts, strict=True)]
    along = [abs(np.corrcoef(z, largest)[0, 1]) for z in said[0].T]
    place = int(np.argmax(along))
    assert along[place] > 0.99
    told = [RidgeCV().fit(x, largest).score(x, largest) for x in views]
    variance = [float(np.exp(part.log_var[place])) for part in parts]
    assert variance == pytest.approx([max(1 - HIGHEST, 1 - told[0]), min(1 - LOWEST, 1 - told[1])], abs=0.01)
    drawn = parts[0].from_shared[place] @ bases[0].components
    assert np.argmax(np.abs(drawn)) == 0
    assert abs(drawn[0]) == pytest.approx(views[0][:, 0].std(), rel=0.02)

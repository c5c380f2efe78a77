"""Posteriors and likelihoods against torch.distributions, closed forms and plain loops."""

import math

import numpy as np
import pytest
import torch
from torch import distributions

from latentspace.latent import PosteriorArray, fuse
from latentspace.vae.likelihood import info_nce, matching, negative_log_likelihood
from latentspace.vae.posterior import Posterior, kl, kl_to_standard_normal, product


def _posterior(seed: int, *, rows: int = 5, dims: int = 3) -> Posterior:
    generator = torch.Generator().manual_seed(seed)
    mean = torch.randn(rows, dims, generator=generator)
    return Posterior(mean, -torch.rand(rows, dims, generator=generator) * 3)


def _normal(q: Posterior) -> distributions.Normal:
    return distributions.Normal(q.mean, torch.exp(0.5 * q.log_var))


def test_divergences_agree_with_torch_distributions() -> None:
    q, p = _posterior(0), _posterior(1)
    torch.testing.assert_close(kl(q, p), distributions.kl_divergence(_normal(q), _normal(p)))
    prior = distributions.Normal(0.0, 1.0)
    torch.testing.assert_close(kl_to_standard_normal(q), distributions.kl_divergence(_normal(q), prior))


def test_the_product_is_the_normalised_product_of_densities() -> None:
    a, b = _posterior(0, rows=1, dims=1), _posterior(1, rows=1, dims=1)
    here = torch.ones(1, dtype=torch.bool)
    fused = product([a, b], [here, here])
    grid = torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    prior = distributions.Normal(0.0, 1.0).log_prob(grid)
    density = torch.exp(_normal(a).log_prob(grid)[0] + _normal(b).log_prob(grid)[0] - prior)
    density /= density.sum()
    mean = (grid * density).sum()
    variance = ((grid - mean) ** 2 * density).sum()
    assert float(fused.mean) == pytest.approx(float(mean), abs=1e-5)
    assert float(fused.log_var.exp()) == pytest.approx(float(variance), abs=1e-5)


def test_one_modality_alone_gives_its_own_posterior_and_none_gives_the_prior() -> None:
    a, b = _posterior(0), _posterior(1)
    here, absent = torch.ones(5, dtype=torch.bool), torch.zeros(5, dtype=torch.bool)
    alone = product([a, b], [here, absent])
    torch.testing.assert_close(alone.mean, a.mean)
    torch.testing.assert_close(alone.log_var, a.log_var)
    nobody = product([a, b], [absent, absent])
    assert (nobody.mean == 0).all()
    assert (nobody.log_var == 0).all()


def test_fusion_in_numpy_equals_fusion_in_torch_with_missing_modalities() -> None:
    parts = [_posterior(seed) for seed in range(3)]
    known = [torch.tensor(k) for k in ([1, 1, 0, 1, 1], [1, 0, 1, 1, 0], [0, 1, 1, 1, 0])]
    known = [k.bool() for k in known]
    arrays: list[PosteriorArray] = []
    for q, k in zip(parts, known, strict=True):
        mean, log_var = q.mean.numpy().copy(), q.log_var.numpy().copy()
        mean[~k.numpy()], log_var[~k.numpy()] = np.nan, np.nan
        arrays.append(PosteriorArray(mean, log_var))
    expected, found = product(parts, known), fuse(arrays)
    np.testing.assert_allclose(found.mean, expected.mean.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.log_var, expected.log_var.numpy(), rtol=1e-5, atol=1e-6)


def test_the_order_of_the_experts_does_not_matter() -> None:
    a, b, here = _posterior(0), _posterior(1), torch.ones(5, dtype=torch.bool)
    torch.testing.assert_close(product([a, b], [here, here]).mean, product([b, a], [here, here]).mean)


def test_samples_have_the_mean_and_spread_of_the_posterior() -> None:
    q = Posterior(torch.full((40_000, 1), 2.0), torch.full((40_000, 1), math.log(0.25)))
    drawn = q.sample(torch.Generator().manual_seed(0))
    assert float(drawn.mean()) == pytest.approx(2.0, abs=0.02)
    assert float(drawn.std()) == pytest.approx(0.5, abs=0.02)
    assert (q.sample(None) == 2.0).all()


def test_the_likelihood_agrees_with_torch_distributions() -> None:
    generator = torch.Generator().manual_seed(0)
    x, mean = torch.randn(2, 4, 3, generator=generator)
    log_scale = torch.tensor([-1.0, 0.0, 0.5])
    expected = -distributions.Normal(mean, log_scale.exp()).log_prob(x).sum(dim=1)
    torch.testing.assert_close(negative_log_likelihood(x, mean, log_scale), expected)


def test_info_nce_equals_a_plain_loop() -> None:
    a, b = _posterior(0, rows=6).mean, _posterior(1, rows=6).mean
    allowed = torch.ones(6, 6, dtype=torch.bool)
    allowed[0, 5] = allowed[5, 0] = False  # a second visit of one person

    def one_way(q: torch.Tensor, k: torch.Tensor) -> float:
        total = 0.0
        for i in range(6):
            scores = [4.0 * float(torch.cosine_similarity(q[i], k[j], dim=0)) for j in range(6) if allowed[i, j]]
            own = 4.0 * float(torch.cosine_similarity(q[i], k[i], dim=0))
            total += math.log(sum(math.exp(s) for s in scores)) - own
        return total / 6

    found = float(info_nce(a, b, torch.tensor(4.0), allowed))
    assert found == pytest.approx((one_way(a, b) + one_way(b, a)) / 2, rel=1e-5)


def test_matching_is_the_log_probability_that_a_drawing_explains_its_own_recording() -> None:
    generator = torch.Generator().manual_seed(0)
    x, mean = torch.randn(2, 5, 3, generator=generator)
    log_scale, allowed = torch.tensor([0.2, -0.4, 0.1]), torch.ones(5, 5, dtype=torch.bool)
    total = 0.0
    for i in range(5):
        scores = torch.stack([-negative_log_likelihood(x[j : j + 1], mean[i : i + 1], log_scale)[0] for j in range(5)])
        total -= float(torch.log_softmax(scores, dim=0)[i]) / 5
    assert float(matching(x, mean, log_scale, allowed)) == pytest.approx(total, rel=1e-4)

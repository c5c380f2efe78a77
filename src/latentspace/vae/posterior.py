"""Diagonal Gaussian posteriors in torch: sample, divergence, product of experts with the prior."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Posterior:
    """A diagonal Gaussian for each row."""

    mean: Float[Tensor, "batch dims"]
    log_var: Float[Tensor, "batch dims"]

    def sample(self, generator: torch.Generator | None) -> Float[Tensor, "batch dims"]:
        """One draw for each row; without a generator the mean."""
        if generator is None:
            return self.mean
        noise = torch.randn(self.mean.shape, generator=generator, device=self.mean.device)
        return self.mean + torch.exp(0.5 * self.log_var) * noise


def kl_to_standard_normal(q: Posterior) -> Float[Tensor, "batch dims"]:
    """KL(q || N(0, I)) in nats, for each row and dimension.

    Source:
        Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (q.mean**2 + q.log_var.exp() - 1 - q.log_var)


def kl(q: Posterior, p: Posterior) -> Float[Tensor, "batch dims"]:
    """KL(q || p) in nats, for each row and dimension."""
    squared = (q.mean - p.mean) ** 2 + q.log_var.exp()
    return 0.5 * (squared * torch.exp(-p.log_var) - 1 + p.log_var - q.log_var)


def product(posteriors: Sequence[Posterior], known: Sequence[Bool[Tensor, " batch"]]) -> Posterior:
    """The posterior given all modalities that a row has; the prior where it has none.

    Each posterior is prior x expert, so the prior is counted once: q(z | all) ~ p(z) prod_m q(z | m) / p(z).
    `latentspace.latent.fuse` is the same in numpy.

    Source:
        Wu & Goodman 2018, multimodal variational autoencoder, equations 3 and 4.
    """
    precision = torch.ones_like(posteriors[0].mean)
    weighted = torch.zeros_like(posteriors[0].mean)
    for q, rows in zip(posteriors, known, strict=True):
        has = rows[:, None].to(q.mean.dtype)
        own = torch.exp(-q.log_var)
        precision = precision + has * (own - 1)
        weighted = weighted + has * own * q.mean
    return Posterior(weighted / precision, -torch.log(precision))

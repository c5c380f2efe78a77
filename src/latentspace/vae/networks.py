"""Encoder and decoder of one modality: a linear path with closed-form start, and a network that corrects it."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import silu, softplus

from latentspace.vae.linear import LinearStart
from latentspace.vae.posterior import Posterior

REACH = 4.0  # standard deviations to which the corrections look; the linear path goes on beyond
LOG_PRECISION_SPAN = 2.0  # how far one recording may move the log-precision of a dimension


@dataclass(frozen=True, slots=True)
class Inferred:
    """What one modality says: the posterior of the shared latents given it alone, and its private posterior."""

    shared: Posterior
    private: Posterior


def drop(x: Tensor, share: float, generator: torch.Generator | None) -> Tensor:
    """Dropout with its own randomness; without a generator, nothing is dropped."""
    if generator is None or share == 0:
        return x
    keep = torch.rand(x.shape, generator=generator, device=x.device) >= share
    return x * keep / (1 - share)


class Perceptron(nn.Module):
    """Two hidden layers whose output starts at zero, so that the linear path beside it is the whole start."""

    def __init__(self, n_in: int, n_hidden: int, n_out: int, generator: torch.Generator) -> None:
        """Draw the weights of the hidden layers from `generator`."""
        super().__init__()
        self.first, self.second = _linear(n_in, n_hidden, generator), _linear(n_hidden, n_hidden, generator)
        self.last = _linear(n_hidden, n_out, generator)
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor, dropout: float, generator: torch.Generator | None) -> Tensor:
        """A correction of the linear path."""
        return self.last(drop(silu(self.second(silu(self.first(x)))), dropout, generator))


def bounded(x: Tensor, limit: float) -> Tensor:
    """About `x` while small, never beyond `limit`: an unusual recording must not throw a network off."""
    return limit * torch.tanh(x / limit)


class Encoder(nn.Module):
    """Standardised recording -> shared and private posterior."""

    def __init__(self, start: LinearStart, n_hidden: int, generator: torch.Generator) -> None:
        """Start at the linear path."""
        super().__init__()
        n_shared, n_private = start.to_shared.shape[1], start.to_private.shape[1]
        self.widths = (n_shared, n_shared, n_private, n_private)
        self.project: Tensor
        self.register_buffer("project", _tensor((start.basis.components / start.basis.spread[:, None]).T))
        self.to_shared = nn.Parameter(_tensor(start.to_shared))
        self.to_private = nn.Parameter(_tensor(start.to_private))
        # log_var = -softplus(log_precision), log_precision that of the expert without the prior
        expert = torch.log(torch.expm1(-_tensor(start.log_var)))
        self.log_precision = nn.Parameter(torch.cat([expert, torch.full((n_private,), math.log(20.0))]))
        self.correct = Perceptron(len(start.basis.spread), n_hidden, sum(self.widths), generator)

    def features(self, x: Float[Tensor, "batch elements"]) -> Float[Tensor, "batch k"]:
        """Principal scores, scaled."""
        return x @ self.project

    def forward(
        self, features: Float[Tensor, "batch k"], dropout: float = 0.0, generator: torch.Generator | None = None
    ) -> Inferred:
        """Posteriors from scaled principal scores; a posterior is never wider than the prior."""
        shared, shared_precision, private, private_precision = self.correct(
            bounded(features, REACH), dropout, generator
        ).split(self.widths, dim=1)
        n_shared = self.widths[0]
        return Inferred(
            Posterior(
                features @ self.to_shared + shared,
                -softplus(self.log_precision[:n_shared] + bounded(shared_precision, LOG_PRECISION_SPAN)),
            ),
            Posterior(
                features @ self.to_private + private,
                -softplus(self.log_precision[n_shared:] + bounded(private_precision, LOG_PRECISION_SPAN)),
            ),
        )


class Decoder(nn.Module):
    """z = [shared | private] -> standardised recording."""

    def __init__(self, start: LinearStart, n_hidden: int, generator: torch.Generator) -> None:
        """Start at the linear path."""
        super().__init__()
        weights = torch.cat([_tensor(start.from_shared), _tensor(start.from_private)])
        spread = _tensor(start.basis.spread)
        self.loadings = nn.Parameter(weights / spread)
        self.expand: Tensor
        self.register_buffer("expand", _tensor(start.basis.components) * spread[:, None])
        self.correct = Perceptron(len(weights), n_hidden, len(spread), generator)

    @property
    def n_latent(self) -> int:
        """Length of z."""
        return len(self.loadings)

    def forward(
        self, z: Float[Tensor, "batch latent"], dropout: float = 0.0, generator: torch.Generator | None = None
    ) -> Float[Tensor, "batch elements"]:
        """The mean of the likelihood."""
        return (z @ self.loadings + self.correct(bounded(z, REACH), dropout, generator)) @ self.expand


def _linear(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(n_in, n_out, device="meta").to_empty(device="cpu")  # leaves the global generator alone
    nn.init.normal_(layer.weight, std=math.sqrt(2 / n_in), generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


def _tensor(values: object) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32)

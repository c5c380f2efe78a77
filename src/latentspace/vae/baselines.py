"""What the model is compared with, made of its own parts: PCA + CCA, and one VAE for each modality."""

import math
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.vae.linear import LinearStart
from latentspace.vae.model import Batch, CrossModalVAE, Loss, Objective
from latentspace.vae.networks import Decoder, Encoder, Inferred
from latentspace.vae.posterior import Posterior

PRIVATE_LOG_VAR = -math.log(21.0)  # where the private posteriors of the cross-modal model start


class LinearEncoder(nn.Module):
    """Standardised recording -> posteriors whose means are linear and whose variances are the same for everybody."""

    def __init__(self, start: LinearStart) -> None:
        """Hold the closed form; nothing is trained."""
        super().__init__()
        self.project: Tensor
        self.register_buffer("project", _tensor((start.basis.components / start.basis.spread[:, None]).T))
        self.to_shared, self.to_private = _fixed(start.to_shared), _fixed(start.to_private)
        self.log_var = _fixed(start.log_var)

    def features(self, x: Float[Tensor, "batch elements"]) -> Float[Tensor, "batch k"]:
        """Principal scores, scaled."""
        return x @ self.project

    def forward(self, features: Float[Tensor, "batch k"]) -> Inferred:
        """Canonical variates, scaled to posterior means, and the components of what they leave."""
        shared, private = features @ self.to_shared, features @ self.to_private
        return Inferred(
            Posterior(shared, self.log_var.expand_as(shared)),
            Posterior(private, torch.full_like(private, PRIVATE_LOG_VAR)),
        )


class LinearDecoder(nn.Module):
    """z = [shared | private] -> standardised recording."""

    def __init__(self, start: LinearStart) -> None:
        """Hold the closed form; nothing is trained."""
        super().__init__()
        self.loadings = _fixed(torch.cat([_tensor(start.from_shared), _tensor(start.from_private)]))
        self.expand: Tensor
        self.register_buffer("expand", _tensor(start.basis.components))

    @property
    def n_latent(self) -> int:
        """Length of z."""
        return len(self.loadings)

    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch elements"]:
        """The mean of the likelihood."""
        return z @ self.loadings @ self.expand


class PcaCca(nn.Module):
    """Principal components of each modality, regularised CCA between them, components of what that leaves.

    Source:
        Bach & Jordan 2005, A probabilistic interpretation of canonical correlation analysis.
    """

    def __init__(self, starts: Mapping[str, LinearStart]) -> None:
        """The closed forms are all there is."""
        super().__init__()
        self.n_shared = next(iter(starts.values())).to_shared.shape[1]
        self.n_private = {m: s.to_private.shape[1] for m, s in starts.items()}
        self._encoders = {m: LinearEncoder(s) for m, s in starts.items()}
        self._decoders = {m: LinearDecoder(s) for m, s in starts.items()}
        self.maps = nn.ModuleDict({
            **{f"encoder_{m}": part for m, part in self._encoders.items()},
            **{f"decoder_{m}": part for m, part in self._decoders.items()},
        })  # fmt: skip

    def encoder(self, modality: str) -> LinearEncoder:
        """The encoder of one modality."""
        return self._encoders[modality]

    def decoder(self, modality: str) -> LinearDecoder:
        """The decoder of one modality."""
        return self._decoders[modality]


class BlockEncoder(nn.Module):
    """An encoder whose shared posterior is one block of a wider one, the prior elsewhere."""

    def __init__(self, encoder: Encoder, block: slice, n_shared: int) -> None:
        """`n_shared` are the shared dimensions of all blocks."""
        super().__init__()
        self.encoder = encoder
        self.place: Tensor
        self.register_buffer("place", torch.eye(n_shared)[block])

    def features(self, x: Float[Tensor, "batch elements"]) -> Float[Tensor, "batch k"]:
        """Those of the encoder."""
        return self.encoder.features(x)

    def forward(self, features: Float[Tensor, "batch k"]) -> Inferred:
        """Mean 0 and log-variance 0 outside the block."""
        said = self.encoder(features)
        return Inferred(Posterior(said.shared.mean @ self.place, said.shared.log_var @ self.place), said.private)


class BlockDecoder(nn.Module):
    """A decoder that looks at its block of the shared dimensions, and at its private ones."""

    def __init__(self, decoder: Decoder, block: slice, n_shared: int) -> None:
        """`n_shared` are the shared dimensions of all blocks."""
        super().__init__()
        self.decoder, self.block, self.n_shared = decoder, block, n_shared

    @property
    def n_latent(self) -> int:
        """Length of z."""
        return self.decoder.n_latent + self.n_shared - (self.block.stop - self.block.start)

    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch elements"]:
        """The mean of the likelihood."""
        return self.decoder(torch.cat([z[:, self.block], z[:, self.n_shared :]], dim=1))


class Unimodal(nn.Module):
    """One VAE for each modality, trained side by side; what is shared in name has a block for each of them.

    The joint posterior is so the concatenation of the modalities' own, and no modality says anything of another.
    """

    def __init__(self, parts: Mapping[str, CrossModalVAE]) -> None:
        """Each part is a model of that one modality."""
        super().__init__()
        self.parts, self.networks = dict(parts), nn.ModuleDict(parts)
        self.blocks: dict[str, slice] = {}
        for m, part in parts.items():
            first = max((block.stop for block in self.blocks.values()), default=0)
            self.blocks[m] = slice(first, first + part.n_shared)
        self.n_shared = sum(part.n_shared for part in parts.values())
        self.n_private = {m: part.n_private[m] for m, part in parts.items()}

    def encoder(self, modality: str) -> BlockEncoder:
        """The encoder of one modality."""
        return BlockEncoder(self.parts[modality].encoder(modality), self.blocks[modality], self.n_shared)

    def decoder(self, modality: str) -> BlockDecoder:
        """The decoder of one modality."""
        return BlockDecoder(self.parts[modality].decoder(modality), self.blocks[modality], self.n_shared)

    def loss(
        self, batch: Batch, objective: Objective, *, warm_up: float, generator: torch.Generator | None = None
    ) -> Loss:
        """The sum of the modalities' losses; see `CrossModalVAE.loss`."""
        losses = {
            m: part.loss(_alone(batch, m), objective, warm_up=warm_up, generator=generator)
            for m, part in self.parts.items()
        }
        terms = {
            name if name.startswith(f"{m}.") else f"{m}.{name}": nats
            for m, loss in losses.items()
            for name, nats in loss.terms.items()
        }
        return Loss(torch.stack([loss.total for loss in losses.values()]).sum(), terms)

    def calibrate(self, batch: Batch) -> None:
        """See `CrossModalVAE.calibrate`."""
        for m, part in self.parts.items():
            part.calibrate(_alone(batch, m))


def _alone(batch: Batch, m: str) -> Batch:
    return Batch({m: batch.x[m]}, {m: batch.known[m]}, batch.person)


def _fixed(values: object) -> nn.Parameter:
    return nn.Parameter(_tensor(values), requires_grad=False)


def _tensor(values: object) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32)

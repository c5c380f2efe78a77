"""What the model is compared with, made of its own parts: one VAE for each modality."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.vae.model import Batch, CrossModalVAE, Loss, Objective
from latentspace.vae.networks import Decoder, Explained, Inference
from latentspace.vae.ranks import ALONE, Ranks


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

    def inference(self, modality: str) -> Inference:
        """What is exported as the encoder of one modality."""
        part = self.parts[modality]
        place = torch.eye(self.n_shared)[self.blocks[modality]]
        return Inference(part.encoder(modality), part.decoder(modality), place)

    def explained(self, modality: str) -> Explained:
        """What is exported beside the encoder: how the private code follows the shared one."""
        return Explained(self.parts[modality].decoder(modality), self.blocks[modality])

    def decoder(self, modality: str) -> BlockDecoder:
        """The decoder of one modality."""
        return BlockDecoder(self.parts[modality].decoder(modality), self.blocks[modality], self.n_shared)

    def loss(
        self,
        batch: Batch,
        objective: Objective,
        *,
        warm_up: float,
        generator: torch.Generator | None = None,
        ranks: Ranks = ALONE,
    ) -> Loss:
        """The sum of the modalities' losses; see `CrossModalVAE.loss`."""
        losses = {
            m: part.loss(_alone(batch, m), objective, warm_up=warm_up, generator=generator, ranks=ranks)
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

    def settle(self, batch: Batch) -> None:
        """See `CrossModalVAE.settle`."""
        for m, part in self.parts.items():
            part.settle(_alone(batch, m))


def _alone(batch: Batch, m: str) -> Batch:
    return Batch({m: batch.x[m]}, {m: batch.known[m]}, batch.person)

"""The cross-modal VAE: any subset of modalities in, shared and private latents, any modality out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from latentspace.vae.likelihood import Family, info_nce, negative_log_likelihood
from latentspace.vae.linear import LinearStart
from latentspace.vae.networks import Decoder, Encoder, Inferred
from latentspace.vae.posterior import Posterior, kl, kl_to_standard_normal, product

OWN, SHARED_ONLY, TRANSLATED = range(3)  # rows of `log_scales`: each kind of decoding has its own error


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Weights of the terms of the loss (each term is in nats for each subject).

    `shared_only` and `translation` weigh the likelihood with the private latents at their prior mean, from all
    modalities and from the others alone: this is what makes shared come first. `conditional` weighs
    KL(q(z | all) || q(z | m)): no shared dimension is known to one modality only. `free_bits` are nats for each
    dimension that cost nothing. `noise` is the spread of Gaussian noise on the scaled principal scores.
    """

    family: Family = "gaussian"
    kl: float = 1.0
    free_bits: float = 0.05
    conditional: float = 1.0
    shared_only: float = 0.5
    translation: float = 0.5
    contrastive: float = 10.0
    dropout: float = 0.2
    noise: float = 0.1


@dataclass(frozen=True, slots=True)
class Batch:
    """Standardised recordings, zero where missing, who has them, and a number for each person."""

    x: Mapping[str, Float[Tensor, "batch elements"]]
    known: Mapping[str, Bool[Tensor, " batch"]]
    person: Int[Tensor, " batch"]


@dataclass(frozen=True, slots=True)
class Loss:
    """The weighted sum, and the terms that a person reads, unweighted; all in nats for each subject."""

    total: Float[Tensor, ""]
    terms: Mapping[str, Float[Tensor, ""]]


class CrossModalVAE(nn.Module):
    """Encoders and decoders of every modality around one shared code."""

    def __init__(
        self,
        starts: Mapping[str, LinearStart],
        channels: Mapping[str, int],
        n_hidden: int,
        generator: torch.Generator,
    ) -> None:
        """Start at the linear maps `starts`; a recording's elements are `channels` equal parts."""
        super().__init__()
        self.modalities, self.channels = tuple(starts), dict(channels)
        first = next(iter(starts.values()))
        self.n_shared, self.n_private = first.to_shared.shape[1], first.to_private.shape[1]
        self.encoders = nn.ModuleDict({m: Encoder(s, n_hidden, generator) for m, s in starts.items()})
        self.decoders = nn.ModuleDict({m: Decoder(s, n_hidden, generator) for m, s in starts.items()})
        self.log_scales = nn.ParameterDict({m: nn.Parameter(torch.zeros(3, channels[m])) for m in starts})
        self.log_temperature = nn.Parameter(torch.tensor(1 / 0.07).log())

    def encoder(self, modality: str) -> Encoder:
        """The encoder of one modality."""
        network = self.encoders[modality]
        assert isinstance(network, Encoder)  # noqa: S101 - for the type checker
        return network

    def decoder(self, modality: str) -> Decoder:
        """The decoder of one modality."""
        network = self.decoders[modality]
        assert isinstance(network, Decoder)  # noqa: S101 - for the type checker
        return network

    def encode(
        self, batch: Batch, objective: Objective | None = None, generator: torch.Generator | None = None
    ) -> tuple[Posterior, dict[str, Inferred]]:
        """The joint posterior, and what each modality says; noise and dropout only with a generator."""
        inferred: dict[str, Inferred] = {}
        for m in self.modalities:
            features = self.encoder(m).features(batch.x[m])
            dropout = 0.0
            if objective is not None and generator is not None:
                dropout = objective.dropout
                noise = torch.randn(features.shape, generator=generator, device=features.device)
                features = features + objective.noise * noise
            inferred[m] = self.encoder(m)(features, dropout, generator)
        return self.fuse(inferred, batch, self.modalities), inferred

    def fuse(self, inferred: Mapping[str, Inferred], batch: Batch, modalities: Sequence[str]) -> Posterior:
        """The shared posterior given some of the modalities."""
        return product([inferred[m].shared for m in modalities], [batch.known[m] for m in modalities])

    def loss(
        self, batch: Batch, objective: Objective, *, warm_up: float, generator: torch.Generator | None = None
    ) -> Loss:
        """Every term in nats for each subject; `warm_up` from 0 to 1 scales the divergences."""
        joint, inferred = self.encode(batch, objective, generator)
        z = joint.sample(generator)
        terms: dict[str, Tensor] = {}
        weighted: list[Tensor] = []
        floor = objective.free_bits
        for m in self.modalities:
            known = batch.known[m]
            private, others = inferred[m].private, [o for o in self.modalities if o != m]
            none = torch.zeros_like(private.mean)
            own = self._explain(batch, m, (z, private.sample(generator), OWN), objective, generator)
            alone = self._explain(batch, m, (z, none, SHARED_ONLY), objective, generator)
            terms[f"{m}.reconstruction"], terms[f"{m}.shared_only"] = own, alone
            weighted += [own, objective.shared_only * alone]
            terms[f"{m}.private_kl"] = _mean(kl_to_standard_normal(private).sum(1), known)
            terms[f"{m}.conditional_kl"] = _mean(kl(joint, inferred[m].shared).sum(1), known)
            divergence = _free(kl_to_standard_normal(private), known, floor) * objective.kl
            weighted.append(warm_up * (divergence + objective.conditional * terms[f"{m}.conditional_kl"]))
            if others:
                from_others = self.fuse(inferred, batch, others).sample(generator)
                given = known & torch.stack([batch.known[o] for o in others]).any(dim=0)
                code = (from_others, none, TRANSLATED)
                terms[f"{m}.translation"] = self._explain(batch, m, code, objective, generator, given)
                weighted.append(objective.translation * terms[f"{m}.translation"])
        anyone = torch.stack([batch.known[m] for m in self.modalities]).any(dim=0)
        terms["shared_kl"] = _mean(kl_to_standard_normal(joint).sum(1), anyone)
        weighted.append(warm_up * objective.kl * _free(kl_to_standard_normal(joint), anyone, floor))
        if len(self.modalities) > 1:
            terms["contrastive"] = self._contrast(batch, inferred)
            weighted.append(objective.contrastive * terms["contrastive"])
        return Loss(torch.stack(weighted).sum(), terms)

    @torch.no_grad()
    def calibrate(self, batch: Batch) -> None:
        """Set the scales to the root mean squared errors of the start."""
        joint, inferred = self.encode(batch)
        for m in self.modalities:
            others = [o for o in self.modalities if o != m] or [m]
            none = torch.zeros_like(inferred[m].private.mean)
            codes = {OWN: (joint.mean, inferred[m].private.mean), SHARED_ONLY: (joint.mean, none)}
            codes[TRANSLATED] = (self.fuse(inferred, batch, others).mean, none)
            for kind, parts in codes.items():
                error = (batch.x[m] - self.decoder(m)(torch.cat(parts, dim=1)))[batch.known[m]]
                rms = error.reshape(-1, self.channels[m], error.shape[1] // self.channels[m]).square().mean(dim=(0, 2))
                self.log_scales[m][kind] = 0.5 * torch.log(rms + 1e-4)

    def _explain(
        self,
        batch: Batch,
        m: str,
        code: tuple[Tensor, Tensor, int],
        objective: Objective,
        generator: torch.Generator | None,
        known: Tensor | None = None,
    ) -> Tensor:
        z, private, kind = code
        mean = self.decoder(m)(torch.cat([z, private], dim=1), objective.dropout, generator)
        shape = (len(mean), self.channels[m], mean.shape[1] // self.channels[m])
        nats = negative_log_likelihood(
            batch.x[m].reshape(shape), mean.reshape(shape), self.log_scales[m][kind], objective.family
        )
        return _mean(nats, batch.known[m] if known is None else known)

    def _contrast(self, batch: Batch, inferred: Mapping[str, Inferred]) -> Tensor:
        other = batch.person[:, None] != batch.person[None, :]
        terms: list[Tensor] = []
        for i, a in enumerate(self.modalities):
            for b in self.modalities[:i]:
                both = batch.known[a] & batch.known[b]
                if both.sum() > 1:
                    q, k = inferred[a].shared.mean[both], inferred[b].shared.mean[both]
                    terms.append(info_nce(q, k, self.log_temperature.exp().clamp(max=100), other[both][:, both]))
        return torch.stack(terms).mean() if terms else torch.zeros((), device=batch.person.device)


def _mean(nats: Tensor, known: Tensor) -> Tensor:
    """Mean over those who have it; 0 where nobody has."""
    return torch.where(known, nats, 0).sum() / known.sum().clamp(min=1)


def _free(nats: Tensor, known: Tensor, floor: float) -> Tensor:
    """Sum over dimensions of the mean divergence, none less than the free bits."""
    mean = torch.where(known[:, None], nats, 0).sum(0) / known.sum().clamp(min=1)
    return mean.clamp(min=floor).sum()

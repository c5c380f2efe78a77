"""The cross-modal VAE: any subset of modalities in, shared and private latents, any modality out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from latentspace.vae.likelihood import Family, info_nce, matching, negative_log_likelihood
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
    dimension that cost nothing. `matching` weighs how surely a translation explains its own person's recording and
    no other's. `noise` is the spread of Gaussian noise on the scaled principal scores.

    Neighbouring samples repeat each other, so a recording of k principal components counts as `evidence` x k
    independent observations, not as many as it has samples.
    """

    family: Family = "gaussian"
    kl: float = 1.0
    free_bits: float = 0.05
    conditional: float = 1.0
    shared_only: float = 0.5
    translation: float = 0.5
    contrastive: float = 10.0
    matching: float = 30.0
    dropout: float = 0.2
    noise: float = 0.3
    evidence: float = 1.0


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


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the loss, its weight, and what is charged for it where that differs."""

    name: str
    nats: Float[Tensor, ""]
    weight: float
    charge: Float[Tensor, ""] | None = None
    warms_up: bool = False


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
        self.n_shared = next(iter(starts.values())).to_shared.shape[1]
        self.n_private = {m: s.to_private.shape[1] for m, s in starts.items()}
        self.encoders = nn.ModuleDict({m: Encoder(s, n_hidden, generator) for m, s in starts.items()})
        self.decoders = nn.ModuleDict({m: Decoder(s, n_hidden, generator) for m, s in starts.items()})
        self.per_component = {m: len(s.basis.spread) / s.basis.components.shape[1] for m, s in starts.items()}
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
        terms: list[Term] = []
        for m in self.modalities:
            terms += self._divergences(batch, m, joint, inferred[m], objective)
            terms += self._likelihoods(batch, m, joint, inferred, objective, generator)
        anyone = torch.stack([batch.known[m] for m in self.modalities]).any(dim=0)
        terms.append(_divergence("shared_kl", kl_to_standard_normal(joint), anyone, objective))
        if len(self.modalities) > 1:
            terms.append(Term("contrastive", self._contrast(batch, inferred), objective.contrastive))
        charged = [
            t.weight * (warm_up if t.warms_up else 1.0) * (t.nats if t.charge is None else t.charge) for t in terms
        ]
        return Loss(torch.stack(charged).sum(), {t.name: t.nats for t in terms})

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

    def _divergences(self, batch: Batch, m: str, joint: Posterior, said: Inferred, objective: Objective) -> list[Term]:
        known = batch.known[m]
        private = _divergence(f"{m}.private_kl", kl_to_standard_normal(said.private), known, objective)
        conditional = _mean(kl(joint, said.shared).sum(1), known)
        return [private, Term(f"{m}.conditional_kl", conditional, objective.conditional, warms_up=True)]

    def _likelihoods(
        self,
        batch: Batch,
        m: str,
        joint: Posterior,
        inferred: Mapping[str, Inferred],
        objective: Objective,
        generator: torch.Generator | None,
    ) -> list[Term]:
        """From all modalities, from the shared latents alone, and from the other modalities alone."""
        z, private, known = joint.sample(generator), inferred[m].private, batch.known[m]
        none = torch.zeros_like(private.mean)
        codes = [torch.cat([z, private.sample(generator)], dim=1), torch.cat([z, none], dim=1)]
        others = [o for o in self.modalities if o != m]
        if others:
            codes.append(torch.cat([self.fuse(inferred, batch, others).sample(generator), none], dim=1))
        drawn = self.decoder(m)(torch.cat(codes), objective.dropout, generator).chunk(len(codes))
        nats = [self._explain(batch, m, mean, kind, objective) for kind, mean in enumerate(drawn)]
        terms = [
            Term(f"{m}.reconstruction", _mean(nats[OWN], known), 1.0),
            Term(f"{m}.shared_only", _mean(nats[SHARED_ONLY], known), objective.shared_only),
        ]
        if others:
            given = known & torch.stack([batch.known[o] for o in others]).any(dim=0)
            matched = self._match(batch, m, drawn[TRANSLATED], given, objective.evidence)
            terms.append(Term(f"{m}.translation", _mean(nats[TRANSLATED], given), objective.translation))
            terms.append(Term(f"{m}.matching", matched, objective.matching))
        return terms

    def _explain(self, batch: Batch, m: str, mean: Tensor, kind: int, objective: Objective) -> Tensor:
        shape = (len(mean), self.channels[m], mean.shape[1] // self.channels[m])
        nats = negative_log_likelihood(
            batch.x[m].reshape(shape), mean.reshape(shape), self.log_scales[m][kind], objective.family
        )
        return objective.evidence * self.per_component[m] * nats

    def _match(self, batch: Batch, m: str, drawn: Tensor, known: Tensor, evidence: float) -> Tensor:
        if known.sum() < 2:
            return drawn.new_zeros(())
        shape = (int(known.sum()), self.channels[m], -1)
        x, mean = batch.x[m][known].reshape(shape), drawn[known].reshape(shape)
        evidence = evidence * self.per_component[m]
        return matching(x, mean, self.log_scales[m][TRANSLATED], evidence, _competing(batch.person[known]))

    def _contrast(self, batch: Batch, inferred: Mapping[str, Inferred]) -> Tensor:
        terms: list[Tensor] = []
        for i, a in enumerate(self.modalities):
            for b in self.modalities[:i]:
                both = batch.known[a] & batch.known[b]
                if both.sum() > 1:
                    q, k = inferred[a].shared.mean[both], inferred[b].shared.mean[both]
                    scale = self.log_temperature.exp().clamp(max=100)
                    terms.append(info_nce(q, k, scale, _competing(batch.person[both])))
        return torch.stack(terms).mean() if terms else torch.zeros((), device=batch.person.device)


def _mean(nats: Tensor, known: Tensor) -> Tensor:
    """Mean over those who have it; 0 where nobody has."""
    return torch.where(known, nats, 0).sum() / known.sum().clamp(min=1)


def _divergence(name: str, nats: Tensor, known: Tensor, objective: Objective) -> Term:
    """The divergence of each dimension, charged as no less than the free bits."""
    mean = torch.where(known[:, None], nats, 0).sum(0) / known.sum().clamp(min=1)
    return Term(name, mean.sum(), objective.kl, charge=mean.clamp(min=objective.free_bits).sum(), warms_up=True)


def _competing(person: Tensor) -> Tensor:
    """Which recordings compete with that of a row: its own, and those of other people (not a second visit)."""
    return (person[:, None] != person[None, :]) | torch.eye(len(person), dtype=torch.bool, device=person.device)

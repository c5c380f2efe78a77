"""The cross-modal VAE: any subset of modalities in, shared and private latents, any modality out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from latentspace.vae.likelihood import info_nce, matching, negative_log_likelihood
from latentspace.vae.linear import LinearStart, ridge_loadings
from latentspace.vae.networks import Decoder, Encoder, Explained, Inference
from latentspace.vae.posterior import Posterior, kl, kl_to_standard_normal, product
from latentspace.vae.ranks import ALONE, Part, Ranks
from latentspace.vae.reading import Noise, Perceptron, Reading

AT_ONCE = 2048  # rows that are encoded at once, where all are
JOINT, TRANSLATED = range(2)  # rows of `log_scales`: what the joint code leaves, and what that of the others leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Weights of the terms of the loss (each term is in nats for each subject).

    `translation` weighs the likelihood given the shared code of the other modalities alone. `conditional` weighs
    KL(q(z | all) || q(z | m)): no shared dimension is known to one modality only. `free_bits` are nats for each
    dimension that cost nothing. `matching` weighs how surely a translation explains its own person's recording and
    no other's. `noise` is the spread of Gaussian noise on the scaled scores.
    """

    kl: float = 1.0
    free_bits: float = 0.05
    conditional: float = 1.0
    translation: float = 1.0
    contrastive: float = 10.0
    matching: float = 30.0
    dropout: float = 0.2
    noise: float = 0.3


@dataclass(frozen=True, slots=True)
class Batch:
    """Standardised recordings, zero where missing, who has them, and a number for each person."""

    x: Mapping[str, Float[Tensor, "batch elements"]]
    known: Mapping[str, Bool[Tensor, " batch"]]
    person: Int[Tensor, " batch"]

    def rows(self, chosen: slice | Tensor) -> "Batch":
        """Some of them."""
        known = {m: v[chosen] for m, v in self.known.items()}
        return Batch({m: v[chosen] for m, v in self.x.items()}, known, self.person[chosen])


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


@dataclass(frozen=True, slots=True)
class Step:
    """How a loss is asked for: its weights, randomness if it is of training, and the rows that networks see here."""

    objective: Objective
    generator: torch.Generator | None
    part: Part

    @property
    def noise(self) -> Noise | None:
        """That of one network after the other; none without a generator."""
        if self.generator is None:
            return None
        return Noise(self.generator, self.objective.dropout, self.objective.noise, part=self.part)


class CrossModalVAE(nn.Module):
    """Encoders and decoders of every modality around one shared code.

    Given the shared code, the private ones are Gaussian in closed form, so the likelihoods have them integrated out.
    """

    def __init__(
        self,
        starts: Mapping[str, LinearStart],
        readings: Mapping[str, Reading | None],
        drawings: Mapping[str, Perceptron | None],
    ) -> None:
        """Start at the linear maps `starts`, which networks correct where there are any."""
        super().__init__()
        self.modalities = tuple(starts)
        self.n_shared = next(iter(starts.values())).to_shared.shape[1]
        self.n_private = {m: len(s.basis.spread) for m, s in starts.items()}
        self.encoders = nn.ModuleDict({m: Encoder(s, readings[m]) for m, s in starts.items()})
        self.decoders = nn.ModuleDict({m: Decoder(s, drawings[m]) for m, s in starts.items()})
        self.log_scales = nn.ParameterDict({m: nn.Parameter(torch.zeros(2, self.n_private[m])) for m in starts})
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

    def inference(self, modality: str) -> Inference:
        """What is exported as the encoder of one modality."""
        return Inference(self.encoder(modality), self.decoder(modality))

    def explained(self, modality: str) -> Explained:
        """What is exported beside the encoder: how the private code follows the shared one."""
        return Explained(self.decoder(modality))

    def encode(self, batch: Batch, step: Step | None = None) -> tuple[Posterior, dict[str, Posterior]]:
        """The joint posterior, and that of each modality; noise and dropout only in a step of training."""
        part = ALONE.part(len(batch.person)) if step is None else step.part
        noise = None if step is None else step.noise
        said = {m: _gathered(self.encoder(m)(part.own(batch.x[m]), noise), part) for m in self.modalities}
        return self.fuse(said, batch, self.modalities), said

    def fuse(self, said: Mapping[str, Posterior], batch: Batch, modalities: Sequence[str]) -> Posterior:
        """The shared posterior given some of the modalities."""
        return product([said[m] for m in modalities], [batch.known[m] for m in modalities])

    def loss(
        self,
        batch: Batch,
        objective: Objective,
        *,
        warm_up: float,
        generator: torch.Generator | None = None,
        ranks: Ranks = ALONE,
    ) -> Loss:
        """Every term in nats for each subject; `warm_up` from 0 to 1 scales the divergences.

        Several processes are given the same batch and generator; the networks of each see a part of the rows.
        """
        step = Step(objective, generator, ranks.part(len(batch.person)))
        joint, said = self.encode(batch, step)
        terms: list[Term] = []
        for m in self.modalities:
            conditional = _mean(kl(joint, said[m]).sum(1), batch.known[m])
            terms.append(Term(f"{m}.conditional_kl", conditional, objective.conditional, warms_up=True))
            terms += self._likelihoods(batch, m, joint, said, step)
        anyone = torch.stack([batch.known[m] for m in self.modalities]).any(dim=0)
        terms.append(_divergence("shared_kl", kl_to_standard_normal(joint), anyone, objective))
        if len(self.modalities) > 1:
            terms.append(Term("contrastive", self._contrast(batch, said), objective.contrastive))
        charged = [
            t.weight * (warm_up if t.warms_up else 1.0) * (t.nats if t.charge is None else t.charge) for t in terms
        ]
        return Loss(torch.stack(charged).sum(), {t.name: t.nats for t in terms})

    @torch.no_grad()
    def calibrate(self, batch: Batch) -> None:
        """Set the scales to the root mean squared errors of the start."""
        joint, said = self._everyone(batch)
        for m in self.modalities:
            scores, known = self.encoder(m).scores(batch.x[m]), batch.known[m]
            for kind, q in ((JOINT, joint), (TRANSLATED, self._from_others(batch, m, said))):
                error = (scores - self.decoder(m).shared_scores(q.mean))[known]
                self.log_scales[m][kind] = 0.5 * torch.log(error.square().mean(dim=0) + 1e-6)

    @torch.no_grad()
    def settle(self, batch: Batch) -> None:
        """End in closed form: loadings that draw best what the other modalities tell, and the spread of the rest."""
        joint, said = self._everyone(batch)
        for m in self.modalities:
            scores, known = self.encoder(m).scores(batch.x[m]), batch.known[m]
            z = self._from_others(batch, m, said).mean
            given = known & self._told(batch, m)
            wanted = scores - self.decoder(m).corrected(z)
            loadings = ridge_loadings(z[given].double().cpu().numpy(), wanted[given].double().cpu().numpy())
            fitted = torch.from_numpy(loadings).to(scores)
            drawn = joint.mean @ fitted + self.decoder(m).corrected(joint.mean)
            left = (scores - drawn)[known].square().mean(dim=0).sqrt()
            self.decoder(m).settle(fitted, left)

    def _everyone(self, batch: Batch) -> tuple[Posterior, dict[str, Posterior]]:
        """As `encode`, some rows after the other: networks hold many numbers for each row."""
        n = len(batch.person)
        parts = [self.encode(batch.rows(slice(first, first + AT_ONCE)))[1] for first in range(0, n, AT_ONCE)]
        said = {
            m: Posterior(torch.cat([p[m].mean for p in parts]), torch.cat([p[m].log_var for p in parts]))
            for m in self.modalities
        }
        return self.fuse(said, batch, self.modalities), said

    def _others(self, m: str) -> list[str]:
        """The other modalities, or the only one."""
        return [o for o in self.modalities if o != m] or [m]

    def _from_others(self, batch: Batch, m: str, said: Mapping[str, Posterior]) -> Posterior:
        return self.fuse(said, batch, self._others(m))

    def _told(self, batch: Batch, m: str) -> Tensor:
        return torch.stack([batch.known[o] for o in self._others(m)]).any(dim=0)

    def _likelihoods(
        self, batch: Batch, m: str, joint: Posterior, said: Mapping[str, Posterior], step: Step
    ) -> list[Term]:
        """Of the scores, from the code of all modalities and from that of the others alone."""
        scores, known, scales = self.encoder(m).scores(batch.x[m]), batch.known[m], self.log_scales[m]
        own = negative_log_likelihood(scores, self._drawn(m, joint, step), scales[JOINT])
        terms = [Term(f"{m}.reconstruction", _mean(own, known), 1.0)]
        if len(self.modalities) > 1:
            given = known & self._told(batch, m)
            drawn = self._drawn(m, self._from_others(batch, m, said), step)
            nats = negative_log_likelihood(scores, drawn, scales[TRANSLATED])
            terms.append(Term(f"{m}.translation", _mean(nats, given), step.objective.translation))
            competing = _competing(batch.person[given])
            matched = (
                matching(scores[given], drawn[given], scales[TRANSLATED], competing)
                if given.sum() > 1
                else drawn.new_zeros(())
            )
            terms.append(Term(f"{m}.matching", matched, step.objective.matching))
        return terms

    def _drawn(self, m: str, code: Posterior, step: Step) -> Tensor:
        """What a draw of a shared code draws, of every row."""
        return step.part.whole(self.decoder(m).shared_scores(step.part.own(code.sample(step.generator)), step.noise))

    def _contrast(self, batch: Batch, said: Mapping[str, Posterior]) -> Tensor:
        terms: list[Tensor] = []
        for i, a in enumerate(self.modalities):
            for b in self.modalities[:i]:
                both = batch.known[a] & batch.known[b]
                if both.sum() > 1:
                    scale = self.log_temperature.exp().clamp(max=100)
                    q, k = said[a].mean[both], said[b].mean[both]
                    terms.append(info_nce(q, k, scale, _competing(batch.person[both])))
        return torch.stack(terms).mean() if terms else torch.zeros((), device=batch.person.device)


def _gathered(own: Posterior, part: Part) -> Posterior:
    """The posterior of every row."""
    if part.size == 1:
        return own
    return Posterior(*part.whole(torch.cat([own.mean, own.log_var], dim=1)).chunk(2, dim=1))


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

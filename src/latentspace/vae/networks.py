"""Encoder and decoder of one modality: a linear path with closed-form start, and a network that corrects it.

A private code is what a recording holds beside its shared code: the scores that the shared code leaves, each in units
of its spread. So a recording comes back whole from its codes, and what is shared is drawn from the shared code first.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import softplus

from latentspace.vae.linear import LinearStart
from latentspace.vae.posterior import Posterior
from latentspace.vae.reading import Convolutions, Noise, Perceptron, Reading

LEAST = 0.1  # of its spread that a score leaves, or a few people would make private codes without bounds
LOUDER = 0.3  # power of the spread that a perceptron still hears: small components are mostly noise
LOG_PRECISION_SPAN = 2.0  # how far one recording may move the log-precision of a dimension


@dataclass(frozen=True, slots=True)
class Inferred:
    """What one modality says: the posterior of the shared latents given it alone, and its private posterior."""

    shared: Posterior
    private: Posterior


def bounded(x: Tensor, limit: float) -> Tensor:
    """About `x` while small, never beyond `limit`."""
    return limit * torch.tanh(x / limit)


class Encoder(nn.Module):
    """Standardised recording -> scores, and the posterior of the shared latents."""

    def __init__(self, start: LinearStart, reading: Reading | None) -> None:
        """Start at the linear path, which `reading` corrects (None: it is all there is)."""
        super().__init__()
        basis = start.basis
        self.telling, self.n_shared = start.to_shared.shape
        self.project: Tensor | None
        self.spread: Tensor
        self.register_buffer("project", None if basis.components is None else _tensor(basis.components).T.contiguous())
        self.loudness: Tensor
        self.reader: Tensor | None
        self.n_coordinates = len(basis.spread)
        self.register_buffer("reader", None if basis.reader is None else _tensor(basis.reader))
        spread = basis.spread[: self.telling] if basis.reader is None else torch.ones(self.telling)
        self.register_buffer("spread", _tensor(spread))
        self.register_buffer("loudness", (self.spread / self.spread.max()) ** LOUDER)
        self.to_shared = nn.Parameter(_tensor(start.to_shared))
        # log_var = -softplus(log_precision), log_precision that of the expert without the prior
        self.log_precision = nn.Parameter(torch.log(torch.expm1(-_tensor(start.log_var))))
        self.reading = reading

    def scores(self, x: Float[Tensor, "batch elements"]) -> Float[Tensor, "batch k"]:
        """Principal scores, or the coordinates as they are."""
        if self.project is not None:
            return x @ self.project
        return x if self.reader is None else x[:, : self.n_coordinates]

    def features(self, x: Float[Tensor, "batch elements"]) -> Float[Tensor, "batch telling"]:
        """Scaled telling scores, or what a reader says of the coordinates (see `linear.Basis`)."""
        if self.reader is not None:
            return x[:, self.n_coordinates :]
        return self.scores(x)[:, : self.telling] / self.spread

    def read(self, x: Float[Tensor, "batch coordinates"]) -> Float[Tensor, "batch elements"]:
        """What the other methods take: a reader puts what it says beside the coordinates."""
        return x if self.reader is None else torch.cat([x, x @ self.reader], dim=1)

    def forward(self, x: Float[Tensor, "batch elements"], noise: Noise | None = None) -> Posterior:
        """The posterior of the shared latents; never wider than the prior."""
        features = self.features(x)
        if noise is not None:
            features = noise.added(features, noise.scores)
        mean, log_precision = features @ self.to_shared, self.log_precision
        if self.reading is not None:
            seen = x if isinstance(self.reading, Convolutions) else features * self.loudness
            moved, sharper = self.reading(seen, noise).chunk(2, dim=1)
            mean = mean + moved
            log_precision = log_precision + bounded(sharper, LOG_PRECISION_SPAN)
        return Posterior(mean, -softplus(log_precision.expand_as(mean)))


class Decoder(nn.Module):
    """z = [shared | private] -> standardised recording."""

    def __init__(self, start: LinearStart, drawing: Perceptron | None) -> None:
        """Start at the linear path, which `drawing` corrects; once settled, private codes are of unit spread."""
        super().__init__()
        basis = start.basis
        self.loadings = nn.Parameter(_tensor(start.from_shared))
        self.left: Tensor
        self.private_log_var: Tensor
        self.expand: Tensor | None
        self.unit: Tensor
        self.register_buffer("left", _tensor(basis.spread))
        self.register_buffer("unit", _tensor(basis.spread))
        self.register_buffer("private_log_var", torch.zeros(len(basis.spread)))
        self.register_buffer("expand", None if basis.components is None else _tensor(basis.components))
        self.drawing = drawing
        self.noise, self.n_shared = basis.noise, start.from_shared.shape[0]

    @property
    def n_latent(self) -> int:
        """Length of z."""
        return self.loadings.shape[0] + self.loadings.shape[1]

    def shared_scores(self, z: Float[Tensor, "batch n_shared"], noise: Noise | None = None) -> Float[Tensor, "batch k"]:
        """What the shared code alone draws."""
        linear = z @ self.loadings
        return linear if self.drawing is None else linear + self.corrected(z, noise)

    def corrected(self, z: Float[Tensor, "batch n_shared"], noise: Noise | None = None) -> Float[Tensor, "batch k"]:
        """What the network adds to the linear path."""
        if self.drawing is None:
            return torch.zeros_like(self.unit).expand(len(z), -1)
        return self.drawing(z, noise) * self.unit

    def private(self, scores: Float[Tensor, "batch k"], z: Float[Tensor, "batch n_shared"]) -> Posterior:
        """Posterior of the private code of a recording, given its shared code."""
        mean = (scores - self.shared_scores(z)) / self.left
        return Posterior(mean, self.private_log_var.expand_as(mean))

    @torch.no_grad()
    def settle(self, loadings: Float[Tensor, "n_shared k"], left: Float[Tensor, " k"]) -> None:
        """Put in loadings in closed form, and the spread of what they leave.

        Source:
            Tipping & Bishop 1999, probabilistic principal component analysis (variance of the private posterior).
        """
        self.loadings.copy_(loadings)
        self.left.copy_(torch.maximum(left, LEAST * self.unit))
        self.private_log_var.copy_(torch.log((self.noise + 1e-6) / (self.noise + 1e-6 + self.left.square())))

    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch elements"]:
        """The mean of the likelihood."""
        scores = self.shared_scores(z[:, : self.n_shared]) + z[:, self.n_shared :] * self.left
        return scores if self.expand is None else scores @ self.expand


class Inference(nn.Module):
    """Standardised recordings of one modality -> both posteriors, from it alone."""

    def __init__(self, encoder: Encoder, decoder: Decoder, place: Float[Tensor, "own n_shared"] | None = None) -> None:
        """`place` puts the shared dimensions among more, where the posterior is the prior."""
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.place: Tensor | None
        self.register_buffer("place", place)

    def forward(self, x: Float[Tensor, "batch elements"]) -> Inferred:
        """The shared posterior, and that of the private code given its mean."""
        x = self.encoder.read(x)
        shared = self.encoder(x)
        private = self.decoder.private(self.encoder.scores(x), shared.mean)
        if self.place is not None:
            shared = Posterior(shared.mean @ self.place, shared.log_var @ self.place)
        return Inferred(shared, private)


class Explained(nn.Module):
    """A shared code -> what it draws, in units of the private code: the difference between two of them moves that."""

    def __init__(self, decoder: Decoder, block: slice | None = None) -> None:
        """`block` are the shared dimensions that the decoder looks at (None: all)."""
        super().__init__()
        self.decoder, self.block = decoder, block

    def forward(self, z: Float[Tensor, "batch n_shared"]) -> Float[Tensor, "batch k"]:
        """Shared scores over the spread of what they leave."""
        own = z if self.block is None else z[:, self.block]
        return self.decoder.shared_scores(own) / self.decoder.left


def _tensor(values: object) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32)

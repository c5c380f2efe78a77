"""What networks read beside the linear path: a perceptron the scores, convolutions the samples of signals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import silu

from latentspace.vae.ranks import Part

REACH = 4.0  # standard deviations to which a perceptron looks; the linear path goes on beyond
WIDTHS, STRIDES, KERNELS = (32, 48, 64), (6, 2, 2), (12, 5, 5)  # of the convolutions
GENTLE = 1 / 3  # variance of a weight times its inputs: small beginnings overfit later
WIDE, GROUPS = 7, 8  # kernel of a residual block, groups that are normalised


@dataclass(frozen=True, slots=True)
class Noise:
    """Randomness of a training step: dropout, and what recordings are disturbed with, in standard deviations.

    `scores` and `samples` are spreads of noise, `gain` those of the gain of a lead and of all, `shift` samples.
    A process that computes a part of the rows draws for all of them, so that every row has the noise it has in one.
    """

    generator: torch.Generator
    dropout: float
    scores: float
    samples: float = 0.12
    gain: tuple[float, float] = (0.08, 0.05)
    shift: int = 2
    part: Part | None = None

    def normal(self, *shape: int) -> Tensor:
        """Standard normals, rows first."""
        return self._own(torch.randn(self._all(shape), generator=self.generator, device=self.generator.device))

    def added(self, x: Tensor, spread: float) -> Tensor:
        """`x` with noise."""
        return x + spread * self.normal(*x.shape)

    def dropped(self, x: Tensor) -> Tensor:
        """Dropout."""
        drawn = self._own(torch.rand(self._all(x.shape), generator=self.generator, device=x.device))
        keep = drawn >= self.dropout
        return x * keep / (1 - self.dropout)

    def disturbed(self, signals: Float[Tensor, "batch leads samples"]) -> Float[Tensor, "batch leads samples"]:
        """Signals with other gains, shifted together, with noise."""
        batch, leads, _ = signals.shape
        gain = (1 + self.gain[0] * self.normal(batch, leads, 1)) * (1 + self.gain[1] * self.normal(batch, 1, 1))
        by = torch.randint(-self.shift, self.shift + 1, (), generator=self.generator, device=signals.device)
        return self.added(torch.roll(signals * gain, int(by), dims=2), self.samples)

    def _all(self, shape: Sequence[int]) -> tuple[int, ...]:
        return tuple(shape) if self.part is None else (self.part.total, *shape[1:])

    def _own(self, drawn: Tensor) -> Tensor:
        return drawn if self.part is None else self.part.own(drawn)


class Perceptron(nn.Module):
    """Two hidden layers whose output starts at zero, so that the linear path beside it is the whole start."""

    def __init__(self, n_in: int, n_hidden: int, n_out: int, generator: torch.Generator) -> None:
        """Draw the weights of the hidden layers from `generator`."""
        super().__init__()
        self.first, self.second = linear(n_in, n_hidden, generator), linear(n_hidden, n_hidden, generator)
        self.last = linear(n_hidden, n_out, None)

    def forward(self, features: Float[Tensor, "batch telling"], noise: Noise | None) -> Tensor:
        """A correction of the linear path."""
        bounded = REACH * torch.tanh(features / REACH)  # an unusual recording must not throw the network off
        hidden = silu(self.first(bounded))
        hidden = silu(self.second(hidden if noise is None else noise.dropped(hidden)))
        return self.last(hidden if noise is None else noise.dropped(hidden))


class Convolutions(nn.Module):
    """Strided convolutions and residual blocks over the samples of all leads; the output starts at zero."""

    def __init__(
        self,
        signals: tuple[int, int],
        n_hidden: int,
        n_out: int,
        generator: torch.Generator,
        before: nn.Module | None = None,
    ) -> None:
        """For standardised recordings that are (leads, samples), or that `before` makes so."""
        super().__init__()
        self.signals, self.before = signals, before
        layers: list[nn.Module] = []
        leads, samples = signals
        for width, stride, kernel in zip(WIDTHS, STRIDES, KERNELS, strict=True):
            layers += [_convolution(leads, width, kernel, stride, generator), Residual(width, generator)]
            leads, samples = width, (samples + 2 * (kernel // 2) - kernel) // stride + 1
        self.layers = nn.Sequential(*layers)
        self.hidden = linear(leads * samples, n_hidden, generator)
        self.last = linear(n_hidden, n_out, None)

    def forward(self, x: Float[Tensor, "batch elements"], noise: Noise | None) -> Tensor:
        """A correction of the linear path."""
        signals = x.unflatten(1, self.signals) if self.before is None else self.before(x)
        seen = silu(self.layers(signals if noise is None else noise.disturbed(signals))).flatten(1)
        hidden = silu(self.hidden(seen if noise is None else noise.dropped(seen)))
        return self.last(hidden if noise is None else noise.dropped(hidden))


class Residual(nn.Module):
    """Two convolutions beside a short cut; starts as the short cut alone."""

    def __init__(self, width: int, generator: torch.Generator) -> None:
        """Width and length stay."""
        super().__init__()
        self.norms = nn.ModuleList([nn.GroupNorm(GROUPS, width), nn.GroupNorm(GROUPS, width)])
        self.first = _convolution(width, width, WIDE, 1, generator)
        self.second = _convolution(width, width, WIDE, 1, None)

    def forward(self, x: Tensor) -> Tensor:
        """Residual."""
        return x + self.second(silu(self.norms[1](self.first(silu(self.norms[0](x))))))


Reading = Perceptron | Convolutions


def linear(n_in: int, n_out: int, generator: torch.Generator | None) -> nn.Linear:
    """A layer with weights from `generator`, or nought."""
    layer = nn.Linear(n_in, n_out, device="meta").to_empty(device="cpu")  # leaves the global generator alone
    _begin(layer, n_in, generator)
    return layer


def _convolution(n_in: int, n_out: int, kernel: int, stride: int, generator: torch.Generator | None) -> nn.Conv1d:
    layer = nn.Conv1d(n_in, n_out, kernel, stride=stride, padding=kernel // 2, device="meta").to_empty(device="cpu")
    _begin(layer, n_in * kernel, generator)
    return layer


def _begin(layer: nn.Linear | nn.Conv1d, n_in: int, generator: torch.Generator | None) -> None:
    if generator is None:
        nn.init.zeros_(layer.weight)
    else:
        nn.init.normal_(layer.weight, std=math.sqrt(GENTLE / n_in), generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)

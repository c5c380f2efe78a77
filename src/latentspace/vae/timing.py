"""Beats in a common timing: QRS and QT as two coordinates, and the beat as it is when both are usual.

Where two beats differ in their intervals, a mixture of them has neither: a narrow QRS and a wide one do not make one of
middle width. Brought to the same timing, beats mix as shapes do, and intervals as numbers do.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn
from torch.nn.functional import relu

REACH = 0.45  # of the way to the next mark: so far a mark may go, and two never meet
BOUND = 4.0  # standard deviations to which a score is looked at
FASTER = 16.0  # weight of the spatial velocity beside the voltages
PROBE = 1.0  # samples to either side, to see what a mark does to the beat
CUBIC = -0.5  # Keys's constant: quadratics are kept


@dataclass(frozen=True, slots=True)
class Marker:
    """Where QRS and T end, read off a beat: ridge regression on scores and on `hidden` random features of them.

    `components` are of voltages and spatial velocity about `mean`; scores times `gain` are of unit spread, the large
    ones more. A beat gives `usual` + features @ `weights` samples.

    Source:
        Huang, Zhu & Siew 2006 (a hidden layer that is not trained).
    """

    mean: Float32[np.ndarray, " elements"]
    components: Float32[np.ndarray, "k elements"]
    gain: Float32[np.ndarray, " k"]
    hidden: Float32[np.ndarray, "inputs features"]
    weights: Float32[np.ndarray, "inputs 2"]


@dataclass(frozen=True, slots=True)
class Timing:
    """How beats of `shape` (leads, samples) are brought to a common timing.

    QRS begins at sample `onset` in each; `usual` are the samples at which QRS and T end in the common timing. A sample
    of either changes a beat by `weight`, so that a distance between coordinates is one between beats.
    """

    shape: tuple[int, int]
    onset: int
    usual: Float32[np.ndarray, "2"]
    marker: Marker
    weight: Float32[np.ndarray, "2"]


class Running(nn.Module):
    """From the usual timing to a beat's own. Marks are (batch, 2): samples at which QRS and T end."""

    def __init__(self, timing: Timing) -> None:
        """Hold the timing as buffers."""
        super().__init__()
        self.shape, self.onset = timing.shape, float(timing.onset)
        held = {"usual": timing.usual, "weight": timing.weight}
        held["samples"] = np.arange(self.shape[1], dtype=np.float32)
        stops = np.array([self.onset, *timing.usual.tolist(), self.shape[1] - 1.0])
        held["lowest"] = stops[1:3] - REACH * (stops[1:3] - stops[:2])
        held["highest"] = stops[1:3] + REACH * (stops[2:] - stops[1:3])
        self.usual: Tensor
        self.weight: Tensor
        self.samples: Tensor
        self.lowest: Tensor
        self.highest: Tensor
        for name, values in held.items():
            self.register_buffer(name, torch.from_numpy(values.astype(np.float32)))

    def expand(self, values: Float[Tensor, "batch elements"]) -> Float[Tensor, "batch leads samples"]:
        """Beats in their own timing."""
        marks = self.bounded(values[:, -2:] / self.weight + self.usual)
        return self.moved(values[:, :-2].reshape(-1, *self.shape), marks, self.usual + 0 * marks)

    def bounded(self, marks: Float[Tensor, "batch 2"]) -> Float[Tensor, "batch 2"]:
        """In their order, with room between them."""
        return torch.minimum(torch.maximum(marks, self.lowest), self.highest)

    def moved(
        self,
        beats: Float[Tensor, "batch leads samples"],
        marks: Float[Tensor, "batch 2"],
        were: Float[Tensor, "batch 2"],
    ) -> Float[Tensor, "batch leads samples"]:
        """Beats whose marks `were` there, with the marks put here; time runs evenly between two of them."""
        nothing = 0 * marks[:, :1]  # what has a fixed batch would be exported with it
        onset, last = nothing + self.onset, nothing + (self.shape[1] - 1)
        here, there = torch.cat([onset, marks, last], dim=1), torch.cat([onset, were, last], dim=1)
        source = self.samples.clamp(max=self.onset) + nothing
        for i in range(3):
            span = here[:, i + 1, None] - here[:, i, None]
            passed = torch.minimum((self.samples - here[:, i, None]).clamp(min=0), span)
            source = source + passed * (there[:, i + 1, None] - there[:, i, None]) / span
        return between(beats, source)


class Retime(Running):
    """The same with a marker: also from a beat's own timing to the usual one."""

    def __init__(self, timing: Timing) -> None:
        """Hold timing and marker as buffers."""
        super().__init__(timing)
        self.mean: Tensor
        self.components: Tensor
        self.gain: Tensor
        self.hidden: Tensor
        self.weights: Tensor
        for name in ("mean", "components", "gain", "hidden", "weights"):
            self.register_buffer(name, torch.from_numpy(getattr(timing.marker, name)))

    def forward(self, beats: Float[Tensor, "batch leads samples"]) -> Float[Tensor, "batch elements"]:
        """Beats in the usual timing, flat, then what the marks add."""
        marks = self.marks(beats)
        usual = self.usual + 0 * marks
        return torch.cat([self.moved(beats, usual, marks).flatten(1), (marks - self.usual) * self.weight], dim=1)

    def marks(self, beats: Float[Tensor, "batch leads samples"]) -> Float[Tensor, "batch 2"]:
        """Where QRS and T end, as the marker sees it."""
        inputs = marker_inputs((seen(beats) - self.mean) @ self.components.T * self.gain, self.hidden)
        return self.bounded(self.usual + inputs @ self.weights)


class AsItRuns(nn.Module):
    """What is standardised about a beat in the usual timing -> the same beat in its own, in the same units."""

    def __init__(self, timing: Timing, mean: Float[Tensor, " elements"], scale: Float[Tensor, " elements"]) -> None:
        """`mean` and `scale` are those of the beat, flat, and of its marks."""
        super().__init__()
        self.running = Running(timing)
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def forward(self, x: Float[Tensor, "batch elements"]) -> Float[Tensor, "batch leads samples"]:
        """Signals."""
        mean, scale = (v[:-2].unflatten(0, self.running.shape) for v in (self.mean, self.scale))
        return (self.running.expand(x * self.scale + self.mean) - mean) / scale


def seen(beats: Float[Tensor, "batch leads samples"]) -> Float[Tensor, "batch elements"]:
    """What the marker looks at: voltages, and how fast all leads change together."""
    velocity = (beats[:, :, 1:] - beats[:, :, :-1]).square().sum(dim=1) + 1e-6
    return torch.cat([beats.flatten(1), FASTER * velocity.sqrt()], dim=1)


def marker_inputs(
    scores: Float[Tensor, "batch k"], hidden: Float[Tensor, "inputs features"]
) -> Float[Tensor, "batch inputs"]:
    """One, the scores, and what the hidden layer makes of them."""
    known = torch.cat([torch.ones_like(scores[:, :1]), BOUND * torch.tanh(scores / BOUND)], dim=1)
    return torch.cat([known, relu(known @ hidden)], dim=1)


def between(
    beats: Float[Tensor, "batch leads samples"], source: Float[Tensor, "batch places"]
) -> Float[Tensor, "batch leads places"]:
    """Values between samples by cubic convolution, the ends repeated.

    Source:
        Keys 1981.
    """
    last, leads = beats.shape[2] - 1, beats.shape[1]
    first = source.detach().floor()
    part = (source - first)[:, None]
    values: list[Tensor] = []
    for step in range(-1, 3):
        away = (part - step).abs()
        near = ((CUBIC + 2) * away - (CUBIC + 3)) * away**2 + 1
        far = CUBIC * (((away - 5) * away + 8) * away - 4)
        place = (first + step).clamp(0, last).long()[:, None].expand(-1, leads, -1)
        values.append((near if step in (0, 1) else far) * beats.gather(2, place))
    return torch.stack(values).sum(dim=0)

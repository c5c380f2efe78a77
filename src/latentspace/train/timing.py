"""What brings beats to a common timing: marks as `measure` finds them, and a regression that reads them off a beat."""

import numpy as np
import torch
from jaxtyping import Float32, Float64

from latentspace.measure.delineation import MS, delineate
from latentspace.measure.ecg import INDEPENDENT, LEADS
from latentspace.modality import Modality
from latentspace.vae.principal import principal
from latentspace.vae.timing import PROBE, Marker, Retime, Timing, marker_inputs, seen

FEWEST = 50  # beats with both marks
MOST = 4096  # beats that teach the marker
SCORES, FEATURES = 40, 1024
LOUDER = 0.3  # power of the spread that a score keeps: small ones are mostly noise
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)  # of the ridge, as shares of the number of beats
FOLDS = 5


def timing_of(beats: Float32[np.ndarray, "n leads samples"], modality: Modality) -> Timing | None:
    """Fit to prepared beats in mV; None where fewer than 50 have an end of QRS and of T that can be found."""
    beats = beats[:MOST]
    marks = _marks(beats, modality)
    known = np.isfinite(marks).all(axis=1)
    if known.sum() < FEWEST:
        return None
    usual = marks[known].mean(axis=0)
    shape = (beats.shape[1], beats.shape[2])
    marker = _marker(torch.from_numpy(beats[known]), marks[known] - usual)
    onset = round(-modality.axes[1].origin / modality.axes[1].step)
    return Timing(shape, onset, usual.astype(np.float32), marker, np.ones(2, np.float32))


def weighted(
    retime: Retime, mean: Float32[np.ndarray, "leads samples"], scale: Float32[np.ndarray, "leads samples"]
) -> Float32[np.ndarray, "2"]:
    """What a sample of either mark changes in the mean beat, whose samples have these scales."""
    beat, usual = torch.from_numpy(mean)[None], retime.usual[None]

    def drawn(marks: torch.Tensor) -> np.ndarray:
        return retime.moved(beat, marks, usual)[0].numpy() / scale

    steps = [torch.tensor([[PROBE, 0.0]]), torch.tensor([[0.0, PROBE]])]
    change = [np.linalg.norm(drawn(usual + s) - drawn(usual - s)) / (2 * PROBE) for s in steps]
    return np.maximum(np.array(change), 1e-6).astype(np.float32)


def _marks(beats: Float32[np.ndarray, "n leads samples"], modality: Modality) -> Float64[np.ndarray, "n 2"]:
    """Samples at which QRS and T end, NaN where they are not found."""
    labels = modality.axes[0].labels
    independent = [labels.index(LEADS[i]) for i in INDEPENDENT if LEADS[i] in labels] or list(range(len(labels)))
    found = [delineate(beat[independent].astype(np.float64)) for beat in beats]
    ends = [(m.qrs_offset, np.nan if m.t_end is None else m.t_end) for m in found]
    return np.array(ends, np.float64) / MS


def _marker(beats: torch.Tensor, marks: Float64[np.ndarray, "n 2"]) -> Marker:
    looked = torch.cat([seen(part) for part in beats.split(512)])
    mean = looked.mean(dim=0)
    components = principal(looked - mean, min(SCORES, len(beats) // 2))
    scores = (looked - mean) @ components.T
    spread = scores.square().mean(dim=0).sqrt()
    louder = (spread / spread.max()) ** LOUDER
    gain = louder / (spread * louder.square().mean().sqrt())
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(1 + len(gain), FEATURES, generator=generator) / len(gain) ** 0.5
    hidden[0] *= 0.5 * len(gain) ** 0.5
    inputs = marker_inputs(scores * gain, hidden).double().numpy()
    scale = np.append(1.0, inputs[:, 1:].std(axis=0) + 1e-9)
    weights = _ridge(inputs / scale, marks) / scale[:, None]
    return Marker(mean.numpy(), components.numpy(), gain.numpy(), hidden.numpy(), weights.astype(np.float32))


def _ridge(x: Float64[np.ndarray, "n inputs"], y: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "inputs 2"]:
    """Ridge regression, the penalty chosen by held-out folds; the first input is the constant."""
    fold = np.arange(len(x)) % FOLDS

    def fitted(rows: np.ndarray, penalty: float) -> np.ndarray:
        charge = penalty * len(x) * np.eye(x.shape[1])
        charge[0, 0] = 1e-6
        return np.linalg.solve(x[rows].T @ x[rows] + charge, x[rows].T @ y[rows])

    def error(penalty: float) -> float:
        left = [y[fold == f] - x[fold == f] @ fitted(fold != f, penalty) for f in range(FOLDS)]
        return float(sum((part**2).sum() for part in left))

    return fitted(fold >= 0, min(PENALTIES, key=error))

"""Large recordings (cines) in few coordinates: what repeats over time, then principal components of what is left."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

LARGE = 20_000  # elements from which a recording is compressed before it is modelled
TIME_KEPT = 0.99  # share of the variance that the temporal components carry
SLOWEST = 16  # temporal components at most
AT_ONCE = 64  # recordings in memory as frames


@dataclass(frozen=True, slots=True)
class Compression:
    """Coordinates of a recording of `shape`: (recording -> maps by `time` - `mean`) -> scores by `components`.

    All bases are orthonormal, so distances between recordings within reach are distances between coordinates.
    `kept` is the share of the training recordings' variance that the coordinates carry.
    """

    shape: tuple[int, ...]
    time: Float32[np.ndarray, "frames slow"]
    mean: Float32[np.ndarray, " elements"]
    components: Float32[np.ndarray, "k elements"]
    kept: float

    def coordinates(self, recordings: np.ndarray) -> Float32[np.ndarray, "n k"]:
        """Scores of recordings (n, *shape) of any number type."""
        parts = [(_maps(block, self.time) - self.mean) @ self.components.T for block in _blocks(recordings)]
        return np.concatenate(parts)


def compress(recordings: np.ndarray, *, n_components: int, in_time: bool) -> Compression:
    """Fit on training recordings (n, *shape); `in_time` says that the first axis of a recording is time.

    Source:
        Principal components by the Gram matrix: Turk & Pentland 1991, Eigenfaces for recognition.
    """
    shape = recordings.shape[1:]
    time = _temporal(recordings) if in_time else np.ones((1, 1), np.float32)
    maps = np.concatenate([_maps(block, time) for block in _blocks(recordings)])
    mean = maps.mean(axis=0, dtype=np.float64).astype(np.float32)
    maps -= mean
    variance, vectors = np.linalg.eigh((maps @ maps.T).astype(np.float64))
    order = np.argsort(-variance)[: min(n_components, len(maps) - 1)]
    order = order[variance[order] > 1e-7 * variance.max()]
    components = (vectors[:, order] / np.sqrt(variance[order])).T.astype(np.float32) @ maps
    total = _total(recordings, mean, time)
    return Compression(shape, time, mean, components, float(variance[order].sum() / total))


class Compress(nn.Module):
    """`Compression.coordinates` as part of a network."""

    def __init__(self, compression: Compression) -> None:
        """Hold the bases as buffers."""
        super().__init__()
        self.time: Tensor
        self.mean: Tensor
        self.components: Tensor
        self.shape = compression.shape
        for name in ("time", "mean", "components"):
            self.register_buffer(name, torch.from_numpy(getattr(compression, name)))

    def forward(self, recordings: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch k"]:
        """Coordinates."""
        frames = recordings.reshape(-1, self.time.shape[0], recordings[0].numel() // self.time.shape[0])
        return (torch.matmul(self.time.T, frames).flatten(1) - self.mean) @ self.components.T

    def expand(self, coordinates: Float[Tensor, "batch k"]) -> Float[Tensor, "batch ..."]:
        """Recordings."""
        maps = (coordinates @ self.components + self.mean).unflatten(1, (self.time.shape[1], -1))
        return torch.matmul(self.time, maps).reshape(-1, *self.shape)


def _temporal(recordings: np.ndarray) -> Float32[np.ndarray, "frames slow"]:
    """Orthonormal time courses that carry `TIME_KEPT` of the variance about the mean recording."""
    frames = recordings.shape[1]
    about_nought, centre = np.zeros((frames, frames)), np.zeros(recordings.shape[1:])
    for block in _blocks(recordings):
        flat = block.reshape(len(block), frames, -1)
        about_nought += np.einsum("nfp,ngp->fg", flat, flat, optimize=True)
        centre += block.sum(axis=0, dtype=np.float64)
    centre = centre.reshape(frames, -1) / len(recordings)
    about_mean = np.trace(about_nought) - len(recordings) * float((centre**2).sum())
    variance, vectors = np.linalg.eigh(about_nought)
    left = np.cumsum(variance)[::-1] / about_mean  # left[i]: what more than the first i components would carry
    k = int(np.argmax(np.append(left, 0) <= 1 - TIME_KEPT))
    return vectors[:, ::-1][:, : max(1, min(k, SLOWEST))].astype(np.float32)


def _total(recordings: np.ndarray, mean: np.ndarray, time: np.ndarray) -> float:
    """Squared distance of all recordings from the mean one."""
    centre = time @ mean.reshape(time.shape[1], -1)
    return sum(
        float(((block.reshape(len(block), len(time), -1) - centre) ** 2).sum(dtype=np.float64))
        for block in _blocks(recordings)
    )


def _maps(block: np.ndarray, time: np.ndarray) -> Float32[np.ndarray, "n elements"]:
    frames = block.reshape(len(block), len(time), -1)
    return np.matmul(time.T, frames).reshape(len(block), -1)


def _blocks(recordings: np.ndarray) -> Iterator[Float32[np.ndarray, "n ..."]]:
    for first in range(0, len(recordings), AT_ONCE):
        yield recordings[first : first + AT_ONCE].astype(np.float32)

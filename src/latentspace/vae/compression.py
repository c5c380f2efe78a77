"""Large recordings (cines) in few coordinates: what repeats over time, then principal components of what is left.

The heart of a cine is described in the canonical pose and put back to where it lay; its surroundings in the frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d

from latentspace.prepare.cine import SIZE
from latentspace.vae.registration import Register

LARGE = 20_000  # elements from which a recording is compressed before it is modelled
TIME_KEPT = 0.99  # share of the variance that the temporal components carry
SLOWEST = 16  # temporal components at most
AT_ONCE = 64  # recordings in memory as frames
SURROUNDINGS = 1 / 3  # of the coordinates of a cine
BEATS = 0.05  # of the strongest motion: from here on a place belongs to the heart
AROUND = 3  # pixels about it
PROBE = 0.5  # mm or degrees to either side, to see what a pose does to the picture


@dataclass(frozen=True, slots=True)
class HeartLayer:
    """What is described in the canonical pose: deviations from `mean` by `components`, within a soft mask.

    `mean` and `components` are nought outside the mask. A unit of the pose changes the picture by `pose_weight`, so
    that a distance between coordinates is about one between pictures.
    """

    mean: Float32[np.ndarray, " elements"]
    mask: Float32[np.ndarray, " elements"]
    components: Float32[np.ndarray, "k elements"]
    pose_weight: Float32[np.ndarray, "3"]


@dataclass(frozen=True, slots=True)
class Compression:
    """Coordinates of a recording of `shape`: maps by `time`, then scores by `components` about `mean`.

    With a heart layer, the coordinates are the heart's scores, the pose, and the scores of what the heart layer
    leaves. The bases are orthonormal.
    """

    shape: tuple[int, ...]
    time: Float32[np.ndarray, "frames slow"]
    mean: Float32[np.ndarray, " elements"]
    components: Float32[np.ndarray, "k elements"]
    heart: HeartLayer | None = None

    def coordinates(self, recordings: np.ndarray) -> Float32[np.ndarray, "n k"]:
        """Coordinates of recordings (n, *shape) of any number type."""
        front = Compress(self)
        with torch.no_grad():
            return np.concatenate([front(block).numpy() for block in _blocks(recordings)])


class Compress(nn.Module):
    """A compression as part of a network."""

    def __init__(self, compression: Compression) -> None:
        """Hold the bases as buffers."""
        super().__init__()
        self.time: Tensor
        self.mean: Tensor
        self.components: Tensor
        self.shape = compression.shape
        for name in ("time", "mean", "components"):
            self.register_buffer(name, torch.from_numpy(getattr(compression, name)))
        self.heart = None if compression.heart is None else Heart(compression.heart, self.time.shape[1])

    def forward(self, recordings: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch k"]:
        """Coordinates."""
        maps = _maps(recordings, self.time)
        if self.heart is None:
            return (maps - self.mean) @ self.components.T
        pose = self.heart.register.pose(recordings)
        scores = self.heart.scores(maps, pose)
        rest = maps - self.heart.drawn(scores, pose)
        return torch.cat([scores, pose * self.heart.pose_weight, (rest - self.mean) @ self.components.T], dim=1)

    def expand(self, coordinates: Float[Tensor, "batch k"]) -> Float[Tensor, "batch ..."]:
        """Recordings."""
        if self.heart is None:
            maps = coordinates @ self.components + self.mean
        else:
            k = self.heart.components.shape[0]
            scores, weighted, rest = coordinates[:, :k], coordinates[:, k : k + 3], coordinates[:, k + 3 :]
            maps = rest @ self.components + self.mean + self.heart.drawn(scores, weighted / self.heart.pose_weight)
        return torch.matmul(self.time, maps.unflatten(1, (self.time.shape[1], -1))).reshape(-1, *self.shape)


class Heart(nn.Module):
    """A heart layer as part of a network; maps are rows (batch, slow * size * size)."""

    def __init__(self, layer: HeartLayer, slow: int) -> None:
        """Hold the bases as buffers."""
        super().__init__()
        self.mean: Tensor
        self.mask: Tensor
        self.components: Tensor
        self.pose_weight: Tensor
        self.slow, self.register = slow, Register()
        for name in ("mean", "mask", "components", "pose_weight"):
            self.register_buffer(name, torch.from_numpy(getattr(layer, name)))

    def scores(self, maps: Float[Tensor, "batch elements"], pose: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch k"]:
        """Of the heart, moved to the canonical pose."""
        moved = self.register.to_canonical(_pictures(maps, self.slow), pose).flatten(1)
        return (moved * self.mask - self.mean) @ self.components.T

    def drawn(
        self, scores: Float[Tensor, "batch k"], pose: Float[Tensor, "batch 3"]
    ) -> Float[Tensor, "batch elements"]:
        """The heart where it lies."""
        still = (scores @ self.components + self.mean).unflatten(1, (self.slow, SIZE, SIZE))
        return self.register.from_canonical(still, pose).flatten(1)


def compress(recordings: np.ndarray, *, n_components: int, in_time: bool, heart: bool = False) -> Compression:
    """Fit on training recordings (n, *shape); `in_time` says that the first axis of a recording is time.

    `heart` says that they are prepared four-chamber cines: two thirds of the components are the heart's.

    Source:
        Principal components by the Gram matrix: Turk & Pentland 1991, Eigenfaces for recognition.
    """
    shape = recordings.shape[1:]
    time = _temporal(recordings) if in_time else np.ones((1, 1), np.float32)
    maps = torch.cat([_maps(block, torch.from_numpy(time)) for block in _blocks(recordings)])
    layer = None
    if heart:
        pose = torch.cat([Register().pose(block) for block in _blocks(recordings)])
        n_heart = n_components - round(n_components * SURROUNDINGS)
        layer, n_components = _heart_layer(maps, pose, time.shape[1], n_heart), n_components - n_heart
        drawing = Heart(layer, time.shape[1])
        for first in range(0, len(maps), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            maps[part] -= drawing.drawn(drawing.scores(maps[part], pose[part]), pose[part])
    mean, components = _principal(maps, n_components)
    return Compression(shape, time, mean, components, layer)


def _heart_layer(maps: Tensor, pose: Tensor, slow: int, n_components: int) -> HeartLayer:
    register = Register()
    moved = torch.cat([
        register.to_canonical(_pictures(part, slow), p)
        for part, p in zip(maps.split(AT_ONCE), pose.split(AT_ONCE), strict=True)
    ])  # fmt: skip
    motion = moved[:, 1:].square().mean(dim=(0, 1))  # the first time course is the stillest
    inside = (motion > BEATS * motion.max()).float()[None, None]
    inside = max_pool2d(inside, 2 * AROUND + 1, stride=1, padding=AROUND)
    soft = avg_pool2d(avg_pool2d(inside, 5, stride=1, padding=2), 5, stride=1, padding=2)
    mask = soft[0].expand(slow, -1, -1).flatten().contiguous()
    moved = moved.flatten(1)
    moved *= mask
    mean, components = _principal(moved, n_components)
    still = _pictures(torch.from_numpy(mean)[None], slow)
    steps = PROBE * torch.eye(3)
    change = [register.from_canonical(still, d) - register.from_canonical(still, -d) for d in steps.split(1)]
    weight = torch.stack([one.norm() / (2 * PROBE) for one in change])
    return HeartLayer(mean, mask.numpy(), components, weight.numpy())


def _principal(rows: Tensor, k: int) -> tuple[Float32[np.ndarray, " elements"], Float32[np.ndarray, "k elements"]]:
    """Mean and leading principal components of rows, which are centred in place."""
    mean = rows.mean(dim=0, dtype=torch.float64).float()
    rows -= mean
    variance, vectors = np.linalg.eigh((rows @ rows.T).numpy().astype(np.float64))
    order = np.argsort(-variance)[: min(k, len(rows) - 1)]
    order = order[variance[order] > 1e-7 * variance.max()]
    turned = (vectors[:, order] / np.sqrt(variance[order])).T.astype(np.float32)
    return mean.numpy(), (torch.from_numpy(turned) @ rows).numpy()


def _temporal(recordings: np.ndarray) -> Float32[np.ndarray, "frames slow"]:
    """Orthonormal time courses that carry `TIME_KEPT` of the variance about the mean recording."""
    frames = recordings.shape[1]
    about_nought, centre = torch.zeros(frames, frames, dtype=torch.float64), torch.zeros(recordings[0].shape)
    for block in _blocks(recordings):
        flat = block.flatten(2)
        about_nought += torch.matmul(flat, flat.mT).sum(dim=0, dtype=torch.float64)
        centre += block.sum(dim=0)
    centre = centre.double() / len(recordings)
    about_mean = float(about_nought.trace()) - len(recordings) * float(centre.square().sum())
    variance, vectors = np.linalg.eigh(about_nought.numpy())
    left = np.cumsum(variance)[::-1] / about_mean  # left[i]: what more than the first i components would carry
    k = int(np.argmax(np.append(left, 0) <= 1 - TIME_KEPT))
    return vectors[:, ::-1][:, : max(1, min(k, SLOWEST))].astype(np.float32)


def _maps(recordings: Tensor, time: Tensor) -> Float[Tensor, "batch elements"]:
    """What each time course carries, as rows."""
    frames = recordings.reshape(-1, time.shape[0], recordings[0].numel() // time.shape[0])
    return torch.matmul(time.T, frames).flatten(1)


def _pictures(maps: Tensor, slow: int) -> Float[Tensor, "batch slow size size"]:
    return maps.unflatten(1, (slow, SIZE, SIZE))


def _blocks(recordings: np.ndarray) -> Iterator[Float[Tensor, "n ..."]]:
    for first in range(0, len(recordings), AT_ONCE):
        yield torch.from_numpy(recordings[first : first + AT_ONCE].astype(np.float32))

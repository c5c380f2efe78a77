"""Large recordings (cines) in few coordinates: what repeats over time, then principal components of what is left.

The heart of a cine is described in the canonical pose and put back to where it lay; its surroundings in the frame.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from latentspace.arrays import Rows
from latentspace.prepare.cine import SIZE
from latentspace.vae.heart import TILE, Heart, HeartLayer, heart_layer
from latentspace.vae.principal import TileCodes, Tiles, centred, principal, tiles_of
from latentspace.vae.registration import Register

LARGE = 20_000  # elements from which a recording is compressed before it is modelled
TIME_KEPT = 0.99  # share of the variance that the temporal components carry
SLOWEST = 16  # temporal components at most
AT_ONCE = 64  # recordings in memory as frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Coordinates of a large recording, at most: of a heart as a whole, of its tiles, of the tiles of all else.

    A recording without a heart layer has as many components as all of them together.
    """

    heart: int
    tiles: int
    rest: int


@dataclass(frozen=True, slots=True)
class Compression:
    """Coordinates of a recording of `shape`: maps by `time`, then scores by `components` about `mean`.

    Of a cine, the coordinates are the scores of its heart, its pose, the codes of the heart's tiles, and those of the
    tiles of what the heart layer leaves of the first map, which stands still; `components` are none.
    """

    shape: tuple[int, ...]
    time: Float32[np.ndarray, "frames slow"]
    mean: Float32[np.ndarray, " elements"]
    components: Float32[np.ndarray, "k elements"]
    heart: HeartLayer | None = None
    around: Tiles | None = None

    @property
    def telling(self) -> int:
        """So many coordinates, the first ones, say what another modality may know: heart and pose, else all."""
        return len(self.components) if self.heart is None else len(self.heart.components) + 3

    def coordinates(self, recordings: Rows) -> Float32[np.ndarray, "n k"]:
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
        self.around = None if compression.around is None else TileCodes(compression.around)

    def forward(self, recordings: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch k"]:
        """Coordinates."""
        maps = _maps(recordings, self.time)
        if self.heart is None or self.around is None:
            return (maps - self.mean) @ self.components.T
        pose = self.heart.register.pose(recordings)
        codes = self.heart.codes(maps, pose)
        k = self.heart.n_components
        rest = maps - self.heart.drawn(codes, pose) - self.mean
        return torch.cat([
            codes[:, :k], pose * self.heart.pose_weight, codes[:, k:], self.around(_first_map(rest))
        ], dim=1)  # fmt: skip

    def expand(self, coordinates: Float[Tensor, "batch k"]) -> Float[Tensor, "batch ..."]:
        """Recordings."""
        if self.heart is None or self.around is None:
            maps = coordinates @ self.components + self.mean
        else:
            k, n = self.heart.n_components, self.heart.n_codes
            codes = torch.cat([coordinates[:, :k], coordinates[:, k + 3 : n + 3]], dim=1)
            pose = coordinates[:, k : k + 3] / self.heart.pose_weight
            maps = self.mean + self.heart.drawn(codes, pose)
            still = self.around.drawn(coordinates[:, n + 3 :]).flatten(1)
            maps = torch.cat([maps[:, : still.shape[1]] + still, maps[:, still.shape[1] :]], dim=1)
        return torch.matmul(self.time, maps.unflatten(1, (self.time.shape[1], -1))).reshape(-1, *self.shape)


def compress(recordings: Rows, sizes: Sizes, *, in_time: bool, heart: bool = False) -> Compression:
    """Fit on training recordings (n, *shape), read twice; `in_time` says that the first axis of a recording is time.

    `heart` says that they are prepared four-chamber cines.
    """
    shape = recordings.shape[1:]
    time = _temporal(recordings) if in_time else np.ones((1, 1), np.float32)
    n, where = recordings.shape[0], Register()
    maps, pose = torch.empty(n, time.shape[1] * math.prod(shape) // len(time)), torch.zeros(n, 3)
    for first, block in zip(range(0, n, AT_ONCE), _blocks(recordings), strict=True):
        maps[first : first + AT_ONCE] = _maps(block, torch.from_numpy(time))
        if heart:
            pose[first : first + AT_ONCE] = where.pose(block)
    if not heart:
        mean = centred(maps)
        components = principal(maps, min(sizes.heart + sizes.tiles + sizes.rest, len(maps) - 1))
        return Compression(shape, time, mean.numpy(), components.numpy())
    layer = heart_layer(maps, pose, n_components=sizes.heart, n_tiles=sizes.tiles)
    drawing = Heart(layer, time.shape[1])
    for part, p in zip(maps.split(AT_ONCE), pose.split(AT_ONCE), strict=True):
        part.sub_(drawing.drawn(drawing.codes(part, p), p))
    mean = centred(maps)
    around = tiles_of(_first_map(maps), TILE, sizes.rest)
    return Compression(shape, time, mean.numpy(), np.zeros((0, maps.shape[1]), np.float32), layer, around)


def _first_map(maps: Float[Tensor, "batch elements"]) -> Float[Tensor, "batch 1 size size"]:
    return maps[:, : SIZE**2].unflatten(1, (1, SIZE, SIZE))


def _temporal(recordings: Rows) -> Float32[np.ndarray, "frames slow"]:
    """Orthonormal time courses that carry `TIME_KEPT` of the variance about the mean recording."""
    frames = recordings.shape[1]
    about_nought, centre = torch.zeros(frames, frames, dtype=torch.float64), torch.zeros(recordings.shape[1:])
    for block in _blocks(recordings):
        flat = block.flatten(2)
        about_nought += torch.matmul(flat, flat.mT).sum(dim=0, dtype=torch.float64)
        centre += block.sum(dim=0)
    n = recordings.shape[0]
    centre = centre.double() / n
    about_mean = float(about_nought.trace()) - n * float(centre.square().sum())
    variance, vectors = np.linalg.eigh(about_nought.numpy())
    left = np.cumsum(variance)[::-1] / about_mean  # left[i]: what more than the first i components would carry
    k = int(np.argmax(np.append(left, 0) <= 1 - TIME_KEPT))
    return vectors[:, ::-1][:, : max(1, min(k, SLOWEST))].astype(np.float32)


def _maps(recordings: Tensor, time: Tensor) -> Float[Tensor, "batch elements"]:
    """What each time course carries, as rows."""
    frames = recordings.reshape(-1, time.shape[0], recordings[0].numel() // time.shape[0])
    return torch.matmul(time.T, frames).flatten(1)


def _blocks(recordings: Rows) -> Iterator[Float[Tensor, "n ..."]]:
    for first in range(0, recordings.shape[0], AT_ONCE):
        yield torch.from_numpy(recordings[first : first + AT_ONCE].astype(np.float32))

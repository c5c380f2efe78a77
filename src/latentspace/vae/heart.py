"""The heart of a cine in the canonical pose: what all hearts share as a whole, then what each tile adds."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d

from latentspace.prepare.cine import SIZE
from latentspace.vae.principal import AT_ONCE, TileCodes, Tiles, centred, principal, tiles_of
from latentspace.vae.registration import Register

BEATS = 0.05  # of the strongest motion: from here on a place belongs to the heart
AROUND = 3  # pixels about it
PROBE = 0.5  # mm or degrees to either side, to see what a pose does to the picture
STILL = 0.25  # weight of the still map beside those of motion: the frame describes what stands still once more
TILE = 16  # pixels to a side


@dataclass(frozen=True, slots=True)
class HeartLayer:
    """What is described in the canonical pose: deviations from `mean`, within a soft mask, each map times `weight`.

    First by `components`, then what is left by `tiles`. `mean` and `components` are nought outside the mask. A unit of
    the pose changes the picture by `pose_weight`, so that a distance between coordinates is about one between pictures.
    """

    mean: Float32[np.ndarray, " elements"]
    mask: Float32[np.ndarray, " elements"]
    weight: Float32[np.ndarray, " elements"]
    components: Float32[np.ndarray, "k elements"]
    tiles: Tiles
    pose_weight: Float32[np.ndarray, "3"]


class Heart(nn.Module):
    """A heart layer as part of a network; maps are rows (batch, slow * size * size)."""

    def __init__(self, layer: HeartLayer, slow: int) -> None:
        """Hold the bases as buffers."""
        super().__init__()
        self.mean: Tensor
        self.mask: Tensor
        self.weight: Tensor
        self.components: Tensor
        self.pose_weight: Tensor
        self.slow, self.register = slow, Register()
        self.n_components = len(layer.components)
        for name in ("mean", "mask", "weight", "components", "pose_weight"):
            self.register_buffer(name, torch.from_numpy(getattr(layer, name)))
        self.tiles = TileCodes(layer.tiles)

    @property
    def n_codes(self) -> int:
        """Components and codes of tiles."""
        return self.n_components + self.tiles.n_codes

    def codes(self, maps: Float[Tensor, "batch elements"], pose: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch k"]:
        """Of the heart, moved to the canonical pose: scores of the components, codes of the tiles."""
        moved = self.register.to_canonical(maps.unflatten(1, (self.slow, SIZE, SIZE)), pose).flatten(1)
        deviation = (moved * self.mask - self.mean) * self.weight
        scores = deviation @ self.components.T
        rest = (deviation - scores @ self.components).unflatten(1, (self.slow, SIZE, SIZE))
        return torch.cat([scores, self.tiles(rest)], dim=1)

    def drawn(self, codes: Float[Tensor, "batch k"], pose: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch elements"]:
        """The heart where it lies."""
        return self.register.from_canonical(self.still(codes), pose).flatten(1)

    def still(self, codes: Float[Tensor, "batch k"]) -> Float[Tensor, "batch slow size size"]:
        """The heart in the canonical pose."""
        k = self.n_components
        deviation = codes[:, :k] @ self.components + self.tiles.drawn(codes[:, k:]).flatten(1)
        return (deviation / self.weight + self.mean).unflatten(1, (self.slow, SIZE, SIZE))


def heart_layer(
    maps: Float[Tensor, "n elements"], pose: Float[Tensor, "n 3"], *, n_components: int, n_tiles: int
) -> HeartLayer:
    """Fit to the maps of prepared cines with hearts in these poses."""
    register = Register()
    slow = maps.shape[1] // SIZE**2
    moved = torch.empty(len(maps), slow, SIZE, SIZE)
    for into, part, p in zip(moved.split(AT_ONCE), maps.split(AT_ONCE), pose.split(AT_ONCE), strict=True):
        into.copy_(register.to_canonical(part.unflatten(1, (slow, SIZE, SIZE)), p))
    mask = _soft_mask(moved).expand(slow, -1, -1).flatten().contiguous()
    weight = torch.ones(slow, SIZE * SIZE)
    weight[0] = STILL if slow > 1 else 1.0
    weight = weight.flatten()
    moved = moved.flatten(1)
    moved *= mask
    mean = centred(moved)
    moved *= weight
    components = principal(moved, n_components)
    for part in moved.split(AT_ONCE):
        part.sub_((part @ components.T) @ components)
    tiles = tiles_of(moved.unflatten(1, (slow, SIZE, SIZE)), TILE, n_tiles)
    pictures = mean.unflatten(0, (1, slow, SIZE, SIZE))
    steps = PROBE * torch.eye(3)
    change = [register.from_canonical(pictures, d) - register.from_canonical(pictures, -d) for d in steps.split(1)]
    pose_weight = torch.stack([one.norm() / (2 * PROBE) for one in change])
    return HeartLayer(mean.numpy(), mask.numpy(), weight.numpy(), components.numpy(), tiles, pose_weight.numpy())


def _soft_mask(moved: Float[Tensor, "n slow size size"]) -> Float[Tensor, "one size size"]:
    parts = moved[:, 1:].split(AT_ONCE)  # the first time course is the stillest
    motion = torch.stack([part.square().sum(dim=(0, 1)) for part in parts]).sum(dim=0)
    inside = (motion > BEATS * motion.max()).float()[None, None]
    inside = max_pool2d(inside, 2 * AROUND + 1, stride=1, padding=AROUND)
    return avg_pool2d(avg_pool2d(inside, 5, stride=1, padding=2), 5, stride=1, padding=2)[0]

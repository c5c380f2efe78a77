"""Principal components of many large rows, of whole rows and of the tiles of pictures.

Tiles overlap, so that no seam is seen, and are orthonormal all the same: a picture is folded at the edges of its tiles
before it is cut, and unfolded after it was joined.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

AT_ONCE = 64  # rows of which copies are made at once
SPARE, PASSES = 20, 2  # directions beyond those asked for, and passes over the rows
NOUGHT = 1e-7  # of the largest variance


def principal(rows: Float[Tensor, "n elements"], k: int) -> Float[Tensor, "k elements"]:
    """The leading principal components of centred rows, orthonormal; fewer where the rows have less rank.

    Source:
        Halko, Martinsson & Tropp 2011, algorithm 4.4 (randomised subspace iteration).
    """
    n, k = len(rows), min(k, *rows.shape)
    if k == 0:
        return rows.new_zeros(0, rows.shape[1])
    width = min(n, k + SPARE)
    mixture = torch.randn(n, width, generator=torch.Generator().manual_seed(0))
    for _ in range(PASSES):
        mixture = torch.linalg.qr(rows @ (rows.T @ mixture)).Q
    short = mixture.T @ rows
    variance, vectors = np.linalg.eigh((short @ short.T).double().numpy())
    order = np.argsort(-variance)[:k]
    order = order[variance[order] > NOUGHT * max(float(variance.max()), 1e-30)]
    turned = (vectors[:, order] / np.sqrt(variance[order])).T
    return torch.from_numpy(turned.astype(np.float32)) @ short


def centred(rows: Float[Tensor, "n elements"]) -> Float[Tensor, " elements"]:
    """The mean of rows, which are centred in place; summed block by block, for doubles of all would not fit."""
    total = torch.stack([part.sum(dim=0, dtype=torch.float64) for part in rows.split(AT_ONCE)]).sum(dim=0)
    mean = (total / len(rows)).float()
    rows -= mean
    return mean


@dataclass(frozen=True, slots=True)
class Tiles:
    """Components of the tiles of a picture: `bases` of each tile, of which the codes at `kept` (flattened) are used.

    A basis that is not used is nought. Tiles lie row by row, `side` pixels apart, and reach a quarter of that into the
    ones beside them.
    """

    side: int
    bases: Float[Tensor, "tiles elements each"]
    kept: Int64[Tensor, " codes"]


def folding(size: int, side: int) -> Float[Tensor, "size size"]:
    """An orthonormal matrix that folds a row of pixels at the edges of its tiles, a quarter of a tile to either side.

    A pixel and its mirror image in the edge are turned by an angle between 45 degrees (at the edge) and none; a tile of
    what comes out is the row seen through a window that fades into its neighbours.

    Source:
        Malvar & Staelin 1989, the lapped orthogonal transform; Coifman & Meyer 1991 (folding).
    """
    matrix, reach = torch.eye(size, dtype=torch.float64), side // 4
    away = torch.arange(reach) + 0.5
    angle = math.pi / 4 * (1 - away / reach)
    for edge in range(side, size, side):
        after = edge + torch.arange(reach)
        before = edge - 1 - torch.arange(reach)
        matrix[after, after] = matrix[before, before] = angle.double().cos()
        matrix[after, before] = angle.double().sin()
        matrix[before, after] = -angle.double().sin()
    return matrix.float()


def cut(pictures: Float[Tensor, "batch maps size size"], side: int) -> Float[Tensor, "batch tiles elements"]:
    """The tiles of pictures, each with all maps."""
    parts = pictures.unflatten(3, (-1, side)).unflatten(2, (-1, side))  # batch maps down side across side
    return parts.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def joined(
    tiles: Float[Tensor, "batch tiles elements"], across: int, side: int
) -> Float[Tensor, "batch maps size size"]:
    """The pictures of tiles, `across` in a row."""
    parts = tiles.unflatten(1, (across, across)).unflatten(3, (-1, side, side))
    return parts.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)


def tiles_of(pictures: Float[Tensor, "n maps size size"], side: int, n_codes: int) -> Tiles:
    """The `n_codes` components of largest variance among those of all tiles of centred pictures.

    The pictures are folded in place: thousands of them would not fit twice.
    """
    fold, across = folding(pictures.shape[3], side), pictures.shape[3] // side
    for part in pictures.split(AT_ONCE):
        part.copy_(fold @ part @ fold.T)
    tiles = across * across
    most = min(len(pictures) - 1, max(1, 4 * n_codes // tiles))
    bases = torch.zeros(tiles, pictures.shape[1] * side * side, most)
    variance = torch.zeros(tiles, most)
    for i in range(tiles):
        down, right = side * (i // across), side * (i % across)
        tile = pictures[:, :, down : down + side, right : right + side].flatten(1)
        if tile.any():
            components = principal(tile, most)
            bases[i, :, : len(components)] = components.T
            variance[i, : len(components)] = (tile @ components.T).square().mean(dim=0)
    kept = variance.flatten().argsort(descending=True)[:n_codes]
    kept = kept[variance.flatten()[kept] > 0].sort().values
    used = torch.zeros(variance.numel(), dtype=torch.bool)
    used[kept] = True
    widest = int(used.view_as(variance).sum(dim=1).max())  # components of a tile come in the order of their variance
    bases = bases * used.view_as(variance)[:, None]
    tile, place = kept // most, kept % most
    return Tiles(side, bases[:, :, :widest].contiguous(), tile * widest + place)


class TileCodes(nn.Module):
    """Codes of pictures by their tiles, as part of a network."""

    def __init__(self, tiles: Tiles) -> None:
        """Hold the bases as buffers."""
        super().__init__()
        self.bases: Tensor
        self.fold: Tensor
        self.kept: Tensor
        self.place: Tensor
        self.side, self.n_codes = tiles.side, len(tiles.kept)
        self.n_tiles, self.across = len(tiles.bases), math.isqrt(len(tiles.bases))
        self.register_buffer("fold", folding(self.across * tiles.side, tiles.side))
        self.register_buffer("bases", tiles.bases)
        self.register_buffer("kept", tiles.kept)
        place = torch.full((len(tiles.bases) * tiles.bases.shape[2],), self.n_codes)  # where nothing is kept: nought
        place[tiles.kept] = torch.arange(self.n_codes)
        self.register_buffer("place", place)

    def forward(self, pictures: Float[Tensor, "batch maps size size"]) -> Float[Tensor, "batch codes"]:
        """Codes."""
        folded = torch.matmul(torch.matmul(self.fold, pictures), self.fold.T)
        each = torch.matmul(cut(folded, self.side).transpose(0, 1), self.bases)  # tiles batch each
        return each.transpose(0, 1).flatten(1)[:, self.kept]

    def drawn(self, codes: Float[Tensor, "batch codes"]) -> Float[Tensor, "batch maps size size"]:
        """Pictures."""
        nothing = 0 * codes[:, :1]  # `zeros_like` would be exported with the batch of the example
        padded = torch.cat([codes, nothing], dim=1)[:, self.place]
        each = padded.unflatten(1, (self.n_tiles, -1)).transpose(0, 1)
        tiles = torch.matmul(each, self.bases.transpose(1, 2)).transpose(0, 1)
        folded = joined(tiles, self.across, self.side)
        return torch.matmul(torch.matmul(self.fold.T, folded), self.fold)

"""Where a heart lies in its frames, and the way to the canonical pose and back: `prepare.pose` as part of a network."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, grid_sample

from latentspace.prepare.cine import FRAMES, SIZE
from latentspace.prepare.pose import CANONICAL, PIXEL_MM, POOL, REACH_DEG, REACH_MM, coefficients, courses

GREY = 255.0  # of a prepared cine: its 99th percentile


class Register(nn.Module):
    """Poses are (batch, 3): mm right, mm down, degrees clockwise, all away from the canonical pose."""

    def __init__(self) -> None:
        """Hold the shipped coefficients as buffers."""
        super().__init__()
        self.courses: Tensor
        self.rows: Tensor
        self.columns: Tensor
        self.register_buffer("courses", torch.from_numpy(courses(FRAMES)))
        middle = (torch.arange(SIZE) - (SIZE - 1) / 2) * PIXEL_MM
        self.register_buffer("rows", middle[:, None].expand(SIZE, SIZE).clone() - CANONICAL.y_mm)
        self.register_buffer("columns", middle[None].expand(SIZE, SIZE).clone() - CANONICAL.x_mm)
        for i, weights in enumerate(coefficients()):
            self.register_buffer(f"stage{i}", torch.from_numpy(weights).float())
        self.reach: Tensor
        self.register_buffer("reach", torch.tensor([REACH_MM, REACH_MM, REACH_DEG]))

    def pose(self, cines: Float[Tensor, "batch frames size size"]) -> Float[Tensor, "batch 3"]:
        """Stage by stage, with linear interpolation, as `prepare.pose.estimate_pose` does on prepared cines."""
        maps = torch.matmul(self.courses, (cines / GREY).clamp(0, 1).flatten(2)).unflatten(2, (SIZE, SIZE))
        pose = torch.maximum(torch.minimum(self._said(maps, 0), self.reach), -self.reach)
        for stage in range(1, len(POOL)):
            wrong = self._said(_sampled(maps, *self._source(pose), mode="bilinear"), stage)
            c, s = torch.cos(_radians(pose)), torch.sin(_radians(pose))
            along, aside = wrong[:, :1], wrong[:, 1:2]
            pose = pose + torch.cat([c * along - s * aside, s * along + c * aside, wrong[:, 2:]], dim=1)
            pose = torch.maximum(torch.minimum(pose, self.reach), -self.reach)
        return pose

    def _said(self, maps: Tensor, stage: int) -> Tensor:
        weights = getattr(self, f"stage{stage}")
        return avg_pool2d(maps, POOL[stage]).flatten(1) @ weights[:-1] + weights[-1]

    def to_canonical(
        self, maps: Float[Tensor, "batch maps size size"], pose: Float[Tensor, "batch 3"]
    ) -> Float[Tensor, "batch maps size size"]:
        """Move frames so that the heart lies in the canonical pose (cubic interpolation, edges repeated)."""
        return _sampled(maps, *self._source(pose), mode="bicubic")

    def _source(self, pose: Float[Tensor, "batch 3"]) -> tuple[Tensor, Tensor]:
        """Where each place of the canonical pose lies in the frame, mm from its middle."""
        c, s = torch.cos(_radians(pose))[..., None], torch.sin(_radians(pose))[..., None]
        x = c * self.columns - s * self.rows + pose[:, 0, None, None] + CANONICAL.x_mm
        y = s * self.columns + c * self.rows + pose[:, 1, None, None] + CANONICAL.y_mm
        return x, y

    def from_canonical(
        self, maps: Float[Tensor, "batch maps size size"], pose: Float[Tensor, "batch 3"]
    ) -> Float[Tensor, "batch maps size size"]:
        """Put frames of a heart in the canonical pose back to where it lay."""
        c, s = torch.cos(_radians(pose))[..., None], torch.sin(_radians(pose))[..., None]
        x, y = self.columns - pose[:, 0, None, None], self.rows - pose[:, 1, None, None]
        return _sampled(maps, c * x + s * y + CANONICAL.x_mm, c * y - s * x + CANONICAL.y_mm, mode="bicubic")


def _radians(pose: Tensor) -> Tensor:
    return pose[:, 2:] * (math.pi / 180)


def _sampled(maps: Tensor, x: Tensor, y: Tensor, *, mode: str) -> Tensor:
    """Values at places in mm from the middle of the frame; cubic interpolation keeps edges sharp on the way back."""
    places = torch.stack([x, y], dim=-1) / (PIXEL_MM * SIZE / 2)
    return grid_sample(maps, places, mode=mode, padding_mode="border", align_corners=False)

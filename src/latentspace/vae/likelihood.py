"""How well something is explained, in nats for each subject: Gaussian and Laplace likelihoods, InfoNCE."""

import math
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

Family = Literal["gaussian", "laplace"]


def negative_log_likelihood(
    x: Float[Tensor, "batch channels samples"],
    mean: Float[Tensor, "batch channels samples"],
    log_scale: Float[Tensor, " channels"],
    family: Family,
) -> Float[Tensor, " batch"]:
    """-log p(x | mean, scale), summed over a recording; the scale is that of a channel."""
    error = (x - mean) / log_scale.exp()[:, None]
    if family == "gaussian":
        each = 0.5 * error**2 + 0.5 * math.log(2 * math.pi)
    else:
        each = error.abs() + math.log(2)
    return (each + log_scale[:, None]).sum(dim=(1, 2))


def info_nce(
    a: Float[Tensor, "batch dims"],
    b: Float[Tensor, "batch dims"],
    scale: Float[Tensor, ""],
    other: Bool[Tensor, "batch batch"],
) -> Float[Tensor, ""]:
    """Symmetric InfoNCE on cosines, in nats for each subject: row i of `a` belongs to row i of `b`.

    `other[i, j]` says that rows i and j are different people: a second visit is not a negative.

    Source:
        van den Oord 2018; Radford et al. 2021 for the symmetric form with a learned scale.
    """
    score = scale * normalize(a, dim=1) @ normalize(b, dim=1).T
    itself = torch.eye(len(a), dtype=torch.bool, device=a.device)
    score = score.masked_fill(~(other | itself), -torch.inf)
    target = torch.arange(len(a), device=a.device)
    return 0.5 * (cross_entropy(score, target) + cross_entropy(score.T, target))

"""How well something is explained, in nats for each subject: Gaussian likelihood, InfoNCE, matching."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def negative_log_likelihood(
    x: Float[Tensor, "batch k"], mean: Float[Tensor, "batch k"], log_scale: Float[Tensor, " k"]
) -> Float[Tensor, " batch"]:
    """-log of the Gaussian density, summed over a row; each column has its own scale."""
    misfit = 0.5 * ((x - mean) * torch.exp(-log_scale)).square().sum(dim=1)
    return misfit + (log_scale + 0.5 * math.log(2 * math.pi)).sum()


def info_nce(
    a: Float[Tensor, "batch dims"],
    b: Float[Tensor, "batch dims"],
    scale: Float[Tensor, ""],
    allowed: Bool[Tensor, "batch batch"],
) -> Float[Tensor, ""]:
    """Symmetric InfoNCE on cosines, in nats for each subject: row i of `a` belongs to row i of `b`.

    `allowed[i, j]` says which rows compete: i itself and other people (a second visit is not a negative).

    Source:
        van den Oord 2018; Radford et al. 2021 for the symmetric form with a learned scale.
    """
    score = scale * normalize(a, dim=1) @ normalize(b, dim=1).T
    score = score.masked_fill(~allowed, -torch.inf)
    target = torch.arange(len(a), device=a.device)
    return 0.5 * (cross_entropy(score, target) + cross_entropy(score.T, target))


def matching(
    x: Float[Tensor, "batch k"],
    mean: Float[Tensor, "batch k"],
    log_scale: Float[Tensor, " k"],
    allowed: Bool[Tensor, "batch batch"],
) -> Float[Tensor, ""]:
    """-log of the probability that drawing i explains recording i and not another of the batch, in nats.

    The score of drawing i and recording j is the Gaussian log-likelihood; what does not depend on j cancels.
    `allowed[i, j]` says which recordings compete.
    """
    weight = torch.exp(-2 * log_scale)
    score = (mean * weight) @ x.T - 0.5 * (x.square() @ weight)[None, :]
    return cross_entropy(score.masked_fill(~allowed, -torch.inf), torch.arange(len(x), device=x.device))

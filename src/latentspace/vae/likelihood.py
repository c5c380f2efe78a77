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
    samples = x.shape[2]
    error = x - mean
    if family == "gaussian":  # summed before it is scaled: one pass less over all samples
        misfit = 0.5 * error.square().sum(dim=2) * torch.exp(-2 * log_scale)
        constant = 0.5 * math.log(2 * math.pi)
    else:
        misfit = error.abs().sum(dim=2) * torch.exp(-log_scale)
        constant = math.log(2)
    return (misfit + samples * (log_scale + constant)).sum(dim=1)


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
    x: Float[Tensor, "batch channels samples"],
    mean: Float[Tensor, "batch channels samples"],
    log_scale: Float[Tensor, " channels"],
    evidence: float,
    allowed: Bool[Tensor, "batch batch"],
) -> Float[Tensor, ""]:
    """-log of the probability that drawing i explains recording i and not another of the batch, in nats.

    The score of drawing i and recording j is the Gaussian log-likelihood, `evidence` times; what does not depend
    on j cancels. `allowed[i, j]` says which recordings compete.
    """
    weight = torch.exp(-2 * log_scale)
    drawn = (mean * weight[:, None]).flatten(1)
    score = drawn @ x.flatten(1).T - 0.5 * (x.square().sum(dim=2) @ weight)[None, :]
    score = (evidence * score).masked_fill(~allowed, -torch.inf)
    return cross_entropy(score, torch.arange(len(x), device=x.device))

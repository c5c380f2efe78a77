"""Arithmetic on latents in plain numpy: product of experts, layout of the full code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from latentspace.modality import Space


@dataclass(frozen=True, slots=True)
class PosteriorArray:
    """A diagonal Gaussian for each row; NaN rows where there is nothing to infer from."""

    mean: Float32[np.ndarray, "n dims"]
    log_var: Float32[np.ndarray, "n dims"]


def fuse(experts: Sequence[PosteriorArray]) -> PosteriorArray:
    """Product of the experts and the standard normal prior; an expert with NaN in a row has no say there.

    A row without any expert is NaN.

    Source:
        Wu & Goodman 2018, multimodal variational autoencoder, equation 4.
    """
    precision = np.ones_like(experts[0].mean)
    weighted = np.zeros_like(experts[0].mean)
    known = np.zeros(len(precision), bool)
    for expert in experts:
        here = ~np.isnan(expert.mean).any(axis=1)
        weight = np.exp(-expert.log_var[here])
        precision[here] += weight
        weighted[here] += weight * expert.mean[here]
        known |= here
    mean, log_var = weighted / precision, -np.log(precision)
    mean[~known], log_var[~known] = np.nan, np.nan
    return PosteriorArray(mean, log_var)


def layout(spaces: Sequence[Space]) -> Mapping[str, slice]:
    """Where each part of a full code `z = [joint | private of each modality]` lies, by space name."""
    parts = [s for s in spaces if s.name == "joint" or s.name.startswith("private_")]
    stops = np.cumsum([len(s.dims) for s in parts])
    return {s.name: slice(int(stop) - len(s.dims), int(stop)) for s, stop in zip(parts, stops, strict=True)}

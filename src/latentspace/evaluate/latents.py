"""How much the joint posterior says: dimensions in use and its divergence from the prior."""

import numpy as np
from jaxtyping import Float64

from latentspace.evaluate.people import People
from latentspace.modality import JOINT
from latentspace.stats.bootstrap import Figure, figure, mean

ACTIVE = 0.02  # nats


def latents(people: People, rng: np.random.Generator) -> dict[str, Figure]:
    """`latent.active`: joint dimensions whose KL from the prior is above .02 nats, the mean over people.

    `latent.active_share`: out of all; `latent.kl`: nats per subject, all dimensions.
    """
    known = ~np.isnan(people.spaces[JOINT]).any(axis=1)
    nats = kl(people.spaces[JOINT][known].astype(np.float64), people.joint_log_var[known].astype(np.float64))
    dims = nats.shape[1]
    return {
        "latent.active": figure(lambda w: active(nats, w), len(nats), rng),
        "latent.active_share": figure(lambda w: active(nats, w) / dims, len(nats), rng),
        "latent.kl": figure(mean(nats.sum(axis=1)), len(nats), rng),
    }


def active(
    nats: Float64[np.ndarray, "n shared"], weights: Float64[np.ndarray, "draws n"]
) -> Float64[np.ndarray, " draws"]:
    """Number of dimensions whose weighted mean KL is above .02 nats, for each draw of weights."""
    share = weights / weights.sum(axis=1, keepdims=True)
    return (share @ nats > ACTIVE).sum(axis=1).astype(np.float64)


def kl(mean: Float64[np.ndarray, "n dims"], log_var: Float64[np.ndarray, "n dims"]) -> Float64[np.ndarray, "n dims"]:
    """KL(N(mean, exp log_var) || N(0, 1)) in nats, of each dimension.

    Source:
        Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)

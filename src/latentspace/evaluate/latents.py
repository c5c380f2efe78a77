"""How much the joint posterior says: active dimensions and its divergence from the prior."""

import numpy as np
from jaxtyping import Float64

from latentspace.evaluate.people import People
from latentspace.modality import JOINT
from latentspace.stats.bootstrap import Figure, figure, mean

ACTIVE = 0.01


def latents(people: People, rng: np.random.Generator) -> dict[str, Figure]:
    """`latent.active`: joint dimensions whose posterior mean varies; `latent.kl`: nats per subject, all dimensions.

    Source:
        Burda, Grosse & Salakhutdinov 2016, Importance weighted autoencoders, section 5.2 (variance above 0.01).
    """
    known = ~np.isnan(people.spaces[JOINT]).any(axis=1)
    z = people.spaces[JOINT][known].astype(np.float64)
    nats = kl(z, people.joint_log_var[known].astype(np.float64))
    return {
        "latent.active": figure(lambda w: active(z, w), len(z), rng),
        "latent.kl": figure(mean(nats), len(z), rng),
    }


def active(
    z: Float64[np.ndarray, "n shared"], weights: Float64[np.ndarray, "draws n"]
) -> Float64[np.ndarray, " draws"]:
    """Number of dimensions whose weighted variance is above 0.01, for each draw of weights."""
    share = weights / weights.sum(axis=1, keepdims=True)
    centred = z - z.mean(axis=0)
    variance = share @ centred**2 - (share @ centred) ** 2
    return (variance > ACTIVE).sum(axis=1).astype(np.float64)


def kl(mean: Float64[np.ndarray, "n dims"], log_var: Float64[np.ndarray, "n dims"]) -> Float64[np.ndarray, " n"]:
    """KL(N(mean, exp log_var) || N(0, I)) in nats, one value for each row.

    Source:
        Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum(axis=1)

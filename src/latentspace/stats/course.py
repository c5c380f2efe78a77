"""How the people of a cohort differ, on average, with one number that is known of them."""

import numpy as np
from jaxtyping import Float32, Float64
from scipy.special import ndtri
from scipy.stats import rankdata

WIDTH = 0.4  # of the kernel, in SD of normal scores: at -2 it sees people in the lowest tenth


def normal_scores(values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """What a standard normal variable has at the rank of each value: a few extreme ones weigh no more than others.

    Source:
        van der Waerden 1952, with ranks shifted by a half.
    """
    return ndtri((rankdata(values) - 0.5) / len(values))


def course(
    values: Float64[np.ndarray, " n"], codes: Float32[np.ndarray, "n dims"], levels: Float64[np.ndarray, " steps"]
) -> Float32[np.ndarray, "steps dims"]:
    """Mean code of people about each level of a number, less that of people about its median.

    `levels` are normal scores of the number. Unlike a straight line it goes only where people of that level are.

    Source:
        Nadaraya 1964, Watson 1964 (kernel regression).
    """
    scores = normal_scores(values)
    at = np.append(levels, 0.0)
    weight = np.exp(-0.5 * ((at[:, None] - scores) / WIDTH) ** 2)
    means = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32) @ codes
    return means[:-1] - means[-1]

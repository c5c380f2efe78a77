"""How the people of a cohort differ, on average, with one number that is known of them."""

import numpy as np
from jaxtyping import Float32, Float64
from scipy.special import ndtri

from latentspace.stats.bootstrap import FEWEST

WIDTH = 0.4  # of the kernel, in SD of normal scores: at -2 it sees people in the lowest tenth


def normal_scores(values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """What a standard normal variable has at the rank of each value: a few extreme ones weigh no more than others.

    Source:
        van der Waerden 1952, with ranks shifted by a half.
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - half a second, which the page would wait for

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


def contrast(
    values: Float64[np.ndarray, " n"], codes: Float32[np.ndarray, "n dims"]
) -> Float32[np.ndarray, "two dims"]:
    """Mean code of people whose number is above a half, less that of the others: nought, then the difference.

    No difference, nothing but zeros, where nobody is on one side.
    """
    having = values > 0.5  # between the codes 0 and 1 of two levels
    steps = np.zeros((2, codes.shape[1]), np.float32)
    if having.any() and not having.all():
        steps[1] = codes[having].mean(axis=0) - codes[~having].mean(axis=0)
    return steps


def course_of_known(
    values: Float64[np.ndarray, " n"], codes: Float32[np.ndarray, "n dims"], levels: Float64[np.ndarray, " steps"]
) -> Float32[np.ndarray, "steps dims"]:
    """The course of those whose number and code are known (no NaN); no course, nothing but zeros, of under five."""
    known = np.isfinite(values) & ~np.isnan(codes).any(axis=1)
    if known.sum() < FEWEST:
        return np.zeros((len(levels), codes.shape[1]), np.float32)
    return course(values[known], codes[known], levels)


def scores_at(values: Float64[np.ndarray, " n"], at: Float64[np.ndarray, " k"]) -> Float64[np.ndarray, " k"]:
    """The normal score that each of `at` would have among the known values, between neighbours by a straight line."""
    unique, first = np.unique(values, return_index=True)
    return np.interp(at, unique, normal_scores(values)[first])

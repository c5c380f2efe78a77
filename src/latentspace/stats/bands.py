"""Is a band as wide as it must be, and no wider? Arithmetic of Gaussian predictions, element by element."""

import numpy as np
from jaxtyping import Float64, Real
from scipy.special import ndtr

COVERED = 0.9
HALF_WIDTH = 1.6448536269514722  # SDs to either side that hold nine tenths of a Gaussian


def widening(
    x: Real[np.ndarray, "n elements"], mean: Real[np.ndarray, "n elements"], sd: Real[np.ndarray, "n elements"]
) -> float:
    """The smallest factor k for which mean +- 1.645 k sd holds nine tenths of the elements.

    An element that is hit exactly is held by any band; one that is missed where sd is nought by none.
    """
    missed = np.abs(x.astype(np.float64) - mean).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(missed == 0, 0, missed / (HALF_WIDTH * sd.astype(np.float64).ravel()))
    return float(np.quantile(needed, COVERED, method="higher"))


def covered(
    x: Real[np.ndarray, "n elements"], mean: Real[np.ndarray, "n elements"], sd: Real[np.ndarray, "n elements"]
) -> Float64[np.ndarray, " n"]:
    """The share of each row's elements that lies in mean +- 1.645 sd."""
    return (np.abs(x.astype(np.float64) - mean) <= HALF_WIDTH * sd.astype(np.float64)).mean(axis=1)


def width(sd: Real[np.ndarray, "n elements"]) -> Float64[np.ndarray, " n"]:
    """The mean width of each row's bands."""
    return 2 * HALF_WIDTH * sd.mean(axis=1, dtype=np.float64)


def crps(
    x: Real[np.ndarray, "n elements"], mean: Real[np.ndarray, "n elements"], sd: Real[np.ndarray, "n elements"]
) -> Float64[np.ndarray, " n"]:
    """Continuous ranked probability score of N(mean, sd^2), in the unit of x, the mean over each row's elements.

    Source:
        Gneiting & Raftery 2007, Strictly proper scoring rules, section 4.2.
    """
    missed, wide = x.astype(np.float64) - mean, sd.astype(np.float64)
    u = missed / np.where(wide > 0, wide, 1)
    density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    score = wide * (u * (2 * ndtr(u) - 1) + 2 * density - 1 / np.sqrt(np.pi))
    return np.where(wide > 0, score, np.abs(missed)).mean(axis=1)

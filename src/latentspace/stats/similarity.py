"""How alike two pictures look, besides the distance of their pixels: structure, place by place."""

import numpy as np
from jaxtyping import Float64, Real
from scipy.ndimage import gaussian_filter

SIGMA, REACH = 1.5, 5  # pixels: the window is 11 x 11
LEVEL, CONTRAST = 0.01, 0.03


def ssim(
    x: Real[np.ndarray, "n rows columns"], other: Real[np.ndarray, "n rows columns"], *, peak: float
) -> Float64[np.ndarray, "n rows columns"]:
    """Structural similarity at every pixel of n pictures, 1 where they are equal; `peak` is the largest value.

    Source:
        Wang, Bovik, Sheikh & Simoncelli 2004, Image quality assessment, equation 13, with its Gaussian window.
    """
    a, b = x.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = _blur(a), _blur(b)
    variance_a, variance_b = _blur(a * a) - mean_a**2, _blur(b * b) - mean_b**2
    shared = _blur(a * b) - mean_a * mean_b
    c1, c2 = (LEVEL * peak) ** 2, (CONTRAST * peak) ** 2
    above = (2 * mean_a * mean_b + c1) * (2 * shared + c2)
    return above / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))


def _blur(pictures: Float64[np.ndarray, "n rows columns"]) -> Float64[np.ndarray, "n rows columns"]:
    return gaussian_filter(pictures, (0, SIGMA, SIGMA), radius=(0, REACH, REACH))

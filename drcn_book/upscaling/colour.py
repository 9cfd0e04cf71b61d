"""The colour of damaged pictures, smoothed where their luma is smooth."""

import numpy as np
from scipy.ndimage import uniform_filter

from ..pictures.colour import LUMA

# Of the guided filter: the square's side in pixels, and the variance of luma from which on an edge
# is one. On the held-out pictures, x2, results gain 0.04 dB (PSNR over R, G and B) at JPEG 90, and
# 0.3 at noise of 5 levels; clean ones would lose 0.2, and are left as they are.
SIDE, EDGE = 3, 2 / 255**2
REACH = 2 * (SIDE // 2)  # pixels to each side


def smoothed_colour(pixels: np.ndarray) -> np.ndarray:
    """Pixels (h, w, 3), float32 in 0..1, with the same luma and smoother colour.

    What a pixel differs from its luma by is taken for a linear function of luma in each small
    square: He, Sun and Tang, "Guided image filtering" (IEEE TPAMI 2013).
    """

    def mean(values):
        return uniform_filter(values, (SIDE, SIDE, 1), mode="nearest")

    luma = (pixels @ (LUMA / LUMA.sum()))[..., None]
    colour = pixels - luma
    mean_luma, mean_colour = mean(luma), mean(colour)
    slope = mean(luma * colour) - mean_luma * mean_colour
    slope /= mean(luma**2) - mean_luma**2 + np.float32(EDGE)
    return luma + mean(slope) * luma + mean(mean_colour - slope * mean_luma)

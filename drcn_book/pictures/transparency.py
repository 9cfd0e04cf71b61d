"""What lies under transparency: the visible colours, carried outward, so that no hidden one shines
through.
"""

import numpy as np
from scipy.ndimage import correlate1d


def carried_outward(pixels: np.ndarray, reach: int) -> np.ndarray:
    """Pixels (h, w, c), the last channel alpha, with new colours where alpha is 0.

    There stands a mean of the visible colours within `reach` pixels across and down, the near ones
    counting most by far (e^-distance), and black where none is visible. What stood there before
    plays no part. A pixel's answer depends on nothing beyond `reach`, so parts of a picture give
    what the whole gives.
    """
    colour, alpha = pixels[..., :-1], pixels[..., -1:]
    hidden = alpha == 0
    if not hidden.any():
        return pixels
    kernel = np.exp(-np.abs(np.arange(-reach, reach + 1, dtype="float64")))
    weighted = np.concatenate([colour * alpha.astype("float64"), alpha], -1)
    for axis in (0, 1):
        weighted = correlate1d(weighted, kernel, axis, mode="constant")
    total = weighted[..., -1:]
    mean = np.round(weighted[..., :-1] / np.where(total > 0, total, 1))
    filled = np.where(hidden, mean.astype(pixels.dtype), colour)
    return np.concatenate([filled, alpha], -1)

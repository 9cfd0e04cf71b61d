"""Clipping that keeps brightness: what is brighter than white or darker than black is cut off, and
the mean around it stays what it was.

A network sharpens a pattern at the edge of what the grid can hold, such as the board behind
transparent pictures, a dither or a halftone, beyond white on one side only: clipped, the pattern
comes out darker. Where that would be seen, the result is taken back towards one that cannot leave
the range, the bilinear enlargement, by as much as the mean has moved.
"""

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

SPREAD = 2  # small pixels: standard deviation of the Gaussian by which means are taken
REACH = 3 * SPREAD  # small pixels that it sees to each side
MOVED = np.float32(2 / 255)  # by more than this the mean may not move


def clipped(y: np.ndarray, x: np.ndarray, low: np.ndarray) -> np.ndarray:
    """y within 0..1, its local means those of x to 2 levels of 255.

    y, x: float32 (s h, s w), the result and the bicubic enlargement of `low`, both unclipped; low:
    (h, w), 0..1. With a = y clipped, b bilinear and m the mean of a - x around a small pixel, the
    result is b + t (a - b) with t = min(1, 2 levels / |m|).
    """
    a = np.clip(y, 0, 1)
    (height, width), scale = low.shape, len(y) // len(low)
    m = (a - x).reshape(height, scale, width, scale).mean((1, 3))
    m = gaussian_filter(m, SPREAD, mode="nearest", radius=REACH)
    if np.abs(m).max(initial=0) <= MOVED:
        return a
    t = np.minimum(1, MOVED / np.maximum(np.abs(m), MOVED)).repeat(scale, 0).repeat(scale, 1)
    size = (width * scale, height * scale)
    b = np.asarray(Image.fromarray(low.astype("float32")).resize(size, Image.Resampling.BILINEAR))
    return b + t * (a - b)

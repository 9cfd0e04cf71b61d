"""What the pixels of a picture show: traces of JPEG on an 8 x 8 grid of any phase, which stay when
it is saved again, noise, and whether it was drawn. NumPy alone.

browser/choice.mjs does the same in the page.
"""

import numpy as np

from ..damage import GREY_NOISE
from .told import standard_steps

# How many more coefficients are 0 on JPEG's grid than on the next best (0.004 without JPEG, 0.06 at
# quality 97), and how well the others lie on multiples of a table's steps, in standard deviations
# (8 without, 50 with JPEG).
GRID, FIT = 0.02, 20

# The share of neighbours exactly alike in what was drawn: in photographs with 2 levels of noise
# 0.004, after JPEG 0.14.
ALIKE = 0.3

TILE, TILES = 128, 3  # larger pictures are looked at in so many squares of this side, each way
FULL_RANGE = np.array([0.299, 0.587, 0.114], "float32")  # JPEG's luma
_K = np.arange(8)
# The orthonormal DCT of 8 points, a frequency a row.
DCT = np.cos(np.pi * np.outer(_K, 2 * _K + 1) / 16) * np.where(_K, 0.5, 8**-0.5)[:, None]
DCT = DCT.astype("float32")
# Fourth difference along an axis, of unit power: it passes what is finer than photographs mostly
# are.
DIFFERENCE = np.array([1, -4, 6, -4, 1], "float32") / np.float32(70**0.5)


def tiles_of(pixels):
    """Squares spread over a picture, at multiples of 8 so that a grid has one phase in all; or all
    of a small one.
    """

    def places(length):
        if length <= TILE * TILES:
            return [slice(0, length)]
        starts = np.linspace(0, length - TILE, TILES).astype(int) // 8 * 8
        return [slice(start, start + TILE) for start in starts.tolist()]

    rows, columns = places(pixels.shape[0]), places(pixels.shape[1])
    return [pixels[row, column] for row in rows for column in columns]


def jpeg_traces(tiles: list[np.ndarray]) -> int | None:
    """The quality at which a picture was once saved as JPEG, by its full-range luma tiles (h, w),
    or None.

    On JPEG's own grid many DCT coefficients are 0 again, on the 63 shifted ones few (after Luo, Qu,
    Huang and Qiu, "A novel method for detecting cropped and recompressed image block", ICASSP
    2007). There the others lie on multiples of the steps (after Fan and de Queiroz, "Identification
    of bitmap compression history", IEEE TIP 2003): of libjpeg's tables the one they fit best is
    taken.
    """
    zeros = np.zeros((8, 8))
    for tile in tiles:
        along = np.lib.stride_tricks.sliding_window_view(tile, 8, 1) @ DCT.T
        for u in range(8):
            both = np.lib.stride_tricks.sliding_window_view(along[..., u], 8, 0) @ DCT.T
            # Flat and slowly varying parts tell nothing: only the finer coefficients count.
            small = np.abs(both[..., max(0, 3 - u) :]) < 1
            for top, left in np.ndindex(8, 8):
                zeros[top, left] += small[top::8, left::8].mean(-1).mean()
    zeros /= 8 * len(tiles)
    second, first = np.sort(zeros, None)[-2:]
    if first - second < GRID:
        return None
    top, left = np.unravel_index(zeros.argmax(), (8, 8))
    blocks = []
    for tile in tiles:
        tile = tile[top:, left:]
        high, wide = tile.shape[0] // 8, tile.shape[1] // 8
        tile = tile[: 8 * high, : 8 * wide].reshape(high, 8, wide, 8).swapaxes(1, 2)
        blocks.append((DCT @ tile @ DCT.T).reshape(-1, 64)[:, 1:])
    values = np.concatenate(blocks)
    best = (FIT, None)
    for quality in range(5, 99):  # beyond, the steps are 1
        steps = standard_steps(quality).ravel()[1:].astype("float32")
        told = (np.abs(values) > 0.6 * steps) & (steps > 1)
        fit = np.cos(2 * np.pi * values / steps)[told].sum() / max(told.sum(), 1) ** 0.5
        best = max(best, (fit, quality), key=lambda found: found[0])
    return best[1]


def _means(values):
    """The means of the whole blocks of 8 x 8."""
    high, wide = (side // 8 for side in values.shape)
    return values[: 8 * high, : 8 * wide].reshape(high, 8, wide, 8).mean((1, 3))


def _finest(tiles, brightness, share):
    """The standard deviation of the finest detail in the calmest blocks: that of white noise, if
    there is any.

    The quantile `share` over the blocks of 8 x 8 that are neither black nor white.
    """
    found = []
    for tile, bright in zip(tiles, brightness, strict=True):
        for _ in range(2):  # along the rows, then along the columns
            tile = (np.lib.stride_tricks.sliding_window_view(tile, 5, 1) @ DIFFERENCE).T
        power, level = _means(tile**2), _means(bright[2:-2, 2:-2])
        found.append(power[(level > 8) & (level < 247)])
    found = np.concatenate(found)
    return float(np.quantile(found, share)) ** 0.5 if len(found) else 0.0


def noise_levels(pixels: np.ndarray) -> tuple[float, float]:
    """The noise of R, G and B in levels of 255: by the difference R - G (0 for grey pictures), and
    by luma.

    pixels: float32 (h, w, 1 or 3), 0..255. After Immerkaer, "Fast noise variance estimation" (CVIU
    1996): a high-pass that photographs hardly excite; here a finer one, and its power in the
    calmest blocks. In R - G there is less texture still. The factors were measured on photographs
    with 5 levels of noise.
    """
    tiles = tiles_of(pixels)
    grey = [grey_of(tile) for tile in tiles]
    luma = _finest(grey, grey, 0.02) / (0.62 * GREY_NOISE)
    if pixels.shape[2] == 1:
        return 0.0, luma
    return _finest([tile[..., 0] - tile[..., 1] for tile in tiles], grey, 0.25) / 1.22, luma


def drawn(pixels):
    """Whether many neighbours are exactly alike, which noise leaves nowhere: pixel art, text,
    dithers, screens.
    """
    between = (pixels > 8) & (pixels < 247)
    inside = (between[:, 1:] & between[:, :-1]).any(-1)
    alike = (pixels[:, 1:] == pixels[:, :-1]).all(-1)
    return inside.any() and alike[inside].mean() > ALIKE


def grey_of(pixels):
    return pixels @ FULL_RANGE if pixels.shape[2] == 3 else pixels[..., 0]

"""The eight orientations of Exif and TIFF: how stored rows and columns come to stand upright."""

import numpy as np


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Stored pixels (h, w, ...) as they are meant to be seen; orientation: 1 (upright already) to
    8.
    """
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def place(values: tuple, orientation: int, width: int, height: int) -> tuple:
    """A place (x, y), or with its diameter or width and height, of a stored picture in the upright
    one.
    """
    x, y, *extent = values
    if orientation >= 5:
        x, y, width, height, extent = y, x, height, width, extent[::-1]
    if orientation in (3, 4, 7, 8):
        y = height - 1 - y
    if orientation in (2, 3, 6, 7):
        x = width - 1 - x
    return (x, y, *extent)

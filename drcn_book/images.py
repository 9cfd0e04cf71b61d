"""Files to arrays: luma on the scale the field measures with."""

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from .errors import PictureError

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}


def open_picture(path: str | Path) -> Image.Image:
    """Open and fully decode a picture file with Pillow.

    Raises PictureError, naming the file and the reason, if it is missing, empty, truncated, or no picture.
    """
    path = Path(path)
    try:
        image = Image.open(path)
        image.load()
    except FileNotFoundError:
        raise PictureError(f"{path}: no such file.") from None
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise PictureError(f"{path}: cannot be read as a picture ({error}).") from None
    return image


def luma(rgb: np.ndarray) -> np.ndarray:
    """Y of BT.601 in studio range, rounded, as MATLAB's `rgb2ycbcr` gives it for 8-bit pictures.

    rgb: (height, width, 3) values in 0..255. Returns float32 (height, width), whole numbers in 16..235.
    """
    return np.round(16 + rgb.astype("float64") @ (np.array([65.481, 128.553, 24.966]) / 255)).astype("float32")


def read_luma(path: str | Path) -> np.ndarray:
    """The luma of a picture file, float32 (height, width), whole numbers in 0..255; a grey file is its own luma."""
    image = open_picture(path)
    if image.mode in ("L", "1"):
        return np.asarray(image.convert("L"), dtype="float32")
    return luma(np.asarray(image.convert("RGB")))

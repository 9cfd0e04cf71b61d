"""From a sharp picture to the blurred one the network starts from: bicubic down, bicubic up."""

import numpy as np
from PIL import Image

from .errors import ConfigError, PictureError


def check_scale(scale: int) -> int:
    """Return `scale` if it is a whole number of at least 2; raise ConfigError otherwise."""
    if int(scale) != scale or scale < 2:
        raise ConfigError(
            f"Scale {scale} is not a whole number of 2 or more (the paper uses 2, 3 and 4)."
        )
    return int(scale)


def modcrop(image: np.ndarray, scale: int) -> np.ndarray:
    """Crop right and bottom so that height and width are multiples of `scale`."""
    height, width = image.shape[:2]
    if min(height, width) < scale:
        raise PictureError(f"A picture of {width}x{height} pixels is too small for scale {scale}.")
    return image[: height - height % scale, : width - width % scale]


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bicubic resize of a float (h, w) array, unrounded: Keys' kernel with a = -0.5, widened when
    shrinking.

    Pillow's float mode agrees with MATLAB's `imresize` to 0.002 dB in PSNR; only border pixels
    differ.
    """
    picture = Image.fromarray(np.ascontiguousarray(image, dtype="float32"))
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def degrade(image: np.ndarray, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """The pair (x, y): the network's input and the truth, both float32 of y's size, y cropped by
    `modcrop`.

    x is y shrunk by `scale` and enlarged again, both bicubic and unrounded (steps 2 to 4 of the
    protocol).
    """
    truth = modcrop(image, check_scale(scale))
    height, width = truth.shape
    low = resize(truth, height // scale, width // scale)
    return resize(low, height, width), truth.astype("float32")


def keys(t: np.ndarray) -> np.ndarray:
    """Keys' cubic kernel with a = -0.5 at the distances t in pixels; 0 from 2 on (Keys, 1981)."""
    t = np.abs(t)
    return np.where(
        t < 1, (1.5 * t - 2.5) * t * t + 1, np.where(t < 2, ((2.5 - 0.5 * t) * t - 4) * t + 2, 0)
    )


def shrinking_taps(scale: int) -> tuple[int, np.ndarray]:
    """How `resize` shrinks: small pixel i is the weighted mean of the large pixels i scale + first,
    ...

    Returns first (negative) and the 4 scale weights, whose sum is 1. At a border those outside are
    left out and the rest is divided by its sum.
    """
    first = (1 - 3 * scale) // 2
    weights = keys((first + np.arange(4 * scale) + 0.5) / scale - 0.5)
    return first, weights / weights.sum()


def enlarging_taps(scale: int) -> np.ndarray:
    """How `resize` enlarges: weights (scale, 5) of the small pixels i - 2 ... i + 2 in large pixel
    i scale + p.
    """
    phase = (np.arange(scale)[:, None] + 0.5) / scale - 0.5
    weights = keys(np.arange(-2, 3) - phase)
    return weights / weights.sum(1, keepdims=True)


def consistent(y: np.ndarray, x: np.ndarray, scale: int) -> np.ndarray:
    """y + x - up(down(y)): y made consistent with the bicubic x of its size, float (h, w), by one
    step of back-projection. What is added is what the small picture behind x has and that of y has
    not, enlarged.
    """
    height, width = y.shape
    return y + x - resize(resize(y, height // scale, width // scale), height, width)

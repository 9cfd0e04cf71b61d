"""A picture in memory: pixels, what they mean, and what the file said beside them."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from ..errors import PictureError

MODES = ("L", "LA", "RGB", "RGBA", "CMYK")


@dataclass
class Picture:
    """Pixels (height, width, channels), uint8 or uint16, and what the file says beside them.

    mode: "L", "LA", "RGB", "RGBA" or "CMYK". format: of the file, such as "PNG".
    metadata: those of the entries of `metadata.LABELS` that were found.
    name: what error messages call it. note: what reading changed of the pixels. lost: metadata that
    could not be kept, a phrase each.
    """

    pixels: np.ndarray
    mode: str
    format: str = "PNG"
    metadata: dict = field(default_factory=dict)
    name: str = "The picture"
    note: str = ""
    lost: list[str] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


def from_array(pixels) -> Picture:
    """The picture of a uint8 or uint16 array, (h, w) or (h, w, c): grey, grey and alpha, RGB, RGB
    and alpha.

    Anything of which NumPy makes such an array will do. PictureError says what is wrong with it.
    """
    try:
        pixels = np.asarray(pixels)
    except Exception as error:  # ragged lists, tensors of another device
        raise PictureError(
            f"A {type(pixels).__name__} of which NumPy makes no array ({type(error).__name__}) is "
            "no picture: give a path, a Pillow image, or a uint8 or uint16 array."
        ) from None
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim not in (2, 3):
        raise PictureError(
            f"An array of {str(pixels.dtype)[:40]} and {pixels.ndim} dimensions is no picture: "
            "give uint8 or uint16, (height, width) or (height, width, channels)."
        )
    pixels = np.atleast_3d(pixels)
    if not 1 <= pixels.shape[2] <= 4:
        raise PictureError(f"An array of {pixels.shape[2]} channels is no picture: it has 1 to 4.")
    return Picture(pixels, MODES[pixels.shape[2] - 1])


def to_pillow(picture: Picture) -> Image.Image:
    """The Pillow image of a picture, metadata in its `info`. PictureError for 16-bit colour, which
    it has not.
    """
    pixels, mode = picture.pixels, picture.mode
    if pixels.dtype == np.uint16 and mode != "L":
        raise PictureError(f"Pillow has no 16-bit {mode}: give and take an array instead.")
    if pixels.dtype == np.uint16:
        image = Image.fromarray(pixels[..., 0])
    else:
        flat = np.ascontiguousarray(pixels)
        image = Image.frombuffer(mode, picture.size, flat, "raw", mode, 0, 1)
    known = ("icc_profile", "exif", "dpi", "xmp", "comment")
    image.info.update({key: picture.metadata[key] for key in known if key in picture.metadata})
    return image

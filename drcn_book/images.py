"""Files to arrays: luma on the scale the field measures with."""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from ._quiet import quiet_stderr
from .errors import PictureError

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".bmp": "BMP",
}
logging.getLogger("PIL").setLevel(logging.CRITICAL)  # what is wrong with a file, `reading` says


@contextlib.contextmanager
def reading(name: str | Path) -> Iterator[None]:
    """Whatever reading a damaged file raises inside becomes a PictureError, one line that starts with its name.

    Nothing else is written to standard error, not even by libtiff.
    """
    try:
        with quiet_stderr(), warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Pillow's remarks on metadata and on over 89 megapixels
            yield
    except PictureError:
        raise
    except FileNotFoundError:
        raise PictureError(f"{name}: no such file.") from None
    except UnidentifiedImageError:
        raise PictureError(
            f"{name}: is no picture that can be read; it may be empty or damaged."
        ) from None
    except Image.DecompressionBombError:
        raise PictureError(
            f"{name}: has over {2 * Image.MAX_IMAGE_PIXELS / 1e6:.0f} megapixels, the limit against "
            "decompression bombs; cut it into parts."
        ) from None
    except MemoryError:
        raise PictureError(f"{name}: does not fit in the memory.") from None
    except Exception as error:  # decoders raise nearly anything on damaged files
        reason = (
            getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        )
        raise PictureError(f"{name}: cannot be read as a picture ({reason}).") from None


def open_picture(path: str | Path) -> Image.Image:
    """Open and fully decode a picture file with Pillow.

    Raises PictureError, naming the file and the reason, if it is missing, empty, truncated, no picture, or has
    over 179 megapixels, Pillow's limit against decompression bombs.
    """
    with reading(path):
        image = Image.open(path)
        image.load()
        return image


def size_of(path: str | Path) -> tuple[int, int]:
    """Width and height of a picture file by its header, with no limit in pixels. Raises PictureError."""
    with reading(path):
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            with Image.open(path) as image:
                return image.size
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def eight_views(stack: np.ndarray) -> list[np.ndarray]:
    """The 8 flips and quarter turns of a stack (count, height, width, ...), as views without copies.

    Number v is turned v times by 90 degrees against the clock; from 4 on, turned v - 4 times and then mirrored.
    """
    turns = [np.rot90(stack, k, (1, 2)) for k in range(4)]
    return turns + [turn[:, :, ::-1] for turn in turns]


def mean_over_views(sharpen: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """The geometric self-ensemble (Timofte et al., CVPR 2016) of a picture (h, w): the mean of what `sharpen` makes
    of its 8 flips and turns, each turned back.
    """
    outputs = [sharpen(np.ascontiguousarray(view)) for (view,) in eight_views(x[None])]
    return np.mean(
        [np.rot90(y if v < 4 else y[:, ::-1], -v) for v, y in enumerate(outputs)], axis=0
    )


def luma(rgb: np.ndarray) -> np.ndarray:
    """Y of BT.601 in studio range, rounded, as MATLAB's `rgb2ycbcr` gives it for 8-bit pictures.

    rgb: (height, width, 3) values in 0..255. Returns float32 (height, width), whole numbers in 16..235.
    """
    return np.round(
        16 + rgb.astype("float64") @ (np.array([65.481, 128.553, 24.966]) / 255)
    ).astype("float32")


def deep_grey(image: Image.Image, name: str | Path) -> np.ndarray:
    """A picture of 16-bit grey brought to 0..255, float32 (height, width), rounded.

    Raises PictureError for pixels that have no defined white.
    """
    if not image.mode.startswith("I;16"):
        raise no_white(name, image.mode)
    values = np.asarray(image, dtype="float32")
    return np.round((65535 - values if white_is_zero(image) else values) / 257)


def white_is_zero(image: Image.Image) -> bool:
    """Whether a 16-bit grey TIFF counts from white to black, which Pillow turns round in 8 bits alone."""
    return image.format == "TIFF" and image.mode.startswith("I;16") and image.tag_v2.get(262) == 0


def no_white(name: str | Path, mode: str) -> PictureError:
    """The error of pixels in a kind that does not say which number is white."""
    return PictureError(
        f"{name}: its pixels are of kind {mode}, which has no defined white; convert it to 8 or 16 "
        "bits a channel first."
    )


def read_luma(path: str | Path) -> np.ndarray:
    """The luma of a picture file, float32 (height, width), whole numbers in 0..255; a grey file is its own luma.

    16-bit grey is brought to 0..255; transparency is left out. Raises PictureError as `open_picture`, and for pixels
    that have no defined white.
    """
    image = open_picture(path)
    if image.mode.startswith(("I", "F")):
        return deep_grey(image, path)
    if image.mode in ("1", "L", "LA", "La"):
        return np.asarray(image.convert("L"), dtype="float32")
    return luma(np.asarray(image.convert("RGB")))

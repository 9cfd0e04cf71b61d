"""What goes wrong inside a decoder becomes one line that names the file."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from .._quiet import quiet_stderr
from ..errors import PictureError

for library in ("PIL", "tifffile"):
    logging.getLogger(library).setLevel(logging.CRITICAL)  # what is wrong, `reading` says


@contextlib.contextmanager
def reading(name: str | Path) -> Iterator[None]:
    """Whatever reading a damaged file raises inside becomes a PictureError, one line that starts
    with its name.

    Nothing else is written to standard error, not even by libtiff.
    """
    try:
        with quiet_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on metadata and over 89 megapixels
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
            f"{name}: has over {2 * Image.MAX_IMAGE_PIXELS / 1e6:.0f} megapixels, the limit "
            "against decompression bombs; cut it into parts."
        ) from None
    except MemoryError:
        raise PictureError(f"{name}: does not fit in the memory.") from None
    except Exception as error:  # decoders raise nearly anything on damaged files
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        reason = (reason or type(error).__name__)[:150]
        raise PictureError(f"{name}: cannot be read as a picture ({reason}).") from None


def check_size(width: int, height: int) -> None:
    """Pillow's limit against decompression bombs, for what Pillow does not decode; ValueError for
    no pixels.
    """
    if width < 1 or height < 1:
        raise ValueError(f"{width}x{height} pixels")
    if Image.MAX_IMAGE_PIXELS and width * height > 2 * Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError


def unreadable(name: str | Path, what: str, cure: str) -> PictureError:
    """The error of a sound file of a kind that is not read: what it is, and what to do."""
    return PictureError(f"{name}: {what}; {cure}.")


def several(name: str | Path, count: int) -> PictureError:
    """The error of a file with more than one picture."""
    return PictureError(
        f"{name}: has {count} frames or pages, and only single pictures are enlarged; save the one "
        "you want as a picture of its own."
    )


def no_white(name: str | Path, kind: str) -> PictureError:
    """The error of pixels in a kind that does not say which number is white."""
    return PictureError(
        f"{name}: its pixels are of kind {kind}, which has no defined white; convert it to 8 or 16 "
        "bits a channel first."
    )

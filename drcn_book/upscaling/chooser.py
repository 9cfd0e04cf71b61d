"""Anyone's picture, enlarged with the weights that fit it."""

import functools
import os
from pathlib import Path

import numpy as np
from PIL import Image

from .. import pictures
from ..choice import QUALITIES, choose, file_quality
from ..errors import ConfigError
from ..pictures import Picture
from .options import whole
from .upscaler import Upscaler, shipped_names

BYTES = bytes | bytearray | memoryview


class Chooser:
    """The upscalers of a quality, of which each picture gets the one that fits it; one chooser
    serves for many pictures.

    scale: 2 (default), 3 or 4. quality: "fast", "balanced" or "best", see `choice.QUALITIES`.
    weights: "auto", or a shipped name or file that serves for all, whatever the quality. options:
    of `Upscaler`, which says what it raises.
    """

    def __init__(
        self,
        scale: int | None = None,
        weights: str | Path | None = "auto",
        quality: str = "balanced",
        **options,
    ):
        if quality not in list(QUALITIES):
            raise ConfigError(
                f"--quality {str(quality)[:40]!r}: choose one of {', '.join(QUALITIES)}."
            )
        self.names = {"clean": weights}
        if weights in (None, "auto"):
            scale = whole("--scale", scale) or 2
            self.names = shipped_names(scale, quality)
        # Made when a picture needs it: a network takes a second.
        self._upscaler = functools.cache(lambda name: Upscaler(scale, name, **options))
        self.scale = self._upscaler(self.names["clean"]).scale

    def __call__(self, picture: Picture, told=None) -> tuple[Upscaler, str]:
        """The upscaler that fits a picture, and why; "" where there was no choice.

        told: what its file says, see `told_by`.
        """
        kind, reason = "clean", ""
        if len(self.names) > 1:
            choice = choose(picture.pixels, picture.mode, told)
            kind, reason = choice.kind, choice.reason
        return self._upscaler(self.names[kind]), reason

    def enlarge(self, image):
        """`upscale` an image; for many, this takes the networks' second but once."""
        array = not isinstance(image, Image.Image | str | os.PathLike | BYTES)
        if array:
            picture = pictures.from_array(image)
        elif isinstance(image, Image.Image):
            picture = pictures.from_pillow(image)
        else:
            picture = pictures.read(image)
        upscaler, _ = self(picture, told_by(image, picture))
        output = upscaler(picture)
        if array:
            return output.pixels[..., 0] if np.ndim(image) == 2 else output.pixels
        deep_colour = output.pixels.dtype == np.uint16 and output.mode != "L"
        return output.pixels if deep_colour else pictures.to_pillow(output)


def told_by(source, picture: Picture) -> tuple[str, int] | None:
    """What a file, by its path or its bytes, says of its losses: `choice.file_quality`.

    None for an array or a Pillow image, which may have been changed since it was read, and for what
    can be read but once.
    """
    if isinstance(source, BYTES):
        return file_quality(bytes(source))
    path = isinstance(source, str | os.PathLike) and Path(source)
    if not path or picture.format not in ("JPEG", "WEBP") or not path.is_file():
        return None
    return file_quality(path)


def upscale(image, scale: int | None = None, **options):
    """Enlarge a picture: a path, the bytes of a file, a Pillow image, or an array or what NumPy
    makes one of.

    A path, bytes or Pillow image give a Pillow image, its metadata in `info`; a uint8 or uint16
    array (h, w) or (h, w, channels) gives an array of its kind, and so does a file of 16-bit
    colour, which Pillow cannot hold.
    options: see `Chooser`; for many pictures, make one and call its `enlarge`. Raises subclasses of
    DRCNError.

    >>> import drcn_book
    >>> sharp = drcn_book.upscale("holiday.jpg", scale=2)
    >>> sharp.save("holiday_x2.jpg")
    """
    return Chooser(scale, **options).enlarge(image)

"""The one reader: from a file, its bytes or a Pillow image to a `Picture`. Every command takes
pictures from here.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..errors import PictureError
from . import bmp, colour, deep, formats, guard, metadata, netpbm, png, tiff
from .guard import reading
from .picture import MODES, Picture

READERS = {
    "PNG": png.read,
    "TIFF": tiff.read,
    "BMP": bmp.read,
    "PNM": netpbm.read,
    "AVIF": deep.read_avif,
    "JPEG2000": deep.read_jpeg_2000,
}
CONVERTED = {
    "1": "L",
    "La": "LA",
    "P": "RGB",
    "PA": "RGBA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
}


def read(source: str | Path | bytes) -> Picture:
    """The picture in a file, or in the bytes of one, upright, at the depth it has there.

    Palettes are resolved, a colour that means transparent becomes alpha, inks stay inks.
    PictureError, naming the file and the reason, if there is none, if there are several, or if its
    numbers have no defined white.
    """
    in_memory = isinstance(source, bytes | bytearray | memoryview)
    name = "Standard input" if in_memory else str(source)
    with reading(name), io.BytesIO(source) if in_memory else open(source, "rb") as file:
        head = file.read(32)
        if what := formats.foreign(head):
            raise guard.unreadable(name, f"is {what}, which is not read", "save it as PNG or JPEG")
        reader = READERS.get(formats.kind_of(head))
        file.seek(0)
        picture = reader(file, name) if reader else None
        if picture is None:
            file.seek(0)
            with Image.open(file) as image:
                picture = _of_pillow(image, name)
                picture.metadata |= _lossless(picture, file)
        return picture


def from_pillow(image: Image.Image, name: str | Path = "The picture") -> Picture:
    """The picture of a Pillow image, upright; palettes are resolved, a colour that means
    transparent becomes alpha.

    Raises PictureError for several frames or pages, and for pixels that have no defined white.
    """
    with reading(name):
        return _of_pillow(image, str(name))


def _of_pillow(image, name):
    image.load()
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:  # MPO: a phone's previews
        raise guard.several(name, image.n_frames)
    format = "JPEG" if image.format == "MPO" else image.format or "PNG"
    inverted = image.format == "TIFF" and image.mode.startswith("I;16")
    inverted = (
        inverted and image.tag_v2.get(262) == 0
    )  # Pillow turns white to black in 8 bits alone
    found, lost = metadata.of_image(image)
    if metadata.orientation_of(image) != 1:
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        pixels, mode = np.asarray(image).astype("uint16")[..., None], "L"
        pixels = 65535 - pixels if inverted else pixels
        if isinstance(image.info.get("transparency"), int):
            opaque = pixels != np.uint16(image.info["transparency"])
            pixels = np.concatenate([pixels, np.uint16(65535) * opaque], -1, dtype="uint16")
            mode = "LA"
        return Picture(pixels, mode, format, found, name, lost=lost)
    mode = CONVERTED.get(image.mode, image.mode)
    if image.has_transparency_data:
        mode = "LA" if mode in ("L", "LA") else "RGBA"
    if mode not in MODES:
        raise guard.no_white(name, image.mode)
    pixels = np.atleast_3d(np.asarray(image if image.mode == mode else image.convert(mode)))
    return Picture(pixels, mode, format, found, name, lost=lost)


def _lossless(picture, file):
    """Whether a WebP keeps every bit, which its enlargement should then do, too."""
    if picture.format != "WEBP":
        return {}
    file.seek(0)
    content, place = file.read(), 12
    while place + 8 <= len(content):
        kind, length = (
            content[place : place + 4],
            int.from_bytes(content[place + 4 : place + 8], "little"),
        )
        if kind in (b"VP8L", b"VP8 "):
            return {"lossless": True} if kind == b"VP8L" else {}
        place += 8 + length + length % 2
    return {}


def size_of(path: str | Path) -> tuple[int, int]:
    """Width and height of a picture file, by its header where Pillow knows it; no limit. Raises
    PictureError.
    """
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with reading(path), Image.open(path) as image:
            return image.size
    except PictureError:
        return read(path).size  # of a kind that Pillow does not open
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def read_light(path: str | Path) -> np.ndarray:
    """The light of a picture file, without transparency: uint8 (h, w) if grey, or (h, w, 3). As
    `read`.
    """
    picture = read(path)
    return np.round(colour.as_shown(picture.pixels, picture.mode)).astype("uint8")


def read_luma(path: str | Path) -> np.ndarray:
    """The luma of a picture file, float32 (height, width), whole numbers in 0..255; a grey file is
    its own luma.

    16 bits are brought to 0..255; transparency is left out. Raises PictureError as `read`.
    """
    picture = read(path)
    light = colour.as_shown(picture.pixels, picture.mode)
    return np.round(light).astype("float32") if light.ndim == 2 else colour.luma(light)

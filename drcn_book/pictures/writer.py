"""Pictures written whole or not at all, with what the format holds of their metadata; the rest is
named.
"""

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import TiffImagePlugin

from ..errors import PictureError
from ..files import replacing
from . import metadata, png, tags, tiff_out
from .formats import check_storable, format_of
from .picture import Picture, to_pillow

QUALITY = 95


def write(picture: Picture, path: str | Path, format: str | None = None) -> list[str]:
    """Write a picture whole or not at all, in `format` or the one of the path's suffix, with its
    metadata.

    JPEG and WebP at quality 95, JPEG with full colour resolution, WebP without loss if it came so;
    PNG and TIFF without loss. Returns what of the metadata was left out, a phrase each.
    Raises PictureError if the format cannot hold it, StorageError if it cannot be written.
    """
    path = Path(path)
    with replacing(path) as beside, open(beside, "wb") as file:
        return encode(picture, file, format or format_of(path), path)


def encode(picture: Picture, file: BinaryIO, format: str, name: str | Path) -> list[str]:
    """Write a picture to an open file, as `write`. OSError comes through."""
    deep = picture.pixels.dtype == np.uint16
    check_storable(picture.mode, deep, picture.size, format, name)
    kept, lost = metadata.held(picture.metadata, picture.mode, format)
    if "exif" in kept or format == "WEBP" and "dpi" in kept:
        kept["exif"] = tags.of_size(kept.get("exif"), picture.size)
    while True:
        try:
            _write(picture, file, format, kept)
            return lost
        except (ValueError, RuntimeError, TypeError, OverflowError, struct.error) as error:
            # Metadata too long or too odd for the format: once more without the likeliest, and say
            # so.
            worst = next((key for key in ("xmp", "comment", "iptc", "exif") if key in kept), None)
            if worst is None:
                raise PictureError(f"{name}: cannot be saved as {format} ({error}).") from None
            del kept[worst]
            lost.append(f"{metadata.LABELS[worst]}, which {format} cannot hold")
            file.seek(0)
            file.truncate()


def _write(picture, file, format, kept):
    if format == "PNG":
        png.write(picture.pixels, file, kept)
    elif format == "TIFF":
        tiff_out.write(picture.pixels, picture.mode, file, kept)
    else:
        image = to_pillow(Picture(picture.pixels, picture.mode))
        start = file.tell()
        image.save(file, format, **OPTIONS[format](picture, kept))
        if format == "JPEG" and "aspect" in kept:  # in JFIF's header, the unit is none
            end = file.tell()
            file.seek(start + 13)
            file.write(b"\0")
            file.seek(end)


def _jpeg(picture, kept):
    names = ("icc_profile", "dpi", "exif", "xmp", "comment")
    options = {key: kept[key] for key in names if key in kept}
    if "aspect" in kept:
        options["dpi"] = tuple(round(value) for value in kept["aspect"])
    if "iptc" in kept:
        options["extra"] = _app13(kept["iptc"])
    return {**options, "quality": QUALITY, "subsampling": 0}


def _app13(iptc):
    """The segment in which Photoshop and everyone since keeps IPTC in a JPEG."""
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    content = b"Photoshop 3.0\0" + resource
    return b"\xff\xed" + struct.pack(">H", len(content) + 2) + content


def _webp(picture, kept):
    options = {key: kept[key] for key in ("icc_profile", "exif", "xmp") if key in kept}
    exif = options.get("exif")
    if "dpi" in kept and tags.RESOLUTION[0] not in exif:  # WebP has no place of its own for it
        rational = TiffImagePlugin.IFDRational
        for tag, value in zip(tags.RESOLUTION, kept["dpi"], strict=False):
            exif[tag] = rational(value)
        exif[tags.RESOLUTION[2]] = 2
    if picture.metadata.get("lossless"):
        return {**options, "lossless": True, "exact": True}
    return {**options, "quality": QUALITY}


def _bmp(picture, kept):
    return {"dpi": kept.get("dpi", (0, 0))}  # 0 says that none is known, where Pillow would say 96


OPTIONS = {"JPEG": _jpeg, "WEBP": _webp, "BMP": _bmp}

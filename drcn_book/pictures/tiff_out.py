"""TIFF written: deflated strips, and every folder of tags, which libtiff does not write."""

import struct
import zlib
from typing import BinaryIO

import numpy as np
from PIL import TiffImagePlugin

from . import tags

STRIP = 2**18  # bytes before compression
PHOTOMETRIC = {"L": 1, "R": 2, "C": 5}
SHORT, LONG, UNDEFINED, DOUBLE, ASCII, BYTE, RATIONAL = 3, 4, 7, 12, 2, 1, 5
MAP_TYPES = {34735: SHORT, 34737: ASCII}  # the other tags of a map are of double precision


def write(pixels: np.ndarray, mode: str, file: BinaryIO, found: dict) -> None:
    """Write pixels (h, w, c) and metadata, as `metadata.held` gives them.

    OSError comes through. ValueError beyond 4 GB, where a TIFF ends.
    """
    height, width, channels = pixels.shape
    rows = max(1, STRIP // (width * channels * pixels.itemsize))
    strips = [_strip(pixels[top : top + rows]) for top in range(0, height, rows)]
    sizes = [len(strip) for strip in strips]
    if sum(sizes) > 2**32 - 2**24:
        raise ValueError("a TIFF ends at 4 GB")
    folder = _described(found)
    layout = {
        256: (LONG, width),
        257: (LONG, height),
        258: (SHORT, (8 * pixels.itemsize,) * channels),
        259: (SHORT, 8),  # deflate
        262: (SHORT, PHOTOMETRIC[mode[0]]),
        273: (LONG, tuple(np.cumsum([0, *sizes[:-1]]).tolist())),  # from the end of the tags
        277: (SHORT, channels),
        278: (LONG, rows),
        279: (LONG, tuple(sizes)),
        284: (SHORT, 1),
        317: (SHORT, 2),  # each sample less its left neighbour
    }
    if mode.endswith("A"):
        layout[338] = (SHORT, 2)  # plain alpha
    for tag, (kind, value) in layout.items():
        folder.tagtype[tag] = kind
        folder[tag] = value
    file.write(b"II*\0" + struct.pack("<I", 8))
    file.write(folder.tobytes(8))
    for strip in strips:
        file.write(strip)


def _strip(rows):
    rows = rows.astype(rows.dtype.newbyteorder("<"))  # a copy, too
    rows[:, 1:] -= rows[:, :-1].copy()
    return zlib.compress(np.ascontiguousarray(rows).tobytes(), 6)


def _described(found):
    """A folder with everything but the layout."""
    folder = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    exif = found.get("exif")
    for tag, value in exif.items() if exif is not None else ():
        if tag in (tags.CAMERA, tags.GPS):
            value = exif.get_ifd(tag)
        elif tag in tags.RESOLUTION:
            continue
        folder[tag] = value
    density = found.get("dpi") or found.get("aspect")
    if density:
        for tag, value in zip(
            tags.RESOLUTION, (*density, 2 if "dpi" in found else 1), strict=False
        ):
            folder.tagtype[tag] = SHORT if tag == tags.RESOLUTION[2] else RATIONAL
            folder[tag] = value
    for key, tag in (("xmp", tags.XMP), ("iptc", tags.IPTC), ("icc_profile", tags.ICC)):
        if key in found:
            folder.tagtype[tag] = BYTE if key == "xmp" else UNDEFINED
            folder[tag] = found[key]
    for tag, value in found.get("map", {}).items():
        folder.tagtype[tag] = MAP_TYPES.get(tag, DOUBLE)
        folder[tag] = value
    return folder

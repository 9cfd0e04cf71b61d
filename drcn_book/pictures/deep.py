"""AVIF and JPEG 2000 at their own depth: Pillow has 8 bits for both."""

import struct
from typing import BinaryIO

import imagecodecs
import numpy as np
from PIL import Image

from . import colour, guard, metadata, turning
from .picture import MODES, Picture

SIZE_SEGMENT = b"\xff\x4f\xff\x51"


def avif_bits(content: bytes) -> int:
    """Bits a channel of an AVIF, from its box av1C."""
    place = content.find(b"av1C")
    if place < 0 or place + 7 > len(content):
        return 8
    flags = content[place + 6]
    return (12 if flags & 0x20 else 10) if flags & 0x40 else 8


def jpeg_2000_bits(content: bytes) -> list[int]:
    """Bits of each channel of a JPEG 2000, negative where signed, from its first segment."""
    place = content.find(SIZE_SEGMENT)
    if place < 0:
        raise ValueError("no samples")
    (count,) = struct.unpack_from(">H", content, place + 40)
    kinds = content[place + 42 : place + 42 + 3 * count : 3]
    return [-(kind & 127) - 1 if kind & 128 else kind + 1 for kind in kinds]


def read_avif(file: BinaryIO, name: str) -> Picture | None:
    """The picture in an AVIF of more than 8 bits; None leaves it to Pillow."""
    content = file.read()
    bits = avif_bits(content)
    return None if bits == 8 else _deep(file, name, bits, imagecodecs.avif_decode)


def read_jpeg_2000(file: BinaryIO, name: str) -> Picture | None:
    """The picture in a JPEG 2000 of more than 8 bits; None leaves it to Pillow. PictureError for
    signed ones.
    """
    content = file.read()
    bits = jpeg_2000_bits(content)
    if min(bits) < 0:
        raise guard.no_white(name, f"{-min(bits)}-bit signed integers")
    if max(bits) > 16:
        raise guard.no_white(name, f"{max(bits)}-bit unsigned integers")
    if max(bits) == 8 or b"pclr" in content:
        return None
    if len(set(bits)) > 1:
        raise guard.unreadable(
            name, f"its channels have {bits} bits", "give all channels the same number"
        )
    return _deep(file, name, bits[0], imagecodecs.jpeg2k_decode)


def _deep(file, name, bits, decode):
    file.seek(0)
    content = file.read()
    with Image.open(file) as image:  # the size's limit, and metadata
        guard.check_size(*image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise guard.several(name, image.n_frames)
        image.load()
        found, lost = metadata.of_image(image)
        orientation, size, kind = metadata.orientation_of(image), image.size, image.format
    samples = np.atleast_3d(decode(content))
    if samples.shape[1::-1] != size or samples.shape[2] > 4:
        raise ValueError(f"{samples.shape} samples")
    pixels = turning.upright(colour.widened(samples, bits), orientation)
    mode = MODES[samples.shape[2] - 1]
    return Picture(pixels, mode, kind, found, name, colour.scaled(bits), lost)

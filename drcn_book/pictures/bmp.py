"""BMP of every depth: masks of any bits are read here, the rest by Pillow."""

import struct
from typing import BinaryIO

import numpy as np
from PIL import Image

from . import colour, guard, metadata
from .picture import Picture

PLAIN, MASKS, MASKS_AND_ALPHA = 0, 3, 6
FIVE = (0x7C00, 0x03E0, 0x001F, 0)  # what 16 bits without masks mean


def read(file: BinaryIO, name: str) -> Picture:
    """The picture in a BMP."""
    content = file.read()
    start, size, width, height, _, bits, packing = struct.unpack_from("<10xIIiiHHI", content)
    with_masks = size >= 40 and packing in (MASKS, MASKS_AND_ALPHA) and bits in (16, 32)
    if with_masks or size >= 40 and bits == 16 and packing == PLAIN:
        guard.check_size(width, abs(height))
        masks = _masks(content, size, packing) if with_masks else FIVE
        return _masked(content, start, width, height, bits, masks, name)
    file.seek(0)
    with Image.open(file) as image:
        image.load()
        mode = {"1": "L", "P": "RGB"}.get(image.mode, image.mode)
        found, lost = metadata.of_image(image)
        pixels = np.atleast_3d(np.asarray(image.convert(mode)))
    return Picture(pixels, mode, "BMP", found, name, lost=lost)


def _masks(content, size, packing):
    """The bits of red, green, blue and alpha: behind a header of 40 bytes, inside a longer one."""
    count = 4 if packing == MASKS_AND_ALPHA or size >= 56 else 3
    return (*struct.unpack_from(f"<{count}I", content, 54), 0)[:4]


def _masked(content, start, width, height, bits, masks, name):
    kind = np.dtype(f"<u{bits // 8}")
    stride = (width * kind.itemsize + 3) // 4 * 4
    rows = np.frombuffer(content, "u1", stride * abs(height), start).reshape(abs(height), stride)
    values = np.ascontiguousarray(rows[:, : width * kind.itemsize]).view(kind)
    values = values[::-1] if height > 0 else values
    planes = [_plane(values, mask) for mask in masks]
    deep = any(plane.dtype == np.uint16 for plane in planes if plane is not None)
    if any(plane is None for plane in planes[:3]):
        raise ValueError("a colour without bits")
    planes = [plane if plane is None else _to(plane, deep) for plane in planes]
    if planes[3] is not None and planes[3].any():  # many programs leave the alpha empty
        mode = "RGBA"
    else:
        mode, planes = "RGB", planes[:3]
    pixels = np.stack(planes, -1)
    across, down = struct.unpack_from("<ii", content, 38)
    dpi = across * 0.0254, down * 0.0254
    found = {"dpi": dpi} if min(dpi) > 0 else {}
    return Picture(pixels, mode, "BMP", found, name)


def _plane(values, mask):
    """The channel under a mask, on the full scale of 8 or 16 bits; None for a mask without bits."""
    if not mask:
        return None
    shift = (mask & -mask).bit_length() - 1
    bits = (mask >> shift).bit_length()
    if mask >> shift != (1 << bits) - 1 or bits > 16:
        raise ValueError(f"a mask of {mask:#x}")
    return colour.widened(((values & mask) >> shift).astype("uint16"), bits)


def _to(plane, deep):
    return plane.astype("uint16") * 257 if deep and plane.dtype == np.uint8 else plane

"""TIFF's YCbCr samples whose chroma has fewer rows and columns, in every compression but JPEG's."""

import imagecodecs
import numpy as np
from tifffile import TIFF


def subsampled(page, header, factors, offsets, lengths) -> np.ndarray:
    """The samples (h, w, 3) of such a TIFF page, each chroma sample repeated over the pixels it is
    for.

    In a strip or tile come units of `factors` (across, down) pixels: their Y, row by row, then one
    Cb and one Cr. Stored in planes, each plane is a picture of its own, the two of chroma smaller.
    ValueError if data lack.
    """
    across, down = (int(factor) for factor in factors)
    if across not in (1, 2, 4) or down not in (1, 2, 4) or header.bits not in (8, 16):
        raise ValueError(f"chroma at 1/{across} and 1/{down}, {header.bits} bits")
    kind = np.dtype(np.uint8) if header.bits == 8 else np.dtype(page.parent.byteorder + "u2")
    width, height = header.width, header.height
    tile = (page.tilewidth, page.tilelength) if page.is_tiled else (width, page.rowsperstrip)
    columns = -(-width // tile[0])
    segments = columns * -(-height // tile[1])
    samples = np.empty((height, width, 3), kind.newbyteorder("="))
    for data, number in page.parent.filehandle.read_segments(offsets, lengths, sort=False):
        plane, place = divmod(number, segments)
        top, left = place // columns * tile[1], place % columns * tile[0]
        rows = tile[1] if page.is_tiled else min(tile[1], height - top)
        units = -(-rows // down), -(-tile[0] // across)
        if page.planarconfig == 2:
            step = (down, across) if plane else (1, 1)
            shape = (*units, 1) if plane else (rows, tile[0], 1)
            part = _decoded(page, data, kind, shape)
            part = part.repeat(step[0], 0).repeat(step[1], 1)
            channels = slice(plane, plane + 1)
        else:
            values = _decoded(page, data, kind, (*units, down * across + 2))
            light = values[..., : down * across].reshape(*units, down, across)
            light = light.swapaxes(1, 2).reshape(units[0] * down, units[1] * across, 1)
            chroma = values[..., down * across :].repeat(down, 0).repeat(across, 1)
            part, channels = np.concatenate([light, chroma], -1), slice(0, 3)
        window = samples[top : top + rows, left : left + tile[0], channels]
        window[:] = part[: window.shape[0], : window.shape[1]]
    return samples


def _decoded(page, data, kind, shape):
    """One segment's samples, all that the shape needs; its differences undone where a predictor
    made them.
    """
    size = int(np.prod(shape))
    if page.fillorder == 2:
        data = imagecodecs.bitorder_decode(data)
    if page.compression != 1:
        data = TIFF.DECOMPRESSORS[page.compression](data, out=size * kind.itemsize)
    if len(data) < size * kind.itemsize:
        raise ValueError("a strip is too short")
    if page.predictor != 1:
        raise ValueError("differences of samples whose chroma is smaller")
    return np.frombuffer(data, kind, size).reshape(shape)

"""TIFF: one table filled from the header, then the samples strip by strip, each of which must be
whole.

tifffile and imagecodecs give samples as they lie in the file. They would fill an absent strip with
nil, so what the header promises is checked here, before decoding and after.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import numpy as np
from PIL import Image
from tifffile import TIFF, TiffFile, TiffPage

from . import colour, guard, metadata, turning
from .picture import Picture
from .ycbcr import subsampled

BASES = {0: "L", 1: "L", 2: "RGB", 3: "P", 5: "CMYK", 6: "YCbCr"}
CHANNELS = {"L": 1, "RGB": 3, "P": 1, "CMYK": 4, "YCbCr": 3}
PHOTOMETRIC = {
    4: "a transparency mask",
    8: "CIE L*a*b*",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "a camera's raw data",
    32844: "CIE log L",
    32845: "CIE log Luv",
    34892: "a camera's raw data",
}
SAMPLE_KINDS = {2: "signed integers", 3: "floating point", 5: "complex", 6: "complex"}
# Left to Pillow, whose libtiff is their reference: CCITT's three, old JPEG, ThunderScan, SGI's log.
BY_PILLOW = {2, 3, 4, 6, 32771, 32809}
JPEG = {7, 34892, 33007}


@dataclass(frozen=True)
class Header:
    """What the file says of its samples."""

    width: int
    height: int
    bits: int
    base: str  # "L", "RGB", "P", "CMYK" or "YCbCr"
    alpha: int  # 0 none, 1 multiplied in, 2 plain
    inverted: bool  # grey that counts from white to black
    orientation: int
    compression: int

    @cached_property
    def channels(self) -> int:
        return CHANNELS[self.base] + bool(self.alpha)


def read(file: BinaryIO, name: str) -> Picture:
    """The picture in a TIFF. PictureError, with the reason, for what has no one meaning."""
    with TiffFile(file) as tiff:
        pages = [page.aspage() for page in tiff.pages]
        whole = [page for page in pages if not page.subfiletype & 1]  # 1: a smaller copy of another
        if len(whole) > 1:
            raise guard.several(name, len(whole))
        page = whole[0] if whole else pages[0]
        if not whole and 330 in page.tags:
            raise guard.unreadable(
                name, "is a camera's raw data with a small preview", "develop it first"
            )
        header = _header(page, name)
        if header.compression in BY_PILLOW:
            pixels, mode = _by_pillow(file, header)
        else:
            pixels, mode = _meaning(_samples(page, header, name), page, header)
            pixels = turning.upright(pixels, header.orientation)
    size = header.width, header.height
    found, lost = metadata.of_tiff(file, page.offset, header.orientation, size)
    note = colour.scaled(header.bits)
    return Picture(pixels, mode, "TIFF", found, name, note, lost)


def _header(page: TiffPage, name) -> Header:
    """The table of what is read, filled from the tags. PictureError for what is not in it."""

    def refused(what, cure="convert it to 8 or 16 bits a channel first"):
        return guard.unreadable(name, what, cure)

    guard.check_size(page.imagewidth, page.imagelength)
    bits = _same(_numbers(page, 258, 1))
    formats = _same(_numbers(page, 339, 1))
    # Where the tag is missing, its meaning is guessed as libtiff does.
    photometric = _numbers(page, 262, 2 if page.samplesperpixel > 2 else 1)[0]
    if formats in SAMPLE_KINDS or bits is not None and bits > 16:
        kind = SAMPLE_KINDS.get(formats, "unsigned integers")
        raise guard.no_white(name, f"{bits}-bit {kind}")
    if formats not in (1, 4):
        raise refused("its channels are of different kinds of number")
    if bits is None or not 1 <= bits <= 16:
        raise refused(f"its channels have {page.tags.valueof(258, 1)} bits")
    if page.imagedepth != 1:
        raise guard.several(name, page.imagedepth)
    if photometric not in BASES:
        kind = PHOTOMETRIC.get(photometric, f"photometric kind {photometric}")
        raise refused(f"its pixels are {kind}", "convert it to RGB first")
    base = BASES[photometric]
    if base == "CMYK" and _numbers(page, 332, 1)[0] != 1:
        raise refused("its inks are not cyan, magenta, yellow and black", "convert it to RGB first")
    packet = page.tags.valueof(700, b"")
    packet = packet if isinstance(packet, bytes) else bytes(str(packet), "utf-8", "replace")
    return Header(
        page.imagewidth,
        page.imagelength,
        bits,
        base,
        _alpha(page, base, refused),
        photometric == 0,
        metadata.settled_orientation(_numbers(page, 274, None)[0], packet),
        page.compression,
    )


def _numbers(page, tag, *default):
    """The whole numbers of a tag, however it stores them."""
    values = page.tags.valueof(tag, default)
    return tuple(values) if isinstance(values, tuple | bytes) else (values,)


def _same(values):
    """The one value of a tag that has one for every channel; None where they differ."""
    return values[0] if len(set(values)) == 1 else None


def _alpha(page, base, refused):
    """The kind of the channel beyond the colours. Only of transparency the meaning can be kept."""
    extra = page.samplesperpixel - CHANNELS[base]
    kinds = _numbers(page, 338)
    if extra < 0:
        raise refused(f"has {page.samplesperpixel} channels, too few for {base}", "save it anew")
    if extra == 0:
        return 0
    if extra == 1 and base in ("L", "RGB"):
        kind = kinds[0] if kinds else 2  # of old, a fourth channel needed no explanation
        if kind in (1, 2):
            return kind
    meant = "transparency" if kinds[:1] in ((1,), (2,)) else "no stated meaning"
    raise refused(
        f"has {extra} channel{'s' if extra > 1 else ''} beyond {base}, of {meant}",
        f"save it as {'RGBA' if base != 'L' else 'grey'} or without them",
    )


def _samples(page, header, name):
    """The samples (h, w, c) as they lie in the file. PictureError if strips are absent or short."""
    planes, width, height = page.planarconfig == 2, header.width, header.height
    tile = (page.tilewidth, page.tilelength) if page.is_tiled else (width, page.rowsperstrip)
    if min(tile) < 1:
        raise ValueError("strips without rows")
    count = -(-width // tile[0]) * -(-height // tile[1]) * (header.channels if planes else 1)
    offsets, lengths = page.dataoffsets[:count], page.databytecounts[:count]
    if min(len(offsets), len(lengths)) < count or not all(offsets) or not all(lengths):
        raise guard.unreadable(
            name, "is cut short: parts of the picture are absent", "save it anew"
        )
    reference = page.tags.valueof(530, (2, 2)) if header.base == "YCbCr" else (1, 1)
    if reference != (1, 1) and header.compression not in TIFF.IMAGE_COMPRESSIONS:
        return subsampled(page, header, reference, offsets, lengths)
    kind = np.uint8 if header.bits <= 8 else np.uint16
    samples = np.empty((height, width, header.channels), kind)
    for data, number in page.parent.filehandle.read_segments(offsets, lengths, sort=False):
        if len(data) < lengths[number]:
            raise guard.unreadable(name, "is cut short", "save it anew")
        part, (plane, _, top, left, _), _ = page.decode(
            data, number, jpegtables=page.jpegtables, jpegheader=page.jpegheader
        )
        if part.dtype.kind not in "ub" or part.dtype.itemsize > samples.itemsize:
            raise ValueError(f"strips of {part.dtype}, not {header.bits} bits")
        window = samples[top : top + part.shape[1], left : left + part.shape[2]]
        window = window[..., plane : plane + 1] if planes else window
        if part.shape[3] != window.shape[2]:
            raise ValueError(f"strips of {part.shape[3]} channels")
        window[:] = part[0, : window.shape[0], : window.shape[1]]
    return samples


def _meaning(samples, page, header):
    """Pixels and mode of samples, on the full scale of 8 or 16 bits."""
    if header.base == "P":
        return colour.lookup(samples[..., 0], _palette(page, header.bits)), "RGB"
    if header.base == "YCbCr" and header.compression not in JPEG:
        top = (1 << header.bits) - 1
        middle = (top + 1) // 2
        samples = colour.from_ycbcr(
            samples,
            _fractions(page.tags.valueof(529), (0.299, 0.587, 0.114)),
            _fractions(page.tags.valueof(532), (0, top, middle, top, middle, top)),
            header.bits,
        )
    pixels = colour.widened(samples, header.bits)
    if header.inverted:
        pixels[..., :1] = np.iinfo(pixels.dtype).max - pixels[..., :1]
    if header.alpha == 1:
        pixels = colour.divided(pixels)
    base = "RGB" if header.base == "YCbCr" else header.base
    return pixels, base + "A" * bool(header.alpha)


def _fractions(value, default):
    """The numbers of a tag of fractions, which tifffile gives as numerators and denominators."""
    if value is None:
        return default
    if len(value) == 2 * len(default):
        return [a / b if b else 0 for a, b in zip(value[::2], value[1::2], strict=False)]
    return value


def _palette(page, bits):
    """The colours (n, 3) of a palette: 8 bits, where its 16 hold no more than that in one of three
    ways.
    """
    entries = np.asarray(_numbers(page, 320), "uint16").reshape(3, -1).T[: 1 << bits]
    if entries.max(initial=0) < 256:  # old programs wrote plain bytes
        return entries.astype("uint8")
    if not (entries & 255).any() or (entries % 257 == 0).all():
        return (entries >> 8).astype("uint8")
    return entries


def _by_pillow(file, header):
    file.seek(0)
    with Image.open(file) as image:
        image.load()  # turns it upright, too
        mode = "RGB" if header.base in ("RGB", "P", "YCbCr") else header.base
        mode += "A" * bool(header.alpha)
        if image.mode.startswith("I;16") or header.bits > 8:
            raise ValueError(f"compression {TIFF.COMPRESSION(header.compression).name} of 16 bits")
        return np.atleast_3d(np.asarray(image.convert(mode))), mode

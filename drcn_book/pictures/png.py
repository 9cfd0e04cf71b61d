"""PNG: every colour type and depth, read and written to the last bit."""

import io
import struct
import zlib
from typing import BinaryIO

import imagecodecs
import numpy as np
from PIL import Image

from . import chunks, colour, guard, metadata, turning
from .picture import Picture

KINDS = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}


def read(file: BinaryIO, name: str) -> Picture:
    """The picture in a PNG."""
    content = file.read()
    found, _ = chunks.parsed(content)
    if not found or found[0][0] != b"IHDR" or len(found[0][1]) < 13:
        raise ValueError("no header")
    _, _, bits, kind = struct.unpack_from(">IIBB", found[0][1])
    bare = chunks.without_words(content)
    with Image.open(io.BytesIO(bare)) as image:
        if getattr(image, "n_frames", 1) > 1:
            raise guard.several(name, image.n_frames)
        image.load()
        pixels, mode = _pixels(image, bare, bits, KINDS.get(kind))
        size = image.size
    transparent = dict(chunks.parsed(bare)[0]).get(b"tRNS", b"")
    if mode in ("L", "RGB") and KINDS[kind] != "P" and len(transparent) >= 2 * len(mode):
        pixels, mode = _cut_out(pixels, mode, transparent, bits)
    said, exif, lost = chunks.said(found)
    orientation = metadata.settled_orientation(exif.get(274), said.get("xmp", b""))
    said, lost = metadata.settled(said, exif, orientation, size, lost)
    return Picture(turning.upright(pixels, orientation), mode, "PNG", said, name, lost=lost)


def _pixels(image, content, bits, kind):
    """Pixels and mode. Pillow's colour has 8 bits, whatever the file has."""
    if bits == 16:
        return np.atleast_3d(imagecodecs.png_decode(content))[..., : len(kind)], kind
    if kind == "P":
        mode = "RGBA" if "transparency" in image.info else "RGB"
        return np.asarray(image.convert(mode)), mode
    return np.atleast_3d(np.asarray(image.convert(kind))), kind


def _cut_out(pixels, mode, transparent, bits):
    """A colour that means transparent, given in the file's own depth, becomes alpha."""
    value = np.array(struct.unpack_from(f">{len(mode)}H", transparent), "uint16")
    value = colour.widened(value & ((1 << bits) - 1), bits)
    opaque = (pixels != value).any(-1, keepdims=True)
    alpha = pixels.dtype.type(np.iinfo(pixels.dtype).max) * opaque
    return np.concatenate([pixels, alpha], -1, dtype=pixels.dtype), mode + "A"


def write(pixels: np.ndarray, file: BinaryIO, found: dict) -> None:
    """Write pixels (h, w, c) and metadata, as `metadata.held` gives them; OSError comes through."""

    def chunk(kind, content):
        file.write(chunks.whole(kind, content))

    height, width, channels = pixels.shape
    kind, bits = (0, 4, 2, 6)[channels - 1], 8 * pixels.itemsize
    file.write(b"\x89PNG\r\n\x1a\n")
    chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    for name, content in found.get("colour", {}).items():
        chunk(name.encode(), content)
    if "icc_profile" in found:
        chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(found["icc_profile"]))
    if "dpi" in found or "aspect" in found:
        factor, unit = (1 / chunks.INCHES, 1) if "dpi" in found else (1, 0)
        sides = (round(float(value) * factor) for value in found.get("dpi") or found["aspect"])
        chunk(b"pHYs", struct.pack(">IIB", *sides, unit))
    if "exif" in found:
        chunk(b"eXIf", found["exif"].tobytes()[6:])
    for key, text in _texts(found).items():
        key = key.encode("latin-1", "replace")[:79] or b"Comment"
        chunk(b"iTXt", key + b"\0\0\0\0\0" + text.encode("utf-8", "replace"))
    deflate, step = zlib.compressobj(6), max(1, 2**20 // (width * channels * pixels.itemsize))
    above = np.zeros((1, width * channels * pixels.itemsize), "u1")
    for top in range(0, height, step):
        rows = pixels[top : top + step].astype(pixels.dtype.newbyteorder(">"))
        rows = np.ascontiguousarray(rows).view("u1").reshape(len(rows), -1)
        chunk(b"IDAT", deflate.compress(_filtered(rows, above, channels * pixels.itemsize)))
        above = rows[-1:]
    chunk(b"IDAT", deflate.flush())
    chunk(b"IEND", b"")


def _texts(found):
    texts = dict(found.get("text", {}))
    if "xmp" in found:
        texts[chunks.XMP_KEY] = found["xmp"].decode("utf-8", "replace")
    if "comment" in found:
        comment = found["comment"]
        if isinstance(comment, bytes):
            comment = comment.decode("utf-8", "replace")
        texts.setdefault("Comment", comment)
    return texts


def _filtered(rows, above, step):
    """Rows of bytes as differences from the left (filter 1) or from above (2), whichever is
    smaller.
    """
    left = rows.copy()
    left[:, step:] -= rows[:, :-step]
    up = rows - np.concatenate([above, rows[:-1]])
    sizes = [np.abs(each.view("i1").astype("i2")).sum(1, dtype="int64") for each in (left, up)]
    choice = (sizes[1] < sizes[0])[:, None]
    return np.concatenate(
        [choice + np.uint8(1), np.where(choice, up, left)], 1, dtype="u1"
    ).tobytes()

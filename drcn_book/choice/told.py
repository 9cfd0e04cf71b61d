"""What a file says of its losses: JPEG's quantisation tables, WebP's quantiser. NumPy alone.

browser/choice_told.mjs reads the same in the page.
"""

import io
import struct
from pathlib import Path

import numpy as np

# WebP's quantiser indices, and the quality of JPEG with the same PSNR of luma, on the held-out
# pictures at half their size.
WEBP = (0, 6, 12, 20, 27, 36, 52, 127), (100, 97, 93, 90, 86, 80, 71, 30)
# libjpeg's luma steps at quality 50 (ITU-T T.81, annex K).
STEPS = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)


def standard_steps(quality: int) -> np.ndarray:
    """libjpeg's luma table (8, 8) of a quality, 1 to 100, row by row."""
    share = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.clip((STEPS * share + 50) // 100, 1, 255)


def quantisation(source: bytes | str | Path) -> np.ndarray | None:
    """The luma quantisation table of a JPEG file, (64,) in the file's (zigzag) order; None without
    one.

    Reads the markers alone, so that of any kind of JPEG: progressive, arithmetic, of 12 bits, CMYK.
    A file that ends early or makes no sense has no table.
    """
    tables, wanted = {}, 0
    with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as stream:
        if stream.read(2) != b"\xff\xd8":
            return None
        while len(marker := stream.read(2)) == 2 and marker[0] == 0xFF and marker[1] != 0xDA:
            if marker[1] == 0xFF:  # a byte of filling
                stream.seek(-1, 1)
                continue
            length = stream.read(2)
            if len(length) < 2:
                break
            body = stream.read(max(struct.unpack(">H", length)[0] - 2, 0))
            if marker[1] == 0xDB:
                while body:
                    size = 128 if body[0] >> 4 else 64
                    if len(body) > size:
                        kind = ">u2" if size == 128 else "u1"
                        tables[body[0] & 15] = np.frombuffer(body[1 : size + 1], kind)
                    body = body[size + 1 :]
            # A frame header: its first component, the luma, names its table. (C4, C8 and CC are
            # none.)
            elif marker[1] >> 4 == 0xC and marker[1] not in (0xC4, 0xC8, 0xCC) and len(body) > 8:
                wanted = body[8]
    return tables.get(wanted)


def table_quality(table: np.ndarray) -> int:
    """The quality, 1 to 100, whose table is nearest in the mean of its steps' logarithms.

    table: (64,), in any order. Exact for libjpeg's own tables; for others, the quality of a like
    size of steps.
    """
    size = np.log(np.maximum(table, 1)).mean()
    sizes = [np.log(standard_steps(quality)).mean() for quality in range(1, 101)]
    # Of equals, such as the all ones of 100, the greatest.
    return 100 - int(np.abs(np.array(sizes[::-1]) - size).argmin())


class _Bits:
    """The boolean decoder of VP8 (RFC 6386, section 7.3) for bits that are as often 0 as 1."""

    def __init__(self, data: bytes):
        self.value, self.rest, self.range = int.from_bytes(data[:2], "big"), iter(data[2:]), 255
        self.used = 0

    def bit(self) -> int:
        split = (self.range + 1) // 2
        one = self.value >= split << 8
        self.value -= split << 8 if one else 0
        self.range = self.range - split if one else split
        while self.range < 128:
            self.value, self.range, self.used = 2 * self.value, 2 * self.range, self.used + 1
            if self.used % 8 == 0:
                self.value |= next(self.rest, 0)
        return int(one)

    def number(self, bits: int) -> int:
        return sum(self.bit() << place for place in reversed(range(bits)))


def webp_quantiser(source: bytes | str | Path) -> int | None:
    """The quantiser index of a lossy WebP file, 0 (fine) to 127; None of any other file.

    Read from the header of its VP8 frame (RFC 6386, section 9), past what it says of segments and
    of the loop filter.
    """
    with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as stream:
        head = stream.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WEBP":
            return None
        while len(head := stream.read(8)) == 8 and head[:4] != b"VP8 ":
            size = struct.unpack("<I", head[4:])[0]
            stream.seek(size + size % 2, 1)
        frame = stream.read(100)
    if len(frame) < 12 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    bits = _Bits(frame[10:])

    def options(count, size, signed):
        for _ in range(count):
            if bits.bit():
                bits.number(size + signed)

    bits.number(2)  # colour space, clamping
    if bits.bit():  # segments
        mapped, changed = bits.bit(), bits.bit()
        if changed:
            bits.bit()
            options(4, 7, True)
            options(4, 6, True)
        if mapped:
            options(3, 8, False)
    bits.number(1 + 6 + 3)  # the loop filter
    if bits.bit() and bits.bit():
        options(8, 6, True)
    bits.number(2)  # partitions
    return bits.number(7)


def file_quality(source: bytes | str | Path) -> tuple[str, int] | None:
    """What a file says of its losses: ("JPEG", quality), ("WebP", the JPEG quality that loses as
    much), or None where it says nothing.
    """
    table = quantisation(source)
    if table is not None:
        return "JPEG", table_quality(table)
    index = webp_quantiser(source)
    return None if index is None else ("WebP", round(float(np.interp(index, *WEBP))))

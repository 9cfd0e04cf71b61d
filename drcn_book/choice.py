"""Which weights fit a picture: those for clean pictures, or those for real ones.

Told by what a JPEG or WebP file says of itself (its quantisation) and by what the pixels of any
file show: traces of JPEG on an 8 x 8 grid of any phase, which stay when the picture is saved again,
and noise. NumPy alone.
"""

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .damage import GREY_NOISE

# A picture is "real" from here on; estimates in the units of `damage`: quality, levels of noise in
# R, G and B.
QUALITY = 90
NOISE = 1.75
# Seen in luma alone, where fine texture looks like noise: all there is in grey, and in JPEG, which
# smooths colour.
LUMA_NOISE = 4.5
# How many more coefficients are 0 on JPEG's grid than on the next best (0.004 without JPEG, 0.06 at
# quality 97), and how well the others lie on multiples of a table's steps, in standard deviations
# (8 without, 50 with JPEG).
GRID, FIT = 0.02, 20

# The share of neighbours exactly alike in what was drawn: in photographs with 2 levels of noise
# 0.004, after JPEG 0.14.
ALIKE = 0.3

# WebP's quantiser indices, and the quality of JPEG with the same PSNR of luma, on the held-out
# pictures at half their size.
WEBP = (0, 6, 12, 20, 27, 36, 52, 127), (100, 97, 93, 90, 86, 80, 71, 30)

SMALLEST = 32  # pixels on each axis; less shows nothing reliable
TILE, TILES = 128, 3  # larger pictures are looked at in so many squares of this side, each way
FULL_RANGE = np.array([0.299, 0.587, 0.114], "float32")  # JPEG's luma
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
_K = np.arange(8)
# The orthonormal DCT of 8 points, a frequency a row.
DCT = np.cos(np.pi * np.outer(_K, 2 * _K + 1) / 16) * np.where(_K, 0.5, 8**-0.5)[:, None]
DCT = DCT.astype("float32")
# Fourth difference along an axis, of unit power: it passes what is finer than photographs mostly
# are.
DIFFERENCE = np.array([1, -4, 6, -4, 1], "float32") / np.float32(70**0.5)


@dataclass(frozen=True)
class Choice:
    """kind: "clean" or "real". reason: why, in a few words that go after "because"."""

    kind: str
    reason: str


def standard_steps(quality: int) -> np.ndarray:
    """libjpeg's luma table (8, 8) of a quality, 1 to 100, row by row."""
    share = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.clip((STEPS * share + 50) // 100, 1, 255)


# What a JPEG file says


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


# What the pixels show


def _tiles(pixels):
    """Squares spread over a picture, at multiples of 8 so that a grid has one phase in all; or all
    of a small one.
    """

    def places(length):
        if length <= TILE * TILES:
            return [slice(0, length)]
        starts = np.linspace(0, length - TILE, TILES).astype(int) // 8 * 8
        return [slice(start, start + TILE) for start in starts.tolist()]

    rows, columns = places(pixels.shape[0]), places(pixels.shape[1])
    return [pixels[row, column] for row in rows for column in columns]


def jpeg_traces(tiles: list[np.ndarray]) -> int | None:
    """The quality at which a picture was once saved as JPEG, by its full-range luma tiles (h, w),
    or None.

    On JPEG's own grid many DCT coefficients are 0 again, on the 63 shifted ones few (after Luo, Qu,
    Huang and Qiu, "A novel method for detecting cropped and recompressed image block", ICASSP
    2007). There the others lie on multiples of the steps (after Fan and de Queiroz, "Identification
    of bitmap compression history", IEEE TIP 2003): of libjpeg's tables the one they fit best is
    taken.
    """
    zeros = np.zeros((8, 8))
    for tile in tiles:
        along = np.lib.stride_tricks.sliding_window_view(tile, 8, 1) @ DCT.T
        for u in range(8):
            both = np.lib.stride_tricks.sliding_window_view(along[..., u], 8, 0) @ DCT.T
            # Flat and slowly varying parts tell nothing: only the finer coefficients count.
            small = np.abs(both[..., max(0, 3 - u) :]) < 1
            for top, left in np.ndindex(8, 8):
                zeros[top, left] += small[top::8, left::8].mean(-1).mean()
    zeros /= 8 * len(tiles)
    second, first = np.sort(zeros, None)[-2:]
    if first - second < GRID:
        return None
    top, left = np.unravel_index(zeros.argmax(), (8, 8))
    blocks = []
    for tile in tiles:
        tile = tile[top:, left:]
        high, wide = tile.shape[0] // 8, tile.shape[1] // 8
        tile = tile[: 8 * high, : 8 * wide].reshape(high, 8, wide, 8).swapaxes(1, 2)
        blocks.append((DCT @ tile @ DCT.T).reshape(-1, 64)[:, 1:])
    values = np.concatenate(blocks)
    best = (FIT, None)
    for quality in range(5, 99):  # beyond, the steps are 1
        steps = standard_steps(quality).ravel()[1:].astype("float32")
        told = (np.abs(values) > 0.6 * steps) & (steps > 1)
        fit = np.cos(2 * np.pi * values / steps)[told].sum() / max(told.sum(), 1) ** 0.5
        best = max(best, (fit, quality), key=lambda found: found[0])
    return best[1]


def _means(values):
    """The means of the whole blocks of 8 x 8."""
    high, wide = (side // 8 for side in values.shape)
    return values[: 8 * high, : 8 * wide].reshape(high, 8, wide, 8).mean((1, 3))


def _finest(tiles, brightness, share):
    """The standard deviation of the finest detail in the calmest blocks: that of white noise, if
    there is any.

    The quantile `share` over the blocks of 8 x 8 that are neither black nor white.
    """
    found = []
    for tile, bright in zip(tiles, brightness, strict=True):
        for _ in range(2):  # along the rows, then along the columns
            tile = (np.lib.stride_tricks.sliding_window_view(tile, 5, 1) @ DIFFERENCE).T
        power, level = _means(tile**2), _means(bright[2:-2, 2:-2])
        found.append(power[(level > 8) & (level < 247)])
    found = np.concatenate(found)
    return float(np.quantile(found, share)) ** 0.5 if len(found) else 0.0


def noise_levels(pixels: np.ndarray) -> tuple[float, float]:
    """The noise of R, G and B in levels of 255: by the difference R - G (0 for grey pictures), and
    by luma.

    pixels: float32 (h, w, 1 or 3), 0..255. After Immerkaer, "Fast noise variance estimation" (CVIU
    1996): a high-pass that photographs hardly excite; here a finer one, and its power in the
    calmest blocks. In R - G there is less texture still. The factors were measured on photographs
    with 5 levels of noise.
    """
    tiles = _tiles(pixels)
    grey = [_grey(tile) for tile in tiles]
    luma = _finest(grey, grey, 0.02) / (0.62 * GREY_NOISE)
    if pixels.shape[2] == 1:
        return 0.0, luma
    return _finest([tile[..., 0] - tile[..., 1] for tile in tiles], grey, 0.25) / 1.22, luma


def _drawn(pixels):
    """Whether many neighbours are exactly alike, which noise leaves nowhere: pixel art, text,
    dithers, screens.
    """
    between = (pixels > 8) & (pixels < 247)
    inside = (between[:, 1:] & between[:, :-1]).any(-1)
    alike = (pixels[:, 1:] == pixels[:, :-1]).all(-1)
    return inside.any() and alike[inside].mean() > ALIKE


def _grey(pixels):
    return pixels @ FULL_RANGE if pixels.shape[2] == 3 else pixels[..., 0]


def choose(pixels: np.ndarray, mode: str = "RGB", told: tuple[str, int] | None = None) -> Choice:
    """The weights that fit a picture: pixels (h, w, channels), uint8 or uint16, and its mode, as of
    a `pictures.Picture`.

    told: what its file says, by `file_quality`. That goes before what the picture shows, unless
    this is worse; CMYK is judged by its file alone, and a picture of less than 32 pixels is too
    small to be judged.
    """
    said = ""
    if told is not None:
        kind, quality = told
        said = f"its {kind} quality is {'about' if kind == 'JPEG' else 'like JPEG of'} {quality}"
        if quality <= QUALITY:
            return Choice("real", said)
        said += ", and "
    if mode == "CMYK":
        return Choice("clean", f"{said}CMYK is judged by what the file says alone")
    if min(pixels.shape[:2]) < SMALLEST:
        return Choice("clean", f"{said}it is too small to show more")
    seen = pixels.astype("float32") * np.float32(255 / np.iinfo(pixels.dtype).max)
    if mode in ("LA", "RGBA"):  # what is transparent is not looked at
        seen = seen[..., :-1] * (seen[..., -1:] / 255)
    traces = jpeg_traces([_grey(tile) for tile in _tiles(seen)])
    if traces is not None and traces <= QUALITY:
        return Choice("real", f"it shows traces of JPEG of a quality of about {traces}")
    if _drawn(seen):
        return Choice("clean", f"{said}it has the even surfaces of a drawing")
    colour, luma = noise_levels(seen)
    smoothed = told is not None or traces is not None or seen.shape[2] == 1
    if colour >= NOISE or smoothed and luma >= LUMA_NOISE:
        level = colour if colour >= NOISE else luma
        return Choice("real", f"it shows noise of about {level:.0f} levels")
    return Choice("clean", f"{said}it shows neither JPEG nor noise")

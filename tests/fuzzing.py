"""Mutations that know the structure of a format, and an oracle that reads the mutated header for
itself.
"""

import io
import struct
import zlib

import imagecodecs
import numpy as np
from damaged import saved, smooth
from formats import PHOTOMETRIC, bmp, netpbm, png, tiff
from PIL import Image

NUMBERS = (
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    12,
    15,
    16,
    17,
    24,
    31,
    32,
    33,
    64,
    127,
    128,
    255,
    256,
    4095,
    65535,
)
TAGS = (
    256,
    257,
    258,
    259,
    262,
    266,
    273,
    274,
    277,
    278,
    279,
    284,
    317,
    320,
    338,
    339,
    322,
    323,
    530,
)


def samples(rng, channels, bits, height=20, width=28):
    return rng.integers(0, 1 << bits, (height, width, channels), "uint16")


def fuzz_tiff(rng):
    kind = str(rng.choice(["L", "LA", "RGB", "RGBA", "CMYK", "P", "miniswhite"]))
    bits = int(
        rng.choice([1, 2, 4, 8, 8, 12, 16, 16] if kind in ("L", "miniswhite") else [8, 8, 16])
    )
    bits = 8 if kind == "P" else bits
    channels = {"LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}.get(kind, 1)
    more = {}
    for tag in rng.choice(TAGS, rng.integers(0, 3), replace=False):
        count = int(rng.choice([1, 1, channels, 2, 5]))
        form = 4 if tag in (273, 324) else int(rng.choice([1, 3, 3, 4]))
        top = 255 if form == 1 else 65535
        more[int(tag)] = form, [min(int(value), top) for value in rng.choice(NUMBERS, count)]
    palette = rng.integers(0, 256, (256, 3)) * 257 if kind == "P" else None
    return tiff(
        samples(rng, channels, bits),
        bits,
        kind,
        str(rng.choice(["strips", "one", "tiles"])),
        bool(rng.integers(2)) and channels > 1,
        str(rng.choice(["<", ">"])),
        bool(rng.integers(2)),
        str(rng.choice(["raw", "lzw", "deflate", "packbits", "zstd"])),
        int(rng.integers(0, 10)),
        palette,
        more=more,
    )


def said_by_tiff(content):
    """Width, height, channels and whether deep, by the folder's own words; None where they are no
    sense.
    """
    order = "<" if content[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", content, 2)[0] == 43
    place = struct.unpack_from(order + ("Q" if big else "I"), content, 8 if big else 4)[0]
    count, step, value = ("Q", 20, 12) if big else ("H", 12, 8)
    entries = struct.unpack_from(order + count, content, place)[0]
    place += struct.calcsize(count if not big else "<Q")
    tags = {}
    for entry in range(place, place + step * entries, step):
        tag, kind, number = struct.unpack_from(order + ("HHQ" if big else "HHI"), content, entry)
        form = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(kind)
        if form:
            at, size = entry + value, struct.calcsize("<" + form) * number
            if size > (8 if big else 4):
                at = struct.unpack_from(order + ("Q" if big else "I"), content, at)[0]
            tags[tag] = struct.unpack_from(f"{order}{number}{form}", content, at)
    photometric, channels = tags[262][0], tags[277][0]
    channels = {3: 3, 6: 3}.get(photometric, channels)
    turned = tags.get(274, (1,))[0] in (5, 6, 7, 8)
    size = (tags[256][0], tags[257][0])
    assert photometric in PHOTOMETRIC.values() and len(set(tags[258])) == 1
    assert set(tags.get(339, (1,))) <= {1, 4}
    deep = None if photometric == 3 else tags[258][0] > 8  # a palette has its entries' depth
    return *(size[::-1] if turned else size), channels, deep


def chunks_of(content):
    place, found = 8, []
    while place + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        found.append((name, content[place + 8 : place + 8 + length]))
        place += 12 + length
    return found


def joined(found):
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in found
    )


def fuzz_png(rng):
    kind = int(rng.choice([0, 2, 3, 4, 6]))
    bits = int(rng.choice({0: [1, 2, 4, 8, 16], 3: [1, 2, 4, 8]}.get(kind, [8, 16])))
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    palette = rng.integers(0, 256, (1 << bits, 3)) if kind == 3 else None
    words = [(b"tRNS", bytes(2 * (channels if channels != 3 else 3)))] if kind in (0, 2) else []
    words = words if rng.integers(2) else []
    found = chunks_of(
        png(samples(rng, channels, bits), bits, kind, bool(rng.integers(2)), words, palette)
    )
    for _ in range(rng.integers(0, 3)):
        place, action = int(rng.integers(1, len(found))), rng.integers(6)
        name, data = found[place]
        if action == 0:
            del found[place]
        elif action == 1:
            found.insert(place, found[int(rng.integers(len(found)))])
        elif action == 2:
            found[place] = name, data[: rng.integers(0, len(data) + 1)]
        elif action == 3:
            odd = [
                b"tEXt",
                b"iTXt",
                b"zTXt",
                b"iCCP",
                b"eXIf",
                b"pHYs",
                b"gAMA",
                b"abCd",
                b"tRNS",
                b"acTL",
            ]
            found.insert(place, (odd[rng.integers(len(odd))], rng.bytes(rng.integers(0, 30))))
        elif action == 4:
            header = bytearray(found[0][1])
            header[rng.choice([3, 7, 8, 9, 12]) % len(header)] = rng.choice(NUMBERS[:15])
            found[0] = b"IHDR", bytes(header)
        else:
            found[place] = bytes([name[0] ^ 32]) + name[1:], data
        if len(found) < 2:
            break
    return joined(found)


def said_by_png(content):
    found = chunks_of(content)
    width, height, bits, kind = struct.unpack_from(">IIBB", found[0][1])
    names = [name for name, _ in found]
    channels = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}[kind]
    before = names[: names.index(b"IDAT")] if b"IDAT" in names else names
    loose = kind in (0, 2, 3) and b"tRNS" in before  # one more, if it is whole and in its place
    return width, height, (channels, channels + 1) if loose else channels, bits == 16


def worn(content, rng, places, most=3):
    """Bytes at or near places set to telling numbers."""
    data = bytearray(content)
    for _ in range(rng.integers(0, most + 1)):
        place = min(int(rng.choice(places) + rng.integers(0, 4)), len(data) - 1)
        data[place] = int(rng.choice([0, 1, 2, 3, 4, 7, 8, 16, 24, 32, 64, 127, 128, 254, 255]))
    return bytes(data)


def fuzz_bmp(rng):
    bits = int(rng.choice([1, 4, 8, 16, 24, 32]))
    values = rng.integers(0, 1 << bits, (20, 28), "uint64")
    masks = {16: (0xF800, 0x7E0, 0x1F), 32: (0xFF0000, 0xFF00, 0xFF, 0xFF000000)}.get(bits)
    masks = masks if rng.integers(2) else None
    palette = rng.integers(0, 256, (1 << bits, 3)) if bits <= 8 else None
    return worn(bmp(values, bits, masks, palette), rng, range(10, 66, 4))


def said_by_bmp(content):
    size, width, height, _, bits = struct.unpack_from("<IiiHH", content, 14)
    if size == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
    return width, abs(height), None, None if bits in (16, 32) else False


def fuzz_pnm(rng):
    kind = int(rng.choice([2, 3, 5, 6, 7]))
    channels = {2: 1, 5: 1, 7: int(rng.integers(1, 5))}.get(kind, 3)
    top = int(rng.choice([1, 15, 255, 1023, 65535]))
    content = netpbm(rng.integers(0, top + 1, (20, 28, channels)), top, kind)
    if rng.integers(2):
        old, new = str(top), str(int(rng.choice(NUMBERS)))
        content = content.replace(f"\n{old}\n".encode(), f"\n{new}\n".encode(), 1)
    if rng.integers(3) == 0:
        content = content.replace(b"28 20", str(int(rng.choice(NUMBERS))).encode() + b" 20", 1)
    return content[: len(content) - int(rng.choice([0, 0, 0, 1, 100]))]


def said_by_pnm(content):
    if content[:2] == b"P7":
        words = content.split()
        find = {
            key: int(words[words.index(key) + 1])
            for key in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
        }
        return find[b"WIDTH"], find[b"HEIGHT"], find[b"DEPTH"], find[b"MAXVAL"] > 255
    _, _, size, top = content.split(b"\n")[:4]
    width, height = map(int, size.split())
    return width, height, 3 if content[1:2] in b"36" else 1, int(top) > 255


def fuzz_jpeg(rng):
    image = Image.fromarray(smooth(40, 56))
    image = image.convert(str(rng.choice(["L", "RGB", "CMYK"])))
    content = saved(
        image, "JPEG", subsampling=int(rng.integers(3)), progressive=bool(rng.integers(2))
    )
    starts = [
        at
        for at in range(len(content) - 1)
        if content[at] == 255 and 0xC0 <= content[at + 1] < 0xFF
    ]
    return worn(content, rng, [start + 2 for start in starts] + [starts[-1] + 20])


def said_by_jpeg(content):
    place = 2
    while True:  # a byte of 255, any number of times, then the segment's kind
        while content[place] != 255 or content[place + 1] in (0, 255):
            place += 1
        kind = content[place + 1]
        if kind in (0xC0, 0xC1, 0xC2):
            height, width, channels = struct.unpack_from(">HHB", content, place + 5)
            return width, height, channels, False
        place += 2 + (
            0
            if kind == 0xD8 or kind == 1 or 0xD0 <= kind < 0xD8
            else struct.unpack_from(">H", content, place + 2)[0]
        )


def fuzz_webp(rng):
    image = Image.fromarray(smooth(40, 56, 3 + int(rng.integers(2))))
    lossless = bool(rng.integers(2))
    content = saved(image, "WEBP", lossless=lossless, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    return worn(content, rng, [4, 12, 16, 20, 21, 24, 27, 30, 34, 38, 42])


def said_by_webp(content):
    kind = content[12:16]
    if kind == b"VP8X":
        sides = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
        return *sides, (3, 4), False
    bits = int.from_bytes(content[21:25], "little")
    if kind == b"VP8L":
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, (3, 4), False
    sides = struct.unpack_from("<HH", content, 26)
    return *(side & 0x3FFF for side in sides), 3, False


def fuzz_gif(rng):
    image = Image.fromarray(smooth(40, 56)).quantize(int(rng.choice([2, 16, 200])))
    options = {"transparency": 1} if rng.integers(2) else {}
    return worn(saved(image, "GIF", **options), rng, [6, 8, 10, 11, 12, 13])


def said_by_gif(content):
    width, height = struct.unpack_from("<HH", content, 6)
    place = 13 + (3 << (content[10] & 7) + 1 if content[10] & 128 else 0)
    while content[place] != 0x2C:  # the picture; before it, extensions: kind, blocks with lengths
        if content[place] == 0x21:
            place += 2
            while content[place]:
                place += 1 + content[place]
        place += 1
    left, top, across, down = struct.unpack_from("<HHHH", content, place + 1)
    return max(width, left + across), max(height, top + down), (1, 2, 3, 4), False


def fuzz_avif(rng):
    bits = int(rng.choice([8, 10, 12]))
    kind = "uint8" if bits == 8 else "uint16"
    content = AVIFS.get(bits)
    if content is None:
        pixels = smooth(32, 40, 3, kind) >> (0 if bits == 8 else 16 - bits)
        content = AVIFS[bits] = imagecodecs.avif_encode(pixels, level=90, bitspersample=bits)
    names = (b"ispe", b"av1C", b"pixi", b"colr", b"ipma", b"iloc", b"meta", b"pitm")
    places = [content.find(name) for name in names]
    return worn(content, rng, [place + 4 for place in places if place > 0])


AVIFS = {}


def said_by_avif(content):
    place = content.index(b"ispe")
    width, height = struct.unpack_from(">II", content, place + 8)
    flags = content[content.index(b"av1C") + 6]
    return width, height, None, bool(flags & 0x40)


FORMATS = {
    "tiff": (fuzz_tiff, said_by_tiff),
    "png": (fuzz_png, said_by_png),
    "bmp": (fuzz_bmp, said_by_bmp),
    "pnm": (fuzz_pnm, said_by_pnm),
    "jpeg": (fuzz_jpeg, said_by_jpeg),
    "webp": (fuzz_webp, said_by_webp),
    "gif": (fuzz_gif, said_by_gif),
    "avif": (fuzz_avif, said_by_avif),
}


def files(name, count):
    """Mutated files of a format, always the same."""
    rng = np.random.default_rng([len(name), *name.encode()])
    make = FORMATS[name][0]
    for _ in range(count):
        content = make(rng)
        if rng.integers(12) == 0:
            content = content[: rng.integers(len(content))]
        yield io.BytesIO(content).getvalue()

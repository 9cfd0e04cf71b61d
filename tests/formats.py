"""A small writer of picture files by the letter of their standards, for tests: what it stores is
what must be read.

No decoder of anyone is behind it: arrays in, bytes out.
"""

import struct
import zlib

import imagecodecs
import numpy as np

# How a picture that is meant to be seen upright lies in a file of each orientation.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}
COMPRESSIONS = {"raw": 1, "lzw": 5, "deflate": 8, "packbits": 32773, "zstd": 50000}
ENCODERS = {
    "raw": bytes,
    "lzw": imagecodecs.lzw_encode,
    "deflate": zlib.compress,
    "packbits": lambda data: imagecodecs.packbits_encode(data),
    "zstd": imagecodecs.zstd_encode,
}
PHOTOMETRIC = {"miniswhite": 0, "L": 1, "LA": 1, "RGB": 2, "RGBA": 2, "P": 3, "CMYK": 5, "YCbCr": 6}
SIZES = {1: "B", 2: "s", 3: "H", 4: "I", 12: "d"}


def packed(samples, bits, order="<"):
    """Rows (h, w, c) of samples as a TIFF has them: each from a new byte, the high bits first."""
    if bits == 8:
        return samples.astype("u1").tobytes()
    if bits == 16:
        return samples.astype(f"{order}u2").tobytes()
    rows = samples.reshape(len(samples), -1, 1).astype("u2")
    digits = (rows >> np.arange(bits - 1, -1, -1, dtype="u2") & 1).astype("u1")
    return np.packbits(digits.reshape(len(samples), -1), axis=1).tobytes()


def folder(tags, order, big, pixels):
    """A TIFF of one folder: tags {number: (type, values)}; offsets (273, 324) are counted from the
    pixels' start.
    """
    count, entry, word = ("Q", 20, 8) if big else ("H", 12, 4)
    start = 16 if big else 8
    extra = start + struct.calcsize("<" + count) + entry * len(tags) + word
    head, tail = b"", b""
    total = extra + sum(_longer(kind, values, word) for kind, values in tags.values())
    for number, (kind, values) in sorted(tags.items()):
        if number in (273, 324):
            values = [value + total for value in values]
        if kind == 2:  # letters
            data = b"".join(values)
        else:
            data = struct.pack(f"{order}{len(values)}{SIZES[kind]}", *values)
        if len(data) <= word:
            place = data.ljust(word, b"\0")
        else:
            place = struct.pack(order + ("Q" if big else "I"), extra + len(tail))
            tail += data + b"\0" * (len(data) % 2)
        head += struct.pack(f"{order}HH{'Q' if big else 'I'}", number, kind, len(values)) + place
    mark = b"II" if order == "<" else b"MM"
    version = struct.pack(f"{order}HHHQ", 43, 8, 0, 16) if big else struct.pack(f"{order}HI", 42, 8)
    body = struct.pack(order + count, len(tags)) + head + bytes(word)
    return mark + version + body + tail.ljust(total - extra, b"\0") + pixels


def _longer(kind, values, word):
    size = struct.calcsize("<" + SIZES[kind]) * len(values)
    return size + size % 2 if size > word else 0


def tiff(
    samples,
    bits,
    kind,
    layout="strips",
    planar=False,
    order="<",
    big=False,
    compression="raw",
    orientation=1,
    palette=None,
    extra=None,
    more=None,
):
    """A TIFF of samples (h, w, c) as they are meant to lie: kind is a key of PHOTOMETRIC."""
    height, width, channels = samples.shape
    tile = (16, 16) if layout == "tiles" else (7 if layout == "strips" else height, width)
    planes = [samples[..., c : c + 1] for c in range(channels)] if planar else [samples]
    parts = []
    for plane in planes:
        for top in range(0, height, tile[0]):
            for left in range(0, width, tile[1]):
                part = plane[top : top + tile[0], left : left + tile[1]]
                if layout == "tiles":
                    room = [(0, 16 - part.shape[0]), (0, 16 - part.shape[1]), (0, 0)]
                    part = np.pad(part, room)
                parts.append(ENCODERS[compression](packed(part, bits, order)))
    lengths = [len(part) for part in parts]
    offsets = np.cumsum([0, *lengths[:-1]]).tolist()
    tags = {
        256: (3, [width]),
        257: (3, [height]),
        258: (3, [bits] * channels),
        259: (3, [COMPRESSIONS[compression]]),
        262: (3, [PHOTOMETRIC[kind]]),
        274: (3, [orientation]),
        277: (3, [channels]),
        284: (3, [2 if planar else 1]),
    }
    if layout == "tiles":
        tags |= {322: (3, [16]), 323: (3, [16]), 324: (4, offsets), 325: (4, lengths)}
    else:
        tags |= {278: (3, [tile[0]]), 273: (4, offsets), 279: (4, lengths)}
    if kind in ("LA", "RGBA") or extra is not None:
        tags[338] = (3, [2] if extra is None else extra)
    if palette is not None:
        tags[320] = (3, palette.T.ravel().tolist())
    if kind == "YCbCr":
        tags[530] = (3, [1, 1])
    return folder(tags | (more or {}), order, big, b"".join(parts))


def png(samples, bits, kind, interlaced=False, chunks=(), palette=None):
    """A PNG of samples (h, w, c) of 1 to 16 bits; kind: the colour type's number."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    height, width = samples.shape[:2]
    passes = [(0, 0, 1, 1)]
    if interlaced:  # Adam7's start and step, down and across
        passes = [
            (0, 0, 8, 8),
            (0, 4, 8, 8),
            (4, 0, 8, 4),
            (0, 2, 4, 4),
            (2, 0, 4, 2),
            (0, 1, 2, 2),
        ]
        passes.append((1, 0, 2, 1))
    data = b""
    for top, left, down, across in passes:
        part = samples[top::down, left::across]
        if part.size:
            data += b"".join(b"\0" + packed(row[None], bits, ">") for row in part)
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, int(interlaced))
    body = chunk(b"IHDR", header)
    if palette is not None:
        body += chunk(b"PLTE", palette.astype("u1").tobytes())
    body += b"".join(chunk(*each) for each in chunks)
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def netpbm(samples, top, kind):
    """P1 to P7 of samples (h, w, c) in 0..top."""
    height, width, channels = samples.shape
    wide = samples.astype(">u2" if top > 255 else "u1")
    if kind == 7:
        name = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}[channels]
        head = (
            f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {top}\nTUPLTYPE {name}"
        )
        return head.encode() + b"\nENDHDR\n" + wide.tobytes()
    head = f"P{kind}\n# by hand\n{width} {height}\n" + (f"{top}\n" if kind not in (1, 4) else "")
    if kind in (1, 2, 3):
        rows = ("\n".join(" ".join(map(str, row.ravel())) for row in samples)).encode()
        return head.encode() + rows + b"\n"
    if kind == 4:
        return head.encode() + packed(samples, 1)
    return head.encode() + wide.tobytes()


def bmp(values, bits, masks=None, palette=None, top_down=False):
    """A BMP of values (h, w): palette indices, or words in which the masks lie."""
    height, width = values.shape
    rows = values if top_down else values[::-1]
    if bits <= 8:
        lines = [packed(row[None, :, None], bits) for row in rows]
    elif bits == 24:
        lines = [row.astype("<u4").view("u1").reshape(-1, 4)[:, :3].tobytes() for row in rows]
    else:
        lines = [row.astype(f"<u{bits // 8}").tobytes() for row in rows]
    data = b"".join(line + b"\0" * (-len(line) % 4) for line in lines)
    table = struct.pack(f"<{len(masks)}I", *masks) if masks else b""
    if palette is not None:
        table = np.pad(palette[:, ::-1], ((0, 0), (0, 1))).astype("u1").tobytes()
    packing = 0 if not masks else 3 if len(masks) == 3 else 6
    start = 54 + len(table)
    size = height * (-1 if top_down else 1)
    used = 0 if palette is None else len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, width, size, 1, bits, packing, len(data), 0, 0, used, 0)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + table + data

"""PBM, PGM, PPM and PAM, in bytes or in words, with any greatest value up to 65,535."""

import re
from typing import BinaryIO

import numpy as np

from . import colour, guard
from .picture import Picture

TOKEN = re.compile(rb"(?:\s|#[^\n]*\n)*([^\s#]+)")
MODES = {
    b"BLACKANDWHITE": "L",
    b"GRAYSCALE": "L",
    b"RGB": "RGB",
    b"BLACKANDWHITE_ALPHA": "LA",
    b"GRAYSCALE_ALPHA": "LA",
    b"RGB_ALPHA": "RGBA",
}


def read(file: BinaryIO, name: str) -> Picture:
    """The picture in a Netpbm file. PictureError for one of floating point."""
    content = file.read()
    kind = content[1:2]
    if kind in b"fF":
        raise guard.no_white(name, "floating point")
    width, height, top, mode, start = _pam(content) if kind == b"7" else _header(content)
    guard.check_size(width, height)
    if not 1 <= top <= 65535 or mode is None:
        raise ValueError(f"kind of pixels {mode}, greatest value {top}")
    count, bits = width * height * len(mode), 8 if top < 256 else 16
    samples = _samples(content, kind, start, width, height, count, bits)
    if len(samples) < count:
        raise ValueError("cut short")
    samples = samples[:count].reshape(height, width, len(mode))
    if kind in b"14":  # there, 1 is black
        samples = 1 - samples
    return Picture(_scaled(samples, top, bits), mode, "PPM", name=name)


def _samples(content, kind, start, width, height, count, bits):
    if kind == b"1":  # digits that need no spaces between them
        digits = re.sub(rb"#[^\n]*|\s", b"", content[start:])
        return np.frombuffer(digits[:count], "u1") & 1
    if kind == b"4":
        row = -(-width // 8)
        rows = np.frombuffer(content, "u1", row * height, start).reshape(height, row)
        return np.unpackbits(rows, axis=1)[:, :width].ravel()
    if kind in b"23":
        words = re.sub(rb"#[^\n]*", b"", content[start:]).split(None, count)[:count]
        return np.array([int(word) for word in words], "uint16" if bits == 16 else "uint8")
    return np.frombuffer(content, "u1" if bits == 8 else ">u2", count, start).astype(
        f"u{bits // 8}"
    )


def _scaled(samples, top, bits):
    """Samples of 0..top on the full scale, rounded."""
    kind = np.uint8 if bits == 8 else np.uint16
    peak = int(np.iinfo(kind).max)
    if top == peak:
        return samples
    if (top + 1) & top == 0:
        return colour.widened(np.minimum(samples, top), top.bit_length()).astype(kind)
    table = (np.minimum(np.arange(peak + 1, dtype="uint64"), top) * peak + top // 2) // top
    return table.astype(kind)[samples]


def _header(content):
    """Width, height, greatest value, mode, and where the samples start, of kinds 1 to 6."""
    place, numbers = 2, []
    for _ in range(2 if content[1:2] in b"14" else 3):
        found = TOKEN.match(content, place)
        numbers.append(int(found[1]))
        place = found.end()
    width, height, top = (*numbers, 1)[:3]
    return width, height, top, "RGB" if content[1:2] in b"36" else "L", place + 1


def _pam(content):
    head, mark, _ = content.partition(b"ENDHDR\n")
    if not mark:
        raise ValueError("no end of the header")
    lines = (line.split(None, 1) for line in head.splitlines()[1:] if not line.startswith(b"#"))
    fields = {line[0]: line[1].strip() for line in lines if len(line) == 2}
    mode = MODES.get(fields.get(b"TUPLTYPE"))
    depth = int(fields[b"DEPTH"])
    if mode is None and b"TUPLTYPE" not in fields:
        mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}.get(depth)
    if mode is not None and len(mode) != depth:
        raise ValueError(f"{depth} channels of kind {mode}")
    sides = int(fields[b"WIDTH"]), int(fields[b"HEIGHT"])
    return *sides, int(fields[b"MAXVAL"]), mode, len(head) + len(mark)

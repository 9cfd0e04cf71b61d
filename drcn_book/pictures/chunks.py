"""PNG's chunks: read to the last sound one, and what they say beside the pixels."""

import struct
import zlib

from PIL import Image

# What the pixels need, and what is false of other pixels or a program's own business: gone without
# a word.
PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
SILENT = PIXELS | {b"sBIT", b"hIST", b"tIME", b"bKGD", b"sPLT", b"acTL", b"fcTL", b"fdAT", b"dSIG"}
LEADING = {b"PLTE", b"tRNS"}
COLOUR = ("cICP", "gAMA", "cHRM", "sRGB", "mDCV", "cLLI", "mDCv", "cLLi")
LONGEST = 64 * 2**20  # bytes that a compressed chunk may grow to
INCHES = 0.0254  # metres
XMP_KEY = "XML:com.adobe.xmp"
RAW = "Raw profile type "  # ImageMagick's: a kind, then its length and its hexadecimal digits


def parsed(content: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The chunks of a PNG, name and content, and the rest that is none; checksums are the decoder's
    business.
    """
    found, place = [], 8
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        if end > len(content):
            break
        found.append((kind, content[place + 8 : end - 4]))
        place = end
        if kind == b"IEND":
            return found, b""
    return found, content[place:]


def whole(kind: bytes, content: bytes) -> bytes:
    """A chunk as it lies in a file."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def without_words(content: bytes) -> bytes:
    """The same PNG, byte by byte, less the chunks that are read here: no decoder can stumble over
    them.

    A second header, and a palette or transparency behind the pixels, are none by the standard, and
    go, too.
    """
    parts, place, started = [content[:8]], 8, False
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        started |= kind == b"IDAT"
        misplaced = kind == b"IHDR" and place > 8 or started and kind in LEADING
        if kind in SILENT and not misplaced or end > len(content):
            parts.append(content[place:end])
        place = end
    parts.append(content[place:])
    return b"".join(parts)


def said(chunks: list[tuple[bytes, bytes]]) -> tuple[dict, Image.Exif, list[str]]:
    """The metadata of a PNG as `Picture.metadata` has them, its Exif, and what of them cannot be
    kept.
    """
    found, exif, lost, text = {}, Image.Exif(), [], {}
    for kind, content in chunks:
        name = kind.decode("latin-1")
        try:
            if kind in (b"tEXt", b"zTXt", b"iTXt"):
                key, value = _text(kind, content)
                text.setdefault(key, value)
            elif kind == b"iCCP":
                found["icc_profile"] = _inflated(content.split(b"\0", 1)[1][1:])
            elif kind == b"eXIf":
                exif.load(b"Exif\0\0" + content.removeprefix(b"Exif\0\0"))
            elif kind == b"pHYs":
                across, down, unit = struct.unpack(">IIB", content)
                key, factor = ("dpi", INCHES) if unit == 1 else ("aspect", 1)
                found[key] = across * factor, down * factor
            elif name in COLOUR:
                found.setdefault("colour", {})[name] = content
            elif kind not in SILENT:
                lost.append(f"chunk {name}" if name.isascii() and name.isalpha() else "odd chunks")
        except Exception:  # damaged metadata must not cost the picture
            lost.append(f"a damaged or overlong chunk {name}")
    if packet := text.pop(XMP_KEY, None):
        found["xmp"] = packet.encode("utf-8", "replace")
    lost += _raw(text, found, exif)
    if text:
        found["text"] = text
    return found, exif, lost


def _text(kind, content):
    key, rest = content.split(b"\0", 1)
    if kind == b"iTXt":
        _language, _translated, value = rest[2:].split(b"\0", 2)
        value = (_inflated(value) if rest[0] else value).decode("utf-8", "replace")
    else:
        value = (_inflated(rest[1:]) if kind == b"zTXt" else rest).decode("latin-1")
    return key.decode("latin-1"), value


def _inflated(data):
    inflater = zlib.decompressobj()
    content = inflater.decompress(data, LONGEST)
    if not inflater.eof:
        raise ValueError("cut short, or too long")
    return content


def _raw(text, found, exif):
    """Take ImageMagick's raw profiles out of the text; returns what of them is lost."""
    lost = []
    for key in [key for key in text if key.startswith(RAW)]:
        kind, words = key.removeprefix(RAW).lower(), text.pop(key).split()
        try:
            content = bytes.fromhex("".join(words[2:]))
        except ValueError:
            content = b""
        if kind in ("exif", "app1") and content[:6] == b"Exif\0\0":
            if not len(exif):
                exif.load(content)
        elif kind in ("xmp", "app1") and b"<" in content[:200]:
            found.setdefault("xmp", content[content.index(b"<") :])
        elif kind in ("icc", "icm") and content:
            found.setdefault("icc_profile", content)
        else:
            lost.append(f"the raw profile {kind}")
    return lost

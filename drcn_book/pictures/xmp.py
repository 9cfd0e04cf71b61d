"""XMP: what it says of the picture's size and position becomes true of the upright, enlarged one,
or goes.
"""

import re

PREFIX = rb"[A-Za-z][\w.-]*:"
ORIENTATION = re.compile(
    rb"\s%bOrientation\s*=\s*(?:\"[^\"]*\"|'[^']*')" % PREFIX
    + rb"|<(%bOrientation)\b[^>]*>[^<]*</\1\s*>" % PREFIX
    + rb"|<%bOrientation\b[^>]*/>" % PREFIX
)
STATED = re.compile(rb"tiff:Orientation(?:\s*=\s*[\"']|>)\s*([1-8])\b")
# Numbers of pixels: of the picture, and of the panorama that it is a part of.
SIZES = (
    rb"(?:exif:Pixel[XY]Dimension|tiff:Image(?:Width|Length)|stDim:[wh]"
    rb"|GPano:(?:FullPano(?:Width|Height)|CroppedArea(?:ImageWidth|ImageHeight|Left|Top))Pixels)"
)
SIZE = re.compile(rb"(\b%b\s*(?:=\s*[\"']|>)\s*)(\d{1,9})(?=\s*(?:[\"']|<))" % SIZES)
GAIN_MAP = (b"hdrgm:", b"apdi:", b"HDRGainMap")
PLACES = (b"mwg-rs:", b"GPano:", b"MPReg:", b"stArea:")  # given in the stored position


def orientation(xmp: bytes) -> int:
    """The orientation that XMP states, 1 where it states none."""
    stated = STATED.search(xmp)
    return int(stated[1]) if stated else 1


def upright(xmp: bytes, orientation: int) -> tuple[bytes | None, list[str]]:
    """XMP of the upright picture, or None, and what is lost."""
    xmp = bytes(xmp)
    if (
        xmp[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in xmp[:8]
    ):  # others than UTF-8 are legal, and rare
        return None, ["XMP that is not UTF-8"]
    if any(word in xmp for word in GAIN_MAP):
        return None, ["the gain map and the XMP that describes it"]
    if orientation != 1 and any(word in xmp for word in PLACES):
        return None, ["XMP with places in the picture before it was turned"]
    xmp = ORIENTATION.sub(b"", xmp)
    return (_swapped(xmp) if orientation >= 5 else xmp), []


def _swapped(xmp):
    """Width for height, and height for width."""
    pairs = {b"XDimension": b"YDimension", b"ImageWidth": b"ImageLength", b"stDim:w": b"stDim:h"}
    other = {**pairs, **{b: a for a, b in pairs.items()}}
    return re.sub(b"|".join(other), lambda found: other[found[0]], xmp)


def enlarged(xmp: bytes, scale: int) -> bytes:
    """XMP of the picture enlarged: each number of pixels times the scale."""
    return SIZE.sub(lambda found: found[1] + b"%d" % (int(found[2]) * scale), xmp)

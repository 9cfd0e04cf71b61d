"""The tags of Exif and TIFF, one table: carried, made true again, or dropped. Unknown ones are
dropped.
"""

import contextlib
import struct
from typing import BinaryIO

from PIL import ExifTags, Image, TiffTags

from . import turning

ICC, XMP, IPTC = 34675, 700, 33723
CAMERA, GPS, INTEROP = 34665, 34853, 40965  # folders of tags
RESOLUTION = (282, 283, 296)  # across, down, unit: 2 inch, 3 centimetre
# Who, when, with what, under which terms; what was written about the picture.
CARRIED = {
    *(269, 270, 271, 272, 285, 305, 306, 315, 316, 333, 337, 18246, 18249, 33432, 33434, 33437),
    *(CAMERA, GPS, *RESOLUTION, *range(40091, 40096), 50341),
}
# How the pixels lie in the file, or copies of what stands elsewhere: gone without a word.
LAYOUT = {
    *(*range(254, 260), 262, 263, 264, 265, 266, 273, 274, *range(277, 282), 284, 286, 287),
    *(288, 289, 290, 291, 292, 293, 297, 301, 317, 318, 319, *range(320, 326), 328, 330, 332, 334),
    *(*range(338, 344), 347, *range(512, 522), *range(529, 533), 559, 34377, INTEROP, 59932, 59933),
    *(ICC, XMP, IPTC, 513, 514, 20624, 20625),
}
# Where on a map: scale, tie points, matrix; what the map is stays as it is.
MAP_SCALE, MAP_POINTS, MAP_MATRIX = 33550, 33922, 34264
MAP = {MAP_SCALE, MAP_POINTS, MAP_MATRIX, 34735, 34736, 34737}
MAP_DIRECTORY, POINT_KEY, IS_POINT = 34735, 1025, 2
# Of the camera's folder: side in pixels; pixels to the sensor's centimetre; places in the picture.
SIDES = {40962: 0, 40963: 1}
DENSITIES = (41486, 41487)
PLACES = (37396, 41492)
LAYERS = {37724: "Photoshop's layers"}


def directory(file: BinaryIO, offset: int) -> Image.Exif:
    """The tags of a TIFF, from its first folder at a place in the file."""
    file.seek(0)
    head, exif = file.read(4), Image.Exif()
    exif.endian = "<" if head[:2] == b"II" else ">"
    exif.bigtiff = b"+" in head
    exif.load_from_fp(file, offset)
    return exif


def cleaned(
    exif: Image.Exif, orientation: int, size: tuple[int, int]
) -> tuple[bytes | None, list[str]]:
    """Exif for the upright picture, or None, and what is lost. size: width and height as stored."""
    try:
        copy = Image.Exif()
        copy.load(
            exif.tobytes()
        )  # the image is the caller's, and a sound copy shows that it can be written
    except Exception:  # damaged metadata must not cost the picture
        return None, ["damaged Exif"]
    lost = []
    for tag in list(copy):
        if tag in CARRIED and not (tag == 270 and calibrated(copy[tag])):
            continue
        if tag not in LAYOUT | MAP:
            lost.append(named(tag) if tag != 270 else calibrated(copy[tag]))
        del copy[tag]
    camera = copy.get_ifd(CAMERA) if CAMERA in copy else {}
    camera.pop(274, None)
    copy.get_ifd(GPS) if GPS in copy else None
    for tag in PLACES:
        if tag in camera:
            with contextlib.suppress(TypeError, ValueError):
                camera[tag] = turning.place(camera[tag], orientation, *size)
    if orientation >= 5:
        _swap(camera, DENSITIES)
        _swap(camera, SIDES)
        _swap(copy, RESOLUTION[:2])
    lost = [what for what in lost if what.strip()]
    return (copy.tobytes() if len(copy) else None), lost


def _swap(tags, pair):
    first, second = pair
    if first in tags and second in tags:
        tags[first], tags[second] = tags[second], tags[first]


def calibrated(description) -> str:
    """What program's account of the pixels a description is, true of this picture alone; nothing
    for words.
    """
    text = str(description)
    if text.lstrip().startswith("<?xml") and "OME" in text[:2000]:
        return "OME's account of the pixels"
    if text.startswith("ImageJ="):
        return "ImageJ's account of the pixels"
    return " " if text.startswith('{"shape":') else ""  # tifffile's: nobody misses it


def named(tag: int) -> str:
    """A tag in words."""
    name = LAYERS.get(tag) or TiffTags.lookup(tag).name or ExifTags.TAGS.get(tag, "")
    return name if name and name != "unknown" else f"tag {tag}"


def enlarged(exif: bytes, scale: int) -> bytes:
    """Exif of the picture enlarged: places and densities in its pixels. Its sides are set where it
    is written.
    """
    copy = Image.Exif()
    copy.load(exif)
    camera = copy.get_ifd(CAMERA) if CAMERA in copy else {}
    copy.get_ifd(GPS) if GPS in copy else None
    for tag in (*PLACES, *DENSITIES):
        if tag in camera:
            with contextlib.suppress(TypeError, ValueError):
                value = camera[tag]
                many = isinstance(value, tuple)
                camera[tag] = tuple(scale * v for v in value) if many else float(value) * scale
    try:
        return copy.tobytes()
    except (struct.error, ValueError, TypeError):  # a place beyond what 16 bits can say
        for tag in PLACES:
            camera.pop(tag, None)
        return copy.tobytes()


def of_size(exif: bytes | None, size: tuple[int, int]) -> Image.Exif:
    """Exif that says the size of the file it goes into."""
    copy = Image.Exif()
    if exif:
        copy.load(exif)
        for folder in (CAMERA, GPS):
            camera = copy.get_ifd(folder) if folder in copy else {}  # writers take what was read
            for tag, side in SIDES.items():
                if folder == CAMERA and tag in camera:
                    camera[tag] = size[side]
    return copy


def map_enlarged(tags: dict[int, tuple], scale: int) -> dict[int, tuple]:
    """GeoTIFF's tags of the picture enlarged: a pixel covers less of the ground."""
    found, keys = dict(tags), tuple(tags.get(MAP_DIRECTORY, ()))
    entries = [keys[i : i + 4] for i in range(4, len(keys), 4)]
    point = any(entry[:1] == (POINT_KEY,) and entry[-1] == IS_POINT for entry in entries)
    if MAP_SCALE in found:
        across, down, *rest = found[MAP_SCALE]
        found[MAP_SCALE] = (across / scale, down / scale, *rest)

    def moved(x):  # where pixels are points, the first one's middle moves out of the corner
        return (x + 0.5) * scale - 0.5 if point else x * scale

    if MAP_POINTS in found:
        values = found[MAP_POINTS]
        found[MAP_POINTS] = tuple(
            moved(value) if place % 6 < 2 else value for place, value in enumerate(values)
        )
    if MAP_MATRIX in found:
        values = list(found[MAP_MATRIX])
        for row in range(0, len(values), 4):
            a, b, _, d = values[row : row + 4]
            if row < 12:  # the last row is 0, 0, 0, 1
                values[row : row + 2] = a / scale, b / scale
                values[row + 3] = d - (a + b) * (0.5 - 0.5 / scale) if point else d
        found[MAP_MATRIX] = tuple(values)
    return found

"""Which files are pictures: one list of suffixes that are read, one of formats that are written."""

import os
from collections.abc import Callable
from pathlib import Path

from ..errors import PictureError

# Written, by suffix.
FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".bmp": "BMP",
}
# Read, by suffix: those, and what a result is saved as PNG of.
READABLE = (
    *FORMATS,
    *(".jpe", ".jfif", ".mpo", ".apng", ".dib", ".gif", ".avif", ".jp2", ".j2k", ".j2c", ".jpc"),
    *(".jpx", ".jpf", ".pgm", ".ppm", ".pbm", ".pnm", ".pam", ".tga", ".icb", ".vda", ".vst"),
    *(".pcx", ".sgi", ".rgb", ".rgba", ".bw", ".ras", ".dds", ".ico", ".icns", ".psd", ".qoi"),
)
# Pictures of kinds that are not read: a folder's are named, not passed over.
FOREIGN = (
    *(".heic", ".heif", ".jxl", ".svg", ".exr", ".hdr", ".pfm", ".xcf", ".cr2", ".cr3", ".nef"),
    *(".arw", ".dng", ".orf", ".rw2", ".raf", ".jxr", ".wdp", ".djvu"),
)
LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
JPEG_2000 = (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n")
SIGNATURES = (  # of files that are sound, and not read
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"%PDF", "PDF"),
    (b"<svg", "SVG"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"AT&TFORM", "DjVu"),
    (b"gimp xcf", "GIMP's XCF"),
    (b"FUJIFILMCCD-RAW", "a camera's raw data"),
)


def kind_of(head: bytes) -> str:
    """The kind of a file by its first 32 bytes: one of our own readers' names, or nothing for
    Pillow's.
    """
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if head[:2] == b"BM":
        return "BMP"
    if head[:1] == b"P" and head[1:2] in b"1234567fF" and head[2:3] in b" \t\r\n#":
        return "PNM"
    if head.startswith(JPEG_2000):
        return "JPEG2000"
    if head[4:8] == b"ftyp" and (b"avif" in head or b"avis" in head):
        return "AVIF"
    return ""


def foreign(head: bytes) -> str:
    """The name of a kind of picture that is not read, by a file's first bytes; nothing for all
    others.
    """
    if head[4:8] == b"ftyp" and head[8:12] in HEIF and b"avif" not in head:
        return "HEIC"
    return next((name for start, name in SIGNATURES if head.startswith(start)), "")


def format_of(path: str | Path) -> str:
    """The format of a path's suffix; PictureError if it is none that can be written."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise PictureError(
            f"{path}: {suffix or 'a name without suffix'} is no format that can be written; "
            f"choose {', '.join(FORMATS)}."
        )
    return FORMATS[suffix]


def check_storable(
    mode: str, deep: bool, size: tuple[int, int], format: str, name: str | Path
) -> None:
    """PictureError if files of a format cannot hold such a picture: nothing is dropped unsaid."""
    if format in ("JPEG", "BMP", "WEBP") and deep:
        raise PictureError(
            f"{name}: {format} holds 8 bits a channel, the picture has 16; choose .png or .tif."
        )
    if (format == "JPEG" and mode.endswith("A")) or (format, mode) == ("BMP", "LA"):
        raise PictureError(
            f"{name}: {format} has no transparency, the picture has; choose .png, .webp or .tif."
        )
    if format in ("PNG", "BMP", "WEBP") and mode == "CMYK":
        raise PictureError(f"{name}: {format} cannot hold CMYK; choose .jpg or .tif.")
    if max(size) > LONGEST_SIDE.get(format, 2**31 - 1):
        raise PictureError(
            f"{name}: {format} ends at {LONGEST_SIDE[format]} pixels a side, the result has "
            f"{size[0]}x{size[1]}; choose .png or .tif."
        )


def pictures_in(folder: str | Path, onerror: Callable[[OSError], None] | None = None) -> list[Path]:
    """Every file in a folder and in those inside it, linked ones too, whose suffix is a picture's,
    sorted.

    Hidden files are no pictures. onerror: called with the error of a folder that cannot be listed.
    """
    found, seen = [], set()
    for place, folders, names in os.walk(folder, onerror=onerror, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # a link to a folder above would never end
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        paths = (Path(place, name) for name in names if not name.startswith("."))
        found += [
            path
            for path in paths
            if path.suffix.lower() in (*READABLE, *FOREIGN) and path.is_file()
        ]
    return sorted(found)

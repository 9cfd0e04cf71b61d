"""Anyone's picture: read and written with its depth, transparency, colour profile and metadata."""

import io
import re
import struct
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from .errors import PictureError
from .files import replacing
from .images import FORMATS, no_white, reading, white_is_zero

MODES = ("L", "LA", "RGB", "RGBA", "CMYK")
CONVERTED = {
    "1": "L",
    "La": "LA",
    "P": "RGB",
    "PA": "RGBA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
}
LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
# TIFF's account of how the pixels lie in the file, untrue of another file; the orientation (274) is applied.
LAYOUT = {
    *range(254, 260),
    262,
    263,
    266,
    273,
    274,
    *range(277, 281),
    284,
    317,
    *range(320, 326),
    330,
    *range(338, 342),
    347,
    *range(512, 522),
    *range(529, 533),
    700,
    34377,
    34675,
}
OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}


@dataclass
class Picture:
    """Pixels (height, width, channels), uint8 or uint16, and what the file says beside them.

    mode: "L", "LA", "RGB", "RGBA" or "CMYK". format: of the file, such as "PNG".
    metadata: those of `icc_profile`, `exif`, `dpi`, `xmp`, `comment` and `text` that were found.
    name: what error messages call it.
    """

    pixels: np.ndarray
    mode: str
    format: str = "PNG"
    metadata: dict = field(default_factory=dict)
    name: str = "The picture"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


def from_array(pixels: np.ndarray) -> Picture:
    """The picture of a uint8 or uint16 array, (h, w) or (h, w, c): grey, grey and alpha, RGB, RGB and alpha."""
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim not in (2, 3):
        raise PictureError(
            f"An array of {pixels.dtype} and shape {pixels.shape} is no picture: give uint8 or "
            "uint16, (height, width) or (height, width, channels)."
        )
    pixels = np.atleast_3d(pixels)
    if not 1 <= pixels.shape[2] <= 4:
        raise PictureError(f"An array of {pixels.shape[2]} channels is no picture: it has 1 to 4.")
    return Picture(pixels, MODES[pixels.shape[2] - 1])


def from_pillow(image: Image.Image, name: str | Path = "The picture") -> Picture:
    """The picture of a Pillow image, upright; palettes are resolved, a colour that means transparent becomes alpha.

    Raises PictureError for several frames or pages, and for pixels that have no defined white.
    """
    with reading(name):
        image.load()  # before: Pillow's colour has 8 bits, whatever its file has
        return _picture(image, name, lambda: None)


def read(source: str | Path | bytes) -> Picture:
    """The picture in a file, or in the bytes of one, as `from_pillow`; 16-bit colour keeps its 16 bits.

    Raises PictureError, naming the file and the reason, if there is none.
    """

    def opened():
        return Image.open(io.BytesIO(source) if isinstance(source, bytes) else source)

    name = "Standard input" if isinstance(source, bytes) else source
    with reading(name), opened() as image:
        return _picture(image, name, opened)


def _picture(image, name, opened):
    raw = _raw_mode(image)
    image.load()
    if (
        image.format != "MPO" and getattr(image, "n_frames", 1) > 1
    ):  # MPO: a phone's JPEG with previews
        raise PictureError(
            f"{name}: has {image.n_frames} frames or pages, and only single pictures are "
            "enlarged; save the one you want as a picture of its own."
        )
    format = "JPEG" if image.format == "MPO" else image.format or "PNG"
    inverted = white_is_zero(image)
    metadata = {**_metadata(image), **_exif(image)}
    image = _turned(image)
    if ";16" in raw and image.mode in MODES:
        if raw.startswith("RGBa"):
            raise PictureError(
                f"{name}: has 16-bit colour multiplied by its transparency; "
                "save it with plain alpha."
            )
        pixels, mode = _deep_colour(image, raw, opened)
    elif image.mode.startswith("I;16"):
        pixels, mode = np.asarray(image).astype("uint16")[..., None], "L"
        pixels = 65535 - pixels if inverted else pixels
    else:
        mode = CONVERTED.get(image.mode, image.mode)
        if image.has_transparency_data:
            mode = "LA" if mode in ("L", "LA") else "RGBA"
        if mode not in MODES:
            raise no_white(name, image.mode)
        pixels = np.atleast_3d(np.asarray(image if image.mode == mode else image.convert(mode)))
    if pixels.dtype == np.uint16 and "transparency" in image.info and mode in ("L", "RGB"):
        opaque = (pixels != np.uint16(image.info["transparency"])).any(-1, keepdims=True)
        pixels, mode = (
            np.concatenate([pixels, np.uint16(65535) * opaque], -1, dtype="uint16"),
            mode + "A",
        )
    return Picture(pixels, mode, format, metadata, str(name))


def _raw_mode(image):
    args = image.tile[0][3] if getattr(image, "tile", None) else ""
    return str(args[0] if isinstance(args, tuple) and args else args)


def _deep_colour(image, raw, opened):
    """16-bit colour: Pillow keeps only one byte of each sample, so decode twice, once for either byte."""

    def decoded(raw_mode):
        with opened() as again:
            again.tile = [
                tile._replace(
                    args=(raw_mode, *tile.args[1:]) if isinstance(tile.args, tuple) else raw_mode
                )
                for tile in again.tile
            ]
            again.load()
            return np.asarray(_turned(again))

    if raw == "LA;16B":  # its four bytes as if they were RGBA
        return decoded("RGBA").view(">u2").astype("uint16"), "LA"
    low = decoded(raw[:-1] + OTHER_BYTE[raw[-1]])
    return np.asarray(image).astype("uint16") << 8 | low, image.mode


def _turned(image):
    """The image, or where it does not stand upright, a copy that does."""
    try:
        return ImageOps.exif_transpose(image) if image.getexif().get(274, 1) != 1 else image
    except Exception:  # damaged metadata must not cost the picture
        return image


def _exif(image):
    try:
        exif = Image.Exif()
        exif.load(image.getexif().tobytes())  # a copy: the image is the caller's
        for tag in LAYOUT & set(exif):
            del exif[tag]
        return {"exif": exif.tobytes()} if len(exif) else {}
    except Exception:  # damaged metadata must not cost the picture
        return {}


def _metadata(image):
    found = {
        key: image.info[key]
        for key in ("icc_profile", "dpi", "comment", "xmp")
        if image.info.get(key)
    }
    if not all(0 < value < 65536 for value in found.get("dpi", ())):  # else no format takes it
        del found["dpi"]
    text = {key: str(value) for key, value in getattr(image, "text", {}).items()}
    if xmp := text.pop("XML:com.adobe.xmp", None):
        found["xmp"] = xmp.encode()
    if "xmp" in found:  # the orientation is applied
        found["xmp"] = re.sub(
            rb'<tiff:Orientation>\d</tiff:Orientation>|tiff:Orientation="\d"', b"", found["xmp"]
        )
    return {**found, **({"text": text} if text else {})}


def to_pillow(picture: Picture) -> Image.Image:
    """The Pillow image of a picture, metadata in its `info`. PictureError for 16-bit colour, which it has not."""
    if picture.pixels.dtype == np.uint16 and picture.mode != "L":
        raise PictureError(f"Pillow has no 16-bit {picture.mode}: give and take an array instead.")
    if picture.pixels.dtype == np.uint16:
        image = Image.fromarray(picture.pixels[..., 0])
    else:
        image = Image.frombuffer(
            picture.mode,
            picture.size,
            np.ascontiguousarray(picture.pixels),
            "raw",
            picture.mode,
            0,
            1,
        )
    image.info.update({key: value for key, value in picture.metadata.items() if key != "text"})
    return image


def check_storable(
    mode: str, deep: bool, size: tuple[int, int], format: str, name: str | Path
) -> None:
    """PictureError if files of a format cannot hold such a picture: nothing is dropped in silence."""
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


def write(picture: Picture, path: str | Path, format: str | None = None) -> None:
    """Write a picture whole or not at all, in `format` or the one of the path's suffix, with its metadata.

    JPEG and WebP at quality 95, JPEG with full colour resolution; PNG and TIFF without loss.
    Raises PictureError if the format cannot hold it, StorageError if it cannot be written.
    """
    path = Path(path)
    with replacing(path) as beside, open(beside, "wb") as file:
        encode(picture, file, format or format_of(path), path)


def format_of(path: str | Path) -> str:
    """The format of a path's suffix; PictureError if it is none that can be written."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise PictureError(
            f"{path}: {suffix or 'a name without suffix'} is no format that can be written; "
            f"choose {', '.join(FORMATS)}."
        )
    return FORMATS[suffix]


def encode(picture: Picture, file: BinaryIO, format: str, name: str | Path) -> None:
    """Write a picture to an open file, as `write`. OSError comes through."""
    deep = picture.pixels.dtype == np.uint16
    check_storable(picture.mode, deep, picture.size, format, name)
    options = _options(picture, format)
    bare = {key: value for key, value in options.items() if key not in ("exif", "xmp", "comment")}
    for kept in (options, bare):
        try:
            if deep and format == "PNG":
                _write_deep_png(picture.pixels, file, kept)
            elif deep:
                _write_deep_tiff(picture, file)
            else:
                to_pillow(Picture(picture.pixels, picture.mode)).save(file, format, **kept)
            return
        except (ValueError, RuntimeError, TypeError, OverflowError, struct.error) as error:
            reason = error  # metadata too long or too odd: once more without
            file.seek(0)
            file.truncate()
    raise PictureError(f"{name}: cannot be saved as {format} ({reason}).")


def _options(picture, format):
    known = {
        "PNG": ("icc_profile", "dpi", "exif"),
        "JPEG": ("icc_profile", "dpi", "exif", "xmp", "comment"),
        "WEBP": ("icc_profile", "exif", "xmp"),
        "TIFF": ("icc_profile", "dpi", "exif"),
        "BMP": ("dpi",),
    }[format]
    found = {**picture.metadata, "exif": _exif_of_size(picture)}
    options = {key: found[key] for key in known if found.get(key)}
    if format == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        for key, value in found.get("text", {}).items():
            options["pnginfo"].add_itxt(key, value)
        if "xmp" in found:
            options["pnginfo"].add_itxt(
                "XML:com.adobe.xmp", found["xmp"].decode("utf-8", "replace")
            )
    elif format == "TIFF":
        exif = options.setdefault("exif", Image.Exif())
        if "xmp" in found:
            exif[ExifTags.Base.XMLPacket] = found["xmp"]
        folders = [tag for tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo) if tag in exif]
        options["compression"] = (
            "raw" if folders else "tiff_adobe_deflate"
        )  # libtiff writes no folders
    elif format in ("JPEG", "WEBP"):
        options["quality"] = 95
        if format == "JPEG":
            options["subsampling"] = 0
    return options


def _exif_of_size(picture):
    exif = Image.Exif()
    if "exif" not in picture.metadata:
        return exif
    exif.load(picture.metadata["exif"])
    for folder in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        tags = exif.get_ifd(folder)  # read now: writers take only what was read
        for tag, side in ((ExifTags.Base.ExifImageWidth, 0), (ExifTags.Base.ExifImageHeight, 1)):
            if tag in tags:
                tags[tag] = picture.size[side]
    return exif


def _write_deep_png(pixels, file, options):
    """16-bit PNG: Pillow writes everything but the header and the pixels."""

    def chunk(kind, data):
        file.write(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width, channels = pixels.shape
    file.write(b"\x89PNG\r\n\x1a\n")
    for kind, data, _ in PngImagePlugin.getchunks(Image.new("L", (1, 1)), **options):
        if kind == b"IHDR":
            chunk(
                kind,
                struct.pack(">IIBBBBB", width, height, 16, (0, 4, 2, 6)[channels - 1], 0, 0, 0),
            )
        elif kind == b"IDAT":
            deflate, step = zlib.compressobj(6), max(1, 2**20 // (2 * width * channels))
            for top in range(0, height, step):
                rows = pixels[top : top + step].astype(">u2")
                rows = rows.view("u1").reshape(len(rows), width, 2 * channels)
                rows[:, 1:] -= rows[:, :-1].copy()  # filter 1: left neighbour
                rows = rows.reshape(len(rows), -1)
                chunk(
                    kind,
                    deflate.compress(np.pad(rows, ((0, 0), (1, 0)), constant_values=1).tobytes()),
                )
            chunk(kind, deflate.flush())
        else:
            chunk(kind, data)


def _write_deep_tiff(picture, file):
    import tifffile

    exif, found = _exif_of_size(picture), picture.metadata
    tags = [(tag, 2, 0, value, True) for tag, value in exif.items() if isinstance(value, str)]
    if "xmp" in found:
        tags.append((700, 1, len(found["xmp"]), found["xmp"], True))
    grey = picture.mode == "L"
    tifffile.imwrite(
        file,
        picture.pixels[..., 0] if grey else picture.pixels,
        compression="zlib",
        predictor=True,
        metadata=None,
        software=False,
        extratags=tags,
        photometric={"R": "rgb", "C": "separated", "L": "minisblack"}[picture.mode[0]],
        planarconfig=None if grey else "contig",
        extrasamples=["unassalpha"] if picture.mode.endswith("A") else None,
        iccprofile=found.get("icc_profile"),
        resolution=found.get("dpi"),
        resolutionunit="INCH" if "dpi" in found else None,
    )

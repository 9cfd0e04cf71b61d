"""Pictures that are wrong in every way they can be, and a fuzzer that makes more."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


def smooth(height=24, width=32, channels=3, kind="uint8"):
    """A small picture with gradients and edges, in every channel another."""
    y, x = np.mgrid[:height, :width]
    planes = [
        (np.sin(x / (3 + c)) + np.cos(y / (5 - c)) + (x > 10 + 3 * c)) / 4 + 0.3
        for c in range(channels)
    ]
    return (np.clip(np.stack(planes, -1), 0, 1) * np.iinfo(kind).max).astype(kind)


def png(pixels, **chunks):
    """A PNG of an (h, w, c) array of 8 or 16 bits, by the letter of the standard. chunks: further
    ones.
    """

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width, channels = pixels.shape
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).view("u1").reshape(height, -1)
    header = struct.pack(
        ">IIBBBBB", width, height, 8 * pixels.itemsize, (0, 4, 2, 6)[channels - 1], 0, 0, 0
    )
    further = b"".join(chunk(kind.encode(), content) for kind, content in chunks.items())
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + further
        + chunk(b"IDAT", zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes()))
        + chunk(b"IEND", b"")
    )


def saved(image, format, **options):
    """The bytes of a Pillow image's file."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def metadata(format):
    """Options of Pillow's `save`: all that a file of a format can say beside its pixels."""
    exif = Image.Exif()
    exif[271], exif[306] = "Maker", "2020:02:02 20:20:20"
    exif.get_ifd(0x8769).update({0x829A: 0.01, 0xA002: 32, 0xA003: 24})
    exif.load(exif.tobytes())
    if format == "TIFF":
        exif[700] = XMP
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "Dunes")
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return {
        "icc_profile": PROFILE,
        "exif": exif,
        "dpi": (300, 300),
        "xmp": XMP,
        "pnginfo": text,
        "comment": b"Hello",
    }


def good():
    """Name -> bytes of small sound pictures in every format, in most with metadata."""
    image = Image.fromarray(smooth())
    full = {
        f"rgb.{suffix}": saved(image, format, **metadata(format))
        for suffix, format in (
            ("png", "PNG"),
            ("jpg", "JPEG"),
            ("bmp", "BMP"),
            ("webp", "WEBP"),
            ("tif", "TIFF"),
        )
    }
    return {
        **full,
        "lzw.tiff": saved(image, "TIFF", compression="tiff_lzw"),
        "grey.png": saved(image.convert("L"), "PNG"),
        "palette.png": saved(image.quantize(9), "PNG"),
        "alpha.webp": saved(Image.fromarray(smooth(channels=4)), "WEBP"),
        "cmyk.jpg": saved(image.convert("CMYK"), "JPEG"),
        "deep.png": png(smooth(kind="uint16")),
    }


def bad():
    """Name -> bytes of files that cannot be enlarged."""
    image = Image.fromarray(smooth())
    jpeg = saved(Image.fromarray(smooth(200, 200)), "JPEG")
    frames = [image, image.rotate(90), image.rotate(180)]
    bomb = png(smooth(1, 1))
    bomb = (
        bomb[:16]
        + struct.pack(">II", 60_000, 60_000)
        + bomb[24:29]
        + struct.pack(">I", zlib.crc32(b"IHDR" + struct.pack(">II", 60_000, 60_000) + bomb[24:29]))
        + bomb[33:]
    )
    return {
        "text.png": b"I am no picture.\n",
        "empty.png": b"",
        "zeros.jpg": bytes(5000),
        "truncated.jpg": jpeg[: len(jpeg) // 2],
        "header.jpg": jpeg[:20],
        "truncated.png": saved(image, "PNG")[:-60],
        "truncated.webp": saved(image, "WEBP")[:60],
        "truncated.tif": saved(image, "TIFF")[:200],
        "bomb.png": bomb,
        "dot.png": png(smooth(1, 1)),
        "line.png": png(smooth(1, 5000)),
        "column.png": png(smooth(5000, 1)),
        "float.tif": saved(Image.new("F", (9, 9)), "TIFF"),
        "moving.png": saved(image, "PNG", save_all=True, append_images=frames),
        "moving.gif": saved(image, "GIF", save_all=True, append_images=frames),
        "moving.webp": saved(image, "WEBP", save_all=True, append_images=frames),
        "pages.tif": saved(image, "TIFF", save_all=True, append_images=frames),
    }


def mutated(count, seed=0):
    """Damaged versions of the good pictures: bits flipped, bytes overwritten, cut, doubled, headers
    worn.
    """
    rng = np.random.default_rng(seed)
    sound = list(good().items())
    for number in range(count):
        name, content = sound[number % len(sound)]
        data = np.frombuffer(content, "u1").copy()
        kind = number // len(sound) % 6
        places = rng.integers(0, len(data), 1 + rng.integers(12))
        if kind == 0:
            data[places] ^= (1 << rng.integers(0, 8, len(places))).astype("u1")
        elif kind == 1:
            data[places] = rng.integers(0, 256, len(places))
        elif kind == 2:
            data = data[: places[0]]
        elif kind == 3:
            data = np.insert(data, places[0], data[places[0] : places[0] + 40])
        elif kind == 4:
            data[places[0] : places[0] + 8] = rng.choice([0, 255])
        else:
            worn = rng.integers(0, min(64, len(data)), 3)
            data[worn] = rng.choice([0, 1, 127, 128, 255], 3)
        yield f"{number}-{name}", data.tobytes()

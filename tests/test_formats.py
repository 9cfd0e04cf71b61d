"""Every cell of kind x depth x layout x order x orientation is read exactly, from a file and from
its bytes.

What must come out is the array that `formats`, a writer by the letter of the standards, was given.
"""

import itertools
import struct

import imagecodecs
import numpy as np
import pytest
from formats import STORED, bmp, netpbm, packed, png, tiff
from PIL import Image

from drcn_book import pictures
from drcn_book.errors import PictureError

HEIGHT, WIDTH = 21, 37
CHANNELS = {"miniswhite": 1, "L": 1, "P": 1, "LA": 2, "RGB": 3, "YCbCr": 3, "RGBA": 4, "CMYK": 4}


def drawn(channels, bits, seed=0, height=HEIGHT, width=WIDTH):
    """Samples (h, w, c) of every value, and the same on the full scale of 8 or 16 bits."""
    kind = "uint8" if bits <= 8 else "uint16"
    top = (1 << bits) - 1
    samples = np.random.default_rng([seed, channels, bits]).integers(
        0, top + 1, (height, width, channels), "uint16"
    )
    samples[0, 0], samples[0, 1] = 0, top
    peak = int(np.iinfo(kind).max)
    return samples, np.floor(samples * (peak / top) + 0.5).astype(kind)


def check(content, expected, mode, tmp_path, suffix=""):
    (tmp_path / f"x{suffix}").write_bytes(content)
    for source in (content, tmp_path / f"x{suffix}"):
        picture = pictures.read(source)
        assert picture.mode == mode and picture.pixels.dtype == expected.dtype
        assert picture.pixels.shape == expected.shape
        assert (picture.pixels == expected).all()
    return picture


DEPTHS = {
    "miniswhite": (1, 2, 4, 8, 12, 16),
    "L": (1, 2, 4, 8, 12, 16),
    "P": (1, 2, 4, 8),
    "LA": (2, 4, 8, 12, 16),
    "RGB": (2, 4, 8, 12, 16),
    "RGBA": (8, 12, 16),
    "CMYK": (8, 12, 16),
}
CELLS = [
    (kind, bits, layout, planar, order, 1 + number % 8)
    for number, (kind, bits, layout, planar, order) in enumerate(
        (kind, bits, *rest)
        for kind, depths in DEPTHS.items()
        for bits in depths
        for rest in itertools.product(("strips", "one", "tiles"), (False, True), "<>")
        if not (rest[1] and CHANNELS[kind] == 1)
    )
]


@pytest.mark.parametrize("kind, bits, layout, planar, order, orientation", CELLS)
def test_tiff(kind, bits, layout, planar, order, orientation, tmp_path):
    samples, expected = drawn(CHANNELS[kind], bits, len(layout))
    mode, palette = {"miniswhite": "L", "P": "RGB"}.get(kind, kind), None
    if kind == "P":
        palette = np.random.default_rng(bits).integers(0, 256, (1 << bits, 3)) * 257
        expected = (palette // 257).astype("uint8")[samples[..., 0]]
    elif kind == "miniswhite":
        expected = np.iinfo(expected.dtype).max - expected
    turned = STORED[orientation](samples)
    content = tiff(
        turned, bits, kind, layout, planar, order, orientation=orientation, palette=palette
    )
    picture = check(content, expected, mode, tmp_path, ".tif")
    assert bool(picture.note) == (bits == 12)  # twelve bits are scaled, and that is said


@pytest.mark.parametrize(
    "compression, order, big, planar, layout, bits",
    list(
        itertools.product(
            ("raw", "lzw", "deflate", "packbits", "zstd"),
            "<>",
            (False, True),
            (False, True),
            ("strips", "tiles"),
            (8, 16),
        )
    ),
)
def test_tiff_in_every_compression(compression, order, big, planar, layout, bits, tmp_path):
    samples, expected = drawn(3, bits)
    content = tiff(samples, bits, "RGB", layout, planar, order, big, compression)
    check(content, expected, "RGB", tmp_path)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("kind", ["L", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiff_in_every_orientation(orientation, kind, deep, tmp_path):
    samples, expected = drawn(CHANNELS[kind], 16 if deep else 8, orientation)
    content = tiff(STORED[orientation](samples), 16 if deep else 8, kind, orientation=orientation)
    picture = check(content, expected, kind, tmp_path)
    assert "exif" not in picture.metadata and picture.lost == []


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(
    "kind, subsampling", [("YCbCr", "420"), ("YCbCr", "444"), ("RGB", None), ("L", None)]
)
def test_tiff_of_jpeg(kind, subsampling, orientation, tmp_path):
    y, x = np.mgrid[:32, :48]
    pixels = np.stack([x * 4, y * 6, 220 - x - y], -1).astype("uint8")
    pixels = pixels[..., 0] if kind == "L" else pixels
    stored = np.ascontiguousarray(STORED[orientation](pixels))
    options = {
        "YCbCr": {"subsampling": subsampling},
        "RGB": {"colorspace": "rgb", "outcolorspace": "rgb"},
    }
    strip = imagecodecs.jpeg_encode(stored, level=98, **options.get(kind, {}))
    more = {259: (3, [7]), 273: (4, [0]), 279: (4, [len(strip)])}
    channels = 1 if kind == "L" else 3
    whole = tiff(
        stored.reshape(*stored.shape[:2], channels),
        8,
        kind,
        "one",
        orientation=orientation,
        more=more,
    )
    picture = pictures.read(whole[: len(whole) - stored.size] + strip)
    assert picture.mode == ("L" if kind == "L" else "RGB")
    assert np.abs(picture.pixels.squeeze().astype(int) - pixels).max() < 12


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_tiff_of_facsimiles(compression, orientation, tmp_path):
    pixels = drawn(1, 1)[1][..., 0]
    image = Image.fromarray(np.ascontiguousarray(STORED[orientation](pixels))).convert("1")
    image.save(tmp_path / "x.tif", compression=compression, tiffinfo={274: orientation})
    picture = pictures.read(tmp_path / "x.tif")
    assert picture.mode == "L" and (picture.pixels[..., 0] == pixels).all()


def in_colour(y, cb, cr):
    """RGB of JPEG's YCbCr, by its equations."""
    y, cb, cr = (np.asarray(plane, "float64") for plane in (y, cb, cr))
    red, blue = y + 1.402 * (cr - 128), y + 1.772 * (cb - 128)
    return np.stack([red, (y - 0.299 * red - 0.114 * blue) / 0.587, blue], -1).clip(0, 255).round()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compression", ["raw", "lzw", "deflate"])
@pytest.mark.parametrize("across, down", [(1, 1), (2, 1), (2, 2), (4, 2), (1, 2), (4, 4)])
def test_tiff_of_ycbcr(across, down, compression, order, tmp_path):
    rng = np.random.default_rng(across + down)
    height, width = 24, 32
    y = rng.integers(0, 256, (height, width))
    small = rng.integers(60, 200, (2, height // down, width // across))
    blocks = y.reshape(height // down, down, width // across, across).swapaxes(1, 2)
    blocks = blocks.reshape(height // down, width // across, -1)
    units = np.concatenate([blocks, np.moveaxis(small, 0, 2)], -1)
    content = tiff(
        units.reshape(height // down, -1, 1),
        8,
        "YCbCr",
        "one",
        order=order,
        compression=compression,
        more={
            256: (3, [width]),
            257: (3, [height]),
            258: (3, [8] * 3),
            277: (3, [3]),
            278: (3, [height]),
            530: (3, [across, down]),
        },
    )
    chroma = small.repeat(down, 1).repeat(across, 2)
    picture = pictures.read(content)
    assert picture.mode == "RGB" and picture.pixels.dtype == np.uint8
    assert np.abs(picture.pixels - in_colour(y, *chroma)).max() <= 1


@pytest.mark.parametrize("palette", ["x 257", "x 256", "bytes", "words"])
def test_a_tiffs_palette_is_read_at_the_depth_it_has(palette, tmp_path):
    samples = drawn(1, 8)[0]
    colours = np.random.default_rng(1).integers(0, 256, (256, 3))
    entries = {"x 257": colours * 257, "x 256": colours * 256, "bytes": colours}.get(palette)
    if palette == "words":
        entries = np.random.default_rng(2).integers(0, 65536, (256, 3))
    wide = palette == "words"
    expected = (entries if wide else colours).astype("uint16" if wide else "uint8")
    content = tiff(samples, 8, "P", palette=entries)
    check(content, expected[samples[..., 0]], "RGB", tmp_path)


def test_transparency_multiplied_into_a_tiffs_colours_is_divided_out(tmp_path):
    for bits in (8, 16):
        alpha = drawn(1, bits, 3)[0].astype("uint64")
        peak = (1 << bits) - 1
        plain = drawn(3, bits, 4)[0].astype("uint64")
        stored = np.concatenate([(plain * alpha + peak // 2) // peak, alpha], -1)
        picture = pictures.read(tiff(stored, bits, "RGBA", extra=[1]))
        seen = picture.pixels.astype("float64")
        assert picture.mode == "RGBA" and (picture.pixels[..., 3:] == alpha).all()
        again = seen[..., :3] * seen[..., 3:] / peak
        assert np.abs(again - stored[..., :3]).max() <= 0.5 + 1e-9


TYPES = {0: ("L", (1, 2, 4, 8, 16)), 2: ("RGB", (8, 16)), 3: ("P", (1, 2, 4, 8))}
TYPES |= {4: ("LA", (8, 16)), 6: ("RGBA", (8, 16))}


@pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (5, 3), (16, 24)])
@pytest.mark.parametrize("cut_out", [False, True])
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("kind, bits", [(k, b) for k, (_, depths) in TYPES.items() for b in depths])
def test_png(kind, bits, interlaced, cut_out, size, tmp_path):
    mode = TYPES[kind][0]
    samples, expected = drawn(CHANNELS[mode], bits, height=size[0], width=size[1])
    palette, chunks = None, []
    if mode == "P":
        palette = np.random.default_rng(bits).integers(0, 256, (1 << bits, 3)).astype("uint8")
        expected, mode = palette[samples[..., 0]], "RGB"
        if cut_out:
            alphas = np.random.default_rng(9).integers(0, 256, 1 << bits).astype("uint8")
            chunks = [(b"tRNS", alphas.tobytes())]
            expected = np.concatenate([expected, alphas[samples]], -1)
    elif cut_out and mode in ("L", "RGB"):
        colour = samples[2, 1]
        chunks = [(b"tRNS", struct.pack(f">{len(colour)}H", *colour))]
        opaque = (samples != colour).any(-1, keepdims=True)
        alpha = opaque * np.iinfo(expected.dtype).max
        expected = np.concatenate([expected, alpha.astype(expected.dtype)], -1)
    mode += "A" * bool(chunks)
    check(png(samples, bits, kind, interlaced, chunks, palette), expected, mode, tmp_path)


@pytest.mark.parametrize("top", [1, 3, 100, 255, 256, 1000, 4095, 65535])
@pytest.mark.parametrize(
    "kind, channels", [(2, 1), (3, 3), (5, 1), (6, 3), *[(7, c) for c in (1, 2, 3, 4)]]
)
def test_netpbm(kind, channels, top, tmp_path):
    samples = np.random.default_rng(top).integers(0, top + 1, (HEIGHT, WIDTH, channels))
    peak, name = (255, "uint8") if top < 256 else (65535, "uint16")
    expected = np.floor(samples * peak / top + 0.5).astype(name)
    mode = ("L", "LA", "RGB", "RGBA")[channels - 1]
    check(netpbm(samples, top, kind), expected, mode, tmp_path, ".pnm")


@pytest.mark.parametrize("kind", [1, 4])
@pytest.mark.parametrize("width", [1, 7, 8, 9, 37])
def test_netpbm_of_one_bit(kind, width, tmp_path):
    samples = np.random.default_rng(width).integers(0, 2, (HEIGHT, width, 1))
    check(netpbm(samples, 1, kind), ((1 - samples) * 255).astype("uint8"), "L", tmp_path)


@pytest.mark.parametrize("top_down", [False, True])
@pytest.mark.parametrize("bits", [1, 4, 8])
@pytest.mark.parametrize("width", [5, 37, 40])
def test_bmp_of_palettes(bits, width, top_down, tmp_path):
    values = np.random.default_rng(bits).integers(0, 1 << bits, (HEIGHT, width))
    palette = np.random.default_rng(5).integers(0, 256, (1 << bits, 3)).astype("uint8")
    content = bmp(values, bits, palette=palette, top_down=top_down)
    check(content, palette[values], "RGB", tmp_path, ".bmp")


MASKS = {
    16: [None, (0xF800, 0x07E0, 0x001F), (0x7C00, 0x03E0, 0x001F), (0x0F00, 0x00F0, 0x000F)],
    24: [None],
    32: [None, (0xFF0000, 0xFF00, 0xFF), (0xFF, 0xFF00, 0xFF0000), (0x3FF00000, 0xFFC00, 0x3FF)],
}
MASKS[16] += [(0x0F00, 0x00F0, 0x000F, 0xF000), (0x001F, 0x07E0, 0xF800)]
MASKS[32] += [(0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF000000, 0xFF0000, 0xFF00, 0xFF)]


@pytest.mark.parametrize("top_down", [False, True])
@pytest.mark.parametrize("width", [5, 38])
@pytest.mark.parametrize("bits, masks", [(b, masks) for b in MASKS for masks in MASKS[b]])
def test_bmp_of_every_depth(bits, masks, width, top_down, tmp_path):
    values = np.random.default_rng(bits).integers(0, 1 << bits, (HEIGHT, width), "uint64")
    if masks is None and bits == 32:
        values &= 0xFFFFFF
    meant = masks or {16: (0x7C00, 0x03E0, 0x001F)}.get(bits, (0xFF0000, 0xFF00, 0xFF))
    planes = []
    for mask in meant:
        shift = (mask & -mask).bit_length() - 1
        top = mask >> shift
        peak = 255 if top < 256 else 65535
        planes.append(np.floor(((values & mask) >> shift) * (peak / top) + 0.5))
    deep = any(mask >> ((mask & -mask).bit_length() - 1) > 255 for mask in meant)
    expected = np.stack(planes, -1).astype("uint16" if deep else "uint8")
    check(bmp(values, bits, masks, top_down=top_down), expected, "RGBA"[: len(meant)], tmp_path)


@pytest.mark.parametrize("bits", [8, 9, 12, 16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_jpeg_2000_at_its_own_depth(bits, channels, tmp_path):
    samples, expected = drawn(channels, bits, height=32, width=40)
    kind = "uint8" if bits <= 8 else "uint16"
    content = imagecodecs.jpeg2k_encode(
        samples.astype(kind).squeeze(), level=0, bitspersample=bits, codecformat="jp2"
    )
    check(content, expected, ("L", "", "RGB", "RGBA")[channels - 1], tmp_path, ".jp2")


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("channels", [3, 4])
def test_avif_at_its_own_depth(bits, channels, tmp_path):
    samples, expected = drawn(channels, bits, height=32, width=40)
    kind = "uint8" if bits <= 8 else "uint16"
    content = imagecodecs.avif_encode(samples.astype(kind), level=100, bitspersample=bits)
    check(content, expected, "RGBA"[:channels], tmp_path, ".avif")


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_is_near_and_of_its_own_mode(mode, tmp_path):
    y, x = np.mgrid[:40, :56]
    pixels = np.stack([x * 4, y * 5, 200 - x - y, y + x], -1)[..., : len(mode)].astype("uint8")
    Image.fromarray(pixels.squeeze(), mode).save(tmp_path / "x.jpg", quality=98, subsampling=0)
    picture = pictures.read(tmp_path / "x.jpg")
    assert picture.mode == mode and np.abs(picture.pixels.astype(int) - pixels).max() < 9


@pytest.mark.parametrize("kind", ["VP8L", "VP8 "])
def test_webp_says_how_it_was_stored(kind, tmp_path):
    pixels = drawn(3, 8)[1]
    Image.fromarray(pixels).save(tmp_path / "x.webp", lossless=kind == "VP8L")
    picture = pictures.read(tmp_path / "x.webp")
    assert picture.metadata.get("lossless", False) == (kind == "VP8L")
    pictures.write(pictures.Picture(pixels, "RGB", metadata=picture.metadata), tmp_path / "y.webp")
    assert (pictures.read(tmp_path / "y.webp").pixels == pixels).all() == (kind == "VP8L")


def changed(more=None, **options):
    options = {"bits": 8, "kind": "RGB", "samples": drawn(3, 8)[0], **options}
    return tiff(
        options.pop("samples"), options.pop("bits"), options.pop("kind"), more=more, **options
    )


REFUSED = {
    "signed": (changed({339: (3, [2] * 3)}), "8-bit signed integers, which has no defined white"),
    "float": (changed({339: (3, [3] * 3)}), "8-bit floating point, which has no defined white"),
    "unequal": (changed({258: (3, [5, 6, 5])}), "its channels have"),
    "extra": (
        changed(kind="RGB", samples=drawn(4, 8)[0], extra=[0]),
        "1 channel beyond RGB, of no st",
    ),
    "ink and alpha": (
        changed(kind="CMYK", samples=drawn(5, 8)[0], extra=[2]),
        "1 channel beyond CMYK, of transparency",
    ),
    "absent strip": (changed({279: (4, [777, 0, 777])}), "parts of the picture are absent"),
    "too few strips": (changed({279: (4, [777])}), "parts of the picture are absent"),
    "short strip": (changed({279: (4, [777, 700, 777])}), "strip"),
    "short deflated strip": (
        changed({257: (3, [33])}, compression="deflate", layout="one"),
        "absent|strip",
    ),
    "L*a*b*": (changed({262: (3, [8])}), "CIE L\\*a\\*b\\*"),
    "raw data": (changed({262: (3, [32803])}, samples=drawn(1, 8)[0]), "a camera's raw data"),
    "bomb": (changed({256: (4, [60000]), 257: (4, [60000])}), "decompression bombs"),
    "cut": (changed()[:-300], "cut short"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_one_meaning_is_refused_with_the_reason(name, tmp_path):
    content, reason = REFUSED[name]
    with pytest.raises(PictureError, match=reason) as error:
        pictures.read(content)
    assert "\n" not in str(error.value) and "damaged" not in str(error.value)
    assert pictures.read(changed()).mode == "RGB"  # the same without the change


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_sound_files_of_kinds_that_are_not_read_are_called_by_their_names(brand):
    with pytest.raises(PictureError, match="HEIC, which is not read; save it as PNG"):
        pictures.read(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(300))
    with pytest.raises(PictureError, match="floating point"):
        pictures.read(b"PF\n2 2\n-1.0\n" + bytes(48))
    assert packed(np.ones((1, 9, 1)), 1) == b"\xff\x80"  # the writer's own rows end at a byte

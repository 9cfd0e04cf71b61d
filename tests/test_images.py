"""Reading and writing pictures of every kind, whole or not at all."""

import io
import time

import numpy as np
import pytest
import tifffile
from damaged import PROFILE, XMP, bad, good, metadata, mutated, png, saved, smooth
from PIL import Image, PngImagePlugin

from drcn_book import pictures
from drcn_book.errors import PictureError, StorageError
from drcn_book.files import replacing
from drcn_book.images import luma, read_luma


def one_line(error, name):
    text = str(error.value)
    assert name in text and "\n" not in text and len(text) < 300
    return text


@pytest.mark.parametrize(
    "mode, expected",
    [
        ("1", "L"),
        ("L", "L"),
        ("LA", "LA"),
        ("P", "RGB"),
        ("RGB", "RGB"),
        ("RGBA", "RGBA"),
        ("CMYK", "CMYK"),
        ("YCbCr", "RGB"),
        ("HSV", "RGB"),
        ("RGBX", "RGB"),
        ("PA", "RGBA"),
    ],
)
def test_every_mode_becomes_one_of_five(mode, expected):
    image = Image.fromarray(smooth()).convert("RGBA" if mode == "PA" else "RGB").convert(mode)
    picture = pictures.from_pillow(image)
    assert picture.mode == expected and picture.size == image.size
    assert (picture.pixels.squeeze() == np.asarray(image.convert(expected))).all()


def test_a_colour_that_means_transparent_becomes_alpha():
    picture = pictures.read(png(smooth(), tRNS=np.array(smooth()[3, 4], ">u2").tobytes()))
    assert (
        picture.mode == "RGBA"
        and picture.pixels[3, 4, 3] == 0
        and picture.pixels[..., 3].max() == 255
    )
    palette = Image.fromarray(smooth()).quantize(5)
    palette.info["transparency"] = 2
    picture = pictures.read(saved(palette, "PNG"))
    assert (
        picture.mode == "RGBA"
        and ((picture.pixels[..., 3] == 0) == (np.asarray(palette) == 2)).all()
    )
    for channels in (1, 3):
        deep = smooth(channels=channels, kind="uint16")
        picture = pictures.read(png(deep, tRNS=deep[3, 4].astype(">u2").tobytes()))
        assert picture.pixels.shape[2] == channels + 1 and picture.pixels[3, 4, -1] == 0
        assert picture.pixels[..., -1].max() == 65535


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bit_png_is_read_and_written_to_the_last_bit(channels, tmp_path):
    deep = np.random.default_rng(0).integers(0, 65536, (19, 23, channels), "uint16")
    picture = pictures.read(png(deep))
    assert picture.pixels.dtype == np.uint16 and (picture.pixels == deep).all()
    pictures.write(picture, tmp_path / "deep.png")
    again = pictures.read(tmp_path / "deep.png")
    assert again.mode == picture.mode and (again.pixels == deep).all()
    if channels == 3:  # and others see the same picture
        assert (np.asarray(Image.open(tmp_path / "deep.png")) == deep >> 8).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"byteorder": ">"},
        {"compression": "zlib", "byteorder": ">"},
    ],
    ids=str,
)
def test_sixteen_bit_tiff_is_read_and_written_to_the_last_bit(channels, options, tmp_path):
    deep = np.random.default_rng(0).integers(0, 65536, (19, 23, channels), "uint16")
    tifffile.imwrite(
        tmp_path / "deep.tif",
        deep if channels > 1 else deep[..., 0],
        photometric="rgb" if channels > 1 else "minisblack",
        planarconfig="contig" if channels > 1 else None,
        extrasamples=["unassalpha"] if channels == 4 else None,
        **options,
    )
    picture = pictures.read(tmp_path / "deep.tif")
    assert picture.pixels.dtype == np.uint16 and (picture.pixels == deep).all()
    picture.metadata.update(icc_profile=PROFILE, dpi=(300, 300))
    pictures.write(picture, tmp_path / "again.tif")
    again = pictures.read(tmp_path / "again.tif")
    assert again.mode == picture.mode and (again.pixels == deep).all()
    assert again.metadata["icc_profile"] == PROFILE and again.metadata["dpi"] == (300, 300)
    assert (tifffile.imread(tmp_path / "again.tif") == deep.squeeze()).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("deep", [False, True])
def test_pictures_are_turned_as_their_exif_says(orientation, deep):
    upright = smooth(kind="uint16" if deep else "uint8")
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274], exif[271] = orientation, "Maker"
    picture = pictures.read(png(undo(upright), eXIf=exif.tobytes()[6:]))
    assert (picture.pixels == upright).all()
    kept = Image.Exif()
    kept.load(picture.metadata["exif"])
    assert dict(kept) == {271: "Maker"}


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
@pytest.mark.parametrize(
    "said", ['<x tiff:Orientation="6"/>', "<x><tiff:Orientation>6</tiff:Orientation></x>"]
)
def test_a_picture_is_not_turned_again(said, suffix, tmp_path):
    """The orientation stands in XMP, too, and programs read it there."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", said)
    xmp = said.encode()
    content = {".png": {"pnginfo": text}, ".tif": {"tiffinfo": {700: xmp}}}.get(
        suffix, {"xmp": xmp}
    )
    picture = pictures.read(saved(Image.fromarray(smooth()), pictures.FORMATS[suffix], **content))
    assert picture.size == (24, 32)
    pictures.write(picture, tmp_path / f"x{suffix}")
    assert pictures.read(tmp_path / f"x{suffix}").size == (24, 32)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_metadata_is_kept(suffix, tmp_path):
    format = pictures.FORMATS[suffix]
    source = pictures.read(saved(Image.fromarray(smooth()), format, **metadata(format)))
    enlarged = pictures.Picture(smooth(48, 64), "RGB", metadata=source.metadata)
    pictures.write(enlarged, tmp_path / f"out{suffix}")
    with Image.open(tmp_path / f"out{suffix}") as image:
        image.load()
        found = image.getexif()
        assert image.info["icc_profile"] == PROFILE and (image.info.get("xmp") or XMP) == XMP
        assert found[271] == "Maker" and found[306].startswith("2020") and 274 not in found
        camera = found.get_ifd(0x8769)
        assert (
            camera[0xA002] == 64
            and camera[0xA003] == 48
            and float(camera[0x829A]) == pytest.approx(0.01)
        )
        if suffix != ".webp":
            assert np.allclose(image.info["dpi"], 300, atol=0.1)
        if suffix == ".png":
            assert (
                image.text["Title"] == "Dunes" and image.text["XML:com.adobe.xmp"] == XMP.decode()
            )
        if suffix == ".jpg":
            assert image.info["comment"] == b"Hello"
        if suffix == ".tif":
            assert image.size == (64, 48) and image.tag_v2[700] == XMP


def test_a_phones_jpeg_with_previews_is_one_picture():
    image = Image.fromarray(smooth())
    picture = pictures.read(saved(image, "MPO", save_all=True, append_images=[image.rotate(90)]))
    assert picture.size == image.size and picture.format == "JPEG"


def test_jpeg_results_are_of_high_quality(tmp_path):
    pixels = smooth(96, 96)
    pictures.write(pictures.from_array(pixels), tmp_path / "x.jpg")
    assert np.abs(np.asarray(Image.open(tmp_path / "x.jpg")).astype(int) - pixels).mean() < 1.5


@pytest.mark.parametrize(
    "name, mode, kind, reason",
    [
        ("x.jpg", "RGBA", "uint8", "transparency"),
        ("x.jpg", "L", "uint16", "8 bits"),
        ("x.webp", "RGB", "uint16", "8 bits"),
        ("x.png", "CMYK", "uint8", "CMYK"),
        ("x.bmp", "LA", "uint8", "transparency"),
        ("x.gif", "RGB", "uint8", "no format"),
        ("x", "RGB", "uint8", "no format"),
    ],
)
def test_nothing_is_dropped_in_silence(name, mode, kind, reason, tmp_path):
    with pytest.raises(PictureError, match=reason) as error:
        pictures.write(pictures.Picture(np.zeros((8, 8, len(mode)), kind), mode), tmp_path / name)
    one_line(error, name)
    assert not list(tmp_path.iterdir())


def test_a_side_too_long_for_its_format_is_refused(tmp_path):
    with pytest.raises(PictureError, match="WEBP ends at 16383"):
        pictures.write(pictures.from_array(np.zeros((4, 20_000), "uint8")), tmp_path / "x.webp")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", sorted(set(bad()) - {"dot.png", "line.png", "column.png"}))
def test_bad_files_are_named_with_the_reason(name, tmp_path):
    (tmp_path / name).write_bytes(bad()[name])
    with pytest.raises(PictureError) as error:
        pictures.read(tmp_path / name)
    one_line(error, name)
    with pytest.raises(PictureError) as error:
        pictures.read(bad()[name])
    one_line(error, "Standard input")


def test_reasons_are_told_apart(tmp_path):
    for name, reason in {
        "bomb.png": "over 179 megapixels, .* decompression bombs; cut it",
        "moving.png": "frames",
        "moving.gif": "frames",
        "pages.tif": "4 frames or pages",
        "truncated.jpg": "truncated",
        "float.tif": "no defined white",
        "text.png": "no picture",
    }.items():
        with pytest.raises(PictureError, match=reason):
            pictures.read(bad()[name])
    with pytest.raises(PictureError, match="no such file"):
        pictures.read(tmp_path / "missing.png")
    with pytest.raises(PictureError, match="directory|Permission"):
        pictures.read(tmp_path)


def test_mutated_files_give_a_picture_or_one_line(capfd):
    start, read, refused = time.process_time(), 0, 0
    for name, content in mutated(440):
        try:
            picture = pictures.read(content)
            assert (
                picture.pixels.shape[:2] == picture.size[::-1] and picture.mode in pictures.MODES
            ), name
            read += 1
        except PictureError as error:
            assert "\n" not in str(error) and str(error).startswith("Standard input: "), name
            refused += 1
    assert read > 50 and refused > 150
    assert capfd.readouterr() == ("", "")  # nor does a C library say anything
    assert time.process_time() - start < 60


def test_good_files_are_good(tmp_path):
    for name, content in good().items():
        picture = pictures.read(content)
        pictures.write(picture, tmp_path / name)
        assert pictures.read(tmp_path / name).mode == picture.mode


def test_what_was_there_survives_a_failed_write(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(path) as beside:
        beside.write_bytes(b"new")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(StorageError, match="cannot be written"):
        pictures.write(pictures.from_array(smooth()), path / "below" / "x.png")


def test_a_full_disk_leaves_nothing(tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), "uint8")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        for name in ("x.png", "x.tif", "x.jpg", "x.webp", "x.bmp"):
            with pytest.raises(StorageError) as error:
                pictures.write(pictures.from_array(noise), tmp_path / name)
            one_line(error, name)
        for name in ("deep.png", "deep.tif"):
            with pytest.raises(StorageError):
                pictures.write(pictures.from_array(noise.astype("uint16") * 251), tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_white_may_be_zero(tmp_path):
    """A 16-bit grey TIFF that counts from white to black."""
    deep = smooth(kind="uint16")[..., 0]
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="miniswhite")
    assert (pictures.read(tmp_path / "deep.tif").pixels[..., 0] == 65535 - deep).all()
    assert (read_luma(tmp_path / "deep.tif") == np.round((65535 - deep) / np.float32(257))).all()


@pytest.mark.parametrize("kind", ["float32", "int32"])
def test_pixels_without_a_white_are_refused(kind, tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", smooth()[..., 0].astype(kind))
    for read in (pictures.read, read_luma):
        with pytest.raises(PictureError) as error:
            read(tmp_path / "x.tif")
        assert "no defined white" in one_line(error, "x.tif")


def test_an_image_of_the_caller_stays_as_it_is():
    exif = Image.Exif()
    exif[274], exif[271] = 6, "Maker"
    image = Image.open(io.BytesIO(saved(Image.fromarray(smooth()), "JPEG", exif=exif)))
    assert pictures.from_pillow(image).size == (24, 32)
    assert image.size == (32, 24) and dict(image.getexif()) == {274: 6, 271: "Maker"}
    unread = Image.open(io.BytesIO(png(smooth(kind="uint16"))))  # in Pillow, colour has 8 bits
    assert pictures.from_pillow(unread).pixels.dtype == np.uint8


@pytest.mark.parametrize(
    "found",
    [
        {"xmp": b"x" * 100_000},
        {"comment": b"x" * 100_000},
        {"dpi": (float("nan"), 72)},
        {"dpi": (1e30, 1e30)},
        {"dpi": (0, 0)},
    ],
)
def test_odd_metadata_does_not_cost_the_picture(found, tmp_path):
    image = Image.fromarray(smooth())
    image.info |= found
    for suffix in pictures.FORMATS:
        pictures.write(pictures.from_pillow(image), tmp_path / f"x{suffix}")
        assert pictures.read(tmp_path / f"x{suffix}").size == (32, 24)


def test_luma_of_files(tmp_path):
    Image.fromarray(smooth()).save(tmp_path / "x.png")
    assert (read_luma(tmp_path / "x.png") == luma(smooth())).all()
    assert luma(np.full((1, 1, 3), 255)) == 235 and luma(np.zeros((1, 1, 3))) == 16
    with pytest.raises(PictureError, match="no such file"):
        read_luma(tmp_path / "missing.png")

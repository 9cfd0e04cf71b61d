"""What is carried, what is made true again, and what is named as lost; a picture that loses nothing
says nothing.
"""

import struct
import zlib

import numpy as np
import pytest
from damaged import PROFILE, saved, smooth
from formats import STORED, png, tiff
from PIL import Image, ImageOps, PngImagePlugin

from drcn_book import pictures
from drcn_book.pictures import metadata, tags, turning, xmp

GREY_PROFILE = PROFILE[:16] + b"GRAY" + PROFILE[20:]


def exif(**folders):
    """Exif with a maker, and folders "camera" and "gps"."""
    found = Image.Exif()
    found[271] = "Maker"
    for name, number in (("camera", tags.CAMERA), ("gps", tags.GPS)):
        found.get_ifd(number).update(folders.get(name, {})) if name in folders else None
    return found


def raw_profile(kind, content):
    body = f"\n{kind}\n{len(content):8d}\n{content.hex()}\n".encode()
    return b"zTXt", f"Raw profile type {kind}".encode() + b"\0\0" + zlib.compress(body)


def turned(content, suffix, tmp_path):
    """The picture in a file, and in the file that its reading and writing gives, seen by another
    program.
    """
    picture = pictures.read(content)
    lost = pictures.write(picture, tmp_path / f"x{suffix}")
    with Image.open(tmp_path / f"x{suffix}") as image:
        image.load()
        assert ImageOps.exif_transpose(image).size == image.size == picture.size
        assert ImageOps.exif_transpose(image).tobytes() == image.tobytes()
    assert b"rientation" not in (tmp_path / f"x{suffix}").read_bytes()
    return picture, lost


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
@pytest.mark.parametrize(
    "place", ["eXIf", "raw exif", "raw APP1", "raw xmp", "XMP", "XMP'", "XMP element"]
)
def test_an_orientation_is_applied_once_wherever_it_stands(place, suffix, orientation, tmp_path):
    upright = smooth()
    tag = exif()
    tag[274] = orientation
    said = {
        "XMP": f'<x tiff:Orientation="{orientation}"/>',
        "XMP'": f"<x tiff:Orientation = '{orientation}'/>",
        "XMP element": f"<x><tiff:Orientation>{orientation}</tiff:Orientation></x>",
    }
    packet = said.get(place, said["XMP"]).encode()
    content = {
        "eXIf": (b"eXIf", tag.tobytes()[6:]),
        "raw exif": raw_profile("exif", tag.tobytes()),
        "raw APP1": raw_profile("APP1", tag.tobytes()),
        "raw xmp": raw_profile("xmp", packet),
    }.get(place, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))
    file = png(STORED[orientation](upright), 8, 2, chunks=[content])
    picture, lost = turned(file, suffix, tmp_path)
    assert (picture.pixels == upright).all() and not lost and not picture.lost


def test_every_colour_chunk_comes_through_a_png_and_is_named_elsewhere(tmp_path):
    chunks = [
        (b"gAMA", struct.pack(">I", 100000)),
        (b"cHRM", struct.pack(">8I", 31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600)),
        (b"cICP", bytes([9, 16, 0, 1])),
    ]
    picture = pictures.read(
        png(smooth(), 8, 2, chunks=[*chunks, (b"pHYs", struct.pack(">IIB", 16, 15, 0))])
    )
    assert pictures.write(picture, tmp_path / "x.png") == []
    content = (tmp_path / "x.png").read_bytes()
    assert all(name + data in content for name, data in chunks)
    assert b"pHYs" + struct.pack(">IIB", 16, 15, 0) in content
    assert pictures.write(picture, tmp_path / "x.jpg") == ["gAMA, cHRM, cICP"]
    assert (tmp_path / "x.jpg").read_bytes()[13:18] == struct.pack(">BHH", 0, 16, 15)
    plain = pictures.read(
        png(smooth(), 8, 2, chunks=[(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 45455))])
    )
    assert pictures.write(plain, tmp_path / "x.jpg") == []  # as everyone takes a JPEG to be


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt", "iCCP"])
def test_long_chunks_do_not_cost_the_picture(kind, tmp_path):
    long = b"x" * 1_200_000
    body = {
        "tEXt": b"story\0" + long,
        "zTXt": b"story\0\0" + zlib.compress(long),
        "iTXt": b"story\0\1\0\0\0" + zlib.compress(long),
        "iCCP": b"printer\0\0" + zlib.compress(PROFILE + long),
    }[kind]
    picture = pictures.read(png(smooth(), 8, 2, chunks=[(kind.encode(), body)]))
    assert (picture.pixels == smooth()).all() and not picture.lost
    pictures.write(picture, tmp_path / "x.png")
    again = pictures.read(tmp_path / "x.png")
    if kind == "iCCP":
        assert again.metadata["icc_profile"] == PROFILE + long
    else:
        assert again.metadata["text"] == {"story": long.decode()}
    bomb = (b"zTXt", b"story\0\0" + zlib.compress(bytes(70 * 2**20), 1))
    assert pictures.read(png(smooth(), 8, 2, chunks=[bomb])).lost == [
        "a damaged or overlong chunk zTXt"
    ]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
@pytest.mark.parametrize("deep", [False, True])
def test_exif_reaches_every_format_that_has_it(suffix, deep, tmp_path):
    if deep and suffix in (".jpg", ".webp"):
        pytest.skip("8 bits")
    found = exif(
        camera={0x829A: 0.01, 0x9003: "2020:01:02 03:04:05"}, gps={1: "N", 2: (48.0, 12.0, 1.0)}
    )
    picture = pictures.from_array(smooth(kind="uint16" if deep else "uint8"))
    picture.metadata["exif"] = found.tobytes()
    assert pictures.write(picture, tmp_path / f"x{suffix}") == []
    with Image.open(tmp_path / f"x{suffix}") as image:
        seen = image.getexif()
        assert seen[271] == "Maker"
        assert seen.get_ifd(tags.CAMERA)[0x9003].startswith("2020")
        assert tuple(map(float, seen.get_ifd(tags.GPS)[2])) == (48, 12, 1)


def test_what_counts_in_pixels_is_made_true_again():
    camera = {40962: 32, 40963: 24, 41486: 100.0, 37396: (10, 6, 4, 2)}
    found = metadata.enlarged({"exif": exif(camera=camera).tobytes()}, 3)
    seen = tags.of_size(found["exif"], (96, 72)).get_ifd(tags.CAMERA)
    assert (seen[40962], seen[40963]) == (96, 72) and float(seen[41486]) == 300
    assert seen[37396] == (30, 18, 12, 6)
    packet = b'<x GPano:FullPanoWidthPixels="400" exif:PixelXDimension="32" dc:pixels="32"/>'
    assert xmp.enlarged(packet, 2) == packet.replace(b'"400"', b'"800"').replace(
        b'PixelXDimension="32"', b'PixelXDimension="64"'
    )


@pytest.mark.parametrize("point", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_map_keeps_its_place(bits, point, tmp_path):
    keys = [1, 1, 0, 1, 1025, 0, 1, 2 if point else 1]
    more = {
        tags.MAP_SCALE: (12, [10.0, 10.0, 0.0]),
        tags.MAP_POINTS: (12, [4.0, 2.0, 0.0, 5e5, 5e6, 0.0]),
        tags.MAP_DIRECTORY: (3, keys),
    }
    pixels = smooth(kind=f"uint{bits}")
    picture = pictures.read(tiff(pixels, bits, "RGB", more=more))
    assert picture.lost == []
    picture.metadata = metadata.enlarged(picture.metadata, 2)
    assert pictures.write(picture, tmp_path / "x.tif") == []
    place = pictures.read(tmp_path / "x.tif").metadata["map"]
    assert place[tags.MAP_SCALE] == (5, 5, 0) and tuple(place[tags.MAP_DIRECTORY]) == tuple(keys)
    assert place[tags.MAP_POINTS][:2] == ((8.5, 4.5) if point else (8, 4))
    assert pictures.write(picture, tmp_path / "x.png") == ["the place on the map"]
    sideways = pictures.read(tiff(pixels, bits, "RGB", more=more, orientation=6))
    assert sideways.lost == ["the place on the map"] and "map" not in sideways.metadata


@pytest.mark.parametrize(
    "tag, content, name",
    [
        (37724, b"Adobe Photoshop Document Data Block\0", "Photoshop's layers"),
        (270, b"ImageJ=1.5\nunit=um\0", "ImageJ's account of the pixels"),
        (270, b'<?xml version="1.0"?><OME/>\0', "OME's account of the pixels"),
        (65100, b"secret\0", "tag 65100"),
        (270, b"A dune\0", None),
        (270, b'{"shape": [24, 32, 3]}\0', None),
    ],
)
def test_what_is_true_of_the_small_picture_alone_is_dropped_and_named(tag, content, name, tmp_path):
    values = [content[i : i + 1] for i in range(len(content))] if tag == 270 else list(content)
    more = {tag: (2 if tag == 270 else 1, values)}
    picture = pictures.read(tiff(smooth(), 8, "RGB", more=more))
    assert picture.lost == ([name] if name else [])
    pictures.write(picture, tmp_path / "x.tif")
    with Image.open(tmp_path / "x.tif") as image:
        kept = image.tag_v2.get(tag)
    assert kept == ("A dune" if content.startswith(b"A dune") else None)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
def test_no_resolution_is_invented(suffix, tmp_path):
    picture = pictures.read(tiff(smooth(), 8, "RGB"))
    assert "dpi" not in picture.metadata
    pictures.write(picture, tmp_path / f"x{suffix}")
    assert "dpi" not in pictures.read(tmp_path / f"x{suffix}").metadata
    camera = pictures.read(saved(Image.fromarray(smooth()), "JPEG", exif=exif()))
    assert "dpi" not in camera.metadata  # Pillow says 72
    with_one = pictures.read(saved(Image.fromarray(smooth()), "JPEG", dpi=(300, 300)))
    assert with_one.metadata["dpi"] == (300, 300)


def test_a_profile_goes_only_with_pixels_it_is_for(tmp_path):
    grey = pictures.Picture(smooth(channels=1), "L", metadata={"icc_profile": GREY_PROFILE})
    assert pictures.write(grey, tmp_path / "x.png") == []
    assert pictures.read(tmp_path / "x.png").metadata["icc_profile"] == GREY_PROFILE
    (line,) = pictures.write(grey, tmp_path / "x.webp")  # whose pixels are always RGB
    assert line == "a colour profile for GRAY, as the pixels are RGB"
    assert "icc_profile" not in pictures.read(tmp_path / "x.webp").metadata
    colour = pictures.Picture(smooth(), "RGB", metadata={"icc_profile": PROFILE})
    assert pictures.write(colour, tmp_path / "x.bmp") == ["the colour profile"]
    for suffix in (".png", ".jpg", ".tif", ".webp"):
        assert pictures.write(colour, tmp_path / f"c{suffix}") == []
        assert pictures.read(tmp_path / f"c{suffix}").metadata["icc_profile"] == PROFILE


def test_iptc_and_gain_maps(tmp_path):
    words = b"\x1c\x02\x78\x00\x04Dune"
    picture = pictures.from_array(smooth())
    picture.metadata["iptc"] = words
    for suffix in (".jpg", ".tif"):
        assert pictures.write(picture, tmp_path / f"x{suffix}") == []
        assert pictures.read(tmp_path / f"x{suffix}").metadata["iptc"] == words
    assert pictures.write(picture, tmp_path / "x.png") == ["IPTC"]
    packet = b'<x hdrgm:Version="1.0"/>'
    ultra = pictures.read(saved(Image.fromarray(smooth()), "JPEG", xmp=packet))
    assert (
        ultra.lost == ["the gain map and the XMP that describes it"] and "xmp" not in ultra.metadata
    )
    segment = b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"
    extra = b"\xff\xe2" + struct.pack(">H", len(segment) + 2) + segment
    assert pictures.read(saved(Image.fromarray(smooth()), "JPEG", extra=extra)).lost == [
        "the gain map"
    ]


def test_text_is_named_where_it_cannot_go(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "Dunes")
    picture = pictures.read(saved(Image.fromarray(smooth()), "PNG", pnginfo=text))
    assert pictures.write(picture, tmp_path / "x.png") == []
    assert pictures.write(picture, tmp_path / "x.jpg") == ["text"]
    assert pictures.read(saved(Image.fromarray(smooth()), "PNG")).lost == []


def test_metadata_too_long_for_a_format_are_named(tmp_path):
    picture = pictures.from_array(smooth())
    picture.metadata["xmp"] = b"<x>" + b"y" * 70_000 + b"</x>"
    assert pictures.write(picture, tmp_path / "x.jpg") == ["XMP, which JPEG cannot hold"]
    assert pictures.read(tmp_path / "x.jpg").size == (32, 24)
    assert pictures.write(picture, tmp_path / "x.png") == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_place_turns_with_its_picture(orientation):
    upright = np.zeros((24, 32), int)
    upright[5, 20] = 1
    stored = STORED[orientation](upright)
    (y,), (x,) = np.nonzero(stored)
    height, width = stored.shape
    assert turning.place((x, y, 3, 7), orientation, width, height)[:2] == (20, 5)
    assert (turning.upright(stored, orientation) == upright).all()

"""What a file says beside its pixels: one table of what is carried, into which formats, and what is
named as lost.
"""

import re
import struct

from PIL import Image

from . import colour, tags, xmp

# Entry of `Picture.metadata` -> what people call it.
LABELS = {
    "icc_profile": "the colour profile",
    "colour": "the colour chunks",  # PNG's: {name: content}
    "dpi": "the resolution",  # pixels to the inch, across and down
    "aspect": "the shape of the pixels",  # pixels to the same length, of no known unit
    "exif": "Exif",
    "xmp": "XMP",
    "iptc": "IPTC",
    "text": "text",  # PNG's: {key: text}
    "comment": "the comment",
    "map": "the place on the map",  # GeoTIFF's: {tag: values}
}
# Format -> the entries that its files hold.
HELD = {
    "PNG": {"icc_profile", "colour", "dpi", "aspect", "exif", "xmp", "text", "comment"},
    "JPEG": {"icc_profile", "dpi", "aspect", "exif", "xmp", "iptc", "comment"},
    "WEBP": {"icc_profile", "dpi", "exif", "xmp"},
    "TIFF": {"icc_profile", "dpi", "aspect", "exif", "xmp", "iptc", "map"},
    "BMP": {"dpi"},
}
SRGB = {
    "gAMA": struct.pack(">I", 45455),
    "cHRM": struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000),
}
# JPEG's segments that say how the pixels lie, or are read by name: by their first letters.
SEGMENTS = (b"JFIF", b"JFXX", b"Exif", b"http://ns.adobe.com/xap/1.0/", b"ICC_PROFILE", b"MPF")
SEGMENTS += (b"Adobe", b"Photoshop 3.0", b"Ducky")
CENTIMETRES = 2.54


def of_image(image: Image.Image) -> tuple[dict, list[str]]:
    """The metadata of a Pillow image that is not turned yet, and what of them is lost."""
    info, orientation = image.info, orientation_of(image)
    found = {key: info[key] for key in ("icc_profile", "comment", "xmp") if info.get(key)}
    found |= _resolution(image)
    text = {key: str(value) for key, value in getattr(image, "text", {}).items()}
    if packet := text.pop("XML:com.adobe.xmp", None):
        found["xmp"] = packet.encode("utf-8", "replace")
    if text:
        found["text"] = text
    if isinstance(info.get("photoshop"), dict) and info["photoshop"].get(0x0404):
        found["iptc"] = info["photoshop"][0x0404]
    try:
        exif = image.getexif()
    except Exception:  # damaged metadata must not cost the picture
        exif = Image.Exif()
    lost = [_segment(kind, data) for kind, data in getattr(image, "applist", ())]
    return settled(found, exif, orientation, image.size, [what for what in lost if what])


def of_tiff(file, offset, orientation, size) -> tuple[dict, list[str]]:
    """The metadata of a TIFF, and what of them is lost."""
    try:
        exif = tags.directory(file, offset)
    except Exception:  # damaged metadata must not cost the picture
        return {}, ["damaged metadata"]
    names = (("icc_profile", tags.ICC), ("xmp", tags.XMP), ("iptc", tags.IPTC))
    found = {key: _bytes(exif[tag]) for key, tag in names if exif.get(tag)}
    across, down, unit = (exif.get(tag) for tag in tags.RESOLUTION)
    try:
        per_inch = {1: 1, 3: CENTIMETRES}.get(unit, 1)
        found["aspect" if unit == 1 else "dpi"] = float(across) * per_inch, float(down) * per_inch
    except (TypeError, ValueError, ZeroDivisionError):
        pass
    place = {tag: exif[tag] for tag in sorted(tags.MAP) if tag in exif}
    lost = [LABELS["map"]] if place and orientation != 1 else []
    if place and not lost:
        found["map"] = place
    for tag in set(exif) & (
        tags.LAYOUT | tags.MAP | set(tags.RESOLUTION)
    ):  # the latter is in `dpi`
        del exif[tag]
    return settled(found, exif, orientation, size, lost)


def settled(
    found: dict, exif: Image.Exif, orientation: int, size: tuple[int, int], lost: list[str]
) -> tuple[dict, list[str]]:
    """Metadata true of the upright picture, and all that is lost. size: as stored."""
    content, gone = tags.cleaned(exif, orientation, size)
    lost = lost + gone
    if content:
        found["exif"] = content
    if "xmp" in found:
        packet, gone = xmp.upright(found.pop("xmp"), orientation)
        lost += gone
        if packet:
            found["xmp"] = packet
    for key in ("dpi", "aspect"):
        try:
            sound = all(
                0 < value < 65536 for value in found.get(key, (1, 1))
            )  # else nobody takes it
        except TypeError:
            sound = False
        if not sound or key == "aspect" and key in found and found[key][0] == found[key][1]:
            del found[key]
        elif key in found and orientation >= 5:
            found[key] = found[key][::-1]
    return found, list(dict.fromkeys(lost))


def orientation_of(image: Image.Image) -> int:
    """The orientation 1 to 8 that a Pillow image has still to be turned by."""
    try:
        return settled_orientation(
            image.getexif().get(274), b""
        )  # Pillow has looked into XMP itself
    except Exception:  # damaged metadata must not cost the picture
        return 1


def settled_orientation(tag: int | None, packet: bytes) -> int:
    """The orientation 1 to 8 of a file: its tag's, or where there is none, XMP's."""
    value = xmp.orientation(packet) if tag is None else tag
    return value if value in range(1, 9) else 1


def _resolution(image):
    """Pixels to the inch, if the file says so: of a JPEG without, Pillow makes 72 up."""
    info = image.info
    if info.get("jfif_unit") == 0 and info.get("jfif_density"):
        density = info["jfif_density"]
        if 282 not in image.getexif():
            return {"aspect": density} if density[0] != density[1] else {}
    if image.format in ("JPEG", "MPO") and "jfif_unit" not in info and 282 not in image.getexif():
        return {}
    return {"dpi": info["dpi"]} if info.get("dpi") else {}


def _segment(kind, data):
    """The name of a JPEG's segment that is lost; nothing for those that are read or say how pixels
    lie.
    """
    if kind == "COM" or data.startswith(SEGMENTS):
        return ""
    if data.startswith(b"urn:iso:std:iso:ts:21496"):
        return "the gain map"
    if data.startswith(b"http://ns.adobe.com/xmp/extension/"):
        return "the continuation of XMP"
    words = re.match(rb"[\w:/. -]*", data)[0].decode("ascii")[:24].strip()
    return f"segment {kind} {words}".strip()


def _bytes(value):
    return value.encode("latin-1", "replace") if isinstance(value, str) else bytes(value)


def enlarged(found: dict, scale: int) -> dict:
    """Metadata of the picture enlarged: whatever counts in its pixels is made true again."""
    found = dict(found)
    if "exif" in found:
        found["exif"] = tags.enlarged(found["exif"], scale)
    if "xmp" in found:
        found["xmp"] = xmp.enlarged(found["xmp"], scale)
    if "map" in found:
        found["map"] = tags.map_enlarged(found["map"], scale)
    return found


def held(found: dict, mode: str, format: str) -> tuple[dict, list[str]]:
    """Of metadata, what a file of a format holds beside pixels of a mode, and what is lost."""
    kept = {key: value for key, value in found.items() if key in HELD[format]}
    lost = [key for key in LABELS if key in found and key not in kept]
    words = [LABELS[key] for key in lost]
    if "colour" in lost:
        at = lost.index("colour")
        words[at : at + 1] = _colour_lost(found)
    profile = kept.get("icc_profile")
    stored = "RGB" if format == "WEBP" else mode  # WebP has no grey
    if profile and not colour.fits(profile, stored, format):
        space = colour.space_of(profile) or "nothing known"
        del kept["icc_profile"]
        words.append(f"a colour profile for {space}, as the pixels are {stored}")
    return kept, words


def _colour_lost(found):
    """PNG's colour chunks by name, but for those that say what is taken for granted elsewhere."""
    chunks = found["colour"]
    if "icc_profile" in found or "sRGB" in chunks and "cICP" not in chunks:
        return []
    lost = [name for name, content in chunks.items() if SRGB.get(name) != content]
    return [", ".join(lost)] if lost else []

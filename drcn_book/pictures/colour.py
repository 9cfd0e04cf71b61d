"""Numbers to colours: BT.601, depths, inks, palettes' light and multiplied transparency."""

import numpy as np

# BT.601 in studio range: (Y, Cb, Cr) = OFFSET + RGB @ YCBCR for RGB in 0..255.
YCBCR = (
    np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]).T
    / 255
)
OFFSET = np.array([16, 128, 128])
LUMA = YCBCR[:, 0].astype("float32")  # for pictures that stay float32


def luma(rgb: np.ndarray) -> np.ndarray:
    """Y of BT.601 in studio range, rounded, as MATLAB's `rgb2ycbcr` gives it for 8-bit pictures.

    rgb: (height, width, 3) values in 0..255. Returns float32 (height, width), whole numbers in
    16..235.
    """
    return np.round(16 + rgb.astype("float64") @ YCBCR[:, 0]).astype("float32")


def widened(samples: np.ndarray, bits: int) -> np.ndarray:
    """Unsigned samples of 1 to 16 bits on the full scale of uint8 (up to 8 bits) or uint16,
    rounded.
    """
    kind, peak = (np.uint8, 255) if bits <= 8 else (np.uint16, 65535)
    top = (1 << bits) - 1
    if top == peak:
        return samples.astype(kind, copy=False)
    # Every value's answer is looked up, which is exact and takes no larger copy of the picture.
    table = (np.arange(top + 1, dtype="uint64") * peak + top // 2) // top
    return table.astype(kind)[samples & samples.dtype.type(top)]


def scaled(bits: int) -> str:
    """What to say of samples that `widened` brings to a depth that no format has of its own; else
    nothing.
    """
    if bits in (1, 2, 4, 8, 16):
        return ""
    return f"{bits} bits a channel, scaled to {8 if bits < 8 else 16}"


def lookup(indices: np.ndarray, entries: np.ndarray) -> np.ndarray:
    """The colours (h, w, c) of palette indices (h, w); an index past the palette's end is black."""
    table = np.zeros((max(len(entries), int(indices.max()) + 1), entries.shape[1]), entries.dtype)
    table[: len(entries)] = entries
    return table[indices]


def divided(pixels: np.ndarray) -> np.ndarray:
    """Colours that were multiplied by their transparency, the last channel, as plain colours."""
    peak = np.iinfo(pixels.dtype).max
    colour, alpha = pixels[..., :-1].astype("uint64"), pixels[..., -1:].astype("uint64")
    plain = np.minimum((colour * peak + alpha // 2) // np.maximum(alpha, 1), peak)
    return np.concatenate([plain.astype(pixels.dtype), pixels[..., -1:]], -1)


def from_ycbcr(samples: np.ndarray, coefficients, reference, bits: int) -> np.ndarray:
    """RGB of a TIFF's YCbCr samples (h, w, 3) of 8 or 16 bits, of the same kind.

    coefficients: luma weights of R, G and B. reference: black and white of Y, Cb and Cr, as the
    tags give them.
    """
    peak, kind = (1 << bits) - 1, samples.dtype
    red, green, blue = (float(value) for value in coefficients)
    low, high = np.array(reference, "float64")[0::2], np.array(reference, "float64")[1::2]
    span = np.array([peak, peak // 2, peak // 2]) / np.where(high == low, 1, high - low)
    y, cb, cr = np.moveaxis((samples.astype("float64") - low) * span, -1, 0)
    r, b = y + (2 - 2 * red) * cr, y + (2 - 2 * blue) * cb
    rgb = np.stack([r, (y - red * r - blue * b) / (green or 1), b], -1)
    return np.clip(np.round(rgb), 0, peak).astype(kind)


def space_of(profile: bytes) -> str:
    """The colour space that an ICC profile is for, such as "RGB"; nothing if it is no profile."""
    return profile[16:20].decode("latin-1").strip() if profile[36:40] == b"acsp" else ""


def fits(profile: bytes, mode: str, format: str) -> bool:
    """Whether an ICC profile is for pixels of a mode; grey may go by an RGB profile, but in PNG by
    its rules.
    """
    space = space_of(profile)
    if space == "RGB" and mode[0] == "L" and format != "PNG":
        return True
    return space == {"L": "GRAY", "R": "RGB", "C": "CMYK"}[mode[0]]


def as_shown(pixels: np.ndarray, mode: str) -> np.ndarray:
    """Light in 0..255, (h, w) or (h, w, 3), of a picture's pixels, transparency left out: what is
    measured.

    8-bit pixels give uint8; 16-bit ones float32, not rounded. Inks are taken as Pillow takes them.
    """
    deep = pixels.dtype == np.uint16
    if mode == "CMYK":
        peak = np.iinfo(pixels.dtype).max
        light = peak - pixels.astype("float64")
        pixels = np.floor(light[..., :3] * light[..., 3:] / peak + 0.5).astype(pixels.dtype)
    else:
        pixels = pixels[..., :3] if mode.startswith("RGB") else pixels[..., 0]
    return pixels.astype("float32") / np.float32(257) if deep else pixels

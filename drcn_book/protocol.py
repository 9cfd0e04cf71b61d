"""The protocol ladder: one method, one set of pictures, and every number it can be made to show."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from .degradation import check_scale, modcrop, resize
from .errors import ConfigError
from .metrics import psnr
from .pictures.colour import OFFSET, YCBCR, luma


@dataclass(frozen=True)
class Protocol:
    """How a PSNR is measured. The defaults are the field's protocol.

    colour: what is compared: "Y" (BT.601, studio range 16..235), "full" (JPEG's luma, 0..255),
    "truncated" (Y with coefficients over 256, cut off instead of rounded), or "RGB" (colour
    enlarged by bicubic). kernel: how the input is made: "float" (Pillow in floating point),
    "MATLAB" (`imresize`), or "8-bit" (Pillow on 8-bit RGB, rounded after shrinking and again after
    enlarging). border: pixels cut off every side; None cuts the scale. rounded: whether the output
    is rounded to 8 bits. grey_as_rgb: a grey picture is taken for a colour one, so its Y spans
    16..235. half: half-size pictures.
    """

    colour: str = "Y"
    kernel: str = "float"
    border: int | None = None
    rounded: bool = True
    grey_as_rgb: bool = False
    half: bool = False

    def __post_init__(self):
        for value, known in (
            (self.colour, ("Y", "full", "truncated", "RGB")),
            (self.kernel, ("float", "MATLAB", "8-bit")),
        ):
            if value not in known:
                raise ConfigError(
                    f"Unknown choice {value!r} of a protocol: one of {', '.join(known)}."
                )


RUNGS = {
    "the protocol": Protocol(),
    "output not rounded": Protocol(rounded=False),
    "MATLAB's imresize": Protocol(kernel="MATLAB"),
    "Y over 256, truncated": Protocol(colour="truncated"),
    "grey pictures as RGB": Protocol(grey_as_rgb=True),
    "border not cut": Protocol(border=0),
    "bicubic in 8-bit RGB": Protocol(kernel="8-bit"),
    "Y in full range": Protocol(colour="full"),
    "RGB instead of Y": Protocol(colour="RGB"),
    "pictures of half the size": Protocol(half=True),
}


class Rung(NamedTuple):
    """One row of the ladder: what was changed, mean PSNR in dB, and the step from the protocol's in
    dB.
    """

    change: str
    psnr: float
    step: float


def ladder(
    pictures: Iterable[np.ndarray],
    scale: int,
    network: Callable[[np.ndarray], np.ndarray] = lambda x: x,
) -> list[Rung]:
    """Measure one method by the protocol, and again with one thing changed at a time.

    pictures: uint8 (h, w, 3), or (h, w) if grey. network: from the bicubic input to the output,
    both luma (h, w), 0..255; the default is bicubic itself. The rung on grey pictures is left out
    where there are none.
    """
    pictures = list(pictures)
    rungs = {
        change: protocol
        for change, protocol in RUNGS.items()
        if not protocol.grey_as_rgb or any(picture.ndim == 2 for picture in pictures)
    }
    found = {
        change: measure(pictures, scale, network, protocol) for change, protocol in rungs.items()
    }
    return [Rung(change, value, value - found["the protocol"]) for change, value in found.items()]


def measure(
    pictures: Iterable[np.ndarray],
    scale: int,
    network: Callable[[np.ndarray], np.ndarray],
    protocol: Protocol = Protocol(),
) -> float:
    """Mean PSNR in dB of a method on pictures, as `ladder`, by any protocol."""
    border = check_scale(scale) if protocol.border is None else protocol.border
    values = []
    for picture in pictures:
        if protocol.half:
            picture = _shrink(picture, 2)
        if protocol.grey_as_rgb and picture.ndim == 2:
            picture = np.stack([picture] * 3, axis=2)
        picture = modcrop(picture, scale)
        truth = _planes(picture, protocol.colour)
        if protocol.kernel == "8-bit":
            small = _shrink(picture, scale)
            blurred = _planes(_resize_8_bit(small, *picture.shape[:2]), protocol.colour)
        else:
            blurred = [_blur(plane, scale, protocol.kernel) for plane in truth]
        output = [network(blurred[0].astype("float32")), *blurred[1:]]
        if len(output) == 3:
            output, truth = _rgb(output), picture
        values.append(psnr(np.squeeze(truth), np.squeeze(output), border, protocol.rounded))
    return float(np.mean(values))


def _planes(picture, colour):
    """What the method is given of a uint8 picture: luma, or Y, Cb and Cr, each (h, w), 0..255."""
    if picture.ndim == 2:
        return [picture.astype("float32")]
    if colour == "RGB":
        return list(np.moveaxis(OFFSET + picture @ YCBCR, 2, 0))
    if colour == "full":
        return [np.round(picture @ [0.299, 0.587, 0.114])]
    if colour == "truncated":
        return [np.floor(16 + picture @ [65.738, 129.057, 25.064] / 256)]
    return [luma(picture)]


def _rgb(planes):
    return (np.stack(planes, axis=2) - OFFSET) @ np.linalg.inv(YCBCR)


def _blur(plane, scale, kernel):
    height, width = plane.shape
    shrink_or_enlarge = imresize if kernel == "MATLAB" else resize
    return shrink_or_enlarge(
        shrink_or_enlarge(plane, height // scale, width // scale), height, width
    )


def _resize_8_bit(picture, height, width):
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))


def _shrink(picture, scale):
    return _resize_8_bit(picture, picture.shape[0] // scale, picture.shape[1] // scale)


def imresize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """MATLAB's `imresize(image, [height width])` of an (h, w) array: bicubic, antialiased,
    unrounded.

    Keys' kernel with a = -0.5, stretched by the factor when shrinking, its weights normalised, the
    picture mirrored at its borders (where `degradation.resize` cuts the kernel off instead).
    """
    rows, columns = (
        _weights(old, new) for old, new in zip(image.shape, (height, width), strict=True)
    )
    return rows @ image.astype("float64") @ columns.T


def _weights(old, new):
    """The matrix (new, old) that resizes one axis."""
    stretch = max(1, old / new)
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    reach = np.arange(np.floor(-2 * stretch), np.ceil(2 * stretch) + 1)
    neighbours = np.floor(centres)[:, None] + reach
    t = np.abs(centres[:, None] - neighbours) / stretch
    near, far = 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    kernel = np.where(t < 1, near, np.where(t < 2, far, 0))
    mirrored = np.concatenate([np.arange(old), np.arange(old)[::-1]])[
        neighbours.astype(int) % (2 * old)
    ]
    matrix = np.zeros((new, old))
    np.add.at(matrix, (np.arange(new)[:, None], mirrored), kernel / kernel.sum(1, keepdims=True))
    return matrix

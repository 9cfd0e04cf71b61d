"""One picture as several methods give it, and where to look."""

import textwrap

import numpy as np

from ..degradation import degrade, resize
from ..errors import ConfigError, PictureError
from ..metrics import psnr
from .measuring import Method


def side_by_side(picture: np.ndarray, methods: list[Method], scale: int) -> dict[str, np.ndarray]:
    """One picture (h, w), 0..255, as each method gives it: title -> luma of one size.

    First the low-resolution picture with its pixels as squares, then the methods, then the truth;
    under each method's name, in lines of 24 characters, the PSNR of the whole picture by the
    protocol.
    """
    x, y = degrade(picture, scale)
    low = resize(y, y.shape[0] // scale, y.shape[1] // scale)
    outputs = {textwrap.fill(method.name, 24): method.run(x)[0] for method in methods}
    return {
        "low resolution\n": low.repeat(scale, 0).repeat(scale, 1),
        **{f"{name}\n{psnr(y, output, scale):.2f} dB": output for name, output in outputs.items()},
        "truth\n": y,
    }


def hardest(picture: np.ndarray, scale: int, side: int) -> tuple[int, int]:
    """Top and left of the side x side square where bicubic errs most.

    ConfigError if `side` is no positive number; PictureError if no such square fits.
    """
    if side < 1:
        raise ConfigError(
            f"A square of {side} pixels a side is none: choose a --side of 1 or more."
        )
    x, y = degrade(picture, scale)
    if min(y.shape) < side:
        raise PictureError(
            f"A picture of {y.shape[1]}x{y.shape[0]} pixels has no square of {side}: "
            "choose a smaller --side."
        )
    total = np.pad((x - y).astype("float64") ** 2, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    error = (
        total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    )
    top, left = np.unravel_index(error.argmax(), error.shape)
    return int(top), int(left)

"""Luma pictures as arrays: read from files, flipped and turned, and averaged over that."""

from collections.abc import Callable

import numpy as np

from .pictures.colour import luma
from .pictures.reader import read_luma


def eight_views(stack: np.ndarray) -> list[np.ndarray]:
    """The 8 flips and quarter turns of a stack (count, height, width, ...), as views without
    copies.

    Number v is turned v times by 90 degrees against the clock; from 4 on, turned v - 4 times and
    then mirrored.
    """
    turns = [np.rot90(stack, k, (1, 2)) for k in range(4)]
    return turns + [turn[:, :, ::-1] for turn in turns]


def mean_over_views(sharpen: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """The geometric self-ensemble (Timofte et al., CVPR 2016) of a picture (h, w): the mean of what
    `sharpen` makes of its 8 flips and turns, each turned back.
    """
    outputs = [sharpen(np.ascontiguousarray(view)) for (view,) in eight_views(x[None])]
    return np.mean(
        [np.rot90(y if v < 4 else y[:, ::-1], -v) for v, y in enumerate(outputs)], axis=0
    )


__all__ = ["eight_views", "luma", "mean_over_views", "read_luma"]

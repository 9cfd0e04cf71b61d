"""Inside a network: what every recursion makes of one picture, and how good each is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from ._keras import keras, ops
from .config import NetworkConfig
from .degradation import degrade, resize
from .errors import ConfigError, PictureError
from .metrics import psnr, ssim
from .model import KerasNet, ensemble_weights
from .recursion import unroll

MOST_PIXELS = (
    1024 * 1024
)  # every recursion of every chosen channel is kept: larger pictures are cropped first
SMALLEST_SIDE = 24  # SSIM's window of 11 and a shaved border must fit
PROBE = 96  # side of the middle patch on which channels are compared


@dataclass(frozen=True, eq=False)
class Inspection:
    """One picture seen by every recursion of one network.

    Pictures are float32 luma on the 0..255 scale, neither rounded nor clipped, all of one size (h,
    w). Frame i is the bicubic input for i = 0, the output y_d of recursion d for i = d, and the
    ensemble for i = D + 1.

    x: (h, w), the network's input. truth: (h, w), or None where it is not known.
    recursions: (h, w, D), the y_d. ensemble: (h, w). weights: (D,), the ensemble's w_d.
    channels: which channels of the hidden state were kept. features: (h, w, D + 1, len(channels)),
    those channels of H_0 ... H_D (in a residual network H_d = f(H_{d-1}) + H_0); a folded network
    has one value a cell, which stands in each of its fold x fold pixels.
    """

    x: np.ndarray
    truth: np.ndarray | None
    recursions: np.ndarray
    ensemble: np.ndarray
    weights: np.ndarray
    channels: tuple[int, ...]
    features: np.ndarray
    scale: int

    @property
    def depth(self) -> int:
        """D, the number of recursions."""
        return self.recursions.shape[-1]

    @cached_property
    def frames(self) -> list[np.ndarray]:
        """x, y_1 ... y_D and the ensemble: D + 2 pictures (h, w)."""
        return [self.x, *np.moveaxis(self.recursions, -1, 0), self.ensemble]

    @property
    def labels(self) -> list[str]:
        """A short name for each frame."""
        return ["bicubic", *(f"d = {d}" for d in range(1, self.depth + 1)), "ensemble"]

    @cached_property
    def errors(self) -> list[np.ndarray] | None:
        """Each frame minus the truth: positive where it is too bright. None where the truth is not
        known.
        """
        return None if self.truth is None else [frame - self.truth for frame in self.frames]

    @cached_property
    def changes(self) -> list[np.ndarray]:
        """Each frame minus the one before it; y_0 = x, so the first is zero. The ensemble is
        compared with y_D.
        """
        return [np.zeros_like(self.x), *(b - a for a, b in pairwise(self.frames))]

    @cached_property
    def psnr(self) -> list[float] | None:
        """Each frame's PSNR in dB by the field's protocol, border of `scale` pixels shaved; None
        without a truth.
        """
        return (
            self.truth
            if self.truth is None
            else [psnr(self.truth, f, self.scale) for f in self.frames]
        )

    @cached_property
    def ssim(self) -> list[float] | None:
        """Each frame's SSIM, measured like the PSNR; None without a truth."""
        return (
            self.truth
            if self.truth is None
            else [ssim(self.truth, f, self.scale) for f in self.frames]
        )

    @cached_property
    def steps(self) -> list[float]:
        """Mean absolute change of each frame in grey levels: how much a recursion still does."""
        return [float(np.abs(change).mean()) for change in self.changes]


def hidden_states(network: keras.Model, config: NetworkConfig) -> list:
    """The symbolic H_0, ..., H_D of a network built by `drcn_book.model.build`, for a model of your
    own.

    >>> inside = keras.Model(network.input, hidden_states(network, config))
    """
    return unroll(KerasNet(config, network.get_layer), network.input)[0]


def liveliest(
    network: keras.Model, config: NetworkConfig, x: np.ndarray, count: int
) -> tuple[int, ...]:
    """The `count` channels of H_D that vary most over the middle 96x96 pixels of x (h, w),
    liveliest first.
    """
    top, left = ((side - min(side, PROBE)) // 2 // config.fold * config.fold for side in x.shape)
    patch = x[None, top : top + PROBE, left : left + PROBE, None].astype("float32") / 255
    last = ops.convert_to_numpy(
        keras.Model(network.input, hidden_states(network, config)[-1])(patch)
    )[0]
    return tuple(
        int(c) for c in np.argsort(-last.astype("float32").var(axis=(0, 1)), kind="stable")[:count]
    )


def inspect(
    picture: np.ndarray,
    network: keras.Model,
    config: NetworkConfig,
    known: bool = True,
    channels: Sequence[int] | int = 4,
) -> Inspection:
    """Run a network on a luma picture (h, w), 0..255, and keep what every recursion makes of it.

    known: the picture is the truth and is degraded by the protocol first; False: it is the small
    picture, is enlarged by the network's scale, and nothing can be measured.
    channels: which channels of the hidden state to keep, or how many of the liveliest.
    Raises PictureError if the picture is too small or too large, ConfigError for a channel that
    does not exist or a network without recursions.
    """
    scale, w = config.scale, ensemble_weights(network, config)
    height, width = picture.shape if known else (picture.shape[0] * scale, picture.shape[1] * scale)
    if min(height, width) < SMALLEST_SIDE:
        raise PictureError(
            f"A picture of {picture.shape[1]}x{picture.shape[0]} pixels is too small to inspect: "
            f"its sides must be {SMALLEST_SIDE if known else -(-SMALLEST_SIDE // scale)} or more."
        )
    if height * width > MOST_PIXELS:
        raise PictureError(
            f"{width}x{height} pixels are too many to keep every recursion of: choose a region "
            f"of at most {MOST_PIXELS:,} pixels (drcn inspect --region LEFT,TOP,WIDTH,HEIGHT)."
        )
    x, truth = degrade(picture, scale) if known else (resize(picture, height, width), None)

    if isinstance(channels, int):
        channels = liveliest(network, config, x, channels)
    outside = [c for c in channels if not 0 <= c < config.filters]
    if outside:
        raise ConfigError(
            f"There is no channel {outside[0]}: this network has {config.filters}, counted from 0."
        )
    outputs = dict(network.output)
    if channels:
        kept = [ops.take(H, list(channels), axis=-1) for H in hidden_states(network, config)]
        outputs["features"] = ops.stack(kept, axis=3)
    # Called, not `predict`ed: for a single picture that saves tracing a new function.
    seen = {
        name: ops.convert_to_numpy(value)[0]
        for name, value in keras.Model(network.input, outputs)(
            x[None, ..., None].astype("float32") / 255
        ).items()
    }
    features = np.empty((*x.shape, config.recursions + 1, 0))
    if channels:
        features = seen["features"].repeat(config.fold, 0).repeat(config.fold, 1)
    return Inspection(
        x=x,
        truth=truth,
        recursions=seen["recursions"] * 255,
        ensemble=seen["ensemble"][..., 0] * 255,
        weights=w,
        channels=tuple(channels),
        features=features.astype("float32"),
        scale=scale,
    )

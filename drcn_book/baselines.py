"""The networks the recursive one is compared with, in one frame: input x, patches, training and
protocol.

Each returns its one output under both names that the recursive network uses, so that training,
`infer` and the command line treat it alike.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ._keras import keras, ops
from .config import Config, option


def small(seed: int):
    """The start of a last layer whose output is added to x: training begins at bicubic quality."""
    return keras.initializers.RandomNormal(stddev=1e-3, seed=seed)


@dataclass(frozen=True)
class SRCNNConfig(Config):
    """SRCNN (Dong, Loy, He and Tang, TPAMI 2016): three convolutions, `filters`, filters / 2 and 1
    wide.

    9-5-5 is the form of the published tables. Departures: the input is added to the output, and
    borders are padded; the paper does neither.
    """

    architecture = "srcnn"
    recipe = {
        "patch": 41,
        "batch": 16,
        "learning_rate": 1e-3,
        "warmup": 500,
    }  # faster, and its ReLUs die

    scale: int = option(2, "enlargement it is trained for", low=2)
    filters: int = option(64, "filters of the first convolution", low=2)
    kernels: str = option("9-5-5", "sides of the three convolutions", choices=("9-5-5", "9-1-5"))

    @property
    def _layers(self):
        widths = [1, self.filters, self.filters // 2, 1]
        return list(zip(map(int, self.kernels.split("-")), widths[:-1], widths[1:], strict=True))

    @property
    def parameters(self) -> int:
        return sum(side * side * before * after + after for side, before, after in self._layers)

    @property
    def macs_per_pixel(self) -> int:
        """Multiply-accumulates an output pixel."""
        return sum(side * side * before * after for side, before, after in self._layers)

    @property
    def receptive_field(self) -> int:
        """Side in pixels of the input square that can change one output pixel."""
        return 1 + sum(side - 1 for side, _, _ in self._layers)

    def build(self, dtype: str = "float32", seed: int = 0) -> keras.Model:
        """Luma (batch, h, w, 1) in 0..1 -> {"recursions", "ensemble"}, both the one output of that
        shape.
        """
        x = h = keras.Input((None, None, 1), name="x")
        names = ("patches", "mapping", "reconstruction")
        for d, (name, (side, _, filters)) in enumerate(zip(names, self._layers, strict=True)):
            start = keras.initializers.HeNormal(seed + d) if filters > 1 else small(seed + d)
            h = keras.layers.Conv2D(
                filters,
                side,
                padding="same",
                activation="relu" if filters > 1 else None,
                kernel_initializer=start,
                name=name,
                dtype=dtype,
            )(h)
        y = x + ops.cast(h, "float32")
        return keras.Model(x, {"recursions": y, "ensemble": y}, name="srcnn")


@keras.saving.register_keras_serializable("drcn_book")
class CropLike(keras.layers.Layer):
    """The top left part of the first picture, as high and wide as the second."""

    def call(self, picture, like):
        return picture[:, : ops.shape(like)[1], : ops.shape(like)[2]]

    def compute_output_shape(self, picture_shape, like_shape):
        return (*like_shape[:3], picture_shape[-1])


@dataclass(frozen=True)
class DCSCNConfig(Config):
    """DCSCN (Yamanaka, Kuwashima and Kurita, ICONIP 2017): all work at low resolution; by default
    c-DCSCN.

    layers 3x3 convolutions, from `filters` down to `last` wide, all of them concatenated; two
    reconstruction branches, A1 (1x1, `a` wide) and B1, B2 (1x1 and 3x3, `b` wide); sub-pixel
    enlargement; x added. 96, 32, a = 64 and b = 32 give the full DCSCN of the paper.

    Departures: the first convolution reads x instead of the low-resolution picture, with a kernel
    of 3s x 3s and a stride of s, which is the same 3x3 window of low-resolution pixels; no dropout.
    The last 1x1 convolution and the pixel shuffle are written as the transposed convolution they
    equal (Shi et al., 2016).
    """

    architecture = "dcscn"
    recipe = {"patch": 48, "batch": 16, "learning_rate": 2e-3}

    scale: int = option(2, "enlargement it is trained for", low=2)
    filters: int = option(32, "filters of the first convolution", low=1)
    last: int = option(8, "filters of the last feature convolution", low=1)
    layers: int = option(7, "feature convolutions", low=2)
    a: int = option(24, "filters of A1", low=1)
    b: int = option(8, "filters of B1 and of B2", low=1)

    @property
    def widths(self) -> list[int]:
        """Filters of the features: falling as 1 - t^(1/1.2), in the full network 1 - t^(1/1.5)."""
        t = np.linspace(0, 1, self.layers) ** (1 / (1.2 if self.filters <= 32 else 1.5))
        return [int(width) for width in self.last + (self.filters - self.last) * (1 - t) + 1e-9]

    @property
    def _kernels(self):
        """Side, inputs and outputs of every convolution, each at low resolution."""
        widths, s = self.widths, self.scale
        first = (3 * s, 1, widths[0])
        features = [(3, before, after) for before, after in pairwise(widths)]
        branches = [(1, sum(widths), self.a), (1, sum(widths), self.b), (3, self.b, self.b)]
        return [first, *features, *branches, (1, self.a + self.b, s * s)]

    @property
    def parameters(self) -> int:
        """Kernels, biases and PReLU slopes; the transposed convolution has one bias."""
        slopes = sum(self.widths) + self.a + 2 * self.b
        biases = slopes + 1
        return (
            sum(side * side * before * after for side, before, after in self._kernels)
            + biases
            + slopes
        )

    @property
    def macs_per_pixel(self) -> float:
        """Multiply-accumulates an output pixel; there are scale^2 of them to one low-resolution
        pixel.
        """
        return (
            sum(side * side * before * after for side, before, after in self._kernels)
            / self.scale**2
        )

    @property
    def receptive_field(self) -> int:
        """Side in pixels of the centred square outside which nothing changes an output pixel."""
        return 2 * (self.scale * (self.layers + 2) - 1) + 1

    def build(self, dtype: str = "float32", seed: int = 0) -> keras.Model:
        """Luma (batch, h, w, 1) in 0..1 -> {"recursions", "ensemble"}, both the one output of that
        shape.
        """
        he = iter(keras.initializers.HeNormal(seed + d) for d in range(self.layers + 3))
        s = self.scale

        def conv(h, filters, side, name, **options):
            h = keras.layers.Conv2D(
                filters,
                side,
                kernel_initializer=next(he),
                name=name,
                dtype=dtype,
                **{"padding": "same", **options},
            )(h)
            return keras.layers.PReLU(
                keras.initializers.Constant(0.25),
                shared_axes=[1, 2],
                name=f"{name}_prelu",
                dtype=dtype,
            )(h)

        def concat(*h):
            return keras.layers.Concatenate(dtype=dtype)(h)

        x = keras.Input((None, None, 1), name="x")
        border = (
            s,
            2 * s - 1,
        )  # pixels of phase 0 stay in place, and the size need be no multiple of s
        padded = keras.layers.ZeroPadding2D((border, border), dtype=dtype)(x)
        features = [conv(padded, self.widths[0], 3 * s, "feature_1", strides=s, padding="valid")]
        for d, width in enumerate(self.widths[1:], 2):
            features.append(conv(features[-1], width, 3, f"feature_{d}"))
        every = concat(*features)
        A_1 = conv(every, self.a, 1, "A1")
        B_2 = conv(conv(every, self.b, 1, "B1"), self.b, 3, "B2")
        detail = keras.layers.Conv2DTranspose(
            1, s, strides=s, kernel_initializer=small(seed), name="L", dtype=dtype
        )(concat(A_1, B_2))
        y = x + CropLike(dtype="float32")(detail, x)
        return keras.Model(x, {"recursions": y, "ensemble": y}, name="dcscn")


BASELINES = {"srcnn": SRCNNConfig(), "dcscn": DCSCNConfig()}

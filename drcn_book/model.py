"""The deeply-recursive convolutional network (Kim, Lee and Lee, CVPR 2016), in the paper's symbols.

Input x and truth are luma divided by 255. The network returns every recursion's output and their
ensemble.
"""

import numpy as np

from ._keras import keras, ops
from .config import Config, NetworkConfig
from .degradation import enlarging_taps, shrinking_taps
from .errors import ConfigError
from .recursion import convolutions, finish, unroll


@keras.saving.register_keras_serializable("drcn_book")
class Identity(keras.initializers.Initializer):
    """A 3x3 kernel that passes each channel through: the recursion starts as H_d = H_{d-1}."""

    def __call__(self, shape, dtype=None):
        kernel = np.zeros(shape, "float32")
        kernel[shape[0] // 2, shape[1] // 2] = np.eye(*shape[2:])
        return ops.convert_to_tensor(kernel, dtype)


@keras.saving.register_keras_serializable("drcn_book")
class Ensemble(keras.layers.Layer):
    """y = sum over d of w_d y_d, the w_d learned and started at 1/D. (..., D) -> (..., 1)."""

    def build(self, shape):
        self.w = self.add_weight(
            shape=shape[-1:], initializer=keras.initializers.Constant(1 / shape[-1]), name="w"
        )

    def call(self, y_d):
        return ops.sum(self.w * y_d, axis=-1, keepdims=True)


@keras.saving.register_keras_serializable("drcn_book")
class Fold(keras.layers.Layer):
    """Space to depth: (..., h, w, 1) -> (..., h/s, w/s, s^2); channel i s + j is row i, column j of
    its cell.
    """

    def __init__(self, s, **options):
        super().__init__(**options)
        self.s = s

    def call(self, x):
        b, h, w, _ = ops.shape(x)
        cells = ops.reshape(x, (b, h // self.s, self.s, w // self.s, self.s))
        return ops.reshape(
            ops.transpose(cells, (0, 1, 3, 2, 4)), (b, h // self.s, w // self.s, self.s**2)
        )

    def compute_output_shape(self, shape):
        b, h, w, _ = shape
        return b, h and h // self.s, w and w // self.s, self.s**2

    def get_config(self):
        return {**super().get_config(), "s": self.s}


@keras.saving.register_keras_serializable("drcn_book")
class Unfold(Fold):
    """Depth to space, the inverse of `Fold`: (..., h, w, s^2) -> (..., h s, w s, 1)."""

    def call(self, y):
        b, h, w, _ = ops.shape(y)
        cells = ops.reshape(y, (b, h, w, self.s, self.s))
        return ops.reshape(ops.transpose(cells, (0, 1, 3, 2, 4)), (b, h * self.s, w * self.s, 1))

    def compute_output_shape(self, shape):
        b, h, w, _ = shape
        return b, h and h * self.s, w and w * self.s, 1


@keras.saving.register_keras_serializable("drcn_book")
class Consistent(keras.layers.Layer):
    """y + x - up(down(y)), the bicubic down and up of `degradation.resize` as convolutions:
    `recursion.finish`.
    """

    def __init__(self, scale, **options):
        super().__init__(**options)
        self.scale = scale

    def call(self, y, x):
        s = self.scale
        first, down = shrinking_taps(s)
        up = enlarging_taps(s)
        small = self._weighted(y, down[:, None], (-first, 3 * s + first), s)
        large = self._weighted(small, up.T, (2, 2), 1)
        return y + x - Unfold(s, dtype="float32")(large)

    @staticmethod
    def _weighted(picture, taps, border, stride):
        """Weighted sums of pixels, taps (n, outputs) on both axes, over the weights of those that
        there are.
        """
        n, outputs = taps.shape
        taps = taps.astype("float32")
        square = (taps[:, None, :, None] * taps[None, :, None, :]).reshape(n, n, 1, outputs**2)
        rows = np.repeat(taps, outputs, 1).reshape(n, 1, 1, -1)
        columns = np.tile(taps, outputs).reshape(1, n, 1, -1)

        def conv(image, kernel, down, right):
            image = ops.pad(
                image, ((0, 0), border if down else (0, 0), border if right else (0, 0), (0, 0))
            )
            strides = (stride if down else 1, stride if right else 1)
            return ops.conv(image, kernel, strides=strides, padding="valid")

        ones = ops.ones_like(picture[:1])
        there = conv(ones[:, :, :1], rows, 1, 0) * conv(ones[:, :1], columns, 0, 1)
        return conv(picture, square, 1, 1) / there

    def compute_output_shape(self, y_shape, x_shape):
        return y_shape

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


class KerasNet:
    """What `recursion` asks of a net, in Keras. layer: gives the convolution of a name."""

    def __init__(self, config: NetworkConfig, layer):
        self.config, self.layer = config, layer

    def conv(self, name, H):
        return self.layer(name)(H)

    def add(self, a, b):
        return a + b

    def concat(self, a, b):
        return ops.concatenate([a, b], axis=-1)

    def fold(self, x):
        return x if self.config.fold == 1 else Fold(self.config.fold, dtype="float32")(x)

    def unfold(self, y):
        s = self.config.fold
        return ops.cast(y, "float32") if s == 1 else Unfold(s, dtype="float32")(y)

    def weighted_sum(self, values, w):
        return sum(w_d * value for w_d, value in zip(w, values, strict=True))

    def consistent(self, y, x):
        return Consistent(self.config.scale, dtype="float32")(y, x)


def build(config: NetworkConfig, dtype: str = "float32", seed: int = 0) -> keras.Model:
    """The network, from luma (batch, h, w, 1) in 0..1 to its outputs by name.

    "recursions": (batch, h, w, D); "ensemble": (batch, h, w, 1). h and w are multiples of the fold.
    dtype is a Keras policy, such as "mixed_bfloat16": convolutions compute in it; input, skip and
    outputs stay float32.
    """
    he = iter(keras.initializers.HeNormal(seed=seed + i) for i in range(5 + config.recursions))
    layers = {}
    for name, kind in convolutions(config).items():
        start = Identity() if kind.identity else next(he)
        if kind.spread != 1.0:
            deviation = kind.spread * np.sqrt(2 / (9 * config.filters))
            start = keras.initializers.RandomNormal(stddev=deviation, seed=seed)
        layers[name] = keras.layers.Conv2D(
            kind.outputs,
            3,
            padding="same",
            activation="relu" if kind.relu else None,
            kernel_initializer=start,
            name=name,
            dtype=dtype,
        )

    x, net = keras.Input((None, None, 1), name="x"), KerasNet(config, layers.get)
    _, y = unroll(net, x)
    y_d = ensemble = y[-1]
    if len(y) > 1:
        y_d = keras.layers.Concatenate(name="recursions", dtype="float32")(y)
    if config.ensemble:
        ensemble = Ensemble(name="ensemble", dtype="float32")(y_d)
    return keras.Model(x, {"recursions": y_d, "ensemble": finish(net, ensemble, x)}, name="drcn")


def ensemble_weights(network: keras.Model, config: Config) -> np.ndarray:
    """The w_d (D,) of the output; without an ensemble, 0, ..., 0, 1. ConfigError for a network of
    another kind.
    """
    if not isinstance(config, NetworkConfig):
        raise ConfigError(f"A network of kind {config.architecture} has no recursions.")
    if not config.ensemble:
        return np.eye(config.recursions, dtype="float32")[-1]
    return ops.convert_to_numpy(network.get_layer("ensemble").w)


def infer(network: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run a network on one bicubic luma picture (h, w), 0..255: the ensemble (h, w) and the
    recursions (h, w, D).

    Both float32 on the same scale, neither rounded nor clipped.
    """
    out = network.predict_on_batch(x[None, ..., None].astype("float32") / 255)
    return out["ensemble"][0, ..., 0] * 255, out["recursions"][0] * 255

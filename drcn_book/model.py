"""The deeply-recursive convolutional network (Kim, Lee and Lee, CVPR 2016), in the paper's symbols.

Input x and truth are luma divided by 255. The network returns every recursion's output and their ensemble.
"""

import numpy as np

from ._keras import keras, ops
from .config import PRESETS, VARIANTS, Config, NetworkConfig, preset
from .errors import ConfigError

__all__ = ["PRESETS", "VARIANTS", "Config", "Ensemble", "Identity", "NetworkConfig", "build", "ensemble_weights",
           "infer", "preset"]


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
        self.w = self.add_weight(shape=shape[-1:], initializer=keras.initializers.Constant(1 / shape[-1]), name="w")

    def call(self, y_d):
        return ops.sum(self.w * y_d, axis=-1, keepdims=True)


def build(config: NetworkConfig, dtype: str = "float32",
          seed: int = 0) -> keras.Model:
    """The network, from luma (batch, h, w, 1) in 0..1 to its outputs by name.

    "recursions": (batch, h, w, D); "ensemble": (batch, h, w, 1). dtype is a Keras
    policy, such as "mixed_bfloat16": convolutions compute in it; input, skip and
    outputs stay float32.
    """
    he = iter(keras.initializers.HeNormal(seed=seed + i)
              for i in range(5 + config.recursions))

    def conv(filters, name, relu=True, identity=False, scale=1.0):
        start = Identity() if identity else next(he)
        if scale != 1.0:
            deviation = scale * np.sqrt(2 / (9 * config.filters))
            start = keras.initializers.RandomNormal(stddev=deviation, seed=seed)
        return keras.layers.Conv2D(
            filters, 3, padding="same", activation="relu" if relu else None,
            kernel_initializer=start, name=name, dtype=dtype)

    F, D = config.filters, config.recursions
    every = config.identity_start == "all"
    recursive = config.identity_start != "none"
    names = [f"recursion_{d}" for d in range(1, D + 1)]
    if config.shared:
        names = ["recursion"]
    embedding_1 = conv(F, "embedding_1")                                # W_-1
    embedding_2 = conv(F, "embedding_2", identity=every)                # W_0
    recursion = [conv(F, name, identity=recursive) for name in names]   # W
    reconstruction_1 = conv(F, "reconstruction_1",                      # W_{D+1}
                            config.reconstruction_relu, every)
    reconstruction_2 = conv(1, "reconstruction_2", config.output_relu,  # W_{D+2}
                            scale=config.output_start)

    x = keras.Input((None, None, 1), name="x")
    H_0 = H = embedding_2(embedding_1(x))
    y = []
    for d in range(D):
        H = recursion[d % len(recursion)](H)          # H_d = ReLU(W * H_{d-1} + b)
        if config.residual:
            H = H + H_0
        hidden = reconstruction_1(H)                  # H_{D+1}
        if config.skip == "concat":
            hidden_x = keras.layers.Concatenate(dtype=dtype)([hidden, x])
            y.append(ops.cast(reconstruction_2(hidden_x), "float32"))
        else:
            y.append(ops.cast(reconstruction_2(hidden), "float32"))
            if config.skip == "add":
                y[-1] = x + y[-1]                     # y_d = x + f_3(H_d)
        if config.feedback:
            H = hidden
    y_d = ensemble = y[-1]
    if D > 1:
        y_d = keras.layers.Concatenate(name="recursions", dtype="float32")(y)
    if config.ensemble:
        ensemble = Ensemble(name="ensemble", dtype="float32")(y_d)
    return keras.Model(x, {"recursions": y_d, "ensemble": ensemble}, name="drcn")


NetworkConfig.build = build


def ensemble_weights(network: keras.Model, config: Config) -> np.ndarray:
    """The w_d (D,) of the output; without an ensemble, 0, ..., 0, 1. ConfigError for a network of another kind."""
    if not isinstance(config, NetworkConfig):
        raise ConfigError(f"A network of kind {config.architecture} has no recursions.")
    if not config.ensemble:
        return np.eye(config.recursions, dtype="float32")[-1]
    return ops.convert_to_numpy(network.get_layer("ensemble").w)


def infer(network: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run a network on one bicubic luma picture (h, w), 0..255: the ensemble (h, w) and the recursions (h, w, D).

    Both float32 on the same scale, neither rounded nor clipped.
    """
    out = network.predict_on_batch(x[None, ..., None].astype("float32") / 255)
    return out["ensemble"][0, ..., 0] * 255, out["recursions"][0] * 255

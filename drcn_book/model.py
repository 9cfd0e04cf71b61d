"""The deeply-recursive convolutional network (Kim, Lee and Lee, CVPR 2016), in the paper's symbols.

Input x and truth are luma divided by 255. The network returns every recursion's output and their ensemble.
"""

from dataclasses import asdict, dataclass, fields, replace

import numpy as np

from ._keras import keras, ops
from .errors import ConfigError


class Config:
    """A frozen dataclass that names a network: `build` makes it, `architecture` tells weights files whose it is."""

    @classmethod
    def from_dict(cls, values: dict) -> "Config":
        """The configuration with these values; ConfigError names a field it does not have."""
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ConfigError(f"Unknown network option {unknown[0]!r}: this may come from a newer version.")
        return cls(**values)

    def to_dict(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class NetworkConfig(Config):
    """What a network is; it travels inside its weights file.

    filters, recursions: F and D of the paper. scale: the enlargement it was trained for.
    The rest names the variants. The paper's network is the default of each:

    skip: how x reaches the output: "add" (paper), "concat" (to the last convolution's input) or "none".
    feedback: the next recursion takes the reconstruction's hidden layer as its input, as the authors' code does.
    reconstruction_relu: the ReLU of H_{D+1}; the authors' code has none.
    residual: H_d = f(H_{d-1}) + H_0, the recursion of DRRN (Tai et al., CVPR 2017).
    shared: False gives each recursion a convolution of its own.
    identity_start: which F x F convolutions start as the identity: "recursion" (paper), "all" (authors' code),
        or "none" (He everywhere).
    output_start: factor on the start of the last convolution; the authors' code uses 0.001.
    """

    filters: int = 32
    recursions: int = 5
    scale: int = 2
    skip: str = "add"
    feedback: bool = False
    reconstruction_relu: bool = True
    residual: bool = False
    shared: bool = True
    identity_start: str = "recursion"
    output_start: float = 1.0

    architecture = "drcn"

    def __post_init__(self):
        for name, low in (("filters", 1), ("recursions", 1), ("scale", 2)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < low:
                raise ConfigError(f"{name} = {value!r}: must be a whole number of {low} or more.")
        for name, known in (("skip", ("add", "concat", "none")), ("identity_start", ("recursion", "all", "none"))):
            if getattr(self, name) not in known:
                raise ConfigError(f"{name} = {getattr(self, name)!r}: must be one of {', '.join(known)}.")

    def build(self, dtype: str = "float32", seed: int = 0) -> keras.Model:
        return build(self, dtype, seed)

    @property
    def parameters(self) -> int:
        """Weights, biases and ensemble weights: 1,775,121 for the paper's F = 256, D = 16."""
        f, last = self.filters, self.filters + (self.skip == "concat")
        square = 9 * f * f + f
        return (9 * f + f) + square * (2 + (1 if self.shared else self.recursions)) + (9 * last + 1) + self.recursions

    @property
    def macs_per_pixel(self) -> int:
        """Multiply-accumulates an output pixel, every recursion reconstructed (as the paper counts)."""
        f, last = self.filters, self.filters + (self.skip == "concat")
        return 9 * f + 9 * f * f * (1 + 2 * self.recursions) + 9 * last * self.recursions + self.recursions

    @property
    def receptive_field(self) -> int:
        """Side in pixels of the input square that can change one output pixel: 2 per 3x3 convolution, plus 1."""
        recursion = 2 if self.feedback else 1
        return 2 * (2 + recursion * self.recursions + (1 if self.feedback else 2)) + 1


PRESETS = {
    "tiny": NetworkConfig(filters=8, recursions=3),
    "compact": NetworkConfig(filters=32, recursions=5),
    "standard": NetworkConfig(filters=96, recursions=9),
    "paper": NetworkConfig(filters=256, recursions=16),
}


VARIANTS = {
    "paper": {},
    "authors": {"feedback": True, "reconstruction_relu": False, "identity_start": "all", "output_start": 0.001},
}


def preset(name: str, variant: str = "paper", **changes) -> NetworkConfig:
    """A named size ("tiny", "compact", "standard", "paper") in the wiring of "paper" or of the "authors" (their code).

    Further fields may be changed by keyword. ConfigError for an unknown name.
    """
    for value, known, what in ((name, PRESETS, "preset"), (variant, VARIANTS, "variant")):
        if value not in known:
            raise ConfigError(f"Unknown {what} {value!r}: choose one of {', '.join(known)}.")
    return replace(PRESETS[name], **{**VARIANTS[variant], **changes})


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


def build(config: NetworkConfig, dtype: str = "float32", seed: int = 0) -> keras.Model:
    """The network: luma (batch, h, w, 1) in 0..1 -> {"recursions": (batch, h, w, D), "ensemble": (batch, h, w, 1)}.

    dtype is a Keras policy, such as "mixed_bfloat16": convolutions compute in it; input, skip and outputs stay float32.
    """
    he = iter(keras.initializers.HeNormal(seed=seed + i)
              for i in range(5 + config.recursions))

    def conv(filters, name, relu=True, identity=False, scale=1.0):
        start = Identity() if identity else next(he)
        if scale != 1.0:
            start = keras.initializers.RandomNormal(stddev=scale * np.sqrt(2 / (9 * config.filters)), seed=seed)
        return keras.layers.Conv2D(filters, 3, padding="same", activation="relu" if relu else None,
                                   kernel_initializer=start, name=name, dtype=dtype)

    F, D = config.filters, config.recursions
    every, recursive = config.identity_start == "all", config.identity_start != "none"
    embedding_1 = conv(F, "embedding_1")                                               # W_-1
    embedding_2 = conv(F, "embedding_2", identity=every)                               # W_0
    names = ["recursion"] if config.shared else [f"recursion_{d}" for d in range(1, D + 1)]
    recursion = [conv(F, name, identity=recursive) for name in names]                  # W
    reconstruction_1 = conv(F, "reconstruction_1", config.reconstruction_relu, every)  # W_{D+1}
    reconstruction_2 = conv(1, "reconstruction_2", relu=False, scale=config.output_start)  # W_{D+2}

    x = keras.Input((None, None, 1), name="x")
    H_0 = H = embedding_2(embedding_1(x))
    y = []
    for d in range(D):
        H = recursion[d % len(recursion)](H)                                           # H_d = ReLU(W * H_{d-1} + b)
        if config.residual:
            H = H + H_0
        hidden = reconstruction_1(H)                                                   # H_{D+1}
        if config.skip == "concat":
            hidden_x = keras.layers.Concatenate(dtype=dtype)([hidden, x])
            y.append(ops.cast(reconstruction_2(hidden_x), "float32"))
        else:
            y.append(ops.cast(reconstruction_2(hidden), "float32"))
            if config.skip == "add":
                y[-1] = x + y[-1]                                                      # y_d = x + f_3(H_d)
        if config.feedback:
            H = hidden
    y_d = keras.layers.Concatenate(name="recursions", dtype="float32")(y) if D > 1 else y[0]
    ensemble = Ensemble(name="ensemble", dtype="float32")(y_d)
    return keras.Model(x, {"recursions": y_d, "ensemble": ensemble}, name="drcn")


def infer(network: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run a network on one bicubic luma picture (h, w), 0..255: the ensemble (h, w) and the recursions (h, w, D).

    Both float32 on the same scale, neither rounded nor clipped.
    """
    out = network.predict_on_batch(x[None, ..., None].astype("float32") / 255)
    return out["ensemble"][0, ..., 0] * 255, out["recursions"][0] * 255

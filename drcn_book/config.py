"""What a network is and how it is trained: two frozen records that travel with the weights.

They need no network library, so the command line makes its options from them without loading one.
"""

import json
import tomllib
from dataclasses import asdict, dataclass, field, fields
from math import inf
from pathlib import Path

from .errors import ConfigError
from .recursion import convolutions, count


def option(default, what: str, **limits):
    """A field with its explanation and what it may be: `choices`, or the least and greatest value
    `low`, `high`.
    """
    return field(default=default, metadata={"help": what, **limits})


class Options:
    """Base of the records: every field is checked when one is made; ConfigError names the field."""

    def __post_init__(self):
        for name, entry in self.__dataclass_fields__.items():
            value, limits = getattr(self, name), entry.metadata
            several = entry.type == tuple[int, ...]
            if several and not isinstance(value, tuple):
                raise ConfigError(f"{name} = {value!r}: must be a list of whole numbers.")
            for one in value if several else (value,):
                self._check(name, one, int if several else entry.type, limits)

    @staticmethod
    def _check(name, value, kind, limits):
        if "choices" in limits and value not in limits["choices"]:
            raise ConfigError(f"{name} = {value!r}: must be one of {', '.join(limits['choices'])}.")
        low, high = limits.get("low", -inf), limits.get("high", inf)
        kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        allowed = (int, float) if kind is float else (kind,)
        if (
            type(value) not in allowed
            or kind in (int, float)
            and not (low <= value <= high and abs(value) < inf)
        ):
            bounds = (f" of {low} or more" if low > -inf else "") + (
                f" and {high} or less" if high < inf else ""
            )
            raise ConfigError(f"{name} = {value!r}: must be {kinds[kind]}{bounds}.")

    @classmethod
    def from_dict(cls, values: dict):
        """The record with these values, the rest at its defaults; ConfigError names a field it does
        not have.
        """
        known = [entry.name for entry in fields(cls)]
        for name in values:
            if name not in known:
                raise ConfigError(
                    f"Unknown option {name!r} of the {cls.section}: choose from {', '.join(known)}."
                )
        return cls(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in values.items()
            }
        )

    def to_dict(self) -> dict:
        """The values by name, as `from_dict` takes them; a tuple is a list, as in JSON."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


class Config(Options):
    """A record that names a network: its `build` makes it, `architecture` tells weights files whose
    it is.
    """

    section = "network"
    fold = 1
    consistent = False

    @property
    def reach(self) -> int:
        """How many input pixels on each side of a pixel can change it."""
        return self.receptive_field // 2


@dataclass(frozen=True)
class NetworkConfig(Config):
    """What a network is; it travels inside its weights file. The paper's is the default of every
    variant.
    """

    architecture = "drcn"

    filters: int = option(32, "filters F of each convolution", low=1, high=4096)
    recursions: int = option(5, "recursions D", low=1, high=256)
    scale: int = option(2, "enlargement it is trained for", low=2)
    fold: int = option(
        1,
        "grid it works on: fold x fold pixels are the channels of one (paper: 1); divides scale",
        low=1,
    )
    skip: str = option(
        "add",
        "how x reaches the output: added (paper), to the last convolution's input, or not",
        choices=("add", "concat", "none"),
    )
    feedback: bool = option(
        False,
        "the next recursion takes the reconstruction's hidden layer as its input, "
        "as the authors' code does",
    )
    reconstruction_relu: bool = option(True, "the ReLU of H_{D+1}; the authors' code has none")
    output_relu: bool = option(
        False, "a ReLU on the last convolution, as jiny2001's TensorFlow code has"
    )
    residual: bool = option(
        False, "H_d = f(H_{d-1}) + H_0, the recursion of DRRN (Tai et al., CVPR 2017)"
    )
    shared: bool = option(True, "one convolution for all recursions; without, each has its own")
    ensemble: bool = option(
        True, "the output is the learned sum of the recursions' outputs; without, the last one"
    )
    identity_start: str = option(
        "recursion",
        "which F x F convolutions start as the identity: the recursion "
        "(paper), all (authors' code), none (He everywhere)",
        choices=("recursion", "all", "none"),
    )
    output_start: float = option(
        1.0, "factor on the start of the last convolution; the authors' code uses 0.001", low=0
    )
    consistent: bool = option(
        False, "the answer is corrected so that, shrunk again, it gives the small picture back"
    )

    def __post_init__(self):
        super().__post_init__()
        if self.scale % self.fold:
            raise ConfigError(
                f"fold = {self.fold}: must divide the scale {self.scale}: "
                f"1 and {self.scale} will do."
            )

    @property
    def parameters(self) -> int:
        """Weights, biases and ensemble weights: 1,775,121 for the paper's F = 256, D = 16."""
        kinds = convolutions(self).values()
        return sum(9 * kind.inputs * kind.outputs + kind.outputs for kind in kinds) + (
            self.recursions if self.ensemble else 0
        )

    @property
    def macs_per_pixel(self) -> int | float:
        """Multiply-accumulates an output pixel, every recursion reconstructed (as the paper
        counts).
        """
        macs, cell = count(self)[0].macs, self.fold**2
        return macs // cell if macs % cell == 0 else macs / cell

    @property
    def receptive_field(self) -> int:
        """Side in pixels of the input square that can change one output pixel.

        At fold 1 the pixel is its centre; a folded network sees whole cells of fold x fold pixels,
        and its field is centred on the pixel's cell.
        """
        return 2 * self.reach + self.fold

    @property
    def reach(self) -> int:
        """How many input pixels on each side of a cell of fold x fold can change its pixels."""
        return self.fold * count(self)[1]

    def build(self, dtype: str = "float32", seed: int = 0):
        """The Keras network with random weights: see `drcn_book.model.build`."""
        from .model import build

        return build(self, dtype, seed)


@dataclass(frozen=True)
class Recipe(Options):
    """How a network is trained. The defaults are the best that was measured.

    alpha, the weight of the recursions' own losses, falls from alpha_start to alpha_floor over the
    first alpha_share of the steps and stays there. The learning rate rises over `warmup` steps to
    its peak and falls to 0 as a cosine.
    """

    section = "recipe"

    train_set: str = option("T91", "set names joined by +, or a folder of pictures")
    scales: tuple[int, ...] = option(
        (), "enlargements each batch draws from; the network's own if not given", low=2
    )
    patch: int = option(64, "side of a training patch in pixels", low=1)
    batch: int = option(8, "patches a step", low=1)
    steps: int = option(16_000, "optimiser steps", low=1)
    loss: str = option(
        "l1", "error of an output; the paper uses l2", choices=("l1", "l2", "charbonnier")
    )
    alpha_start: float = option(1.0, "alpha at first", low=0, high=1)
    alpha_floor: float = option(0.2, "alpha in the end", low=0, high=1)
    alpha_share: float = option(0.5, "share of the steps over which alpha falls", low=0, high=1)
    beta: float = option(0.0, "weight of the squared weights in the loss", low=0)
    optimizer: str = option(
        "adam",
        "adam, or sgd with Nesterov momentum 0.9 (paper: momentum 0.9)",
        choices=("adam", "sgd"),
    )
    learning_rate: float = option(4e-3, "peak learning rate", low=0)
    warmup: int = option(200, "steps over which the learning rate rises", low=0)
    clip_norm: float = option(0.0, "global norm the gradient is cut to; 0 leaves it", low=0)
    ema: float = option(
        0.0,
        "decay of the running mean of the weights that is validated and kept; 0 keeps none",
        low=0,
        high=1,
    )
    precision: str = option(
        "auto",
        "number type of the convolutions; auto measures which is fastest here",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    )
    interval: int = option(500, "steps between validations, each with a checkpoint", low=1)
    seed: int = option(0, "of the weights' start and of the batches", low=0)


PRESETS = {
    "tiny": NetworkConfig(filters=8, recursions=3),
    "compact": NetworkConfig(filters=32, recursions=5),
    "standard": NetworkConfig(filters=96, recursions=9),
    "paper": NetworkConfig(filters=256, recursions=16),
    # On the folded grid, which at scale s is s times coarser: `preset` folds by the scale.
    "small": NetworkConfig(filters=16, recursions=5, fold=2, consistent=True),
    "medium": NetworkConfig(filters=32, recursions=6, fold=2, consistent=True),
    "large": NetworkConfig(filters=96, recursions=6, fold=2, consistent=True),
}

VARIANTS = {
    "paper": {},
    "authors": {
        "feedback": True,
        "reconstruction_relu": False,
        "identity_start": "all",
        "output_start": 0.001,
    },
}


def preset(size: str, /, variant: str = "paper", **changes) -> NetworkConfig:
    """A named size in the wiring of "paper" or of the "authors" (their code).

    size: "tiny", "compact", "standard" and "paper" work on the pixels, as in the paper; "small",
    "medium" and "large" on the grid folded by the scale. Further fields may be changed by keyword.
    ConfigError for an unknown name.
    """
    for value, known, what in ((size, PRESETS, "preset"), (variant, VARIANTS, "variant")):
        if value not in list(known):
            raise ConfigError(f"Unknown {what} {value!r}: choose one of {', '.join(known)}.")
    fields = PRESETS[size].to_dict()
    if fields["fold"] > 1 and "scale" in changes:
        fields["fold"] = changes["scale"]
    return NetworkConfig.from_dict({**fields, **VARIANTS[variant], **changes})


def read_config(path: str | Path) -> tuple[dict, dict]:
    """The sections `network` (with `preset` and `variant` besides NetworkConfig's fields) and
    `recipe` of a file.

    TOML, or JSON where the name ends in .json. ConfigError if it cannot be read or has another
    section.
    """
    path = Path(path)
    try:
        text = path.read_text()
        sections = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a readable configuration file ({error}).") from None
    if not isinstance(sections, dict) or not all(
        name in ("network", "recipe") and isinstance(values, dict)
        for name, values in sections.items()
    ):
        raise ConfigError(
            f"{path}: a configuration file has the sections network and recipe, and nothing else."
        )
    return sections.get("network", {}), sections.get("recipe", {})

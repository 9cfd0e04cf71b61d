"""The network in the page: it enlarges what the reader brings, and nothing leaves the page."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .._keras import keras, ops
from ..config import NetworkConfig
from ..errors import ConfigError
from ..model import ensemble_weights
from ..onnx_export import to_steps
from ..operations import operations
from ..recursion import Count, count, unroll
from ..weights import load, shipped, trained_on_damage
from .piece import Piece, bundle

# Those offered, where they are shipped. With one for real pictures the page chooses, as `upscale`.
ORDER = ("small-x2", "medium-x2", "small-x3", "small-x4")
WORDS = {"small": "fast", "medium": "better, slower", "real": "for JPEG and noise"}


def reaches(config: NetworkConfig) -> list[int]:
    """How many cells of fold x fold pixels y_1 ... y_D and the answer see on each side."""
    _, y = unroll(Count(config), 0)
    return [*y, count(config)[1]]


def first(network: keras.Model) -> dict:
    """The first convolution, rounded to three digits: kernel (3, 3, fold^2, F) in a row, bias."""
    kernel, bias = (ops.convert_to_numpy(w) for w in network.get_layer("embedding_1").weights)
    return {"kernel": [round(float(w), 3) for w in kernel.ravel()], "bias": bias.round(3).tolist()}


def described(network: keras.Model, config: NetworkConfig, name: str | Path, alone: bool) -> dict:
    """A network, of shipped weights or a file, as `network_page.mjs` takes it, JSON-able.

    alone: for a page that nobody serves: the list of operations and the weights in float32, for
    `engine.mjs`. Else two ONNX graphs in base64, see `onnx_export.to_steps`.
    """
    stem = Path(name).stem
    told = {
        "name": stem,
        "words": f"{WORDS.get(stem.split('-')[0], 'yours')}, ×{config.scale}",
        "real": trained_on_damage(str(name)),
        "scale": config.scale,
        "fold": config.fold,
        "reach": config.reach,
        "reaches": reaches(config),
        "first": first(network),
        "consistent": config.consistent,
        "weights": [float(w) for w in ensemble_weights(network, config)],
    }
    if not alone:
        embed, step = (base64.b64encode(part).decode() for part in to_steps(network, config))
        return told | {"embed": embed, "step": step}
    plan = operations(config)
    tensors = [w for name in plan["convolutions"] for w in network.get_layer(name).weights]
    values = [ops.convert_to_numpy(w).astype("<f4").ravel() for w in tensors]
    if config.ensemble:
        values.append(np.array(told["weights"], "<f4"))
    return told | {"plan": plan, "tensors": base64.b64encode(np.concatenate(values)).decode()}


class InPage(Piece):
    """Networks that run in the page that shows them.

    example: (h, w, 3) 8-bit RGB, the small picture that stands ready.
    names: shipped weights or weights files; by default those of `ORDER` that are shipped.
    They need ONNX Runtime Web, which the built book serves below `vendor/onnxruntime` and loads
    when the reader brings a picture; elsewhere the piece says why it cannot run. Where one of them
    is for real pictures, the page tells which fits, as `choice` does, and compares both.
    """

    name, script, title = "network", "network_page", "The network in this page"

    def __init__(self, example: np.ndarray, names: str | Path | Sequence[str | Path] = ()):
        if isinstance(names, str | Path):
            names = [names]
        names = names or [n for n in ORDER if n in shipped()]
        self.models = [described(*load(name), name, alone=False) for name in names]
        self.example = example

    @property
    def still(self) -> str:
        return (
            "<p>Here the published page lets the network enlarge a picture of yours. It needs a "
            "browser that runs scripts.</p>"
        )

    @property
    def data(self) -> dict:
        file = io.BytesIO()
        Image.fromarray(self.example).save(file, "PNG", optimize=True)
        return {
            "models": self.models,
            "example": base64.b64encode(file.getvalue()).decode(),
            "worker": bundle("network_worker"),
        }


class Alone(InPage):
    """One network in a page that stands alone: the book's own engine runs it, from a folder too.

    ConfigError where it takes more than `MOST` multiplications a pixel: a page would take minutes.
    """

    MOST = 40_000

    def __init__(self, example: np.ndarray, network: keras.Model, config: NetworkConfig, name: str):
        macs = count(config)[0].macs / config.fold**2
        if macs > self.MOST:
            raise ConfigError(
                f"{name} takes {macs:,.0f} multiplications a pixel: too many for a page."
            )
        self.models, self.example = [described(network, config, name, alone=True)], example

"""A network made ready to enlarge: what its answer needs and no more, in the fastest numbers."""

import functools
from pathlib import Path

import numpy as np

from .._keras import accelerators, backend, keras
from ..config import NetworkConfig
from ..errors import ConfigError
from ..model import KerasNet, ensemble_weights
from ..recursion import answer


def inference_network(
    network: keras.Model,
    config,
    recursions: int | None = None,
    skip_below: float = 0.0,
    dtype: str = "float32",
) -> keras.Model:
    """The network (batch, h, w, 1) -> y (batch, h, w, 1) that computes the ensemble, or one y_d,
    and nothing else: see `recursion.answer`.

    recursions: d stops after d recursions with y_d. skip_below: recursions with |w_d| at most this
    are left out of the sum, and not computed where nothing else needs them; only 0 is exact. dtype:
    the Keras policy of all but the embedding, which reads x with more digits than bfloat16 has.
    ConfigError if there is no recursion d.
    """
    if not isinstance(config, NetworkConfig):
        if recursions is not None:
            raise ConfigError(
                f"--recursions {recursions}: a network of kind {config.architecture} has none."
            )
        return keras.Model(network.input, network.output["ensemble"])
    if recursions is not None and not 1 <= recursions <= config.recursions:
        raise ConfigError(
            f"--recursions {recursions}: this network has recursions 1 to {config.recursions}."
        )
    w = np.eye(recursions)[-1] if recursions else ensemble_weights(network, config)
    w = [float(w_d) if abs(w_d) > skip_below else 0.0 for w_d in w]
    while w and not w[-1]:
        w.pop()
    if not w:
        raise ConfigError(
            f"Every ensemble weight is at most {skip_below}: nothing is left to compute; "
            "choose a smaller --skip-below."
        )

    @functools.cache
    def layer(name):
        old = network.get_layer(name)
        if dtype == "float32" or name.startswith("embedding"):
            return old
        new = keras.layers.Conv2D.from_config({**old.get_config(), "dtype": dtype})
        new.build((None, None, None, old.kernel.shape[2]))
        new.set_weights(old.get_weights())
        return new

    x = keras.Input((None, None, 1), name="x")
    return keras.Model(x, answer(KerasNet(config, layer), x, w), name="inference")


def fast_precision() -> str:
    """The fastest number type without a loss one can measure: bfloat16 where the processor
    multiplies it.
    """
    cpuinfo = Path("/proc/cpuinfo")
    native = cpuinfo.exists() and any(
        flag in cpuinfo.read_text() for flag in ("avx512_bf16", "amx_bf16")
    )
    return (
        "mixed_bfloat16" if native and backend == "tensorflow" and not accelerators() else "float32"
    )

"""Networks trained with jiny2001/deeply-recursive-cnn-tf, brought over from their TensorFlow 1
checkpoints.

That code works on luma of 0..255, has a ReLU on every convolution, the last one included, joins the
input to the last convolution's input, and divides the ensemble's weights by their sum.

This package works on luma / 255. A convolution with a ReLU is homogeneous, ReLU(W * (c x) + c b) =
c ReLU(W * x + b) for c > 0, and so is a chain of them, with concatenations, sums and weighted means
between. So dividing every bias by 255 gives the same network on values of 0..1, exactly.
"""

import re
from pathlib import Path

import numpy as np

from .config import NetworkConfig
from .errors import WeightsError
from .weights import assign, save_weights

# variables of the checkpoint -> layers here: (kernel, bias)
LAYERS = {
    "embedding_1": ("W-1_conv/conv_W", "W-1_conv/conv_B"),
    "embedding_2": ("W0_conv/conv_W", "W0_conv/conv_B"),
    "recursion": ("W_conv", "B"),
    "reconstruction_1": ("WD1_conv", "BD1"),
    "reconstruction_2": ("WD2_conv", "BD2"),
}
ENSEMBLE = "LayerWeights"


def read_checkpoint(path: str | Path) -> dict[str, np.ndarray]:
    """The network's variables in a checkpoint of the original, without a `_1` behind their names.

    path: the checkpoint as the original names it (`model.ckpt`), or one of its files
    (`model.ckpt.index`). WeightsError if there is none, it is damaged, a variable is missing, or
    TensorFlow is not installed.
    """
    prefix = re.sub(r"\.(index|meta|data-\d+-of-\d+)$", "", str(path))
    if not (Path(prefix).is_file() or Path(prefix + ".index").is_file()):
        raise WeightsError(
            f"{path}: no such checkpoint: neither {Path(prefix).name} nor "
            f"{Path(prefix).name}.index is there."
        )
    try:
        import tensorflow as tf
    except ImportError:
        raise WeightsError(
            "Reading a TensorFlow checkpoint needs TensorFlow: `pip install tensorflow-cpu`. "
            "The weights file made from it works without."
        ) from None
    wanted = [ENSEMBLE, *(name for pair in LAYERS.values() for name in pair)]
    try:
        reader = tf.train.load_checkpoint(prefix)
        stored = reader.get_variable_to_shape_map()
        names = {
            name: next((n for n in (name, f"{name}_1") if n in stored), None) for name in wanted
        }
        missing = [name for name in wanted if names[name] is None]
        if missing:
            held = ", ".join(sorted(stored)[:4])
            raise WeightsError(
                f"{path}: has no variable {missing[0]!r} (nor {missing[0]}_1): not a "
                f"checkpoint of deeply-recursive-cnn-tf. It holds {held or 'nothing'} ..."
            )
        return {name: np.asarray(reader.get_tensor(names[name]), "float32") for name in wanted}
    except (tf.errors.OpError, RuntimeError, ValueError, IndexError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{path}: not a readable TensorFlow checkpoint ({reason}).") from None


def convert(
    variables: dict[str, np.ndarray],
    scale: int = 2,
    skip: str | None = None,
    output_relu: bool = True,
    source: str | Path = "checkpoint",
) -> tuple[NetworkConfig, dict[str, np.ndarray]]:
    """The configuration here, and the weights by their paths here, of the original's variables.

    scale: the enlargement it was trained for, which the checkpoint does not say. skip: None takes
    "concat" where the last convolution has F + 1 inputs and "add" where it has F. output_relu:
    False for a network without the last ReLU. WeightsError names a variable whose shape fits no
    such network, or that holds no finite numbers.
    """
    kernel, bias = LAYERS["embedding_1"]
    filters = variables[kernel].shape[-1] if variables[kernel].ndim == 4 else 0
    joined = variables[LAYERS["reconstruction_2"][0]].shape[2:] == (filters + 1, 1)
    skip = skip or ("concat" if joined else "add")
    last = filters + (skip == "concat")
    shapes = {"embedding_1": (3, 3, 1, filters), "reconstruction_2": (3, 3, last, 1)}
    expected = {}
    for layer, (kernel, bias) in LAYERS.items():
        expected[kernel] = shapes.get(layer, (3, 3, filters, filters))
        expected[bias] = expected[kernel][-1:]
    expected[ENSEMBLE] = (variables[ENSEMBLE].size,)
    for name, shape in expected.items():
        if variables[name].shape != shape or not filters:
            raise WeightsError(
                f"{source}: {name} has the shape {variables[name].shape}, not {shape} as a "
                f"network of 3x3 convolutions, {filters} filters and skip {skip!r} has."
            )
        if not np.isfinite(variables[name]).all():
            raise WeightsError(f"{source}: {name} holds values that are no finite numbers.")
    w = variables[ENSEMBLE]
    if not w.sum():
        raise WeightsError(f"{source}: the ensemble's weights {ENSEMBLE} sum to 0.")
    config = NetworkConfig(
        filters=filters, recursions=w.size, scale=scale, skip=skip, output_relu=output_relu
    )
    tensors = {"ensemble/w": w / w.sum()}
    for layer, (kernel, bias) in LAYERS.items():
        tensors[f"{layer}/kernel"], tensors[f"{layer}/bias"] = (
            variables[kernel],
            variables[bias] / 255,
        )
    return config, tensors


def import_checkpoint(
    path: str | Path,
    out: str | Path,
    scale: int = 2,
    skip: str | None = None,
    output_relu: bool = True,
) -> NetworkConfig:
    """Write the network of an original's checkpoint as a weights file of this package; returns its
    configuration.

    Options and errors: see `read_checkpoint` and `convert`. StorageError if `out` cannot be
    written; it is whole or not there.
    """
    config, tensors = convert(read_checkpoint(path), scale, skip, output_relu, path)
    network = config.build()
    assign(network.weights, tensors, path)
    save_weights(out, network, config)
    return config

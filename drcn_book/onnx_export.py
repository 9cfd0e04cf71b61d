"""The network outside Keras: as an ONNX file, whole or step by step.

ONNX orders axes (batch, channel, height, width); height and width stay free. The graph is written
down by `recursion`, convolution by convolution, so the file holds each shared kernel once and does
not depend on the Keras backend.
"""

import json
from pathlib import Path

import numpy as np

from . import __version__
from ._keras import keras, ops
from .config import NetworkConfig
from .degradation import enlarging_taps, shrinking_taps
from .errors import ConfigError
from .files import write_atomically
from .model import ensemble_weights
from .recursion import convolutions, embed, finish, step, unroll
from .weights import load

OPSET = 17


class _Graph:
    """What `recursion` asks of a net, in ONNX: nodes and constants on their way into a model.

    Every method returns the name of what it adds.
    """

    def __init__(self, network, config):
        try:
            import onnx
        except ImportError:
            raise ConfigError(
                "Writing ONNX files needs the package onnx: `pip install onnx`."
            ) from None
        self.onnx, self.network, self.config = onnx, network, config
        self.w = ensemble_weights(network, config)  # refuses a network without recursions
        self.convolutions = convolutions(config)
        self.nodes, self.constants = [], {}

    def add_node(self, kind, inputs, output=None, **attributes):
        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def constant(self, name, value):
        self.constants[name] = value
        return name

    def conv(self, name, H):
        """The kernel is stored once, however often it is used."""
        layer = self.network.get_layer(name)
        kernel = ops.convert_to_numpy(layer.kernel).transpose(3, 2, 0, 1)
        kernel = self.constant(f"{name}.kernel", kernel)
        bias = self.constant(f"{name}.bias", ops.convert_to_numpy(layer.bias))
        H = self.add_node("Conv", [H, kernel, bias], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        return self.add_node("Relu", [H]) if self.convolutions[name].relu else H

    def add(self, a, b):
        return self.add_node("Add", [a, b])

    def concat(self, a, b):
        return self.add_node("Concat", [a, b], axis=1)

    def fold(self, x):
        s = self.config.fold
        return x if s == 1 else self.add_node("SpaceToDepth", [x], blocksize=s)

    def unfold(self, y):
        s = self.config.fold
        return y if s == 1 else self.add_node("DepthToSpace", [y], blocksize=s)

    def weighted_sum(self, values, w):
        w = self.constant("w", np.reshape(w, (1, -1, 1, 1)))
        return self.add_node("Conv", [self.add_node("Concat", values, axis=1), w])

    def consistent(self, y, x):
        """As `model.Consistent`: weighted sums over the weights of those pixels that there are."""
        s = self.config.scale
        first, down = shrinking_taps(s)
        up = enlarging_taps(s)
        self.constant("down", np.multiply.outer(down, down)[None, None])
        self.constant("up", np.einsum("pk,ql->pqkl", up, up).reshape(s * s, 1, 5, 5))

        def small(picture):
            border = [-first, -first, 3 * s + first, 3 * s + first]
            return self.add_node("Conv", [picture, "down"], strides=[s, s], pads=border)

        def large(picture):
            picture = self.add_node("Conv", [picture, "up"], pads=[2, 2, 2, 2])
            return self.add_node("DepthToSpace", [picture], blocksize=s)

        low = self.add_node("Div", [small(y), small(self.ones(y))])
        high = self.add_node("Div", [large(low), large(self.ones(low))])
        return self.add_node("Add", [y, self.add_node("Sub", [x, high])])

    def ones(self, picture):
        zeros = self.add_node("Mul", [picture, self.constant("zero", np.zeros(()))])
        return self.add_node("Add", [zeros, self.constant("one", np.ones(()))])

    def model(self, inputs, outputs):
        """The checked ONNX model; `inputs` and `outputs` map names to channels and names of
        axes.
        """
        helper, float32 = self.onnx.helper, self.onnx.TensorProto.FLOAT
        ends = [
            [
                helper.make_tensor_value_info(name, float32, ["batch", channels, *axes])
                for name, (channels, *axes) in side.items()
            ]
            for side in (inputs, outputs)
        ]
        constants = [
            self.onnx.numpy_helper.from_array(np.ascontiguousarray(value, "float32"), name)
            for name, value in self.constants.items()
        ]
        model = helper.make_model(
            helper.make_graph(self.nodes, "drcn", *ends, constants),
            producer_name="drcn-book",
            producer_version=__version__,
            ir_version=8,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        helper.set_model_props(model, {"config": json.dumps(self.config.to_dict())})
        self.onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()


PICTURE, GRID = ("height", "width"), ("rows", "columns")  # of the pixels, and of the folded grid


def to_onnx(network: keras.Model, config: NetworkConfig) -> bytes:
    """The whole network as an ONNX file: x (batch, 1, h, w), luma in 0..1 -> "recursions"
    (batch, D, h, w) and "ensemble" (batch, 1, h, w), h and w multiples of the fold. The
    configuration travels in the metadata as JSON.

    Raises ConfigError where the package onnx is not installed, and for a network without
    recursions.
    """
    graph = _Graph(network, config)
    _, y = unroll(graph, "x")
    graph.add_node("Concat", y, "recursions", axis=1)
    graph.add_node("Identity", [finish(graph, graph.weighted_sum(y, graph.w), "x")], "ensemble")
    outputs = {"recursions": (config.recursions, *PICTURE), "ensemble": (1, *PICTURE)}
    return graph.model({"x": (1, *PICTURE)}, outputs)


def to_steps(network: keras.Model, config: NetworkConfig) -> tuple[bytes, bytes]:
    """The network as two ONNX files that are run in turn, so that every recursion can be seen as it
    comes.

    The first embeds: x -> H (batch, F, h / fold, w / fold). The second is one recursion: H, x (and
    H_0 in a residual network) -> "next", the H of the following recursion, and y. Running it D
    times is the network.
    Raises ConfigError for a network whose recursions do not share their weights: it has no such
    step.
    """
    first = _Graph(network, config)
    if not config.shared:
        raise ConfigError(
            "This network has a convolution of its own for each recursion: "
            "there is no one step to run."
        )
    hidden, picture = (config.filters, *GRID), (1, *PICTURE)
    first.add_node("Identity", [embed(first, "x")], "H")
    second = _Graph(network, config)
    _, y, following = step(second, "H", "H_0", "x", 1)
    second.add_node("Identity", [following], "next")
    second.add_node("Identity", [y], "y")
    inputs = {"H": hidden, "x": picture, **({"H_0": hidden} if config.residual else {})}
    return first.model({"x": picture}, {"H": hidden}), second.model(
        inputs, {"next": hidden, "y": picture}
    )


def export(name: str | Path, path: str | Path) -> Path:
    """Write the ONNX file of shipped weights (by name) or of a weights file (by path) to `path`."""
    network, config = load(name)
    write_atomically(Path(path), to_onnx(network, config))
    return Path(path)

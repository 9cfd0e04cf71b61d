"""The network outside Keras: as an ONNX file, and running inside a web page.

ONNX orders axes (batch, channel, height, width); height and width stay free. The graph is written down convolution by
convolution, like `model.build`, so the file holds each shared kernel once and does not depend on the Keras backend.
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from . import __version__
from ._keras import keras, ops
from .config import NetworkConfig
from .errors import ConfigError
from .files import write_atomically
from .model import ensemble_weights
from .views import BROWSER
from .weights import load

OPSET = 17


class _Graph:
    """Nodes and constants on their way into an ONNX model; every method returns the name of what it adds."""

    def __init__(self, network, config):
        try:
            import onnx
        except ImportError:
            raise ConfigError(
                "Writing ONNX files needs the package onnx: `pip install onnx`."
            ) from None
        self.onnx, self.network, self.config = onnx, network, config
        self.w = ensemble_weights(network, config)
        self.nodes, self.constants = [], {}

    def add(self, kind, inputs, output, **attributes):
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def conv(self, layer, x, output):
        """A layer by its name: the kernel is stored once, however often it is used."""
        layer = self.network.get_layer(layer)
        kernel, bias = f"{layer.name}.kernel", f"{layer.name}.bias"
        self.constants[kernel] = ops.convert_to_numpy(layer.kernel).transpose(3, 2, 0, 1)
        self.constants[bias] = ops.convert_to_numpy(layer.bias)
        y = self.add(
            "Conv", [x, kernel, bias], f"{output}.conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]
        )
        return self.add("Relu", [y], output) if layer.activation.__name__ == "relu" else y

    def embed(self, x):
        return self.conv("embedding_2", self.conv("embedding_1", x, "H_-1"), "H_0")

    def recur(self, H, H_0, x, d):
        """Recursion d and its reconstruction: (H_{d-1}, H_0, x) -> (what recursion d + 1 takes, y_d)."""
        config = self.config
        H = self.conv("recursion" if config.shared else f"recursion_{d}", H, f"H_{d}")
        if config.residual:
            H = self.add("Add", [H, H_0], f"H_{d}.sum")
        hidden = self.conv("reconstruction_1", H, f"hidden_{d}")
        if config.skip == "concat":
            y = self.conv(
                "reconstruction_2",
                self.add("Concat", [hidden, x], f"hidden_x_{d}", axis=1),
                f"y_{d}",
            )
        else:
            y = self.conv("reconstruction_2", hidden, f"f_3(H_{d})")
            y = self.add("Add", [x, y], f"y_{d}") if config.skip == "add" else y
        return (hidden if config.feedback else H), y

    def model(self, inputs, outputs):
        """The checked ONNX model; `inputs` and `outputs` map names to numbers of channels."""
        helper, float32 = self.onnx.helper, self.onnx.TensorProto.FLOAT
        ends = [
            [
                helper.make_tensor_value_info(name, float32, ["batch", channels, "height", "width"])
                for name, channels in side.items()
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


def to_onnx(network: keras.Model, config: NetworkConfig) -> bytes:
    """The whole network as an ONNX file: x (batch, 1, h, w), luma in 0..1 -> "recursions" (batch, D, h, w) and
    "ensemble" (batch, 1, h, w). The configuration travels in the metadata as JSON.

    Raises ConfigError where the package onnx is not installed, and for a network without recursions.
    """
    graph, y = _Graph(network, config), []
    H = H_0 = graph.embed("x")
    for d in range(1, config.recursions + 1):
        H, y_d = graph.recur(H, H_0, "x", d)
        y.append(y_d)
    graph.add("Concat", y, "recursions", axis=1)
    graph.constants["w"] = graph.w.reshape(1, -1, 1, 1)
    graph.add(
        "Conv", ["recursions", "w"], "ensemble", kernel_shape=[1, 1]
    )  # y = sum over d of w_d y_d
    return graph.model({"x": 1}, {"recursions": config.recursions, "ensemble": 1})


def to_steps(network: keras.Model, config: NetworkConfig) -> tuple[bytes, bytes]:
    """The network as two ONNX files that are run in turn, so that every recursion can be seen as it comes.

    The first embeds: x -> H (batch, F, h, w). The second is one recursion: H, x (and H_0 in a residual network) ->
    "next", the H of the following recursion, and y. Running it D times is the network.
    Raises ConfigError for a network whose recursions do not share their weights: it has no such step.
    """
    first = _Graph(network, config)
    if not config.shared:
        raise ConfigError(
            "This network has a convolution of its own for each recursion: there is no one step to run."
        )
    F = config.filters
    first.add("Identity", [first.embed("x")], "H")
    second = _Graph(network, config)
    H, y = second.recur("H", "H_0", "x", 1)
    second.add("Identity", [H], "next")
    second.add("Identity", [y], "y")
    inputs = {"H": F, "x": 1, **({"H_0": F} if config.residual else {})}
    return first.model({"x": 1}, {"H": F}), second.model(inputs, {"next": F, "y": 1})


def export(name: str | Path, path: str | Path) -> Path:
    """Write the ONNX file of shipped weights (by name) or of a weights file (by path) to `path`."""
    network, config = load(name)
    write_atomically(Path(path), to_onnx(network, config))
    return Path(path)


class InPage:
    """A network that runs in the page that shows it, for pictures the reader brings; nothing leaves the page.

    name: shipped weights, or a weights file. example: (h, w, 3) 8-bit RGB, the small picture that stands ready.
    `html` is a piece of HTML with the network's weights inside. It works on pages of the built book, which serve ONNX
    Runtime Web below `vendor/onnxruntime`; it is loaded when the reader asks for it. Elsewhere it says why it cannot.
    """

    def __init__(self, name: str | Path, example: np.ndarray):
        network, config = load(name)
        self.name = Path(name).stem
        picture = io.BytesIO()
        Image.fromarray(example).save(picture, "PNG", optimize=True)
        embed, step = (base64.b64encode(part).decode() for part in to_steps(network, config))
        self.state = {
            "name": self.name,
            "scale": config.scale,
            "filters": config.filters,
            "recursions": config.recursions,
            "radius": config.receptive_field // 2,
            "embed": embed,
            "step": step,
            "weights": [float(w) for w in ensemble_weights(network, config)],
            "example": "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode(),
        }

    @property
    def html(self) -> str:
        style, script = ((BROWSER / f"network.{kind}").read_text("utf-8") for kind in ("css", "js"))
        return (
            f'<div class="drcn-network"><style>{style}</style>'
            '<p class="drcn-status" role="status">Here the published page lets the network enlarge a picture of '
            "yours. It needs a browser that runs scripts.</p>"
            f"<script>({script.strip()})({json.dumps(self.state)});</script></div>"
        )

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return f"The network {self.name}, ready to run in a page"

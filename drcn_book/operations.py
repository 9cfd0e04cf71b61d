"""A network as a list of operations: what a page needs to run and to train it without Python.

`recursion.unroll` is given a net that computes nothing and writes down what it is asked for. The
list is JSON as it stands; `browser/engine.mjs` runs it forwards and backwards.
"""

from .config import NetworkConfig
from .recursion import convolutions, unroll


class Record:
    """A net (see `recursion`) whose values are numbers: 0 is x, operation k makes k + 1."""

    def __init__(self, config: NetworkConfig):
        self.config, self.operations = config, []
        self.convolutions = convolutions(config)

    def _write(self, kind, *inputs, **more) -> int:
        self.operations.append({"kind": kind, "inputs": inputs, **more})
        return len(self.operations)

    def conv(self, name, H):
        y = self._write("convolution", H, name=name)
        return self._write("relu", y) if self.convolutions[name].relu else y

    def add(self, a, b):
        return self._write("add", a, b)

    def concat(self, a, b):
        return self._write("concatenate", a, b)

    def fold(self, x):
        return x if self.config.fold == 1 else self._write("fold", x)

    def unfold(self, y):
        return y if self.config.fold == 1 else self._write("unfold", y)

    def weighted_sum(self, values, w):
        return self._write("weighted_sum", *values, name=w)


def operations(config: NetworkConfig) -> dict:
    """The network as JSON-able values.

    "operations": one after another, each with its kind ("convolution", "relu", "add",
    "concatenate", "fold", "unfold", "weighted_sum"), its inputs (0 is x, k + 1 the result of
    operation k), and the name of its weights.
    "recursions", "ensemble": which results are y_1 ... y_D and their sum y.
    "convolutions": by name, inputs, outputs and start, as in `recursion.Convolution`.
    "filters", "fold", "scale": as in the configuration.
    "consistent": whether the answer is y corrected by the input, y + x - up(down(y)), see
    `degradation.consistent`. That is no operation of the list: whoever runs it does it last.
    """
    net = Record(config)
    _, y = unroll(net, 0)
    ensemble = net.weighted_sum(y, "ensemble") if config.ensemble else y[-1]
    return {
        "scale": config.scale,
        "fold": config.fold,
        "filters": config.filters,
        "convolutions": {name: kind._asdict() for name, kind in net.convolutions.items()},
        "operations": net.operations,
        "recursions": y,
        "ensemble": ensemble,
        "consistent": config.consistent,
    }

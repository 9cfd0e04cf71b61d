"""The ways a network can be wired, for the tests that hold for each of them."""

import numpy as np

from drcn_book.config import VARIANTS

# What each changes of a NetworkConfig.
WIRINGS = {
    "paper": {},
    "authors": VARIANTS["authors"],
    "concat": {"skip": "concat"},
    "no skip": {"skip": "none"},
    "residual": {"residual": True},
    "residual with feedback": {"residual": True, "feedback": True},
    "unshared": {"shared": False},
    "last output": {"ensemble": False},
    "output relu": {"output_relu": True},
    "one recursion": {"recursions": 1},
    "everything": {"feedback": True, "residual": True, "skip": "concat", "shared": False},
}


def randomised(config, seed=0):
    """The network with random weights, small enough for values to stay near 1."""
    network, rng = config.build(), np.random.default_rng(seed)
    for v in network.weights:
        deviation = (1 / np.prod(v.shape[:-1])) ** 0.5 if len(v.shape) > 1 else 0.3
        v.assign(rng.normal(0, deviation, v.shape))
    return network

"""A training step: forward, loss, backward, Adam; and the plain operations it is held against.

The result is the loss of each of the first steps.
"""

import numpy as np

from .timing import tensorflow, timed

STEPS = 3  # whose losses tell whether two trainers do the same
LEARNING_RATE = 1e-5
# Adam's, in PyTorch, which adds it before the correction that Keras adds it after.
EPSILON = 1e-7 / 0.001**0.5


def work(config, pixels: int) -> float:
    """GFLOP of a training step, by the definition of `training.Run.speed`."""
    return 6 * config.macs_per_pixel * pixels / 1e9


def keras_step(weights: str, batch: str, precision: str, jit: bool = False):
    from drcn_book import training
    from drcn_book.config import Recipe
    from drcn_book.weights import load

    network, config = load(weights, precision)
    recipe = Recipe(alpha_start=0.5, alpha_floor=0.5, learning_rate=LEARNING_RATE, warmup=0)
    trainer = training.Trainer(network, recipe)
    trainer.compile(training.optimizer(recipe, precision), jit_compile=jit)
    x, y = np.load(batch)

    def step():
        return trainer.train_on_batch(x, y, return_dict=True)["loss"]

    losses = []
    for _ in range(STEPS):
        losses.append(float(step()))
        trainer.reset_metrics()
    return timed(step), losses, {"gflop": work(config, x.size), "software": tensorflow()}


def torch_step(weights: str, batch: str, precision: str, layout: str, compiled: bool = False):
    import torch

    from .torch_drcn import DRCN

    layout = getattr(torch, layout)
    network = DRCN(weights).to(memory_format=layout)
    forward = torch.compile(network) if compiled else network
    adam = torch.optim.Adam(network.parameters(), LEARNING_RATE, eps=EPSILON, fused=True)
    x, y = (
        torch.from_numpy(part.transpose(0, 3, 1, 2)).contiguous(memory_format=layout)
        for part in np.load(batch)
    )

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=precision != "float32"):
            recursions, ensemble = forward(x)
        loss = 0.5 * (recursions - y).abs().mean() + 0.5 * (ensemble - y).abs().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        return loss.item()

    losses = [step() for _ in range(STEPS)]
    return (
        timed(step),
        losses,
        {
            "gflop": work(network.config, x.numel()),
            "software": f"PyTorch {torch.__version__.split('+')[0]}",
        },
    )


def convolution(filters: int, batch: int, patch: int, precision: str):
    from drcn_book.training import convolution_rate

    gflop = 2 * 9 * filters**2 * batch * patch**2 / 1e9
    return (
        lambda: gflop / convolution_rate(filters, precision, batch, patch),
        [],
        {"gflop": gflop, "software": tensorflow()},
    )


def matrix_product(filters: int, batch: int, patch: int, precision: str):
    import tensorflow as tf

    from drcn_book._keras import ops

    draw, dtype = np.random.default_rng(0), precision.removeprefix("mixed_")
    a = ops.cast(draw.random((batch * patch**2, 9 * filters), "float32"), dtype)
    b = ops.cast(draw.random((9 * filters, filters), "float32"), dtype)
    product = tf.function(lambda: tf.matmul(a, b))
    product()
    return (
        timed(product),
        [],
        {"gflop": 2 * 9 * filters**2 * batch * patch**2 / 1e9, "software": tensorflow()},
    )

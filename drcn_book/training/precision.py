"""The number type of the convolutions, and how fast this machine is with each."""

import time

import numpy as np

from .._keras import accelerators, keras, ops
from ..config import Config, Recipe
from ..distribution import Team
from .progress import Speed

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


def _convolutions(filters: int, precision: str, batch: int, patch: int):
    """A function that runs a chain of plain 3x3 convolutions forward once; it returns GFLOP/s.

    The chain is long enough to hide the way in and out.
    """
    layers = 100 if accelerators() else 8
    x = keras.Input((patch, patch, 1))
    h = keras.layers.Conv2D(filters, 3, padding="same", dtype=precision)(x)
    for _ in range(layers):
        h = keras.layers.Conv2D(filters, 3, padding="same", dtype=precision)(h)
    chain = keras.Model(x, ops.max(h, axis=(1, 2, 3)))
    data = np.random.default_rng(0).random((batch, patch, patch, 1), "float32")
    chain.predict_on_batch(data)

    def rate():
        start = time.perf_counter()
        chain.predict_on_batch(data)
        return layers * 2 * 9 * filters**2 * data.size / (time.perf_counter() - start) / 1e9

    return rate


def convolution_rate(filters: int, precision: str, batch: int = 8, patch: int = 64) -> float:
    """GFLOP/s of plain 3x3 convolutions of this width here, forward only; the best of three.

    It is what a training step is held against.
    """
    rate = _convolutions(filters, precision, batch, patch)
    return max(rate() for _ in range(3))


def choose_precision(filters: int, batch: int = 8, patch: int = 64) -> str:
    """The number type whose plain convolutions of this width are fastest here.

    float32 unless another gains 10 %. The types are timed in turn, five times, and each one's best
    counts: other work on the machine slows all alike.
    """
    precisions = PRECISIONS if accelerators() else PRECISIONS[:2]
    rates = {precision: _convolutions(filters, precision, batch, patch) for precision in precisions}
    rounds = [{precision: rate() for precision, rate in rates.items()} for _ in range(5)]
    best, best_rate = None, 0
    for precision in precisions:
        fastest = max(found[precision] for found in rounds)
        if fastest > 1.1 * best_rate:
            best, best_rate = precision, fastest
    return best


def agree_on_precision(team: Team, config: Config, recipe: Recipe, before: str | None) -> str:
    """The recipe's number type; where it leaves the choice: `before`, or the fastest here."""
    chosen = before if recipe.precision == "auto" else recipe.precision
    if not chosen:
        with team.together():
            chosen = choose_precision(config.filters, recipe.batch, recipe.patch // config.fold)
    return PRECISIONS[int(team.agree(PRECISIONS.index(chosen)))]


def speed_of_step(run, seconds: float) -> Speed:
    """What a run's steps of so many seconds are, beside plain convolutions on its devices.

    A multiply-accumulate is two operations forward and four backward.
    """
    config, recipe, devices = run.config, run.recipe, run.team.devices
    pixels = recipe.batch * recipe.patch**2
    side = recipe.patch // config.fold  # of the grid that the network works on
    plain = convolution_rate(config.filters, run.precision, recipe.batch, side)
    return Speed(
        recipe.batch / seconds,
        6 * config.macs_per_pixel * pixels / seconds / 1e9,
        devices * plain,
        config.filters,
        run.precision,
    )

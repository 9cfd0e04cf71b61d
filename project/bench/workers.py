"""One thing to time, in a process of its own: python -m project.bench.workers SPEC

SPEC is JSON; its "kind" names a function here. The worker prepares it and prints a line with what
it is, then times it once for every line it reads, and sleeps in between. So several workers can
take turns without disturbing each other, and each one's peak memory is its own.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np

STEPS = 3  # whose losses tell whether two trainers do the same
CROP = 48  # side of the low-resolution square whose enlargement is compared
LEARNING_RATE = 1e-5
EPSILON = (
    1e-7 / 0.001**0.5
)  # Adam's, in PyTorch, which takes it before the correction that Keras takes it after


def timed(step, least: float = 0.3):
    """A function that runs `step` often enough to last `least` seconds and returns the seconds of
    one run.
    """
    number = 1

    def repeat():
        nonlocal number
        start = time.perf_counter()
        for _ in range(number):
            step()
        seconds = (time.perf_counter() - start) / number
        number = max(1, round(least / seconds))
        return seconds

    return repeat


def peak_gb() -> float:
    """Peak memory of this process in GB, without what the process that started it had."""
    status = Path("/proc/self/status")
    if status.exists():
        return (
            next(
                int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line
            )
            * 1024
            / 1e9
        )
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        * (1 if sys.platform == "darwin" else 1024)
        / 1e9
    )


def tensorflow() -> str:
    import tensorflow as tf

    return f"TensorFlow {tf.__version__}"


# A training step: forward, loss, backward, Adam. The result is the loss of each of the first steps.


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


# The plain operations a step is held against: one 3x3 convolution of the batch, or as many
# multiplications.


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


# Enlarging a grey picture (h, w), 8 bits. The result is the enlarged square in its middle.


def enlarging(enlarge, picture: str):
    """What each of the following does with its `enlarge`: (h, w) -> (h s, w s), both uint8."""
    low = np.load(picture)
    top, left = (max(0, side - CROP) // 2 for side in low.shape)
    enlarge(low[: CROP // 2, : CROP // 3])  # another size first, so that sizes become free
    return timed(lambda: enlarge(low)), enlarge(
        low[top : top + CROP, left : left + CROP]
    ).ravel().tolist()


def around(sharpen, scale: int = 2):
    """`enlarge` with only what must stand around a network (bicubic luma (h, w), 0..1 -> the same):
    for peers.
    """
    from drcn_book.degradation import resize

    def enlarge(low):
        x = (16 + 219 * resize(low / 255, low.shape[0] * scale, low.shape[1] * scale)) / 255
        return np.round(
            np.clip((255 * sharpen(x.astype("float32")) - 16) / 219, 0, 1) * 255
        ).astype("uint8")

    return enlarge


def upscaler(
    weights: str,
    picture: str,
    precision: str,
    tile: int | None = None,
    recursions: int | None = None,
):
    from drcn_book import pictures
    from drcn_book.upscaling import Upscaler

    ours = Upscaler(weights=weights, precision=precision, tile=tile, recursions=recursions)
    return *enlarging(lambda low: ours(pictures.from_array(low)).pixels[..., 0], picture), {
        "software": tensorflow()
    }


def torch_upscaler(weights: str, picture: str, precision: str, layout: str):
    import torch

    from .torch_drcn import DRCN

    layout = getattr(torch, layout)
    network = DRCN(weights).to(memory_format=layout)
    if precision != "float32":
        network.bfloat16()

    def sharpen(x):
        return network.ensemble(torch.from_numpy(x)[None, None].contiguous(memory_format=layout))[
            0, 0
        ].numpy()

    return *enlarging(around(sharpen), picture), {
        "software": f"PyTorch {torch.__version__.split('+')[0]}"
    }


def onnx_upscaler(model: str, picture: str, precision: str):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry(
        "session.force_spinning_stop", "1"
    )  # between runs, while others are timed
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def sharpen(x):
        return session.run(["ensemble"], {"x": x[None, None]})[0][0, 0]

    return *enlarging(around(sharpen), picture), {
        "software": f"ONNX Runtime {onnxruntime.__version__}"
    }


def original_upscaler(weights: str, picture: str, precision: str):
    """The original's graph in TensorFlow of today: the whole picture at once, every recursion
    reconstructed.
    """
    from drcn_book._keras import keras
    from drcn_book.weights import load

    network, _ = load(weights, precision)
    network = keras.Model(network.input, network.output["ensemble"])
    return *enlarging(
        around(lambda x: network.predict_on_batch(x[None, ..., None])[0, ..., 0]), picture
    ), {"software": tensorflow()}


KINDS = {
    make.__name__: make
    for make in (
        keras_step,
        torch_step,
        convolution,
        matrix_product,
        upscaler,
        torch_upscaler,
        onnx_upscaler,
        original_upscaler,
    )
}


def main(spec: dict) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    repeat, result, facts = KINDS[spec.pop("kind")](**spec)
    print(json.dumps({"result": result, **facts}), file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": repeat(), "peak_gb": peak_gb()}), file=answers, flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

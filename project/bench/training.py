"""Sections step, flags and quality: what a training step takes, and a training to a quality."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from drcn_book import datasets, weights
from drcn_book._keras import keras
from drcn_book.config import NetworkConfig, Recipe, preset
from drcn_book.degradation import degrade
from drcn_book.metrics import psnr
from drcn_book.model import infer
from drcn_book.training import Run
from drcn_book.training.progress import Validated

from . import turns
from .turns import BUDGET, OURS, compete, row

CASES = {  # of the section step: the network and the batch of 41x41
    "compact, 16": (preset("compact", "authors"), 16),
    "compact, 64": (preset("compact", "authors"), 64),
    "standard, 16": (preset("standard", "authors"), 16),
    "standard, 64": (preset("standard", "authors"), 64),
    "256 filters, 3 recursions, 16": (preset("paper", "authors", recursions=3), 16),
}
FLAGGED = {"compact, 64": CASES["compact, 64"]}  # of the section flags
FLAGS = {
    "as it comes": {},
    **{
        f"{name}={value}": {name: value}
        for name, value in (
            ("TF_ENABLE_ONEDNN_OPTS", "0"),
            ("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1"),
            ("TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE", "0"),
            ("TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD", "1"),
            ("TF_NUM_INTEROP_THREADS", "1"),
            ("TF_SET_ONEDNN_FPMATH_MODE", "BF16"),
        )
    },
}


FLOAT32_ONLY = (
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_SET_ONEDNN_FPMATH_MODE",
)  # without oneDNN bfloat16 takes half a minute
SRCNN, GAINS = (
    36.66,
    (1.5, 2.5),
)  # dB on Set5 x2 as published; dB above bicubic on the validation pictures
ORIGINAL = Recipe(
    patch=41,
    batch=20,
    loss="l2",
    alpha_floor=0.0,
    alpha_share=1.0,
    beta=1e-4 / 255**2 / 2,
    learning_rate=1e-3,
    warmup=0,
)


def write_network(path: Path, config: NetworkConfig) -> Path:
    """Weights that no output is small or large with, so that a difference between two networks
    shows.
    """
    network, draw = config.build(seed=0), np.random.default_rng(0)
    network.set_weights(
        [
            w + 0.3 / (9 * config.filters) ** 0.5 * draw.standard_normal(w.shape)
            for w in network.get_weights()
        ]
    )
    weights.save_weights(path, network, config)
    return path


def step_inputs(folder: Path, config: NetworkConfig, batch: int, patch: int) -> dict[str, str]:
    """What every worker that takes a training step needs: files with the weights and with a batch
    of noise.
    """
    network = str(write_network(folder / "network.safetensors", config))
    y = np.random.default_rng(1).random((batch, patch, patch, 1), "float32")
    np.save(folder / "batch.npy", np.stack([(y + np.roll(y, 1, 1) + np.roll(y, 1, 2)) / 3, y]))
    return {"weights": network, "batch": str(folder / "batch.npy")}


def step(
    folder: Path,
    cases: dict = CASES,
    patch: int = 41,
    budget: float = BUDGET,
    compiled: bool = True,
) -> Iterator[dict]:
    """Seconds of a whole training step, beside a plain convolution and a matrix product of its
    width.
    """
    for case, (config, batch) in cases.items():
        common = step_inputs(folder, config, batch, patch)
        plain = {"filters": config.filters, "batch": batch, "patch": patch}
        specs = {}
        for short, precision in turns.PRECISIONS.items():
            ours = {"kind": "keras_step", "precision": precision, **common}
            peer = {"kind": "torch_step", "precision": precision, **common}
            specs |= {
                f"{OURS}, {short}": ours,
                f"PyTorch, {short}": {**peer, "layout": "contiguous_format"},
                f"PyTorch channels-last, {short}": {**peer, "layout": "channels_last"},
            }
            if compiled:
                specs |= {
                    f"{OURS} XLA, {short}": {**ours, "jit": True, "optional": True},
                    f"PyTorch compiled, {short}": {
                        **peer,
                        "layout": "channels_last",
                        "compiled": True,
                        "optional": True,
                    },
                }
            specs |= {
                f"plain convolution, {short}": {
                    "kind": "convolution",
                    "precision": precision,
                    **plain,
                },
                f"matrix product, {short}": {
                    "kind": "matrix_product",
                    "precision": precision,
                    **plain,
                },
            }
        yield from compete(case, specs, budget=budget)


def flags(
    folder: Path,
    cases: dict = FLAGGED,
    patch: int = 41,
    budget: float = 2 * BUDGET,
    flags: dict[str, dict[str, str]] = FLAGS,
) -> Iterator[dict]:
    """Seconds of a training step with each of the environment variables that steer oneDNN in
    TensorFlow.
    """
    for case, (config, batch) in cases.items():
        common = step_inputs(folder, config, batch, patch)
        specs = {
            f"{flag}, {short}": {
                "kind": "keras_step",
                "precision": precision,
                "environment": environment,
                "other": "FPMATH" in flag,
                **common,
            }  # float32 that multiplies in bfloat16
            for flag, environment in flags.items()
            for short, precision in turns.PRECISIONS.items()
            if not flag.startswith(FLOAT32_ONLY) or short == "float32"
        }
        yield from compete(case, specs, budget=budget)


def goals(run: Run) -> dict[str, tuple[float, Callable[[], float]]]:
    """What a training is to pass, dB, and how to measure where it is."""
    found = {}
    for gain in GAINS:
        target = run.validation.bicubic + gain
        found[f"validation, bicubic + {gain} dB"] = target, lambda: run.log[-1]["psnr"]
    if "Set5" in datasets.present():
        scale = run.config.scale
        pairs = [degrade(picture, scale) for picture in datasets.pictures("Set5").values()]

        def on_set5():
            outputs = [(y, infer(run.trainer.network, x)[0]) for x, y in pairs]
            return float(np.mean([psnr(y, output, scale) for y, output in outputs]))

        found[f"Set5, {SRCNN} dB"] = SRCNN, on_set5
    return found


def quality(folder: Path, sizes: dict | None = None, recipe: dict | None = None) -> Iterator[dict]:
    """Seconds of training, without validation, until a quality is passed.

    This project's recipe beside the original's.
    """
    common = {"recursions": 5, "filters": 32, **(sizes or {})}
    recipe = recipe or {"steps": 1500, "interval": 50}
    arms = {
        f"{OURS}'s recipe": (preset("compact", "authors", **common), Recipe.from_dict(recipe)),
        "the original's recipe": (
            NetworkConfig(skip="concat", output_relu=True, **common),
            replace(ORIGINAL, **recipe),
        ),
    }
    for arm, (config, chosen) in arms.items():
        keras.utils.clear_session()
        run = Run(config, chosen, folder / arm.replace(" ", "-")).open()
        if arm.startswith("the original"):
            run.trainer.optimizer.beta_1 = run.trainer.optimizer.beta_2 = 0.1
        targets = goals(run)
        for goal, (seconds, best) in until(run, targets).items():
            yield row(
                goal,
                arm,
                [] if seconds is None else [seconds],
                note=f"best of {run.step:,} steps: {best:.2f} dB of {targets[goal][0]:.2f}; "
                f"{run.precision}",
                software=f"Keras {keras.__version__}",
            )


def until(
    run: Run, targets: dict[str, tuple[float, Callable[[], float]]]
) -> dict[str, tuple[float | None, float]]:
    """Train until every goal is passed or the steps are done: (seconds, best dB) of each."""
    found = dict.fromkeys(targets, (None, 0.0))

    def look(told):
        print(f"  {told}", flush=True)
        if not isinstance(told, Validated):
            return
        for goal, (target, measure) in targets.items():
            (seconds, best), value = found[goal], measure()
            if seconds is None and value >= target:
                seconds = run.seconds
            found[goal] = seconds, max(best, value)
        if all(seconds is not None for seconds, _ in found.values()):
            raise StopIteration

    with suppress(StopIteration):
        run.train(show=look)
    return found

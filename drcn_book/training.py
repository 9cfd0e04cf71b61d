"""Training: the paper's loss and schedule, in runs that can be cut anywhere and resumed.

A run is a folder: `run.json` (command, network, recipe), `log.csv`, `tensorboard/`, `checkpoint.safetensors`
(everything needed to go on) and `best.safetensors` (the weights with the best validation PSNR).
"""

import contextlib
import csv
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from . import datasets
from ._keras import backend, keras, ops
from .config import Config, Recipe
from .degradation import degrade
from .errors import ConfigError, TrainingError, WeightsError
from .metrics import psnr
from .patches import PatchSource
from .weights import assign, load, read_tensors, save_weights, write_atomically, write_tensors

LOSSES = {"l1": ops.abs, "l2": ops.square, "charbonnier": lambda error: ops.sqrt(ops.square(error) + 1e-6)}


class Batches(keras.utils.PyDataset):
    """Batches first .. first + count - 1 of a PatchSource, as Keras's `fit` wants them."""

    def __init__(self, source: PatchSource, size: int, seed: int, first: int, count: int):
        super().__init__()
        self.source, self.size, self.seed, self.first, self.count = source, size, seed, first, count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return self.source.batch(self.size, self.seed, self.first + index)


class Trainer(keras.Model):
    """The network with the paper's loss: L = alpha l_1 + (1 - alpha) l_2 + beta ||theta||^2.

    l_1: mean error of the recursions' outputs y_d; l_2: error of the ensemble y. alpha depends on the number of
    steps taken, which is part of the state, so a resumed run goes on where it stopped.
    """

    def __init__(self, network: keras.Model, recipe: Recipe):
        super().__init__(name="trainer")
        self.network, self.recipe = network, recipe
        self.taken = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps")

    def call(self, x, training=None):
        return self.network(x, training=training)

    def alpha(self, step):
        r = self.recipe
        progress = ops.minimum(ops.cast(step, "float32") / max(1.0, r.alpha_share * r.steps), 1.0)
        return r.alpha_start + (r.alpha_floor - r.alpha_start) * progress

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        error = LOSSES[self.recipe.loss]
        l_1 = ops.mean(error(y_pred["recursions"] - y))
        l_2 = ops.mean(error(y_pred["ensemble"] - y))
        alpha = self.alpha(self.taken)
        loss = alpha * l_1 + (1 - alpha) * l_2
        if self.recipe.beta:
            loss += self.recipe.beta * sum(ops.sum(ops.square(w)) for w in self.network.trainable_weights)
        self.taken.assign(self.taken + 1)
        return loss


def choose_precision(precision: str, filters: int) -> str:
    """Resolve "auto": the faster of float32 and mixed_bfloat16 for one 3x3 convolution of this width, timed here."""
    if precision != "auto":
        if precision not in ("float32", "mixed_bfloat16", "mixed_float16"):
            raise ConfigError(f"Unknown precision {precision!r}: auto, float32, mixed_bfloat16 or mixed_float16.")
        return precision
    seconds = {}
    for policy in ("float32", "mixed_bfloat16"):
        x = keras.Input((41, 41, filters))
        layer = keras.layers.Conv2D(filters, 3, padding="same", dtype=policy)
        model = keras.Model(x, layer(x))
        data = np.zeros((16, 41, 41, filters), "float32")
        model.predict_on_batch(data)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            model.predict_on_batch(data)
            times.append(time.perf_counter() - start)
        seconds[policy] = min(times)
    return min(seconds, key=seconds.get)


class Validation:
    """Held-out pictures, cut to one size so that one call predicts them all."""

    def __init__(self, pictures, scale: int, side: int = 192):
        side -= side % scale
        pairs = [degrade(p, scale) for p in pictures if min(p.shape) >= side + scale]
        cut = [(x[t:t + side, l:l + side], y[t:t + side, l:l + side]) for x, y in pairs
               for t, l in [((y.shape[0] - side) // 2, (y.shape[1] - side) // 2)]]
        self.x = np.array([x for x, _ in cut])
        self.y = np.array([y for _, y in cut])
        self.scale = scale
        self.bicubic = self._mean(self.x)

    def _mean(self, outputs):
        return float(np.mean([psnr(y, output, self.scale) for y, output in zip(self.y, outputs)]))

    def __call__(self, network) -> tuple[float, list[float]]:
        """Mean PSNR of the ensemble and of each recursion, dB."""
        out = network.predict(self.x[..., None] / 255, batch_size=4, verbose=0)
        recursions = np.moveaxis(out["recursions"] * 255, -1, 0)
        return self._mean(out["ensemble"][..., 0] * 255), [self._mean(y_d) for y_d in recursions]


class _StopAtNaN(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.step = None

    def on_train_batch_end(self, batch, logs=None):
        if not np.isfinite(logs["loss"]):
            self.step, self.model.stop_training = batch, True


@contextlib.contextmanager
def averaged_weights(trainer):
    """Inside the block the network holds the running mean of its weights, if the recipe keeps one."""
    if not trainer.recipe.ema:
        yield
        return
    current = [ops.convert_to_numpy(v) for v in trainer.trainable_variables]
    trainer.optimizer.finalize_variable_values(trainer.trainable_variables)
    try:
        yield
    finally:
        for variable, value in zip(trainer.trainable_variables, current):
            variable.assign(value)


class Run:
    """One training: make it, or open it again from its folder, then `train`.

    config: the network. recipe: how. folder: where everything is written. start: weights to begin from (a shipped
    name or a file of a network that differs in scale at most). Raises TrainingError, ConfigError, DatasetError.
    """

    def __init__(self, config: Config, recipe: Recipe, folder: str | Path, start: str | None = None):
        self.config, self.recipe, self.folder = config, recipe, Path(folder)
        pictures = datasets.training_pictures(recipe.train_set)
        self.source = PatchSource(pictures, recipe.scales or (config.scale,), recipe.patch)
        self.validation = Validation(datasets.validation_pictures(), config.scale)
        self.precision = choose_precision(recipe.precision, config.filters)
        network = config.build(self.precision, recipe.seed)
        if start:
            assign(network.weights, {v.path: ops.convert_to_numpy(v) for v in load(start)[0].weights}, start)
        rate = keras.optimizers.schedules.CosineDecay(
            recipe.learning_rate / recipe.warmup if recipe.warmup else recipe.learning_rate,
            max(1, recipe.steps - recipe.warmup), warmup_target=recipe.learning_rate if recipe.warmup else None,
            warmup_steps=recipe.warmup)
        optimizer = keras.optimizers.Adam(rate, global_clipnorm=recipe.clip_norm or None, use_ema=bool(recipe.ema),
                                          ema_momentum=recipe.ema or 0.99)
        self.trainer = Trainer(network, recipe)
        self.trainer.compile(optimizer, jit_compile=backend == "jax")
        optimizer.build(self.trainer.trainable_variables)
        self.best, self.seconds, self.log = -np.inf, 0.0, []
        if self.checkpoint.exists():
            self._resume()
        else:
            header = {"command": " ".join(sys.argv), "network": config.to_dict(), "recipe": asdict(recipe),
                      "start": start, "precision": self.precision, "backend": backend,
                      "training_pictures": len(pictures), "validation_pictures": len(self.validation.y)}
            write_atomically(self.folder / "run.json", json.dumps(header, indent=1).encode())

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def step(self) -> int:
        return int(self.trainer.taken)

    def _state(self):
        variables = {v.path: v for v in self.trainer.variables}
        variables.update({v.path: v for v in self.trainer.optimizer.variables})
        return list(variables.values())

    def _save(self):
        tensors = {v.path: ops.convert_to_numpy(v) for v in self._state()}
        write_tensors(self.checkpoint, tensors, {"config": self.config.to_dict(), "recipe": asdict(self.recipe),
                                                 "best": self.best, "seconds": self.seconds, "log": self.log})

    def _resume(self):
        tensors, header = read_tensors(self.checkpoint)
        for part, mine in (("config", self.config.to_dict()), ("recipe", json.loads(json.dumps(asdict(self.recipe))))):
            for name, value in mine.items():
                if header.get(part, {}).get(name) != value:
                    raise WeightsError(f"{self.checkpoint} was made with {name} = {header.get(part, {}).get(name)!r}, "
                                       f"not {value!r}: use the same options, or another --run folder.")
        assign(self._state(), tensors, self.checkpoint)
        self.best, self.seconds, self.log = header["best"], header["seconds"], header["log"]

    def train(self, max_minutes: float | None = None, show=print) -> "Run":
        """Train until the recipe's steps are done or `max_minutes` have passed; always ends with a checkpoint."""
        began, longest = time.perf_counter(), 0.0
        show(f"bicubic {self.validation.bicubic:.2f} dB on {len(self.validation.y)} validation pictures; "
             f"{self.source.positions:,} patches; {self.precision}")
        while self.step < self.recipe.steps:
            if max_minutes and time.perf_counter() - began + longest > 60 * max_minutes:
                show(f"Stopped after {max_minutes} minutes at step {self.step}; run the same command to go on.")
                break
            start = time.perf_counter()
            first = self.step
            count = min(self.recipe.interval - first % self.recipe.interval, self.recipe.steps - first)
            guard = _StopAtNaN()
            history = self.trainer.fit(Batches(self.source, self.recipe.batch, self.recipe.seed, first, count),
                                       shuffle=False, verbose=0, callbacks=[guard])
            if guard.step is not None:
                raise TrainingError(f"The loss became NaN at step {first + guard.step + 1}; the weights of step "
                                    f"{first} are kept in {self.folder}. Try a lower --learning-rate or --clip-norm 1.")
            took = time.perf_counter() - start
            self._report(history.history["loss"][0], count * self.recipe.batch / took, took, show)
            longest = max(longest, time.perf_counter() - start)
        return self

    def _report(self, loss, patches_a_second, took, show):
        with averaged_weights(self.trainer):
            ensemble, recursions = self.validation(self.trainer.network)
            better = ensemble > self.best
            if better:
                self.best = ensemble
                save_weights(self.folder / "best.safetensors", self.trainer.network, self.config)
        self.seconds += took
        rate = float(ops.convert_to_numpy(self.trainer.optimizer.learning_rate))
        row = {"step": self.step, "seconds": round(self.seconds, 1), "loss": loss,
               "alpha": float(self.trainer.alpha(self.step)), "learning_rate": rate,
               "patches_per_second": round(patches_a_second, 1), "psnr": ensemble,
               **{f"psnr_{d}": value for d, value in enumerate(recursions, 1)}}
        self.log.append(row)
        self._save()
        self._write_log(row)
        left = (self.recipe.steps - self.step) * self.recipe.batch / patches_a_second / 60
        show(f"step {self.step:6d}/{self.recipe.steps}  loss {loss:.5f}  alpha {row['alpha']:.2f}  lr {rate:.1e}  "
             f"PSNR {ensemble:.3f}{'*' if better else ' '} ({' '.join(f'{v:.2f}' for v in recursions)})  "
             f"{patches_a_second:.0f} patches/s  {left:.0f} min left")

    def _write_log(self, row):
        import io

        text = io.StringIO()
        writer = csv.DictWriter(text, row.keys())
        writer.writeheader()
        writer.writerows(self.log)
        write_atomically(self.folder / "log.csv", text.getvalue().encode())

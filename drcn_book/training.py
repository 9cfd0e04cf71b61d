"""Training: the paper's loss and schedule, in runs that can be cut anywhere and resumed.

A run is a folder: `run.json` (command, network, recipe, machine), `log.csv`, `tensorboard/` (where it is installed),
`checkpoint.safetensors` (everything needed to go on) and `best.safetensors` (the weights with the best validation
PSNR).
"""

import contextlib
import json
import logging
import shlex
import shutil
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from . import datasets
from ._keras import accelerators, backend, hardware, keras, ops
from .config import Config, Recipe
from .degradation import degrade
from .distribution import Team, join
from .errors import ConfigError, DatasetError, StorageError, TrainingError, WeightsError
from .files import write_atomically, write_csv
from .metrics import psnr
from .patches import PatchSource
from .weights import assign, fitting, load, read_tensors, save_weights, write_tensors

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
LOSSES = {
    "l1": ops.abs,
    "l2": ops.square,
    "charbonnier": lambda error: ops.sqrt(ops.square(error) + 1e-6),
}


class Batches(keras.utils.PyDataset):
    """Batches first .. first + count - 1 of a PatchSource, or some rows of each, as Keras's `fit` wants them.

    pool: an executor that makes the next batch while the present one is trained on.
    """

    def __init__(
        self,
        source: PatchSource,
        size: int,
        seed: int,
        first: int,
        count: int,
        rows: slice = slice(None),
        pool: ThreadPoolExecutor | None = None,
    ):
        super().__init__()
        self.source, self.size, self.seed, self.first, self.count = source, size, seed, first, count
        self.rows, self.pool, self._coming = rows, pool, {}

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if not self.pool:
            return self._make(index)
        batch = self._coming.pop(index, None) or self.pool.submit(self._make, index)
        if index + 1 < self.count:
            self._coming[index + 1] = self.pool.submit(self._make, index + 1)
        return batch.result()

    def _make(self, index):
        x, y = self.source.batch(self.size, self.seed, self.first + index)
        return x[self.rows], y[self.rows]


class Trainer(keras.Model):
    """The network with the paper's loss: L = alpha l_1 + (1 - alpha) l_2 + beta ||theta||^2.

    l_1: mean error of the recursions' outputs y_d; l_2: error of the ensemble y. alpha depends on the number of
    steps taken, which is part of the state, so a resumed run goes on where it stopped.
    """

    def __init__(self, network: keras.Model, recipe: Recipe):
        super().__init__(name="trainer")
        self.network, self.recipe = network, recipe
        self.taken = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
        )
        self.l_1, self.l_2 = keras.metrics.Mean("l_1"), keras.metrics.Mean("l_2")

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
            loss += self.recipe.beta * sum(
                ops.sum(ops.square(w)) for w in self.network.trainable_weights
            )
        self.taken.assign(self.taken + 1)
        self.l_1.update_state(l_1)
        self.l_2.update_state(l_2)
        return loss


def optimizer(recipe: Recipe, precision: str) -> keras.optimizers.Optimizer:
    """Adam, or SGD with Nesterov momentum: linear warm-up, then a cosine to zero."""
    peak, warmup = recipe.learning_rate, recipe.warmup
    rate = keras.optimizers.schedules.CosineDecay(
        peak / warmup if warmup else peak,
        max(1, recipe.steps - warmup),
        warmup_target=peak if warmup else None,
        warmup_steps=warmup,
    )
    options = {
        "name": recipe.optimizer,
        "global_clipnorm": recipe.clip_norm or None,
        "use_ema": bool(recipe.ema),
        "ema_momentum": recipe.ema or 0.99,
    }
    if recipe.optimizer == "adam":
        chosen = keras.optimizers.Adam(rate, **options)
    else:
        chosen = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, **options)
    if precision == "mixed_float16":
        chosen = keras.optimizers.LossScaleOptimizer(chosen, name="loss_scale")
    chosen.finalize_variable_values = lambda variables: (
        None
    )  # else `fit` would end by keeping the running mean
    return chosen


@contextlib.contextmanager
def averaged_weights(trainer):
    """Inside the block the network holds the running mean of its weights, if the recipe keeps one."""
    if not trainer.recipe.ema:
        yield
        return
    current = [ops.convert_to_numpy(v) for v in trainer.trainable_variables]
    type(trainer.optimizer).finalize_variable_values(trainer.optimizer, trainer.trainable_variables)
    for variable in (
        trainer.trainable_variables
    ):  # a copy: JAX would free the mean itself after predicting with it
        variable.assign(ops.convert_to_numpy(variable))
    try:
        yield
    finally:
        for variable, value in zip(trainer.trainable_variables, current):
            variable.assign(value)


def _convolutions(filters: int, precision: str, batch: int, patch: int):
    """A function that runs a chain of plain 3x3 convolutions forward once and returns its GFLOP/s.

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
    """GFLOP/s of plain 3x3 convolutions of this width on the machine at hand, forward only; the best of three.

    It is what a training step is held against.
    """
    rate = _convolutions(filters, precision, batch, patch)
    return max(rate() for _ in range(3))


def choose_precision(filters: int, batch: int = 8, patch: int = 64) -> str:
    """The number type whose plain convolutions of this width are fastest here; float32 unless another gains 10 %.

    The types are timed in turn, five times, and each one's best counts: other work on the machine slows all alike.
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


class Validation:
    """Held-out pictures, cut to one size so that one call predicts them all. DatasetError if all are too small."""

    def __init__(self, pictures, scale: int, side: int = 192):
        side = max(side // scale, 1) * scale
        pairs = [degrade(p, scale) for p in pictures if min(p.shape) >= side + scale]
        if not pairs:
            raise DatasetError(
                f"No validation picture is larger than {side}x{side} pixels, as scale {scale} needs."
            )
        cut = [
            (x[t : t + side, l : l + side], y[t : t + side, l : l + side])
            for x, y in pairs
            for t, l in [((y.shape[0] - side) // 2, (y.shape[1] - side) // 2)]
        ]
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


class _Watch(keras.callbacks.Callback):
    """Notes when each step ended; stops when it is late, and at a loss that is no number any more."""

    def __init__(self, late):
        super().__init__()
        self.late, self.ends, self.failed = late, [], False

    def on_train_batch_end(self, batch, logs=None):
        self.failed = not np.isfinite(logs["loss"])
        self.ends.append(time.perf_counter())
        self.model.stop_training = self.failed or self.late(self.ends[-1])


class _TensorBoard:
    """The log's numbers and the network's graph, as TensorBoard reads them; nothing where it is not installed."""

    def __init__(self, folder: Path, network: keras.Model, log: list[dict]):
        try:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.compat.proto.summary_pb2 import Summary
            from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError:
            self.add = lambda row: None
            return
        logging.getLogger("tensorboard").setLevel(
            logging.ERROR
        )  # the converter warns of each mixed number type
        self._Event, self._Summary, self._Writer = Event, Summary, RecordWriter
        shutil.rmtree(
            folder, ignore_errors=True
        )  # a killed run may have written rows after its checkpoint
        self._path = folder / f"events.out.tfevents.{int(time.time())}"
        outputs = keras.Model(
            network.input, list(network.output.values())
        )  # the converter reads no dictionaries
        graph = keras_model_to_graph_def(json.loads(outputs.to_json()))
        self._write(file_version="brain.Event:2")
        self._write(graph_def=graph.SerializeToString())
        for row in log:
            self.add(row)

    def _write(self, **event):
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, "ab") as file:
                self._Writer(file).write(
                    self._Event(wall_time=time.time(), **event).SerializeToString()
                )
        except OSError as error:
            raise StorageError(f"{self._path}: cannot be written ({error.strerror}).") from None

    def add(self, row: dict) -> None:
        values = [
            self._Summary.Value(tag=name.replace("psnr_", "psnr/"), simple_value=value)
            for name, value in row.items()
            if name != "step"
        ]
        self._write(step=row["step"], summary=self._Summary(value=values))


def _sets(names):
    return "+".join(sorted({name.split("/")[0] for name in names}))


class Run:
    """One training: make it, or open it again from its folder, then `train`.

    config: the network. recipe: how. folder: where everything is written. start: weights to begin from (a shipped
    name or a file of a network that differs in scale, start or, where they are shared, recursions at most). team: who
    trains together (see `join`); all devices of this machine if not given.
    ConfigError, DatasetError: the options or the pictures will not do, or differ among the workers. WeightsError: the
    folder's checkpoint is damaged or was made with other options or validation pictures.
    StorageError: the folder cannot be written.
    """

    def __init__(
        self,
        config: Config,
        recipe: Recipe,
        folder: str | Path,
        start: str | None = None,
        team: Team | None = None,
    ):
        self.team = team or join()
        self.rows = self.team.rows(recipe.batch)
        self.config, self.recipe, self.folder = config, recipe, Path(folder)
        self.best, self.seconds, self.log = 0.0, 0.0, []
        held_out = datasets.validation_split(recipe.train_set)
        self.held_out = sorted(held_out)
        state = self._read_checkpoint() if self.team.leads and self.checkpoint.exists() else None
        pictures = datasets.training_pictures(recipe.train_set)
        self.source = PatchSource(
            pictures,
            recipe.scales or (config.scale,),
            recipe.patch,
            fold=config.fold,
        )
        told = {
            **recipe.to_dict(),
            "train_set": [len(pictures), self.source.positions],
        }  # paths may differ
        if not self.team.alike(
            zlib.crc32(json.dumps([config.architecture, config.to_dict(), told]).encode())
        ):
            raise ConfigError(
                "The workers differ in their options or training pictures: start the same command with "
                "the same pictures on every worker."
            )
        self.validation = Validation(list(held_out.values()), config.scale)
        if recipe.precision != "auto":
            self.precision = recipe.precision
        elif state is None or not self.precision:
            with self.team.together():
                self.precision = choose_precision(config.filters, recipe.batch, recipe.patch)
        self.precision = PRECISIONS[int(self.team.agree(PRECISIONS.index(self.precision)))]
        with self.team.scope():
            # The answer's correction is fixed and linear: inside the loss it gained nothing and cost time.
            trained = replace(config, consistent=False) if config.consistent else config
            network = trained.build(self.precision, recipe.seed)
            self.trainer = Trainer(network, recipe)
            self.trainer.compile(
                optimizer(recipe, self.precision),
                jit_compile="auto" if accelerators() else backend == "jax",
            )
            self.trainer.optimizer.build(self.trainer.trainable_variables)
        self._validated = (
            network if self.team.devices == 1 else keras.models.clone_model(network)
        )  # on one device
        source = self.checkpoint
        if state is None:
            state, source = self._values(), start
            if start and self.team.leads:
                begun = self._read_start(start)
                state |= fitting([v for v in network.weights if v.path in begun], begun, start)
        state = self.team.agree(fitting(self._state(), state, source))
        with self.team.together():
            assign(self._state(), state, source)
        self._saved = self.step
        self._header = {
            "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            "network": config.to_dict(),
            "recipe": recipe.to_dict(),
            "start": str(start) if start else None,
            "precision": self.precision,
            "backend": backend,
            "keras": keras.__version__,
            "hardware": hardware(),
            "training_pictures": len(pictures),
            "validation_pictures": len(self.validation.y),
            "validation_set": _sets(held_out),
            "validation_bicubic": self.validation.bicubic,
        }

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def step(self) -> int:
        return int(self.trainer.taken)

    def _read_checkpoint(self):
        state, header = read_tensors(self.checkpoint)
        if "recipe" not in header:
            raise WeightsError(
                f"{self.checkpoint} holds weights but no state of a training: choose another --run "
                "folder, and --start to begin from these weights."
            )
        stored = {"architecture": header.get("architecture", "drcn"), **header["config"]}
        self._same(
            {"architecture": self.config.architecture, **self.config.to_dict()}, stored, self.config
        )
        self._same(self.recipe.to_dict(), header["recipe"], self.recipe)
        there, here = (
            header.get("held_out", self.held_out),
            self.held_out,
        )  # the entry is younger than some checkpoints
        if there != here:
            raise WeightsError(
                f"{self.checkpoint} was validated on other pictures ({len(there)} of {_sets(there)}) "
                f"than are here ({len(here)} of {_sets(here)}), so its best PSNR would not compare: "
                "`drcn data fetch` them, or use another --run folder."
            )
        self.precision = header.get("precision")
        self.best, self.seconds, self.log = header["best"], header["seconds"], header["log"]
        for rest in self.folder.glob(".*.part"):  # of a run killed while it wrote
            rest.unlink(missing_ok=True)
        return state

    def _same(self, mine, stored, kind):
        for name in {**mine, **stored}:
            default = getattr(
                type(kind), name, None
            )  # of an option that is younger than the checkpoint
            was, now = stored.get(name, default), mine.get(name)
            if (list(was) if isinstance(was, tuple) else was) != now:
                raise WeightsError(
                    f"{self.checkpoint} was made with {name} = {was!r}, not {now!r}: use the same "
                    "options, or another --run folder."
                )

    def _read_start(self, start):
        other, config = load(start)
        mine, theirs = self.config.to_dict(), config.to_dict()
        free = {"scale", "identity_start", "output_start"} | (
            {"recursions"} if mine.get("shared") else set()
        )
        for name in set(mine) - free:
            if mine[name] != theirs.get(name):
                raise WeightsError(
                    f"{start}: these weights are of a network with {name} = {theirs.get(name)!r}, "
                    f"not {mine[name]!r}."
                )
        return {
            v.path: ops.convert_to_numpy(v)
            for v in other.weights
            if v.path != "ensemble/w" or mine["recursions"] == theirs["recursions"]
        }

    def _state(self):
        return [
            *self.trainer.network.variables,
            self.trainer.taken,
            *self.trainer.optimizer.variables,
        ]

    def _values(self):
        return {v.path: ops.convert_to_numpy(v) for v in self._state()}

    def _save(self):
        tensors = self._values()
        if not all(np.isfinite(value).all() for value in tensors.values()):
            raise self._diverged("A weight", self.step)
        if self.team.leads:
            write_tensors(
                self.checkpoint,
                tensors,
                {
                    "architecture": self.config.architecture,
                    "config": self.config.to_dict(),
                    "recipe": self.recipe.to_dict(),
                    "precision": self.precision,
                    "held_out": self.held_out,
                    "best": self.best,
                    "seconds": self.seconds,
                    "log": self.log,
                },
            )
        self._saved = self.step

    def train(self, max_minutes: float | None = None, show=print) -> "Run":
        """Train until the recipe's steps are done or `max_minutes` have passed; always ends with a checkpoint.

        max_minutes is kept to one step and one validation, and at least one step is taken. Raises TrainingError where
        the loss or a weight stops being a finite number, StorageError where a file cannot be written; the checkpoint
        before it stays good.
        """
        if max_minutes is not None and not max_minutes > 0:
            raise ConfigError(f"max_minutes = {max_minutes}: must be more than 0.")
        minutes = float(self.team.agree(max_minutes or np.inf))
        deadline = time.perf_counter() + 60 * minutes

        def late(now):
            return deadline < np.inf and bool(self.team.agree(int(now >= deadline)))

        if not self.team.leads:
            show = str  # says nothing
        elif not self.checkpoint.exists():
            write_atomically(self.folder / "run.json", json.dumps(self._header, indent=1).encode())
            self._save()
        elif self.log:  # a run stopped right after its checkpoint has not written the last row
            write_csv(self.folder / "log.csv", self.log)
        tensorboard = (
            _TensorBoard(self.folder / "tensorboard", self.trainer.network, self.log)
            if self.team.leads
            else None
        )
        show(
            f"bicubic {self.validation.bicubic:.2f} dB on {len(self.validation.y)} validation pictures; "
            f"{self.source.positions:,} patches; {self.precision}"
        )
        begun, taken = self.step, []
        stopped = False
        while self.step < self.recipe.steps and not stopped:
            first, start = self.step, time.perf_counter()
            count = min(
                self.recipe.interval - first % self.recipe.interval, self.recipe.steps - first
            )
            watch = _Watch(late)
            ahead = (
                contextlib.nullcontext() if backend == "tensorflow" else ThreadPoolExecutor(1)
            )  # it reads ahead
            with self.team.together(), self.team.scope(), ahead as pool:
                batches = Batches(
                    self.source, self.recipe.batch, self.recipe.seed, first, count, self.rows, pool
                )
                means = self.trainer.fit(
                    batches, shuffle=False, verbose=0, callbacks=[watch]
                ).history
            if watch.failed:
                raise self._diverged("The loss", first + len(watch.ends))
            took = time.perf_counter() - start
            self.seconds += took
            taken += list(np.diff([start, *watch.ends]))
            if self.step < first + count:
                self._save()
            else:
                losses = {name: means[name][0] for name in ("loss", "l_1", "l_2")}
                with self.team.together():
                    self._report(losses, count * self.recipe.batch / took, tensorboard, show)
            stopped = late(time.perf_counter())
        if self.step < self.recipe.steps:
            show(
                f"Stopped after {minutes:g} minutes at step {self.step}; the same command goes on from there."
            )
        elif self.step == begun:
            show(f"All {self.step} steps were done before; best PSNR {self.best:.3f}.")
        if len(taken) > 1:  # the first one compiles
            show(self.speed(float(np.median(taken[1:]))))
        return self

    def _diverged(self, what, step):
        return TrainingError(
            f"{what} stopped being a finite number at step {step}; {self.folder} keeps the checkpoint "
            f"of step {self._saved} and the best weights before it. Try a lower --learning-rate or "
            "--clip-norm 1 in another --run folder."
        )

    def speed(self, seconds: float) -> str:
        """One line about steps of so many seconds: patches/s, GFLOP/s, share of a plain convolution's rate here."""
        r = self.recipe
        rate = (
            6 * self.config.macs_per_pixel * r.batch * r.patch**2 / seconds / 1e9
        )  # forward 2, backward 4 a MAC
        plain = self.team.devices * convolution_rate(
            self.config.filters, self.precision, r.batch, r.patch
        )
        return (
            f"median step: {r.batch / seconds:.0f} patches/s, {rate:.0f} GFLOP/s, {rate / plain:.0%} of a plain "
            f"3x3 convolution of {self.config.filters} filters ({plain:.0f} GFLOP/s, {self.precision})"
        )

    def _report(self, losses, patches_a_second, tensorboard, show):
        with averaged_weights(self.trainer):
            if self._validated is not self.trainer.network:
                self._validated.set_weights(self.trainer.network.get_weights())
            ensemble, recursions = self.validation(self._validated)
            better = ensemble > self.best
            self.best = max(ensemble, self.best)
            if better and self.team.leads:
                save_weights(self.folder / "best.safetensors", self.trainer.network, self.config)
        rate = float(ops.convert_to_numpy(self.trainer.optimizer.learning_rate))
        row = {
            "step": self.step,
            "seconds": round(self.seconds, 1),
            **losses,
            "alpha": float(self.trainer.alpha(self.step)),
            "learning_rate": rate,
            "patches_per_second": round(patches_a_second, 1),
            "psnr": ensemble,
            **{f"psnr_{d}": value for d, value in enumerate(recursions, 1)},
        }
        self.log.append(row)
        self._save()
        if self.team.leads:
            write_csv(self.folder / "log.csv", self.log)
            tensorboard.add(row)
        left = (self.recipe.steps - self.step) * self.recipe.batch / patches_a_second / 60
        show(
            f"step {self.step:6d}/{self.recipe.steps}  loss {losses['loss']:.5f}  alpha {row['alpha']:.2f}  "
            f"lr {rate:.1e}  PSNR {ensemble:.3f}{'*' if better else ' '} "
            f"({' '.join(f'{v:.2f}' for v in recursions)})  {patches_a_second:.0f} patches/s  {left:.0f} min left"
        )

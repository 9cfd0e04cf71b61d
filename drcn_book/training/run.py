"""A run: one training in one folder, which can be cut anywhere and resumed."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from .._keras import backend, keras
from ..config import Config, Recipe
from ..distribution import Team, join
from ..errors import ConfigError, TrainingError
from ..files import alone
from ..weights import assign, fitting, read_tensors, save_weights
from . import progress
from .batches import Batches, Watch, read_material
from .checkpoint import refuse_another, refuse_other_pictures, refuse_other_workers, write
from .log import LogFiles, row, write_record
from .loss import compiled
from .precision import agree_on_precision, speed_of_step
from .signals import put_off
from .start import begin
from .validation import read_held_out, validations


class Run:
    """One training: make it, or open it again from its folder, then `train`.

    config: the network. recipe: how. folder: where everything is written. start: weights to begin
    from, a shipped name or a file, of a network that may differ as `start.transfer` says. team: who
    trains together (see `join`); all devices of this machine if not given.

    Once it is open: `trainer`, whose `network` it trains; `source`, the training patches;
    `validation`, and beside damage `undamaged`; `precision`; `step`, how many were taken; and of
    the steps so far `log`, a row for each interval, the `best` PSNR, and the `seconds` they took.
    """

    def __init__(
        self,
        config: Config,
        recipe: Recipe,
        folder: str | Path,
        start: str | None = None,
        team: Team | None = None,
    ):
        # An answer that shrinks back to a damaged picture is damaged itself.
        self.uncorrected = recipe.damage != "none" and config.consistent
        if self.uncorrected:
            config = replace(config, consistent=False)
        self.config, self.recipe, self.folder = config, recipe, Path(folder)
        self.start, self.team, self.trainer = start, team, None

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def step(self) -> int:
        return int(self.trainer.taken)

    def open(self) -> "Run":
        """Load pictures, network and, if there is one, the folder's checkpoint; write nothing.

        ConfigError, DatasetError: the options or the pictures will not do, or differ among the
        workers. WeightsError: the checkpoint is damaged, or of another training. StorageError: the
        folder is in use.
        """
        self.team = self.team or join()
        self.rows = self.team.rows(self.recipe.batch)
        with contextlib.ExitStack() as stack:
            if self.team.leads and self.folder.is_dir():
                stack.enter_context(alone(self.folder, wait=False))
                for rest in self.folder.glob(".*.part"):  # of a run killed while it wrote
                    rest.unlink(missing_ok=True)
            self._load()
        return self

    def _load(self):
        held_out = read_held_out(self.recipe)
        self.held_out = sorted(held_out)
        self._seen = self._mark()
        state, header = self._read_checkpoint()
        self.best, self.seconds = header.get("best", 0.0), header.get("seconds", 0.0)
        self.log = header.get("log", [])
        self.source, self.pictures, self.digest = read_material(self.config, self.recipe)
        refuse_other_pictures(self.checkpoint, header, self.digest, self.recipe.train_set)
        refuse_other_workers(self.team, self.config, self.recipe, self.digest)
        self.validation, self.undamaged = validations(self.recipe, held_out, self.config.scale)
        before = header.get("precision")
        self.precision = agree_on_precision(self.team, self.config, self.recipe, before)
        self._build()
        self._begin_with(state)
        self._saved = self.step

    def _mark(self):
        return self.checkpoint.stat().st_mtime_ns if self.checkpoint.exists() else None

    def _read_checkpoint(self):
        if not self.team.leads or not self.checkpoint.exists():
            return None, {}
        state, header = read_tensors(self.checkpoint)
        refuse_another(self.checkpoint, header, self.config, self.recipe, self.held_out)
        return state, header

    def _build(self):
        # The answer's correction is fixed and linear: inside the loss it gained nothing and cost
        # time.
        trained = replace(self.config, consistent=False) if self.config.consistent else self.config
        with self.team.scope():
            network = trained.build(self.precision, self.recipe.seed)
            self.trainer = compiled(network, self.recipe, self.precision)
        # Validation runs on one device, which cannot use variables that lie on several.
        self._validated = network if self.team.devices == 1 else keras.models.clone_model(network)

    def _begin_with(self, state):
        """Give the variables the checkpoint's values, those of `start`, or leave them as built."""
        source, self.started, variables = self.checkpoint, None, self.trainer.state()
        if state is None:
            state, source = self.trainer.values(), self.start
            if self.start and self.team.leads:
                found, self.started = begin(self.start, self.trainer.network, self.config)
                state |= found
        state = self.team.agree(fitting(variables, state, source))
        with self.team.together():
            assign(variables, state, source)

    def train(self, max_minutes: float | None = None, show=print) -> "Run":
        """Train until the steps are done or `max_minutes` have passed; ends with a checkpoint.

        show: is given each record of `progress` as it comes. max_minutes is kept to one step and
        one validation, and at least one step is taken. Raises TrainingError where the loss or a
        weight stops being a finite number, StorageError where a file cannot be written or the
        folder is in use; the checkpoint before it stays good. Ctrl-C and SIGTERM raise
        KeyboardInterrupt after a checkpoint of the step reached.
        """
        if max_minutes is not None and not max_minutes > 0:
            raise ConfigError(f"max_minutes = {max_minutes}: must be more than 0.")
        if self.trainer is None:
            self.open()
        leads = self.team.leads
        with (
            alone(self.folder, wait=False) if leads else contextlib.nullcontext(),
            put_off(self.team.workers == 1) as signals,
        ):
            # Another process may have trained since this one looked.
            if self.team.workers == 1 and self._mark() != self._seen:
                self._load()
            self._train(max_minutes or np.inf, show if leads else lambda told: None, signals)
        if signals:
            raise KeyboardInterrupt
        return self

    def _train(self, max_minutes, show, signals):
        minutes = float(self.team.agree(max_minutes))
        deadline = time.perf_counter() + 60 * minutes

        def late(now):
            timed = deadline < np.inf and bool(self.team.agree(int(now >= deadline)))
            return bool(signals) or timed

        files = self._begin_folder() if self.team.leads else None
        held_out, patches, steps = self.validation, self.source.positions, self.recipe.steps
        show(progress.Opened(held_out.bicubic, len(held_out.y), patches, self.precision))
        if self.uncorrected:
            show(progress.Uncorrected())
        if self.started:
            show(self.started)

        before, durations, stop = self.step, [], False
        while self.step < steps and not stop:
            first = self.step
            end = min(first + self.recipe.interval - first % self.recipe.interval, steps)
            losses, took = self._fit(first, end, late)
            durations += took
            self.seconds += sum(took)
            if self.step == end:
                rate = (end - first) * self.recipe.batch / sum(took)
                best = self._validate(losses, rate)
            self._save()
            if self.step == end and files:
                files.write(self.log)
                minutes_left = (steps - end) * self.recipe.batch / rate / 60
                show(progress.Validated(self.log[-1], steps, best, minutes_left))
            stop = late(time.perf_counter())

        if self.step < steps:
            why = "by a signal" if signals else f"after {minutes:g} minutes"
            show(progress.Stopped(why, self.step))
        elif self.step == before:
            show(progress.Done(self.step, self.best))
        if len(durations) > 1 and not signals:  # the first one compiles
            show(self.speed(float(np.median(durations[1:]))))

    def _begin_folder(self):
        resumed = self.checkpoint.exists()
        write_record(self, resumed)
        if not resumed:
            self._save()
        return LogFiles(self.folder, self.trainer.network, self.log)

    def _fit(self, first, end, late):
        """Take the steps to `end`, or fewer if it gets late: mean losses, each step's seconds."""
        recipe, watch, clock = self.recipe, Watch(late), time.perf_counter()
        # TensorFlow reads ahead by itself.
        ahead = contextlib.nullcontext() if backend == "tensorflow" else ThreadPoolExecutor(1)
        with self.team.together(), self.team.scope(), ahead as pool:
            batches = Batches(
                self.source, recipe.batch, recipe.seed, first, end - first, self.rows, pool
            )
            means = self.trainer.fit(batches, shuffle=False, verbose=0, callbacks=[watch]).history
        if watch.failed:
            raise self._diverged("The loss", first + len(watch.ends))
        losses = {name: means[name][0] for name in ("loss", "l_1", "l_2")}
        return losses, np.diff([clock, *watch.ends]).tolist()

    def _validate(self, losses, rate):
        """Add this interval's row to the log; returns whether it is the best so far."""
        with self.team.together():
            if self._validated is not self.trainer.network:
                self._validated.set_weights(self.trainer.network.get_weights())
            ensemble, recursions = self.validation(self._validated)
            undamaged = self.undamaged and self.undamaged(self._validated)[0]
        better = ensemble > self.best
        self.best = max(ensemble, self.best)
        if better and self.team.leads:
            save_weights(self.folder / "best.safetensors", self.trainer.network, self.config)
        self.log.append(row(self, losses, rate, ensemble, recursions, undamaged))
        return better

    def _save(self):
        tensors = self.trainer.values()
        if not all(np.isfinite(value).all() for value in tensors.values()):
            raise self._diverged("A weight", self.step)
        if self.team.leads:
            write(self, tensors)
        self._saved, self._seen = self.step, self._mark()

    def _diverged(self, what, step):
        return TrainingError(
            f"{what} stopped being a finite number at step {step}; {self.folder} keeps the "
            f"checkpoint of step {self._saved} and the best weights before it. Try a lower "
            "--learning-rate or --clip-norm 1 in another --run folder."
        )

    def speed(self, seconds: float) -> progress.Speed:
        """What steps of so many seconds are, beside plain convolutions on these devices."""
        return speed_of_step(self, seconds)

"""Several devices and several machines, by Keras's distribution API on JAX.

The program stays the one for a single device and the whole batch. `keras.distribution.DataParallel`
keeps the variables on every device and cuts each batch over all of them, on all workers, and the
compiler adds the sums between them: the gradient, its clipping and the loss are
those of the whole batch, whatever the number of devices.

Why not TensorFlow's strategies: with Keras 3.15 and TensorFlow 2.21, `fit` under
MultiWorkerMirroredStrategy fails in turn on building the model from a distributed batch, on cutting
a PyDataset a second time, and on averaging a scalar loss along an axis. Under every strategy a loss
of one's own has to divide itself by the number of devices, and `global_clipnorm` cuts each device's
part of the gradient instead of the sum. On JAX none of this arises, and weights and checkpoints
move to TensorFlow and back.
"""

import atexit
import contextlib
import ctypes
import os
import re
import signal
import sys
from dataclasses import dataclass

import numpy as np

from ._keras import backend, keras
from .errors import ConfigError, TrainingError, out_of_memory

LOST = (
    "Another worker was lost. Start the same command on every worker again: "
    "the run goes on from the checkpoint that worker 0 holds."
)
FULL = "The training does not fit in the memory of the device: use a smaller --batch or --patch."


@dataclass(frozen=True)
class Team:
    """Who trains together.

    worker: number of this process, from 0; workers: how many processes there are; devices: how many
    of them all.

    Worker 0 leads: it alone reads and writes the run's folder. Every worker needs the training
    pictures.
    """

    worker: int = 0
    workers: int = 1
    devices: int = 1

    @property
    def leads(self) -> bool:
        return self.worker == 0

    def scope(self):
        """A context: variables made inside are on every device, and batches of `fit` are cut over
        them.
        """
        if self.devices == 1:
            return contextlib.nullcontext()
        return keras.distribution.DataParallel(auto_shard_dataset=False).scope()

    def rows(self, batch: int) -> slice:
        """This worker's part of a batch of so many patches.

        ConfigError if devices cannot share it evenly.
        """
        if batch % self.devices:
            raise ConfigError(
                f"batch = {batch} cannot be cut evenly over {self.devices} devices: use a "
                f"multiple of {self.devices}."
            )
        share = batch // self.workers
        return slice(self.worker * share, (self.worker + 1) * share)

    def agree(self, value):
        """Worker 0's value: a number, or a dictionary of arrays, of the same shapes on each."""
        if self.workers == 1:
            return value
        from jax.experimental import multihost_utils

        with self.together():
            return multihost_utils.broadcast_one_to_all(value)

    def alike(self, number: int) -> bool:
        """Whether every worker gives the same number, from 0 to 2**32 - 1."""
        if self.workers == 1:
            return True
        from jax.experimental import multihost_utils

        with self.together():
            return len(set(multihost_utils.process_allgather(np.uint32(number)).tolist())) == 1

    @contextlib.contextmanager
    def together(self):
        """Around what the workers compute together: TrainingError if one of them is gone, or if
        memory is short.
        """
        try:
            yield
        except Exception as error:
            full = out_of_memory(error)
            if not full and not (self.workers > 1 and _is_jax(error)):
                raise
            if self.workers > 1:
                atexit.register(
                    os._exit, 2
                )  # else JAX waits at the end for the lost worker, and aborts
                atexit.register(sys.stdout.flush)
            raise TrainingError(FULL if full else LOST) from None


def _is_jax(error):
    from jax.errors import JaxRuntimeError

    return isinstance(error, JaxRuntimeError)


def join(addresses: str | None = None, worker: int | None = None) -> Team:
    """The team of this process: all devices of this machine, or those of all workers once every one
    has come.

    addresses: the workers' machines, joined by ",", the same on each; the first with a port, where
    they meet: "10.0.0.1:9000,10.0.0.2". worker: which of them this is, from 0. They wait two
    minutes for each other. ConfigError for a backend other than JAX or wrong addresses;
    TrainingError if the workers do not meet.
    """
    if addresses is None:
        if worker is not None:
            raise ConfigError("--worker says which of --workers this is: give both or neither.")
        if backend != "jax":
            return Team()
        import jax

        return Team(devices=jax.local_device_count())
    names = addresses.split(",")
    hosts = all(re.fullmatch(r"[\w.-]+(:\d+)?", name) for name in names)
    if len(names) < 2 or not hosts or ":" not in names[0]:
        raise ConfigError(
            f"--workers {addresses}: list two machines or more, the first with the port where "
            "they meet, such as 10.0.0.1:9000,10.0.0.2."
        )
    if worker is None or not 0 <= worker < len(names):
        raise ConfigError(
            f"--worker {worker}: say which of the {len(names)} workers this is, 0 to "
            f"{len(names) - 1}."
        )
    if backend != "jax":
        raise ConfigError(
            f"Several workers train on JAX, not on {backend}: `pip install jax` and set "
            "KERAS_BACKEND=jax. The weights are the same on every backend."
        )
    import jax

    apart = (
        f"Worker {worker} did not meet the others at {names[0]} within two minutes: "
        "start all of them."
    )
    _exit_instead_of_abort(apart)
    try:
        jax.distributed.initialize(
            names[0],
            len(names),
            worker,
            initialization_timeout=120,
            heartbeat_timeout_seconds=30,
            shutdown_timeout_seconds=30,
        )
    except RuntimeError as error:
        raise TrainingError(f"{apart} ({str(error).splitlines()[0]})") from None
    _exit_instead_of_abort(LOST)
    return Team(worker, len(names), jax.device_count())


def _exit_instead_of_abort(message):
    """JAX's runtime aborts the process, past Python, when a worker stays away: then say so, exit
    with 2.
    """

    def gone(_):
        os.write(2, f"drcn: {message}\n".encode())
        os._exit(2)

    _exit_instead_of_abort.handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(
        gone
    )  # kept from the collector
    ctypes.CDLL(None).signal(signal.SIGABRT, _exit_instead_of_abort.handler)

"""Section workers: one worker on one core beside two, each on a core of its own."""

import csv
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .turns import WorkerError, alternate, python_path, row


def train_on(cores: list[int], batch: int, options: list[str], folder: Path) -> float:
    """Seconds of a step of `drcn train` on JAX, one worker on each of these cores; they meet at a
    port of loopback.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        meeting = f"127.0.0.1:{free.getsockname()[1]}" + ",127.0.0.1" * (len(cores) - 1)
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": python_path(),
    }
    with tempfile.TemporaryDirectory(dir=folder) as runs:
        team = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "drcn_book",
                    "train",
                    *options,
                    "--batch",
                    str(batch),
                    "--run",
                    f"{runs}/{number}",
                    *(["--workers", meeting, "--worker", str(number)] if len(cores) > 1 else []),
                ],
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=partial(os.sched_setaffinity, 0, {core}),
            )
            for number, core in enumerate(cores)
        ]
        said = [worker.communicate()[0] for worker in team]
        log = Path(runs) / "0" / "log.csv"
        if any(worker.returncode for worker in team) or not log.exists():
            raise WorkerError(" ".join(said[0].split()[-20:]))
        # The first interval compiles.
        _, after = csv.DictReader(log.read_text("utf-8").splitlines())
    return batch / float(after["patches_per_second"])


def workers(
    folder: Path, name: str = "compact", batch: int = 16, steps: int = 30, budget: float = 120
) -> Iterator:
    """Patches a second of one worker on one core and of two, each on a core of its own.

    name: the preset.
    """
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        print("  left out: it takes two cores", flush=True)
        return
    options = [
        "--preset",
        name,
        "--train-set",
        "Photos",
        "--patch",
        "41",
        "--precision",
        "float32",
        "--steps",
        str(steps),
        "--interval",
        str(steps // 2),
        "--warmup",
        "2",
    ]
    sizes = {
        f"1 worker, {batch} patches": (cores[:1], batch),
        f"2 workers, {batch // 2} each": (cores, batch),
        f"2 workers, {batch} each": (cores, 2 * batch),
    }
    runs = {
        candidate: partial(train_on, *size, options, folder) for candidate, size in sizes.items()
    }
    for candidate, seconds in alternate(runs, budget).items():
        yield row(
            name, candidate, seconds, sizes[candidate][1], "patches/s", software="JAX on Keras"
        )

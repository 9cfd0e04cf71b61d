"""Several devices and several workers train as one device does, and a lost worker is told and made
good.
"""

import csv
import os
import signal
import socket
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from processes import DRCN, QUICK, run, start, write_pack

from drcn_book import cli, distribution
from drcn_book.distribution import Team
from drcn_book.errors import ConfigError, TrainingError
from drcn_book.weights import load, read_tensors

posix = pytest.mark.skipif(
    os.name == "nt", reason="several workers are told of a loss by a signal of POSIX"
)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return write_pack(tmp_path_factory.mktemp("pack") / "pack.zip")


def command(pack, folder, *more):
    return ["train", *QUICK, "--batch", "8", "--train-set", str(pack), "--run", str(folder), *more]


def start_two(pack, folder, *more, leader=()):
    """Two worker processes that meet on a free port of this machine; worker 1 is given another
    folder.

    leader: options of worker 0 alone.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        meeting = f"127.0.0.1:{free.getsockname()[1]},127.0.0.1"
    return [
        start(
            "jax",
            DRCN,
            *command(pack, folder / str(worker), *more),
            *own,
            "--workers",
            meeting,
            "--worker",
            str(worker),
            folder=folder,
        )
        for worker, own in enumerate((leader, ()))
    ]


def losses(folder):
    rows = list(csv.DictReader((folder / "log.csv").read_text().splitlines()))
    return np.array(
        [[float(row[name]) for name in ("step", "loss", "l_1", "l_2", "psnr")] for row in rows]
    )


def weights(folder):
    return [np.asarray(v) for v in load(folder / "best.safetensors")[0].weights]


@pytest.fixture(scope="module")
def alone(pack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    run("jax", DRCN, *command(pack, folder / "run", "--steps", "6"), folder=folder)
    return folder / "run"


def same_course(folder, alone):
    np.testing.assert_allclose(losses(folder), losses(alone), rtol=1e-5)
    for a, b in zip(weights(folder), weights(alone), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


@posix
def test_two_workers_equal_one_with_the_double_batch(pack, alone, tmp_path):
    """4 patches on each of two workers, 8 on one: the same loss, also with a clipped gradient and a
    mean.
    """
    pair = start_two(pack, tmp_path, "--steps", "6")
    ends = [process.communicate(timeout=900) for process in pair]
    assert [process.returncode for process in pair] == [0, 0], ends
    same_course(tmp_path / "0", alone)
    assert not (tmp_path / "1").exists(), "worker 0 alone writes"
    assert "step " in ends[0][0] and "step " not in ends[1][0]


def test_two_devices_of_one_machine_equal_one(pack, alone, tmp_path):
    run(
        "jax",
        DRCN,
        *command(pack, tmp_path / "run", "--steps", "6"),
        folder=tmp_path,
        XLA_FLAGS="--xla_force_host_platform_device_count=2",
    )
    same_course(tmp_path / "run", alone)


def test_two_devices_equal_one_on_the_folded_grid(pack, tmp_path):
    for count in (1, 2):
        grid = ("--fold", "2", "--consistent", "--steps", "3")
        flags = f"--xla_force_host_platform_device_count={count}"
        more = command(pack, tmp_path / str(count), *grid)
        run("jax", DRCN, *more, folder=tmp_path, XLA_FLAGS=flags)
    same_course(tmp_path / "2", tmp_path / "1")
    assert load(tmp_path / "2" / "best.safetensors")[1].fold == 2


@posix
@pytest.mark.parametrize("victim", [0, 1])
def test_a_lost_worker_is_told_and_the_run_goes_on(pack, tmp_path, victim):
    pair = start_two(pack, tmp_path, "--steps", "100000")
    log = tmp_path / "0" / "log.csv"
    patience = time.monotonic() + 600
    while not log.exists():
        assert time.monotonic() < patience and all(process.poll() is None for process in pair)
        time.sleep(0.2)
    os.kill(pair[victim].pid, signal.SIGKILL)
    began = time.monotonic()
    _, err = pair[1 - victim].communicate(timeout=120)
    assert pair[1 - victim].returncode == 2, err
    assert time.monotonic() - began < 60
    last = err.strip().splitlines()[-1] if victim == 1 else err
    assert "drcn: Another worker was lost. Start the same command on every worker again" in last
    pair[victim].communicate()

    before = losses(tmp_path / "0")
    pair = start_two(pack, tmp_path, "--steps", "100000", leader=["--max-minutes", "0.05"])
    ends = [process.communicate(timeout=900) for process in pair]
    assert [process.returncode for process in pair] == [0, 0], ends
    assert "Stopped after 0.05 minutes" in ends[0][0]
    state, _ = read_tensors(tmp_path / "0" / "checkpoint.safetensors")
    assert state["trainer/steps"] > before[-1, 0]
    np.testing.assert_array_equal(losses(tmp_path / "0")[: len(before)], before)


@posix
def test_workers_with_different_options_are_told(pack, tmp_path):
    pair = start_two(pack, tmp_path, "--steps", "6", leader=["--learning-rate", "0.5"])
    ends = [process.communicate(timeout=900) for process in pair]
    assert [process.returncode for process in pair] == [2, 2], ends
    for _, err in ends:
        assert (
            "drcn: The workers differ in their options or training pictures: start the same command"
            in err
        )
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    "message, words",
    [
        (
            "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes.",
            "use a smaller --batch or --patch",
        ),
        ("UNAVAILABLE: Connection reset by peer", "Another worker was lost"),
    ],
)
def test_too_little_memory_is_not_a_lost_worker(message, words, workers, monkeypatch):
    class JaxRuntimeError(RuntimeError):
        pass

    monkeypatch.setitem(sys.modules, "jax.errors", SimpleNamespace(JaxRuntimeError=JaxRuntimeError))
    at_exit = []
    monkeypatch.setattr(distribution.atexit, "register", lambda *call: at_exit.append(call))
    mended = workers == 2 or "RESOURCE" in message
    with (
        pytest.raises(
            TrainingError if mended else JaxRuntimeError, match=words if mended else message
        ),
        Team(0, workers, workers).together(),
    ):
        raise JaxRuntimeError(message)
    assert bool(at_exit) == (workers == 2)


def test_too_large_a_batch_is_one_line(capsys, tmp_path):
    huge = [
        "--preset",
        "tiny",
        "--train-set",
        "Photos",
        "--batch",
        str(10**12),
        "--run",
        str(tmp_path / "run"),
    ]
    assert cli.main(["train", *huge]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert (
        error
        == "drcn: The training does not fit in the memory of the device: use a smaller --batch or "
        "--patch."
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "options, words",
    [
        (["--workers", "10.0.0.1:9000", "--worker", "0"], "two machines or more"),
        (["--workers", "10.0.0.1,10.0.0.2", "--worker", "0"], "the first with the port"),
        (["--workers", "10.0.0.1:port,10.0.0.2", "--worker", "0"], "two machines or more"),
        (["--workers", "10.0.0.1:9000,10.0.0.2"], "0 to 1"),
        (["--workers", "10.0.0.1:9000,10.0.0.2", "--worker", "2"], "0 to 1"),
        (["--worker", "0"], "both or neither"),
        (["--workers", "10.0.0.1:9000,10.0.0.2", "--worker", "0"], "KERAS_BACKEND=jax"),
    ],
)
def test_wrong_workers_are_refused(pack, tmp_path, capsys, options, words):
    assert cli.main(command(pack, tmp_path / "run", *options)) == 2
    message = capsys.readouterr().err
    assert message.startswith("drcn: ") and message.count("\n") == 1 and words in message
    assert not (tmp_path / "run").exists()


def test_a_batch_is_cut_into_one_part_for_each_worker():
    parts = [Team(worker, 4, 8).rows(16) for worker in range(4)]
    assert [row for part in parts for row in range(16)[part]] == list(range(16))
    with pytest.raises(ConfigError, match="multiple of 8"):
        Team(0, 4, 8).rows(12)

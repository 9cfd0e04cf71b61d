"""A run that is killed, cut short or out of disk space goes on from its last checkpoint, to the
very same weights.
"""

import csv
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from drcn_book import datasets, weights
from drcn_book.config import Recipe, preset
from drcn_book.errors import ConfigError, StorageError, WeightsError
from drcn_book.training import Run, batches, log, precision
from drcn_book.training import run as module
from drcn_book.weights import read_tensors

CONFIG = preset("tiny", "authors")
OPTIONS = {
    "steps": 30,
    "interval": 10,
    "batch": 4,
    "patch": 24,
    "warmup": 5,
    "precision": "float32",
}

pytestmark = pytest.mark.usefixtures("no_public_sets")


def quiet(line):
    pass


def make(pictures, folder, **changes):
    recipe = Recipe(**{**OPTIONS, "train_set": str(pictures), **changes})
    return Run(CONFIG, recipe, folder).open()


@pytest.fixture(scope="module")
def whole(pictures, tmp_path_factory):
    """The folder of a run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    make(pictures, folder).train(show=quiet)
    return folder


def assert_same_end(folder, whole):
    """Bitwise.

    Weights, optimiser, counters, best weights, and every number of the log that is no time.
    """
    for file in ("checkpoint.safetensors", "best.safetensors"):
        mine, header = read_tensors(folder / file)
        theirs, expected = read_tensors(whole / file)
        assert mine.keys() == theirs.keys() and len(mine) > 10
        for name in mine:
            np.testing.assert_array_equal(mine[name], theirs[name], err_msg=name, strict=True)
        if "log" in header:
            timeless = [
                [
                    {k: v for k, v in row.items() if k not in ("seconds", "patches_per_second")}
                    for row in log
                ]
                for log in (header["log"], expected["log"])
            ]
            assert (
                len(timeless[0]) == 3
                and timeless[0] == timeless[1]
                and header["best"] == expected["best"]
            )


def test_the_same_seed_gives_the_same_weights(pictures, whole, tmp_path):
    make(pictures, tmp_path).train(show=quiet)
    assert_same_end(tmp_path, whole)


def test_another_seed_gives_other_weights(pictures, whole, tmp_path):
    make(pictures, tmp_path, seed=1).train(show=quiet)
    mine, theirs = (
        read_tensors(f / "checkpoint.safetensors")[0]["recursion/kernel"] for f in (tmp_path, whole)
    )
    assert not np.array_equal(mine, theirs)


IN_AN_EPOCH = """
whole = PatchSource.batch
def batch(self, size, seed, step):
    if step == 25:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(self, size, seed, step)
PatchSource.batch = batch
"""

IN_A_WRITE = """
whole = pathlib.Path.write_bytes
def write(path, content):
    if path.name.startswith(".checkpoint"):
        write.times += 1
        if write.times == 4:
            whole(path, content[:len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
    whole(path, content)
write.times = 0
pathlib.Path.write_bytes = write
"""


@pytest.mark.skipif(os.name == "nt", reason="sends a signal of POSIX")
@pytest.mark.parametrize(
    "where", [IN_AN_EPOCH, IN_A_WRITE], ids=["in an epoch", "in a checkpoint's write"]
)
def test_a_killed_run_goes_on_to_the_same_weights(where, pictures, whole, tmp_path):
    script = (
        "import os, pathlib, signal\nfrom drcn_book import cli\n"
        "from drcn_book.patches import PatchSource\n"
        + where
        + "cli.main(os.environ['ARGUMENTS'].split('|'))"
    )
    flags = [text for name, value in OPTIONS.items() for text in (f"--{name}", str(value))]
    arguments = [
        "train",
        "--preset",
        "tiny",
        "--train-set",
        str(pictures),
        "--run",
        str(tmp_path),
        *flags,
    ]
    killed = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "ARGUMENTS": "|".join(arguments)},
        cwd=Path(__file__).parents[1],
    )
    assert killed.returncode == -signal.SIGKILL
    halves = list(tmp_path.glob(".*.part"))
    assert len(halves) == (where is IN_A_WRITE)
    again = make(pictures, tmp_path)
    assert again.step == 20 and not list(tmp_path.glob(".*.part"))
    again.train(show=quiet)
    assert_same_end(tmp_path, whole)


def test_a_full_disk_stops_the_run_and_keeps_the_checkpoint(pictures, whole, tmp_path, monkeypatch):
    run = make(pictures, tmp_path)
    whole_write, begun = Path.write_bytes, []

    def write(path, content):
        """A disk with room for 100 bytes more when the third checkpoint is written."""
        begun.append(path.name)
        if sum(name.startswith(".checkpoint") for name in begun) == 3:
            whole_write(path, content[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole_write(path, content)

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(
        StorageError, match="checkpoint.safetensors: cannot be written .No space left on device"
    ):
        run.train(show=quiet)
    assert not list(tmp_path.glob(".*.part"))
    monkeypatch.undo()
    again = make(pictures, tmp_path)
    assert again.step == 10
    again.train(show=quiet)
    assert_same_end(tmp_path, whole)


def test_a_log_that_could_not_be_written_is_made_good(pictures, whole, tmp_path, monkeypatch):
    """A disk that is full right after the last checkpoint.

    The same command writes all rows, and takes no step.
    """
    write_csv = log.write_csv

    def write(path, rows):
        if len(rows) == 3:
            raise StorageError("full")
        write_csv(path, rows)

    run = make(pictures, tmp_path)
    monkeypatch.setattr(log, "write_csv", write)
    with pytest.raises(StorageError, match="full"):
        run.train(show=quiet)
    monkeypatch.undo()
    steps = [
        [row["step"] for row in csv.DictReader((folder / "log.csv").open())]
        for folder in (tmp_path, whole)
    ]
    assert steps == [["10", "20"], ["10", "20", "30"]]
    again = make(pictures, tmp_path).train(show=quiet)
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert (
        rows == [{name: str(value) for name, value in row.items()} for row in again.log]
        and len(rows) == 3
    )


def test_a_place_too_small_is_one_line_before_any_training(pictures, tmp_path):
    resource = pytest.importorskip("resource")
    refused = subprocess.run(
        [
            sys.executable,
            "-m",
            "drcn_book",
            "train",
            "--preset",
            "tiny",
            "--train-set",
            str(pictures),
            "--run",
            str(tmp_path / "run"),
            "--patch",
            "24",
            "--precision",
            "float32",
        ],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)),
    )
    assert refused.returncode == 2
    assert (
        refused.stderr.count("\n") == 1
        and "checkpoint.safetensors: cannot be written" in refused.stderr
    )
    assert os.listdir(tmp_path / "run") == ["run.json"]


def test_max_minutes_stops_in_the_middle_and_the_same_command_goes_on(
    pictures, whole, tmp_path, monkeypatch
):
    clock = iter(range(10**6))
    ticking = SimpleNamespace(perf_counter=lambda: next(clock))
    monkeypatch.setattr(module, "time", ticking)
    monkeypatch.setattr(batches, "time", ticking)
    lines = []
    run = make(pictures, tmp_path).train(
        max_minutes=20 / 60, show=lambda told: lines.append(str(told))
    )
    assert 10 < run.step < 20, "twenty seconds, one each step"
    assert "Stopped after 0.333333 minutes" in lines[-2]
    monkeypatch.undo()
    again = make(pictures, tmp_path)
    assert again.step == run.step and len(again.log) == 1
    again.train(show=quiet)
    row = again.log[1]
    mine, theirs = again.log, read_tensors(whole / "checkpoint.safetensors")[1]["log"]
    assert row["psnr"] == theirs[1]["psnr"]
    mine[1].update(
        {name: theirs[1][name] for name in ("loss", "l_1", "l_2")}
    )  # means since the interruption
    again._save()
    assert_same_end(tmp_path, whole)


def test_however_few_the_minutes_a_step_is_taken(pictures, tmp_path):
    """So a loop that starts the command again and again comes to an end."""
    for step in (1, 2):
        run = make(pictures, tmp_path).train(max_minutes=1e-9, show=quiet)
        assert run.step == step


@pytest.mark.parametrize("minutes", [0, -1, float("nan")])
def test_max_minutes_must_be_some(minutes, pictures, whole):
    with pytest.raises(ConfigError, match="max_minutes"):
        make(pictures, whole).train(max_minutes=minutes, show=quiet)


def test_a_finished_run_says_so_and_changes_nothing(pictures, whole):
    before = (whole / "checkpoint.safetensors").read_bytes()
    lines = []
    make(pictures, whole).train(show=lambda told: lines.append(str(told)))
    assert "All 30 steps were done before" in lines[-1]
    assert (whole / "checkpoint.safetensors").read_bytes() == before


def test_a_single_step_is_neither_done_before_nor_timed(pictures, tmp_path):
    """Two steps, one a command: most of the time of each is compiling."""
    for end in ("Stopped after", "step      2/2"):
        told = []
        make(pictures, tmp_path, interval=1, steps=2).train(
            max_minutes=1e-9 if end == "Stopped after" else None, show=told.append
        )
        lines = [str(each) for each in told]
        assert lines[-1].startswith(end) and "done before" not in "".join(lines)


def test_intervals_of_one_step_are_timed(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "convolution_rate", lambda *shape: 100)
    lines = []
    make(pictures, tmp_path, interval=1, steps=3).train(show=lambda told: lines.append(str(told)))
    assert lines[-1].startswith("median step: ") and "done before" not in "".join(lines)


def test_other_validation_pictures_are_told(pictures, whole, tmp_path, monkeypatch):
    """A run that chose its best weights on some pictures does not go on where they are missing."""
    split = datasets.validation_split
    monkeypatch.setattr(
        datasets,
        "validation_split",
        lambda name: {
            f"BSDS200/{stem}": picture for stem, picture in list(split(name).items())[:5]
        },
    )
    with pytest.raises(
        WeightsError, match=r"on other pictures \(8 of Photos\) than are here \(5 of BSDS200\)"
    ):
        make(pictures, whole)
    tensors, header = read_tensors(whole / "checkpoint.safetensors")
    del header["held_out"]
    weights.write_tensors(tmp_path / "checkpoint.safetensors", tensors, header)
    assert make(pictures, tmp_path).step == 30, "an older checkpoint does not say"


def test_another_configuration_is_named(pictures, whole):
    for name, changed in (("learning_rate", 0.5), ("seed", 3), ("scales", (2, 3))):
        with pytest.raises(
            WeightsError, match=f"was made with {name} = .*use the same options, or another --run"
        ):
            make(pictures, whole, **{name: changed})
    for config, name in (
        (preset("tiny"), "feedback"),
        (preset("tiny", "authors", filters=9), "filters"),
    ):
        with pytest.raises(WeightsError, match=f"was made with {name} = "):
            Run(config, Recipe(**OPTIONS, train_set=str(pictures)), whole).open()


def test_an_option_younger_than_the_checkpoint_counts_as_its_default(pictures, whole, tmp_path):
    tensors, header = read_tensors(whole / "checkpoint.safetensors")
    del header["recipe"]["optimizer"], header["config"]["residual"]
    weights.write_tensors(tmp_path / "checkpoint.safetensors", tensors, header)
    assert make(pictures, tmp_path).step == 30
    with pytest.raises(WeightsError, match="optimizer = 'adam', not 'sgd'"):
        make(pictures, tmp_path, optimizer="sgd")


def test_a_damaged_checkpoint_is_one_line(pictures, whole, tmp_path):
    content = (whole / "checkpoint.safetensors").read_bytes()
    checkpoint = tmp_path / "checkpoint.safetensors"
    flipped = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
    for damaged in (b"", content[:7], content[:1000], content[:-1], b"\xff" * 5000, flipped):
        checkpoint.write_bytes(damaged)
        with pytest.raises(WeightsError, match="checkpoint.safetensors"):
            make(pictures, tmp_path)
    checkpoint.write_bytes((whole / "best.safetensors").read_bytes())
    with pytest.raises(WeightsError, match="no state of a training"):
        make(pictures, tmp_path)


def test_auto_precision_is_decided_once_a_run(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "choose_precision", lambda *args: "mixed_bfloat16")
    make(pictures, tmp_path, precision="auto", steps=1).train(show=quiet)
    monkeypatch.setattr(precision, "choose_precision", lambda *args: "float32")
    assert make(pictures, tmp_path, precision="auto", steps=1).precision == "mixed_bfloat16"

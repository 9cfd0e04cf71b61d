"""A run's folder belongs to one training at a time, to its pictures, and knows its machines."""

import json
import os
import shutil
import signal
import time

import numpy as np
import pytest
from PIL import Image
from processes import DRCN, start

from drcn_book import weights
from drcn_book.config import Recipe, preset
from drcn_book.errors import StorageError, WeightsError
from drcn_book.files import alone
from drcn_book.training import Run, log
from drcn_book.weights import read_tensors

OPTIONS = {"steps": 4, "interval": 2, "batch": 2, "patch": 24, "warmup": 2, "precision": "float32"}
ENDLESS = [
    *("--preset", "tiny", "--patch", "24", "--batch", "2", "--precision", "float32"),
    *("--steps", "1000000", "--interval", "5"),
]

pytestmark = pytest.mark.usefixtures("no_public_sets")


def make(pictures, folder, **changes):
    recipe = Recipe(**{**OPTIONS, "train_set": str(pictures), **changes})
    return Run(preset("tiny", "authors"), recipe, folder)


def quiet(told):
    pass


@pytest.fixture
def going_on(pictures, tmp_path):
    """A training in another process, and its folder, once it has validated."""
    arguments = ["train", *ENDLESS, "--train-set", str(pictures), "--run", str(tmp_path / "run")]
    process = start("tensorflow", DRCN, *arguments, folder=tmp_path)
    patience = time.monotonic() + 300
    while not (tmp_path / "run" / "log.csv").exists():
        assert time.monotonic() < patience and process.poll() is None
        time.sleep(0.1)
    yield process, arguments
    process.kill()
    process.communicate()


def test_a_second_training_in_the_folder_is_refused_and_a_killed_one_is_not_in_the_way(
    going_on, tmp_path
):
    first, arguments = going_on
    second = start("tensorflow", DRCN, *arguments, folder=tmp_path)
    _, err = second.communicate(timeout=300)
    assert second.returncode == 2 and err.count("\n") == 1
    assert f"drcn: {tmp_path / 'run'} is in use by another process" in err
    assert first.poll() is None
    first.kill()
    first.wait()
    with alone(tmp_path / "run", wait=False):
        pass


@pytest.mark.skipif(os.name == "nt", reason="sends signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_ends_a_training_at_a_whole_step(number, going_on, tmp_path):
    process, arguments = going_on
    process.send_signal(number)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130 and err == "drcn: interrupted.\n"
    step = int(read_tensors(tmp_path / "run" / "checkpoint.safetensors")[0]["trainer/steps"])
    assert f"Stopped by a signal at step {step}; the same command goes on from there." in out
    assert sorted(os.listdir(tmp_path / "run")) == [
        "best.safetensors",
        "checkpoint.safetensors",
        "log.csv",
        "run.json",
        "tensorboard",
    ]


def test_a_run_that_another_process_took_further_is_read_anew(pictures, tmp_path):
    early = make(pictures, tmp_path).open()
    make(pictures, tmp_path).train(show=quiet)
    told = []
    assert early.step == 0
    early.train(show=lambda line: told.append(str(line)))
    assert "All 4 steps were done before" in told[-1]


def test_a_run_in_use_is_not_opened(pictures, tmp_path):
    with alone(tmp_path), pytest.raises(StorageError, match="is in use by another process"):
        make(pictures, tmp_path).open()


# ------------------------------------------------------------------------- pictures


@pytest.fixture
def copied(pictures, tmp_path):
    return shutil.copytree(pictures, tmp_path / "copied")


def test_the_same_pictures_elsewhere_go_on(pictures, copied, tmp_path):
    make(pictures, tmp_path / "run").train(max_minutes=1e-9, show=quiet)
    for place in (f"{pictures}/", copied, os.path.relpath(copied)):
        make(place, tmp_path / "run").open()


def test_other_pictures_under_the_same_names_are_told(copied, tmp_path):
    make(copied, tmp_path / "run").train(max_minutes=1e-9, show=quiet)
    picture = np.asarray(Image.open(copied / "0.png")).copy()
    picture[0, 0] ^= 255
    Image.fromarray(picture).save(copied / "0.png")
    with pytest.raises(WeightsError, match="was trained on other pictures than .*copied has now"):
        make(copied, tmp_path / "run").open()


def test_an_older_checkpoint_does_not_know_its_pictures(pictures, copied, tmp_path):
    make(pictures, tmp_path / "run").train(show=quiet)
    tensors, header = read_tensors(tmp_path / "run" / "checkpoint.safetensors")
    del header["pictures"]
    weights.write_tensors(tmp_path / "run" / "checkpoint.safetensors", tensors, header)
    assert make(pictures, tmp_path / "run").open().step == 4
    with pytest.raises(WeightsError, match="was made with train_set = "):
        make(copied, tmp_path / "run").open()


def test_pictures_smaller_than_a_patch_are_not_counted(pictures, copied, tmp_path):
    for i in range(5):
        Image.new("RGB", (23, 60)).save(copied / f"small{i}.png")
    make(copied, tmp_path / "run").train(max_minutes=1e-9, show=quiet)
    made = json.loads((tmp_path / "run" / "run.json").read_text())
    assert made["training_pictures"] == 3
    make(pictures, tmp_path / "run").open()


# ------------------------------------------------------------------------- the running mean


@pytest.mark.parametrize("value, goes_on", [(0.0, True), (0.9, False)])
def test_a_checkpoint_from_when_weights_could_be_averaged(value, goes_on, pictures, tmp_path):
    make(pictures, tmp_path).train(show=quiet)
    tensors, header = read_tensors(tmp_path / "checkpoint.safetensors")
    header["recipe"]["ema"] = value
    weights.write_tensors(tmp_path / "checkpoint.safetensors", tensors, header)
    if goes_on:
        assert make(pictures, tmp_path).open().step == 4
    else:
        with pytest.raises(WeightsError, match="was made with ema = 0.9, not None"):
            make(pictures, tmp_path).open()


# ------------------------------------------------------------------------- machines


def test_run_json_lists_the_machines(pictures, tmp_path, monkeypatch):
    def machines():
        return [
            (each["hardware"], each["devices"], each["precision"], each["backend"])
            for each in json.loads((tmp_path / "run.json").read_text())["machines"]
        ]

    for name in ("one", "one", "two", "one"):
        monkeypatch.setattr(log, "hardware", lambda name=name: name)
        make(pictures, tmp_path).train(max_minutes=1e-9, show=quiet)
    rest = (1, "float32", "tensorflow")
    assert machines() == [("one", *rest), ("two", *rest)]
    made = json.loads((tmp_path / "run.json").read_text())
    assert made["hardware"] == "one" and made["recipe"]["steps"] == 4
    del made["machines"]
    (tmp_path / "run.json").write_text(json.dumps(made))
    monkeypatch.setattr(log, "hardware", lambda: "three")
    make(pictures, tmp_path).train(show=quiet)
    assert [
        each["hardware"] for each in json.loads((tmp_path / "run.json").read_text())["machines"]
    ] == ["one", "three"]

"""One set of weights, one training, three backends: TensorFlow, JAX and PyTorch.

Each backend runs in a process of its own: JAX and PyTorch in `.venv-backends`, which `make
test-backends` makes and which has no TensorFlow, or in this environment where they are installed
here. Everything is blocked for them that a GPU machine may lack: TensorFlow, TensorBoard,
scikit-image, matplotlib, pooch, tqdm, widgets.
"""

import csv
import json

import numpy as np
import pytest
from processes import QUICK, interpreter, run, write_pack

from drcn_book.config import preset
from drcn_book.model import build, infer
from drcn_book.weights import load, save_weights

OUTPUT = """
import sys, numpy as np
from drcn_book.model import infer
from drcn_book.weights import load
for weights in sys.argv[2:]:
    network, _ = load(weights)
    np.savez(weights + ".npz", *infer(network, np.load(sys.argv[1])))
"""
TRAIN = """
import sys
from drcn_book import cli, training
until = int(sys.argv.pop(1))
train = training.Run.train
def watched(run, max_minutes=None):
    def show(told):
        print(told)
        if run.step >= until:
            sys.exit(0)
    train(run, max_minutes, show)
training.Run.train = watched
sys.exit(cli.main(["train", *sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """Pictures in one file, and weights to begin from: each backend draws other numbers from a
    seed.
    """
    folder = tmp_path_factory.mktemp("material")
    config = preset("tiny", "authors")
    save_weights(folder / "start.safetensors", build(config, seed=5), config)
    return write_pack(folder / "pack.zip"), folder / "start.safetensors"


def train(backend, material, folder, until=9):
    pack, weights = material
    run(
        backend,
        TRAIN,
        until,
        *QUICK,
        "--steps",
        9,
        "--batch",
        4,
        "--train-set",
        pack,
        "--start",
        weights,
        "--run",
        folder,
        folder=folder.parent,
    )
    rows = list(csv.DictReader((folder / "log.csv").read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(3, until + 1, 3))
    return np.array([[float(row[name]) for name in ("loss", "l_1", "l_2")] for row in rows])


@pytest.fixture(scope="module")
def on_tensorflow(tmp_path_factory, material):
    folder = tmp_path_factory.mktemp("tensorflow") / "whole"
    return train("tensorflow", material, folder), folder


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_same_weights_give_the_same_output(tmp_path, backend):
    x = np.random.default_rng(2).uniform(16, 235, (37, 29)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    networks = {}
    for variant in ("paper", "authors"):
        config = preset("tiny", variant, output_start=1.0)
        networks[variant] = build(config, seed=5)
        save_weights(tmp_path / variant, networks[variant], config)
    run(
        backend,
        OUTPUT,
        tmp_path / "x.npy",
        *(tmp_path / name for name in networks),
        folder=tmp_path,
    )
    for name, network in networks.items():
        for mine, theirs in zip(
            infer(network, x), np.load(tmp_path / f"{name}.npz").values(), strict=True
        ):
            assert np.ptp(mine) > 10
            assert np.abs(mine - theirs).max() / 255 < 1e-4


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_training_takes_the_same_course(tmp_path, material, on_tensorflow, backend):
    losses = train(backend, material, tmp_path / "run")
    assert np.abs(losses - on_tensorflow[0]).max() < 1e-5
    theirs, mine = (
        load(folder / "best.safetensors")[0] for folder in (tmp_path / "run", on_tensorflow[1])
    )
    for a, b in zip(theirs.weights, mine.weights, strict=True):
        assert np.abs(np.asarray(a) - np.asarray(b)).max() < 1e-3
    assert json.loads((tmp_path / "run" / "run.json").read_text())["backend"] == backend


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_run_moves_to_another_backend_and_back(tmp_path, material, on_tensorflow, backend):
    """Steps 1-3 on TensorFlow, 4-6 there, 7-9 on TensorFlow again: as if it had never moved."""
    interpreter(backend)
    train("tensorflow", material, tmp_path / "run", until=3)
    train(backend, material, tmp_path / "run", until=6)
    losses = train("tensorflow", material, tmp_path / "run")
    assert np.abs(losses - on_tensorflow[0]).max() < 1e-5

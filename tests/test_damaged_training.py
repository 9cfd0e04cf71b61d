"""Training for damaged pictures: no answer shrinks back to them, and damaged pictures choose."""

import csv
import json

import numpy as np
import pytest
from test_training import QUICK

from drcn_book import datasets, training
from drcn_book.config import Recipe, preset
from drcn_book.damage import Sample, damaged_once, validation_samples
from drcn_book.degradation import degrade
from drcn_book.training import Run
from drcn_book.weights import load

pytestmark = pytest.mark.usefixtures("no_public_sets")
RECIPE = {**QUICK, "damage": "real", "train_set": "Photos"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory, no_public_sets):
    """The folder of a run of a network whose answers would be corrected, and what it said."""
    said, folder = [], tmp_path_factory.mktemp("runs") / "real"
    config = preset("small", "authors", scale=2, filters=4, recursions=2)
    assert config.consistent
    Run(config, Recipe(**RECIPE), folder).train(show=said.append)
    return folder, [str(one) for one in said]


def test_answers_are_not_corrected_to_shrink_back_to_damaged_pictures(finished):
    folder, said = finished
    _, config = load(folder / "best.safetensors")
    assert not config.consistent
    assert json.loads((folder / "run.json").read_text())["network"]["consistent"] is False
    assert sum("answers are not corrected to shrink back" in line for line in said) == 1
    # And a folder that was begun so is gone on with, told the same network.
    Run(
        preset("small", "authors", scale=2, filters=4, recursions=2), Recipe(**RECIPE), folder
    ).open()


def test_undamaged_training_keeps_the_correction_and_says_nothing(tmp_path):
    config = preset("small", "authors", scale=2, filters=4, recursions=2)
    run = Run(config, Recipe(**{**RECIPE, "damage": "none"}), tmp_path / "run").open()
    assert run.config.consistent and run.undamaged is None and not run.uncorrected


def test_damaged_pictures_choose_and_undamaged_ones_are_logged_beside_them(finished):
    folder, said = finished
    rows = list(csv.DictReader((folder / "log.csv").open()))
    network, config = load(folder / "best.safetensors")
    best = max(rows, key=lambda row: float(row["psnr"]))
    found = [*validation_samples("Photos").values()]
    damaged = training.Validation(found, 2, pair=damaged_once)
    plain = training.Validation([*datasets.validation_split("Photos").values()], 2)
    assert damaged(network)[0] == pytest.approx(float(best["psnr"]), abs=1e-3)
    assert plain(network)[0] == pytest.approx(float(best["undamaged_psnr"]), abs=1e-3)
    assert damaged.bicubic < plain.bicubic - 0.5
    assert f"bicubic {damaged.bicubic:.2f} dB on 2 validation pictures" in said[0]
    assert any(f"; undamaged {float(rows[-1]['undamaged_psnr']):.3f})" in line for line in said)


def test_a_picture_is_damaged_the_same_way_every_time_and_another_in_another():
    pictures = datasets.colour_pictures("Photos")
    first, again = (damaged_once(Sample.of(pictures["coffee"]), 2)[0] for _ in range(2))
    assert np.array_equal(first, again)
    for name, picture in pictures.items():
        sample = Sample.of(picture)
        x, y = damaged_once(sample, 2)
        clean_x, clean_y = degrade(sample.luma.astype("float32"), 2)
        assert np.array_equal(y, clean_y), name
        assert np.abs(x - clean_x).mean() > 0.05, name

"""The baselines are the published networks, apart from what their docstrings declare."""

import numpy as np
import pytest

from drcn_book import weights
from drcn_book.baselines import BASELINES, CropLike, DCSCNConfig, SRCNNConfig
from drcn_book.cli import main
from drcn_book.config import Recipe
from drcn_book.errors import ConfigError, WeightsError
from drcn_book.model import infer
from drcn_book.training import Run

EVERY = [
    SRCNNConfig(),
    SRCNNConfig(kernels="9-1-5"),
    DCSCNConfig(),
    DCSCNConfig(scale=3),
    DCSCNConfig(scale=4),
]


def noise(height, width, seed=0):
    return np.random.default_rng(seed).uniform(16, 235, (height, width)).astype("float32")


@pytest.mark.parametrize("config", [*EVERY, DCSCNConfig(filters=96, last=32, a=64, b=32)], ids=str)
def test_counts(config):
    network = config.build()
    assert config.parameters == network.count_params()
    kernels = sum(np.prod(v.shape) for v in network.weights if v.path.endswith("kernel"))
    per_pixel = kernels / config.scale**2 if config.architecture == "dcscn" else kernels
    assert config.macs_per_pixel == pytest.approx(per_pixel)


def test_published_sizes():
    assert SRCNNConfig().parameters - (64 + 32 + 1) == 57_184  # Dong et al.: the weights of 9-5-5
    assert SRCNNConfig(kernels="9-1-5").parameters - 97 == 8_032  # and of 9-1-5
    assert DCSCNConfig().widths == [
        32,
        26,
        22,
        18,
        14,
        11,
        8,
    ]  # Yamanaka et al., table 1, both columns
    assert DCSCNConfig(filters=96, last=32).widths == [96, 76, 65, 55, 47, 39, 32]


@pytest.mark.parametrize("config", EVERY, ids=str)
def test_no_pixel_beyond_the_receptive_field_matters_and_any_size_serves(config):
    network, reach = config.build(), config.receptive_field // 2
    network.set_weights(
        [np.random.default_rng(i).normal(0.02, 0.1, v.shape) for i, v in enumerate(network.weights)]
    )
    x = noise(2 * reach + 23, 2 * reach + 22)
    y, y_d = infer(network, x)
    assert y.shape == x.shape and y_d.shape == (*x.shape, 1)
    row, column = reach + 8, reach + 9
    x[row, column] += 100
    changed = np.argwhere(infer(network, x)[0] != y) - [row, column]
    low, high = np.abs(changed.min(axis=0)), changed.max(axis=0)
    assert max(*low, *high) <= reach
    assert (
        max(*low, *high) > reach - 2 * config.scale
    )  # and the bound is no looser than the phase makes it


def test_dcscn_is_the_pixel_shuffle_it_declares():
    """Its transposed convolution is a 1x1 convolution to s^2 channels and a pixel shuffle, in plain
    NumPy.
    """
    config = DCSCNConfig(scale=3)
    network = config.build()
    layer = network.get_layer("L")
    features = (
        np.random.default_rng(1).normal(size=(1, 4, 5, config.a + config.b)).astype("float32")
    )
    kernel, bias = layer.get_weights()  # (s, s, 1, channels)
    shuffled = np.einsum("nhwc,ijoc->nhiwjo", features, kernel).reshape(1, 12, 15, 1) + bias
    assert np.allclose(np.asarray(layer(features)), shuffled, atol=1e-6)


def test_dcscn_sees_the_same_low_resolution_pixels_at_any_size():
    """What lies right and below does not move the phase: a larger picture has the same top left
    part.
    """
    network = DCSCNConfig().build()
    x = noise(120, 130)
    part = infer(network, x[:101, :111])[0]
    assert np.allclose(part[:60, :70], infer(network, x)[0][:60, :70], atol=1e-3)


def test_crop_like_crops():
    x = np.arange(30.0).reshape(1, 5, 6, 1)
    assert np.array_equal(np.asarray(CropLike()(x, x[:, :3, :4])), x[:, :3, :4])


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_trains_and_comes_back(name, tmp_path, monkeypatch):
    monkeypatch.setenv("DRCN_DATA_DIR", str(tmp_path))
    config = BASELINES[name].from_dict({**BASELINES[name].to_dict(), "filters": 10})
    run = Run(
        config,
        Recipe(
            train_set="Photos",
            patch=24,
            batch=4,
            steps=40,
            interval=40,
            warmup=5,
            learning_rate=1e-3,
            precision="float32",
        ),
        tmp_path / "run",
    )
    run.train(show=lambda told: None)
    assert run.best > run.validation.bicubic
    network, loaded = weights.load(tmp_path / "run" / "best.safetensors")
    assert loaded == config
    assert run.validation(network)[0] == pytest.approx(run.best, abs=1e-6)


def test_starting_from_another_architecture_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("DRCN_DATA_DIR", str(tmp_path))
    config = SRCNNConfig(filters=4)
    weights.save_weights(tmp_path / "srcnn.safetensors", config.build(), config)
    with pytest.raises(WeightsError, match="srcnn.safetensors"):
        Run(
            DCSCNConfig(),
            Recipe(train_set="Photos", patch=24, steps=1, precision="float32"),
            tmp_path / "run",
            start=str(tmp_path / "srcnn.safetensors"),
        ).open()


def test_unknown_options_are_one_line(capsys, tmp_path):
    with pytest.raises(ConfigError, match="9-5-5"):
        SRCNNConfig(kernels="9-3-5")
    with pytest.raises(ConfigError, match="scale"):
        DCSCNConfig(scale=1)
    assert (
        main(["train", "--preset", "srcnn", "--recursions", "3", "--run", str(tmp_path / "r")]) == 2
    )
    assert "recursions" in capsys.readouterr().err

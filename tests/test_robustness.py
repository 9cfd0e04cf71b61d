"""The table of damages: the plain case is the protocol's, the damage is the same every time, the
interval is one.
"""

import numpy as np
import pytest

from drcn_book import benchmark, datasets, robustness
from drcn_book.benchmark import BICUBIC, Method
from drcn_book.cli import main
from drcn_book.config import preset
from drcn_book.damage import Sample, damaged_pair, parse
from drcn_book.degradation import degrade
from drcn_book.errors import ConfigError
from drcn_book.weights import save_weights

CHELSEA = Sample.of(datasets.colour_pictures("Photos")["chelsea"])
BETTER = Method("better", lambda x: (x + 0.5 * (x - np.roll(x, 1, 1)), None), 2)


def test_every_listed_damage_is_one_and_the_bars_are_listed():
    cells = robustness.cells()
    texts = [row["damage"] for row in cells]
    assert len(set(texts)) == len(texts)
    for row in cells:
        assert parse(row["damage"]) and row["scales"] == (2, 3, 4)
    wanted = ["clean", *(f"bicubic, jpeg {q}" for q in (75, 60, 40))]
    assert {*wanted, "bicubic, noise 5", "bicubic, noise 10"} <= set(texts)
    assert {row["kind"] for row in cells} == {"clean", "shrinking", "JPEG", "noise", "mixture"}


def test_clean_is_the_protocol_s_pair():
    for scale in (2, 3):
        x, y = damaged_pair(CHELSEA, parse("clean"), scale, "chelsea")
        expected_x, expected_y = degrade(CHELSEA.luma.astype("float32"), scale)
        assert np.array_equal(y, expected_y) and np.abs(x - expected_x).max() < 1e-3


def test_the_damage_of_a_picture_is_the_same_every_time():
    steps = parse("area, noise 5, jpeg 60")
    first, _ = damaged_pair(CHELSEA, steps, 2, "Photos/chelsea")
    again, _ = damaged_pair(CHELSEA, steps, 2, "elsewhere/chelsea")
    other, _ = damaged_pair(CHELSEA, steps, 2, "Photos/cat")
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_the_interval_of_a_mean():
    assert benchmark.interval([0.3] * 5) == pytest.approx((0.3, 0.3))
    gains = np.random.default_rng(0).normal(1, 0.5, 200)
    low, high = benchmark.interval(gains)
    half = 1.96 * gains.std() / 200**0.5  # by the normal distribution
    assert low == pytest.approx(gains.mean() - half, abs=0.01)
    assert high == pytest.approx(gains.mean() + half, abs=0.01)
    assert benchmark.interval(gains) == (low, high)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    config = preset("tiny")
    save_weights(path, config.build(seed=1), config)
    return path


def test_rows_are_the_means_over_pictures(pictures):
    rows = robustness.evaluate([BETTER], [str(pictures)], [2], ["clean", "bicubic, jpeg 40"])
    assert [(row["method"], row["damage"], row["images"]) for row in rows] == [
        (method, text, 3)
        for text in ("clean", "bicubic, jpeg 40")
        for method in ("bicubic", "better")
    ]
    expected = benchmark.mean(benchmark.measure(BICUBIC, pictures, 2))["final"]["psnr"]
    assert rows[0]["psnr"] == pytest.approx(expected, abs=1e-4)
    assert rows[2]["psnr"] < rows[0]["psnr"]
    assert rows[1]["gain"] == pytest.approx(rows[1]["psnr"] - rows[0]["psnr"])
    assert rows[1]["gain_low"] <= rows[1]["gain"] <= rows[1]["gain_high"]
    assert "gain" not in rows[0]
    shown = robustness.table(rows, 2, str(pictures))
    assert f"{rows[1]['gain']:+.2f} ({rows[1]['gain_low']:+.2f} to" in shown
    with pytest.raises(ConfigError, match="no damage for x5"):
        robustness.evaluate([], [str(pictures)], [5])


def test_the_command_prints_and_merges(pictures, network, tmp_path, capsys):
    command = ["evaluate", "--weights", str(network), "--dataset", str(pictures), "--save"]
    command += [str(tmp_path), "--degradation"]
    assert main([*command, "area", "bicubic, noise 5"]) == 0
    printed = capsys.readouterr().out
    assert f"| x2, {pictures}" in printed and "| bicubic, noise 5 " in printed
    first = benchmark.read(tmp_path / "degradation.csv")
    assert [(row["method"], row["damage"]) for row in first] == [
        (method, text)
        for text in ("area", "bicubic, noise 5")
        for method in ("bicubic", str(network))
    ]
    assert first[0]["gain"] == "" and isinstance(first[1]["gain_low"], float)
    assert main([*command, "bicubic, noise 5"]) == 0
    assert benchmark.read(tmp_path / "degradation.csv") == first
    assert main([*command]) == 0
    everything = benchmark.read(tmp_path / "degradation.csv")
    texts = dict.fromkeys(row["damage"] for row in everything)
    assert set(texts) == {row["damage"] for row in robustness.cells()}
    assert not (tmp_path / "benchmark.csv").exists()


@pytest.mark.parametrize(
    "text", ["jpeg 75", "bicubic, jpeg 101", "bicubic, fog 2", "clean, noise 1"]
)
def test_bad_input_is_one_line(text, capsys):
    assert main(["evaluate", "--degradation", text]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("drcn: ") and captured.err.count("\n") == 1 and not captured.out


def test_held_out_pictures_are_the_default_and_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DRCN_DATA_DIR", str(tmp_path))
    label, found = robustness.pictures("held-out")
    assert label == "held-out Photos" and len(found) == len(datasets.PHOTOGRAPHS)
    assert found["Photos/coffee"].colour.ndim == 3 and found["Photos/camera"].colour.ndim == 2

"""The table of choices: how often the weights chosen for a picture are the better ones."""

import numpy as np
import pytest

from drcn_book import benchmark, robustness, weights
from drcn_book.benchmark import Method
from drcn_book.choice import LIMITS, Limits
from drcn_book.errors import ConfigError
from project import choices


def row(told="", traces="", noise=0.0, luma_noise=0.0, clean=30.0, real=30.0, **more):
    seen = {"drawn": "False", "grey": "False", "unseen": ""}
    numbers = {"noise": noise, "luma_noise": luma_noise, "clean": clean, "real": real}
    return {"told": told, "traces": traces, **seen, **numbers, **more}


def test_a_row_gets_the_weights_that_its_picture_would():
    assert choices.chosen(row()) == "clean"
    assert choices.chosen(row(told="60")) == choices.chosen(row(traces="60")) == "real"
    assert choices.chosen(row(told="95", noise="3.1")) == "real"
    assert choices.chosen(row(noise="3.1", drawn="True")) == "clean"
    assert choices.chosen(row(luma_noise="9")) == "clean"
    assert choices.chosen(row(luma_noise="9", grey="True")) == "real"
    assert choices.chosen(row(told="60", unseen="it is too small to show more")) == "real"
    assert choices.chosen(row(told="95", unseen="it is too small to show more")) == "clean"
    assert choices.chosen(row(told="60"), Limits(quality=50)) == "clean"


def test_the_best_limits_are_where_the_other_weights_become_better():
    rows = [row(told=str(q), clean=30 + 0.01 * (q - 78), real=30.0) for q in range(50, 99, 4)]
    rows += [row(noise=n, clean=30 - 0.1 * (n - 2.4), real=30.0) for n in np.arange(0, 6, 0.25)]
    rows += [row(luma_noise=n, grey="True", clean=36.1 - n, real=30.0) for n in range(12)]
    best = choices.best_limits(rows)
    assert 74 <= best.quality < 78 or 78 <= best.quality < 82
    assert 2.25 < best.noise <= 2.5 and 6 < best.luma_noise <= 7
    assert choices.loss(rows, best).max() == 0 < choices.loss(rows, Limits()).max()
    assert choices.loss([row(told="60", clean=30.5)]) == pytest.approx([0.5])


def test_the_command_measures_merges_and_tells(pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(choices, "TABLE", tmp_path / "choices.csv")
    damages = ("clean", "bicubic, jpeg 40", "bicubic, noise 10")
    cells = [{"damage": text, "scales": (2, 3)} for text in damages]
    monkeypatch.setattr(robustness, "cells", lambda: cells)
    methods = {
        "clean": Method("clean", lambda x: (x, None)),
        "real": Method("real", lambda x: (x + 1, None)),
    }
    monkeypatch.setattr(choices, "networks", lambda scale: methods)
    choices.main([str(pictures)], [2])
    first = choices.table()
    assert len(first) == 3 * 3  # of three pictures, JPEG as that file and as PNG
    assert {(r["damage"], r["told"]) for r in first} == {
        ("bicubic, jpeg 40", ""),
        ("bicubic, jpeg 40", "40"),
        ("bicubic, noise 10", ""),
    }
    assert all(choices.chosen(r) == "real" for r in first if r["told"])
    printed = capsys.readouterr().out
    assert f"x2, {pictures}: bicubic, jpeg 40" in printed and "or as good ones" in printed
    choices.main([str(pictures)], [3])
    choices.main([str(pictures)], [2])
    again = choices.table()
    assert len(again) == 18 and [r for r in again if r["scale"] == 2] == first


def test_without_weights_for_real_pictures_it_stops_with_a_line(monkeypatch):
    monkeypatch.setattr(weights, "shipped", lambda: ["medium-x2"])
    with pytest.raises(ConfigError, match="No weights for real pictures at x2 are shipped"):
        choices.networks(2)


REAL = [name for name in weights.shipped() if name.startswith("real-x")]
if REAL:  # what is said of them holds from the day that they are shipped

    @pytest.mark.parametrize("name", REAL)
    def test_the_choice_is_the_better_one_in_95_of_100_and_costs_at_most_a_tenth(name):
        rows = [r for r in choices.table() if f"real-x{r['scale']}" == name]
        lost = choices.loss(rows)
        assert len(rows) > 1000 and (lost <= choices.TIE).mean() >= 0.95
        for damage in {r["damage"] for r in rows}:
            assert lost[[r["damage"] == damage for r in rows]].mean() <= 0.1, damage

    def test_the_limits_are_about_the_best_on_held_out_pictures():
        rows = [r for r in choices.table() if r["dataset"].startswith(robustness.HELD_OUT)]
        best = choices.best_limits(rows)
        assert choices.loss(rows, LIMITS).mean() <= choices.loss(rows, best).mean() + 0.005

    @pytest.mark.parametrize("name", REAL)
    def test_the_bars_of_the_weights_for_real_pictures(name):
        """On every listed damage above bicubic; above the clean weights where damage is strong."""
        gain = {
            (r["dataset"], r["damage"], r["method"]): r["gain"]
            for r in benchmark.results("degradation")
            if r["scale"] == weights.record(name)["network"]["scale"] and r["gain"] != ""
        }
        clean = name.replace("real", "medium")
        real = {key[:2]: value for key, value in gain.items() if key[2] == name}
        assert {damage for _, damage in real} == {cell["damage"] for cell in robustness.cells()}
        bars = {"jpeg 75": 0.4, "jpeg 60": 0.5, "jpeg 40": 0.6, "noise 5": 0.4, "noise 10": 2.0}
        bars = {f"bicubic, {damage}": bar for damage, bar in bars.items()} | {"clean": -0.4}
        for (dataset, damage), value in real.items():
            assert value > 0, (dataset, damage)
            over = value - gain[dataset, damage, clean]
            assert over >= bars.get(damage, -np.inf), (dataset, damage)

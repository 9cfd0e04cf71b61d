"""The measurements are the field's, and the shipped tables are what the shipped weights give."""

import hashlib
import os
import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from drcn_book import benchmark, datasets, files, weights
from drcn_book.benchmark import BICUBIC, Method
from drcn_book.cli import main
from drcn_book.config import preset
from drcn_book.degradation import degrade
from drcn_book.errors import ConfigError, PictureError
from project import tables

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "data" / "results"
ROWS = benchmark.read(RESULTS / "benchmark.csv")
RECURSIONS = benchmark.read(RESULTS / "recursions.csv")
PUBLISHED = {
    (row["scale"], row["dataset"]): row
    for row in benchmark.read(ROOT / "data" / "quoted.csv")
    if row["method"] == "bicubic"
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for i in range(2):
        noise = np.random.default_rng(i).integers(0, 256, (20, 26, 3), dtype="uint8")
        Image.fromarray(noise).resize((78, 60), Image.Resampling.BICUBIC).save(folder / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    config = preset("tiny")
    weights.save_weights(path, config.build(seed=1), config)
    return path


@pytest.mark.parametrize(
    ("dataset", "scale"), [("Set5", 2), ("Set5", 3), ("Set5", 4), ("Set14", 4)]
)
def test_bicubic_is_the_published_row(dataset, scale):
    if dataset not in datasets.present():
        pytest.skip(f"{dataset} is not in {datasets.data_dir()}: `drcn data fetch {dataset}`")
    found = benchmark.mean(benchmark.measure(BICUBIC, dataset, scale))["final"]
    assert found["psnr"] == pytest.approx(PUBLISHED[scale, dataset]["psnr"], abs=0.01)
    assert found["ssim"] == pytest.approx(PUBLISHED[scale, dataset]["ssim"], abs=0.001)


def test_measure_gives_every_output_of_every_picture(folder, network):
    rows = benchmark.measure(benchmark.network_method(network), folder, 2, recursions=True)
    assert [(row["picture"], row["output"]) for row in rows] == [
        (name, output) for name in "01" for output in ("final", 1, 2, 3)
    ]
    means = benchmark.mean(rows)
    assert means["final"]["images"] == 2
    assert means[2]["psnr"] == pytest.approx(
        np.mean([row["psnr"] for row in rows if row["output"] == 2])
    )


def test_a_corrected_answer_is_measured_without_the_correction_too(folder, tmp_path):
    """The uncorrected row is that of the same weights in a network that does not correct."""
    config = preset("tiny", "authors", fold=2, consistent=True, output_start=0.1)
    network, path = config.build(), tmp_path / "corrected.safetensors"
    weights.save_weights(path, network, config)
    rows = benchmark.measure(benchmark.network_method(path), folder, 2, recursions=True)
    found = benchmark.mean(rows)
    assert list(found) == ["final", 1, 2, 3, "uncorrected"]
    weights.save_weights(path, network, replace(config, consistent=False))
    plain = benchmark.mean(benchmark.measure(benchmark.network_method(path), folder, 2))["final"]
    assert found["uncorrected"]["psnr"] == pytest.approx(plain["psnr"], abs=1e-3)
    assert abs(found["final"]["psnr"] - plain["psnr"]) > 0.01
    rows = [
        {"method": "net", "scale": 2, "dataset": "Set5", "output": output, "psnr": values["psnr"]}
        for output, values in found.items()
    ]
    header, _, line = benchmark.recursion_table(rows).splitlines()
    assert [cell.strip() for cell in header.split("|")[-3:-1]] == ["ensemble", "corrected"]
    assert [cell.strip() for cell in line.split("|")[-3:-1]] == [
        f"{found[output]['psnr']:.2f}" for output in ("uncorrected", "final")
    ]


def test_self_ensemble_undoes_every_view():
    """Of a method that knows left from right, the mean over the views knows none; of one that does
    nothing, x.
    """
    x = np.random.default_rng(0).uniform(0, 255, (12, 18))
    nothing = Method("nothing", lambda x: (x, None), 2, {"gmacs": 1.0})
    assert np.allclose(benchmark.self_ensemble(nothing).run(x)[0], x)
    shift = benchmark.self_ensemble(
        Method("shift", lambda x: (np.roll(x, 1, axis=1), None), 2, {"gmacs": 1.0})
    )
    y = shift.run(x)[0]
    assert np.allclose(y, sum(np.roll(x, step, axis) for axis in (0, 1) for step in (1, -1)) / 4)
    assert np.allclose(shift.run(x[:, ::-1])[0], y[:, ::-1]) and shift.facts["gmacs"] == 8.0


def test_a_network_is_measured_at_its_own_scale_only(folder, network, capsys):
    with pytest.raises(ConfigError, match="trained for x2, not x3"):
        benchmark.measure(benchmark.network_method(network), folder, 3)
    assert (
        main(["evaluate", "--weights", str(network), "--dataset", str(folder), "--scale", "3"]) == 2
    )
    assert (
        main(
            ["evaluate", "--method", "bicubic", "--weights", str(network), "--dataset", str(folder)]
        )
        == 2
    )
    assert "add --scale 2" in capsys.readouterr().err


def test_evaluate_prints_and_merges(folder, network, tmp_path, capsys):
    command = [
        "evaluate",
        "--weights",
        str(network),
        "--dataset",
        str(folder),
        "--save",
        str(tmp_path),
    ]
    assert main([*command, "--recursions", "--self-ensemble"]) == 0
    printed = capsys.readouterr().out
    assert "bicubic" in printed and "self-ensemble" in printed and "ensemble |" in printed
    first = benchmark.read(tmp_path / "benchmark.csv")
    assert [row["method"] for row in first] == [
        "bicubic",
        str(network),
        f"{network} + self-ensemble",
    ]
    assert first[1]["weights_sha256"] == hashlib.sha256(network.read_bytes()).hexdigest()
    assert len(benchmark.read(tmp_path / "pictures.csv")) == 6
    assert [row["output"] for row in benchmark.read(tmp_path / "recursions.csv")] == [
        "final",
        "1",
        "2",
        "3",
    ]
    assert main(command) == 0
    assert benchmark.read(tmp_path / "benchmark.csv") == first
    assert (
        main(
            [
                "evaluate",
                "--method",
                "bicubic",
                "--dataset",
                str(folder),
                "--scale",
                "4",
                "--save",
                str(tmp_path),
            ]
        )
        == 0
    )
    assert [row["scale"] for row in benchmark.read(tmp_path / "benchmark.csv")] == [2, 2, 2, 4]


@pytest.mark.parametrize(
    ("side", "line"),
    [
        (8, "small of {}: SSIM needs 11x11 pixels inside the border, and 4x4 are there"),
        (4, "small of {}: .* has none"),
        (1, "small of {}: A picture of 1x1 pixels is too small for scale 2"),
    ],
)
def test_a_picture_too_small_is_named(side, line, tmp_path, capsys):
    Image.fromarray(np.zeros((side, side), "uint8")).save(tmp_path / "small.png")
    assert (
        main(["evaluate", "--method", "bicubic", "--dataset", str(tmp_path), "--scale", "2"]) == 2
    )
    error = capsys.readouterr().err
    assert (
        re.match("drcn: " + line.format(re.escape(str(tmp_path))), error) and error.count("\n") == 1
    )


def test_an_absent_set_is_one_line(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("DRCN_DATA_DIR", str(tmp_path))
    assert main(["evaluate", "--dataset", "all"]) == 2
    assert "Set5" in (error := capsys.readouterr().err) and error.count("\n") == 1


def test_without_public_sets_the_photographs_serve(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("DRCN_DATA_DIR", str(tmp_path))
    assert main(["evaluate", "--scale", "2"]) == 0
    assert "Photos" in capsys.readouterr().out


def test_the_hardest_square_is_where_bicubic_errs_most():
    picture = np.full((60, 80), 100.0, "float32")
    picture[32:40:2, 50:58] = 200
    top, left = benchmark.hardest(picture, 2, 16)
    assert top <= 32 and top + 16 >= 40 and left <= 50 and left + 16 >= 58
    x, y = degrade(picture, 2)
    error = (x - y) ** 2
    assert error[top : top + 16, left : left + 16].sum() == pytest.approx(
        max(error[i : i + 16, j : j + 16].sum() for i in range(45) for j in range(65)), rel=1e-6
    )
    with pytest.raises(PictureError, match="no square of 64"):
        benchmark.hardest(picture, 2, 64)


def test_compare_draws_every_view(folder, network, tmp_path, capsys):
    command = [
        "compare",
        str(folder / "0.png"),
        "--weights",
        str(network),
        "--side",
        "24",
        "-o",
        str(tmp_path),
    ]
    assert main([*command, "--dataset", str(folder), "--hardest", "1"]) == 0
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert len(drawn) == 2 and drawn[0] == "0-x2.png"
    assert all(Image.open(tmp_path / name).width > 800 for name in drawn)
    views = benchmark.side_by_side(datasets.pictures(folder)["0"], [BICUBIC], 2)
    assert (
        list(views)[0].startswith("low")
        and list(views)[1].startswith("bicubic\n")
        and len(views) == 3
    )
    low = views["low resolution\n"]
    assert np.array_equal(low[::2, ::2], low[1::2, 1::2])
    assert main(["compare", "--weights", str(network)]) == 2


@pytest.mark.parametrize(
    ("option", "value"),
    [("--side", "0"), ("--side", "-3"), ("--hardest", "-1"), ("--hardest", "0")],
)
def test_compare_refuses_what_is_no_number_of_things(
    option, value, folder, network, tmp_path, capsys
):
    assert (
        main(
            [
                "compare",
                "--weights",
                str(network),
                "--dataset",
                str(folder),
                option,
                value,
                "-o",
                str(tmp_path / "new"),
            ]
        )
        == 2
    )
    error = capsys.readouterr().err
    assert f"{value} " in error and "1 or more" in error and error.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_compare_loses_no_picture(folder, network, tmp_path, capsys):
    for name in "xy":
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes((folder / "0.png").read_bytes())
    assert (
        main(
            [
                "compare",
                str(tmp_path / "x" / "a.png"),
                str(tmp_path / "y" / "a.png"),
                "--weights",
                str(network),
                "-o",
                str(tmp_path / "new"),
            ]
        )
        == 2
    )
    assert "2 of the pictures would be drawn as a-x2.png" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_methods_of_equal_endings_have_a_view_each():
    methods = [Method(f"{name}/compact-x2/best.safetensors", BICUBIC.run, 2) for name in "ab"]
    views = benchmark.side_by_side(np.eye(24, dtype="float32"), methods, 2)
    assert len(views) == 4 and max(len(line) for title in views for line in title.split("\n")) <= 24


def test_speed_is_measured():
    def run(x):
        time.sleep(0.01)
        return BICUBIC.run(x)

    row = benchmark.speed(Method("slow", run, None, {"gmacs": 0.0, "parameters": 0}), side=64)
    assert row["seconds_per_megapixel"] >= 0.01 / (64 * 64 / 1e6) and row["hardware"]
    assert "slow" in benchmark.speed_table([row])


# Differences on the same pictures, and what they cost


def pictures_of(method, psnrs, names="abcdefghij"):
    return [
        {"method": method, "scale": 2, "dataset": "S", "picture": name, "psnr": psnr}
        for name, psnr in zip(names, psnrs, strict=False)
    ]


def test_paired_differences_are_of_the_same_pictures():
    """Neither the order of the rows matters nor what both find easy or hard."""
    psnrs = np.array([20.0, 45, 30, 25, 50, 31, 28, 40, 22, 35])
    rows = pictures_of("a", psnrs) + pictures_of("b", psnrs + 0.1)[::-1]
    assert benchmark.paired(rows, "b", "a", 2, "S") == pytest.approx(
        {"mean": 0.1, "low": 0.1, "high": 0.1, "better": 10, "images": 10}
    )
    assert benchmark.paired(rows, "a", "b", 2, "S")["better"] == 0


def test_the_paired_interval_is_the_normal_one_where_that_holds():
    """Of many differences, the bootstrap agrees with the mean +- 1.96 standard errors."""
    gains = np.random.default_rng(1).normal(0.2, 0.5, 400)
    rows = pictures_of("a", np.zeros(400), range(400)) + pictures_of("b", gains, range(400))
    found = benchmark.paired(rows, "b", "a", 2, "S")
    error = 1.96 * gains.std() / 20
    assert found["mean"] == pytest.approx(gains.mean())
    assert found["low"] == pytest.approx(gains.mean() - error, abs=error / 20)
    assert found["high"] == pytest.approx(gains.mean() + error, abs=error / 20)
    assert found["better"] == (gains > 0).sum()


def test_paired_refuses_what_is_no_pair():
    rows = pictures_of("a", [30.0, 31]) + pictures_of("b", [30.0, 31, 32])
    with pytest.raises(ConfigError, match="b and a have no rows of the same pictures of S at x2"):
        benchmark.paired(rows, "b", "a", 2, "S")
    with pytest.raises(ConfigError, match="no rows"):
        benchmark.paired(rows, "c", "d", 2, "S")


def test_costs_and_the_frontier():
    rows = [
        {
            "method": name,
            "remark": remark,
            "scale": 2,
            "dataset": "Set5",
            "gmacs": cost,
            "psnr": psnr,
        }
        for name, remark, cost, psnr in (
            ("dear", "", "1000", 37.0),
            ("cheap", "*", "2.5", 36.0),
            ("unknown", "", "", 39.0),
            ("as dear and worse", "", "1000", 36.5),
            ("best", "", "2000", 37.5),
            ("best + self-ensemble", "", "16000", 37.6),
        )
    ]
    points = benchmark.costs(rows)
    assert list(points) == ["cheap*", "as dear and worse", "dear", "best"]
    assert points["cheap*"] == (2.5, 36.0)
    assert benchmark.frontier(points) == ["cheap*", "dear", "best"]
    assert benchmark.costs(rows, scale=3) == {} == benchmark.costs(rows, dataset="Set14")


PAIRS = (("compact", "compact-paper"), ("compact", "c-dcscn"), ("standard", "compact"))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("dataset", ["B100", "Urban100"])
def test_what_chapter_7_calls_better_is_better_on_the_large_sets(ours, theirs, dataset):
    found = benchmark.paired(
        benchmark.read(RESULTS / "pictures.csv"), f"{ours}-x2", f"{theirs}-x2", 2, dataset
    )
    assert found["low"] > 0.05 and found["better"] >= 97


# The tables that ship


@pytest.mark.parametrize("name", weights.shipped())
def test_a_row_of_each_shipped_network_is_measured_again(name):
    """PSNR to 0.01 dB, each recursion's too, from the shipped weights: on Set5 where it is, else on
    the photographs.
    """
    dataset = "Set5" if "Set5" in datasets.present() else "Photos"
    rows = [row for row in ROWS if (row["method"], row["dataset"]) == (name, dataset)]
    assert rows, (
        f"data/results/benchmark.csv has no row of {name} on {dataset}: drcn evaluate --save"
    )
    method = benchmark.network_method(name)
    assert rows[0]["weights_sha256"] == method.facts["weights_sha256"], (
        "the row was measured with other weights"
    )
    found = benchmark.mean(benchmark.measure(method, dataset, method.scale, recursions=True))
    outputs = {
        row["output"]: row
        for row in RECURSIONS
        if (row["method"], row["dataset"]) == (name, dataset)
    }
    assert set(outputs) == ({str(output) for output in found} if len(found) > 1 else set())
    for output, row in [("final", rows[0]), *outputs.items()]:
        means = found[int(output) if output.isdecimal() else output]
        assert means["psnr"] == pytest.approx(row["psnr"], abs=0.01), output
        assert means["ssim"] == pytest.approx(row["ssim"], abs=0.0005), output


def test_every_row_was_measured_with_the_shipped_weights():
    for row in ROWS:
        network = row["method"].split(" + ")[0]
        if network != "bicubic":
            assert row["weights_sha256"] == weights.record(network)["sha256"], (
                row["method"],
                row["dataset"],
            )


def test_every_shipped_network_has_its_rows_and_its_facts():
    assert weights.shipped(), "no weights are shipped"
    for name in weights.shipped():
        rows = {row["dataset"]: row for row in ROWS if row["method"] == name}
        assert weights.record(name)["results"] == tables.results(name), "python -m project.tables"
        assert {*datasets.TEST_SETS, "Photos"} <= set(rows), name
        for row in rows.values():
            assert all(
                row[fact]
                for fact in (
                    "parameters",
                    "gmacs",
                    "train_set",
                    "validation",
                    "minutes",
                    "hardware",
                )
            ), name


def test_the_bicubic_rows_are_the_published_ones():
    ours = {(row["scale"], row["dataset"]): row for row in ROWS if row["method"] == "bicubic"}
    assert set(PUBLISHED) <= set(ours)
    for key, row in PUBLISHED.items():
        assert ours[key]["psnr"] == pytest.approx(row["psnr"], abs=0.01), key
        assert ours[key]["ssim"] == pytest.approx(row["ssim"], abs=0.001), key


def test_the_pictures_of_each_row_have_its_mean():
    pictures = benchmark.read(RESULTS / "pictures.csv")
    for row in ROWS:
        mine = [
            p["psnr"]
            for p in pictures
            if all(p[k] == row[k] for k in ("method", "scale", "dataset"))
        ]
        assert len(mine) == int(row["images"]) and np.mean(mine) == pytest.approx(
            row["psnr"], abs=2e-4
        )


def test_a_row_saved_again_leaves_the_others_to_the_byte(tmp_path):
    rows = [
        {"method": name, "scale": 2, "dataset": "Set5", "psnr": 36.55, "ssim": 0.95}
        for name in "ab"
    ]
    benchmark.save({"benchmark": rows}, tmp_path)
    before = (tmp_path / "benchmark.csv").read_bytes()
    benchmark.save({"benchmark": rows[:1]}, tmp_path)
    assert (tmp_path / "benchmark.csv").read_bytes() == before and b"36.5500,0.9500" in before


@pytest.mark.parametrize(
    "content", [b"a,b\n1,2\n", b"method,scale,dataset,psnr,ssim\na,2,Set5,36.5\n", b"\xff\xfe"]
)
def test_a_table_that_is_none_is_left_alone_before_the_work(content, tmp_path, capsys, monkeypatch):
    (tmp_path / "pictures.csv").write_bytes(content)
    monkeypatch.setattr(benchmark, "evaluate", lambda *_: pytest.fail("measured in vain"))
    assert main(["evaluate", "--dataset", "Photos", "--save", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "pictures.csv: no table of results" in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["pictures.csv"]
    assert (tmp_path / "pictures.csv").read_bytes() == content


def test_a_process_that_saves_waits_for_another(tmp_path):
    row = {"method": "a", "scale": 2, "dataset": "Set5", "psnr": 36.55, "ssim": 0.95}
    late = threading.Thread(
        target=benchmark.save, args=({"benchmark": [{**row, "method": "b"}]}, tmp_path)
    )
    with files.alone(tmp_path):
        late.start()
        late.join(0.3)
        assert late.is_alive() and os.listdir(tmp_path) == [".lock"]
        files.write_csv(tmp_path / "benchmark.csv", [row])
    late.join()
    assert [row["method"] for row in benchmark.read(tmp_path / "benchmark.csv")] == ["a", "b"]


def test_exact_and_tiny_pictures_do_not_spoil_a_table(tmp_path, capsys):
    cat = data.chelsea()[100:180, 150:230]
    for name, pixels in {
        "cat": cat,
        "black": np.zeros((64, 64, 3), "uint8"),
        "dot": cat[:6, :6],
    }.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    tables = benchmark.evaluate([benchmark.BICUBIC], [str(tmp_path)], [2])
    (row,) = tables["benchmark"]
    (alone,) = [each for each in tables["pictures"] if each["picture"] == "cat"]
    assert row["images"] == 1 and row["psnr"] == alone["psnr"] and np.isfinite(row["psnr"])
    assert [each["picture"] for each in tables["pictures"]] == ["black", "cat"]
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"drcn: {tmp_path} x2: 2 of 3 done; left out: dot (too small).",
        f"drcn: bicubic on {tmp_path} x2: black exact, left out of the mean.",
    ]
    for name in ("cat", "dot"):
        (tmp_path / f"{name}.png").unlink()
    tables = benchmark.evaluate([benchmark.BICUBIC], [str(tmp_path)], [2])
    assert "exact" in benchmark.table(tables["benchmark"], 2) and "inf" not in str(
        benchmark.table(tables["benchmark"], 2)
    )
    assert capsys.readouterr().err == ""

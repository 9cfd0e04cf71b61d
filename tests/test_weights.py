"""Weights files: what was saved is what is loaded, and a bad file is one clear line."""

import csv
import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import save

from drcn_book import cli, weights
from drcn_book.config import preset
from drcn_book.errors import StorageError, WeightsError
from drcn_book.files import write_csv
from drcn_book.weights import load, read_tensors, save_weights, write_tensors
from project import ship

CONFIG = preset("tiny", "authors", scale=3)


@pytest.fixture(scope="module")
def network():
    network = CONFIG.build(seed=5)
    rng = np.random.default_rng(0)
    for variable in network.weights:
        variable.assign(rng.normal(0, 0.1, variable.shape))
    return network


def values(network):
    return {v.path: np.asarray(v.numpy()) for v in network.weights}


def output(network):
    return network.predict_on_batch(np.linspace(0, 1, 400, dtype="float32").reshape(1, 20, 20, 1))[
        "recursions"
    ]


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        preset("tiny"),
        preset("tiny", skip="concat", shared=False),
        preset("tiny", residual=True, recursions=1),
    ],
)
def test_weights_and_configuration_come_back(config, tmp_path):
    network = config.build(seed=3)
    save_weights(tmp_path / "w.safetensors", network, config)
    back, its_config = load(tmp_path / "w.safetensors")
    assert its_config == config
    np.testing.assert_array_equal(output(back), output(network))


def test_half_is_half_the_size_and_nearly_the_same(network, tmp_path):
    for name, half in (("whole", False), ("half", True)):
        save_weights(tmp_path / name, network, CONFIG, half)
    sizes = [
        sum(v.nbytes for v in read_tensors(tmp_path / name)[0].values())
        for name in ("whole", "half")
    ]
    assert sizes[0] == 2 * sizes[1] == 4 * CONFIG.parameters
    assert 0 < np.abs(output(load(tmp_path / "half")[0]) - output(network)).max() < 2e-3


def test_scalars_keep_their_shape(tmp_path):
    write_tensors(
        tmp_path / "s", {"step": np.int32(7), "column": np.ones((2, 3))[:, 1]}, {"note": [1, "two"]}
    )
    tensors, header = read_tensors(tmp_path / "s")
    assert (
        tensors["step"].shape == ()
        and tensors["step"] == 7
        and tensors["column"].tolist() == [1, 1]
    )
    assert header == {"note": [1, "two"]}


def test_every_truncation_and_every_flipped_byte_is_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    write_tensors(path, {"a": np.arange(5, dtype="float32")}, {"config": {"filters": 8}})
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(WeightsError, match="w.safetensors: "):
            read_tensors(path)
    accepted = []
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            read_tensors(path)
        except WeightsError:
            continue
        accepted.append(place)
    whole = content.index(b'"sha256"')
    assert all(whole < place < whole + 9 for place in accepted), (
        "only a checksum that lost its name goes unread"
    )


def test_missing_and_foreign_files_are_refused(network, tmp_path):
    with pytest.raises(WeightsError, match="no such weights file"):
        load(tmp_path / "nowhere")
    for header, message in (
        ({}, "describes no network"),
        ({"config": []}, "describes no network"),
        ({"config": {"filters": 8, "wings": 2}}, "Unknown option 'wings'"),
        ({"config": {"filters": -8}}, "filters = -8"),
        ({"config": {"recursions": 10**9}}, "recursions = 1000000000"),
        ({"config": {"filters": 4000}}, "describes a network of 432,"),
        ({"config": {}, "architecture": "vdsr"}, "vdsr"),
        ({"config": {}, "architecture": ["drcn"]}, "describes no network"),
    ):
        write_tensors(tmp_path / "w", values(network), header)
        with pytest.raises(WeightsError, match=message) as caught:
            load(tmp_path / "w")
        assert "\n" not in str(caught.value)
    for text in ("pt", "[" * 10**5):
        (tmp_path / "w").write_bytes(save(values(network), {"format": text}))
        with pytest.raises(WeightsError, match="not one of this package"):
            load(tmp_path / "w")


def test_a_file_that_does_not_fit_names_the_variable(network, tmp_path):
    tensors = values(network)
    kernel = tensors.pop("recursion/kernel")
    for changed, message in (
        ({"other/kernel": kernel}, "recursion/kernel is missing"),
        ({"recursion/kernel": kernel.reshape(9, 8, 8)}, "recursion/kernel has shape"),
    ):
        write_tensors(tmp_path / "w", {**tensors, **changed}, {"config": CONFIG.to_dict()})
        with pytest.raises(WeightsError, match=message):
            load(tmp_path / "w")


@pytest.fixture()
def package(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped")
    return tmp_path / "shipped"


@pytest.fixture()
def run(network, tmp_path):
    folder = tmp_path / "run"
    save_weights(folder / "best.safetensors", network, CONFIG)
    (folder / "run.json").write_text(
        json.dumps(
            {
                "command": "/somebody/bin/drcn train --run /somebody/runs/a",
                "network": CONFIG.to_dict(),
                "recipe": {"seed": 4},
                "precision": "float32",
                "backend": "tensorflow",
                "hardware": "a processor, 3 cores",
            }
        )
    )
    (folder / "log.csv").write_text(
        "step,seconds,psnr,psnr_1\n10,60.0,30.5,30.1\n20,120.0,31.25,30.2\n30,180.0,31.0,30.3\n"
    )
    return folder


def test_shipping_a_run_lists_shows_and_loads_it(network, run, package, capsys):
    ship.main([str(run), "try-x3"])
    assert "31.250 dB" in capsys.readouterr().out
    assert sorted(path.name for path in package.iterdir()) == [
        "try-x3.csv",
        "try-x3.json",
        "try-x3.safetensors",
    ]
    back, config = load("try-x3")
    assert config == CONFIG
    np.testing.assert_array_equal(output(back), output(network))
    assert cli.main(["weights", "list"]) == 0
    assert (
        "try-x3 " in (listed := capsys.readouterr().out)
        and f"{CONFIG.parameters:,} parameters" in listed
    )
    assert cli.main(["weights", "show", "try-x3"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (
        shown["steps"] == 20
        and shown["minutes"] == 3.0
        and shown["validation_psnr"]["psnr"] == 31.25
    )
    assert shown["hardware"] == "a processor, 3 cores" and shown["recipe"] == {"seed": 4}
    assert shown["command"] == "drcn train --run a"
    assert shown["bytes"] == (package / "try-x3.safetensors").stat().st_size


def test_results_are_added_to_the_record(run, package):
    ship.ship(run, "try-x3", half=True)
    ship.add_results("try-x3", {"Set5": {"psnr": 36.9}})
    ship.add_results("try-x3", {"Set14": {"psnr": 32.8}})
    assert weights.record("try-x3")["results"] == {"Set5": {"psnr": 36.9}, "Set14": {"psnr": 32.8}}
    assert weights.record("try-x3")["stored"] == "float16"
    load("try-x3")


def test_shipped_weights_that_were_changed_are_refused(network, run, package):
    ship.ship(run, "try-x3")
    other = CONFIG.build(seed=9)
    save_weights(package / "try-x3.safetensors", other, CONFIG)
    with pytest.raises(WeightsError, match="does not match the sha256 of its record"):
        load("try-x3")
    (package / "try-x3.json").write_text("{")
    with pytest.raises(WeightsError, match="not a readable record"):
        load("try-x3")


@pytest.mark.parametrize("name", ["../up", "", ".hidden", "a b", "a/b"])
def test_a_name_is_a_name(name, run, package):
    with pytest.raises(WeightsError, match="cannot be a name"):
        ship.ship(run, name)


def test_what_is_no_run_is_refused(tmp_path, package, capsys):
    with pytest.raises(SystemExit, match="^STOP: .*not the folder of a training run"):
        ship.main([str(tmp_path), "x"])
    assert cli.main(["weights", "show", "x"]) == 2
    assert "No shipped weights are called 'x'" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_line(network, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="w.safetensors: cannot be written"):
        save_weights(tmp_path / "file" / "w.safetensors", network, CONFIG)


def test_every_shipped_network_matches_its_record():
    for name in weights.shipped():
        network, config = load(name)
        assert config.to_dict() == {**config.to_dict(), **weights.record(name)["network"]}
        assert all(np.isfinite(value).all() for value in values(network).values())


def test_cycles_are_shipped_as_one_run(network, run, package, tmp_path):
    """The best weights of all, and a log that names the cycle of each row and goes on in time."""
    first, second = tmp_path / "cycles" / "1", tmp_path / "cycles" / "2"
    shutil.copytree(run, first)
    shutil.copytree(run, second)
    with open(second / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["psnr"] = float(row["psnr"]) + 0.5
    write_csv(second / "log.csv", rows)
    (tmp_path / "cycles" / "3").mkdir()  # begun, and not yet validated
    entry = ship.ship(tmp_path / "cycles", "try-x3")
    assert entry["cycle"] == 2 and entry["validation_psnr"]["psnr"] == 31.75
    assert entry["minutes"] == 6.0
    with open(package / "try-x3.csv", newline="") as file:
        log = list(csv.DictReader(file))
    assert [row["cycle"] for row in log] == ["1"] * len(rows) + ["2"] * len(rows)
    seconds = [float(row["seconds"]) for row in log]
    assert seconds == sorted(seconds)

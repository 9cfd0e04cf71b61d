"""The loss is the paper's, every option of the recipe does what it says, and bad input is one clear
line.
"""

import csv
import json
import math
import re
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from processes import run as run_apart
from processes import write_pack

from drcn_book import cli, datasets, training
from drcn_book._keras import keras, ops
from drcn_book.config import NetworkConfig, Recipe, preset, read_config
from drcn_book.errors import DatasetError, TrainingError, WeightsError
from drcn_book.training import LOSSES, Run, Trainer, choose_precision, convolution_rate, optimizer
from drcn_book.weights import load, read_tensors

QUICK = {"steps": 6, "interval": 3, "batch": 2, "patch": 24, "warmup": 2, "precision": "float32"}
CONFIG = preset("tiny", "authors")

pytestmark = pytest.mark.usefixtures("no_public_sets")


def quiet(line):
    pass


def make(pictures, folder, config=CONFIG, start=None, **changes):
    recipe = Recipe(**{**QUICK, "train_set": str(pictures), **changes})
    return Run(config, recipe, folder, start).open()


def flags(**options):
    return [
        text
        for name, value in {**QUICK, **options}.items()
        for text in (
            "--" + name.replace("_", "-"),
            *map(str, value if isinstance(value, list) else [value]),
        )
    ]


# --------------------------------------------------------------------------------------------------
# ----- the loss

ERRORS = {"l1": np.abs, "l2": np.square, "charbonnier": lambda e: np.sqrt(e**2 + 1e-6)}


def test_the_options_name_every_loss():
    assert (
        set(LOSSES) == set(ERRORS) == set(Recipe.__dataclass_fields__["loss"].metadata["choices"])
    )


@pytest.mark.parametrize("loss", ERRORS)
def test_the_loss_is_the_papers(loss):
    """L = alpha l_1 + (1 - alpha) l_2 + beta ||theta||^2, from the formula in NumPy."""
    recipe = Recipe(
        loss=loss, steps=10, alpha_start=0.75, alpha_floor=0.25, alpha_share=1.0, beta=1e-3
    )
    network = CONFIG.build(seed=1)
    trainer = Trainer(network, recipe)
    trainer.taken.assign(5)
    rng = np.random.default_rng(0)
    y_d, y, truth = (rng.random((2, 5, 6, n)).astype("float32") for n in (3, 1, 1))
    got = trainer.compute_loss(
        y=truth,
        y_pred={"recursions": ops.convert_to_tensor(y_d), "ensemble": ops.convert_to_tensor(y)},
    )
    l_1 = np.mean([ERRORS[loss](y_d[..., d] - truth[..., 0]).mean() for d in range(3)])
    l_2 = ERRORS[loss](y - truth).mean()
    theta = sum((w.numpy() ** 2).sum() for w in network.trainable_weights)
    assert float(got) == pytest.approx(0.5 * l_1 + 0.5 * l_2 + 1e-3 * theta, rel=1e-5)
    assert float(trainer.l_1.result()) == pytest.approx(l_1) and float(
        trainer.l_2.result()
    ) == pytest.approx(l_2)
    assert int(trainer.taken) == 6


@pytest.mark.parametrize(
    "start, floor, share, expected",
    [
        (1.0, 0.0, 0.5, {0: 1, 25: 0.5, 50: 0, 100: 0}),
        (1.0, 0.25, 1.0, {0: 1, 50: 0.625, 100: 0.25}),
        (0.3, 0.3, 0.5, {0: 0.3, 50: 0.3, 100: 0.3}),
        (1.0, 0.2, 0.0, {0: 1, 1: 0.2, 100: 0.2}),
    ],
)
def test_alpha_falls_to_its_floor_and_stays(start, floor, share, expected):
    trainer = Trainer(
        keras.Sequential(),
        Recipe(steps=100, alpha_start=start, alpha_floor=floor, alpha_share=share),
    )
    assert {step: float(trainer.alpha(step)) for step in expected} == pytest.approx(expected)


def test_the_learning_rate_rises_then_falls_as_a_cosine():
    recipe = Recipe(steps=1000, warmup=100, learning_rate=0.01)
    rate = [
        float(optimizer(recipe, "float32")._learning_rate(step)) for step in (0, 50, 100, 550, 1000)
    ]
    assert rate == pytest.approx([0.0001, 0.00505, 0.01, 0.005, 0], abs=1e-6)
    unwarmed = optimizer(Recipe(steps=1000, warmup=0, learning_rate=0.01), "float32")
    assert float(unwarmed._learning_rate(0)) == pytest.approx(0.01)


def test_the_optimiser_is_the_one_asked_for():
    adam, sgd = (
        optimizer(Recipe(optimizer=name, clip_norm=2.0), "float32") for name in ("adam", "sgd")
    )
    assert type(adam) is keras.optimizers.Adam and adam.global_clipnorm == 2.0
    assert type(sgd) is keras.optimizers.SGD and (
        sgd.momentum,
        sgd.nesterov,
        sgd.global_clipnorm,
    ) == (0.9, True, 2.0)
    assert optimizer(Recipe(), "float32").global_clipnorm is None
    scaled = optimizer(Recipe(), "mixed_float16")
    assert type(scaled) is keras.optimizers.LossScaleOptimizer, "float16 gradients would vanish"


# --------------------------------------------------------------------------------------------------
# ----- whole runs


@pytest.fixture(scope="module")
def finished(pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    lines = []
    make(pictures, folder).train(show=lambda told: lines.append(str(told)))
    return folder, lines


def test_a_run_folder_holds_everything(finished):
    folder, lines = finished
    assert sorted(path.name for path in folder.iterdir()) == [
        "best.safetensors",
        "checkpoint.safetensors",
        "log.csv",
        "run.json",
        "tensorboard",
    ]
    made = json.loads((folder / "run.json").read_text())
    assert (
        made["network"] == CONFIG.to_dict()
        and made["recipe"]["steps"] == 6
        and made["precision"] == "float32"
    )
    assert made["command"] and made["hardware"] and made["backend"] == keras.backend.backend()
    rows = list(csv.DictReader((folder / "log.csv").open()))
    assert [int(row["step"]) for row in rows] == [3, 6]
    for row in rows:
        assert (
            20 < float(row["psnr"]) < 45
            and {"psnr_1", "psnr_2", "psnr_3", "learning_rate"} <= row.keys()
        )
        low, high = sorted([float(row["l_1"]), float(row["l_2"])])
        assert 0 < low * 0.999 <= float(row["loss"]) <= high * 1.001
    assert "GFLOP/s" in lines[-1] and "% of a plain 3x3 convolution of 8 filters" in lines[-1]


def test_the_speed_is_that_of_the_step(monkeypatch):
    """64 patches in half a second; 6 * 10^6 operations for each of their 50 * 50 pixels; 2 devices
    of 1200 GFLOP/s.
    """
    asked = []
    monkeypatch.setattr(
        training.precision, "convolution_rate", lambda *shape: asked.append(shape) or 1200
    )
    run = SimpleNamespace(
        recipe=Recipe(batch=64, patch=50),
        config=SimpleNamespace(macs_per_pixel=10**6, filters=32, fold=1),
        team=SimpleNamespace(devices=2),
        precision="mixed_bfloat16",
    )
    assert str(Run.speed(run, 0.5)) == (
        "median step: 128 patches/s, 1920 GFLOP/s, 80% of a plain 3x3 convolution of "
        "32 filters (2400 GFLOP/s, mixed_bfloat16)"
    )
    assert asked == [(32, "mixed_bfloat16", 64, 50)]


def test_best_weights_are_those_of_the_best_row(finished):
    folder, _ = finished
    rows = list(csv.DictReader((folder / "log.csv").open()))
    network, config = load(folder / "best.safetensors")
    validation = training.Validation(list(datasets.photographs().values()), config.scale)
    assert validation(network)[0] == pytest.approx(
        max(float(row["psnr"]) for row in rows), abs=1e-4
    )


def test_tensorboard_reads_the_log_and_the_graph(finished):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder, _ = finished
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    rows = list(csv.DictReader((folder / "log.csv").open()))
    for tag, column in (
        ("loss", "loss"),
        ("l_1", "l_1"),
        ("l_2", "l_2"),
        ("alpha", "alpha"),
        ("psnr/3", "psnr_3"),
        ("learning_rate", "learning_rate"),
        ("psnr", "psnr"),
    ):
        assert [(e.step, e.value) for e in events.Scalars(tag)] == [
            (int(row["step"]), pytest.approx(float(row[column]))) for row in rows
        ]
    names = {node.name.rpartition("/")[2] for node in events.Graph().node}
    assert {"x", "embedding_1", "recursion", "reconstruction_2", "recursions", "ensemble"} <= names


def test_tensorboard_draws_a_folded_network(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    network = preset("tiny", "authors", fold=2, consistent=True).build()
    training.log.TensorBoard(tmp_path, network, [{"step": 3, "psnr_1": 30.5}])
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("psnr/1")] == [(3, 30.5)]
    names = {node.name.rpartition("/")[2] for node in events.Graph().node}
    assert {"embedding_1", "recursion", "ensemble"} <= names
    for layer in ("fold", "unfold", "consistent"):  # Keras numbers them
        assert any(name.startswith(layer) for name in names), layer


def test_training_goes_without_tensorboard(pictures, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    make(pictures, tmp_path, steps=3).train(show=quiet)
    assert not (tmp_path / "tensorboard").exists() and (tmp_path / "log.csv").exists()


def test_training_learns(pictures, tmp_path):
    """On two pictures, a hundred steps take the loss well below that of the bicubic input."""
    run = make(pictures, tmp_path, steps=100, interval=100, batch=4, warmup=10, learning_rate=5e-3)
    x, y = run.source.batch(64, 1, 0)
    before = np.abs(run.trainer.network.predict(x, verbose=0)["ensemble"] - y).mean()
    run.train(show=quiet)
    after = np.abs(run.trainer.network.predict(x, verbose=0)["ensemble"] - y).mean()
    assert np.abs(x - y).mean() == pytest.approx(before, rel=0.05) and after < 0.8 * before


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd"},
        {"clip_norm": 1e-3},
        {"scales": (2, 3)},
        {"beta": 1e-2},
        {"loss": "l2"},
        {"alpha_start": 0.0},
    ],
    ids=lambda c: next(iter(c)),
)
def test_every_option_changes_the_training(changes, pictures, finished, tmp_path):
    make(pictures, tmp_path, **changes).train(show=quiet)
    ours, theirs = (read_tensors(f / "checkpoint.safetensors")[0] for f in (tmp_path, finished[0]))
    assert np.abs(ours["recursion/kernel"] - theirs["recursion/kernel"]).max() > 1e-7
    assert all(np.isfinite(value).all() for value in ours.values())


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_reduced_precision_trains_and_resumes(precision, pictures, tmp_path):
    make(pictures, tmp_path, precision=precision).train(show=quiet)
    again = make(pictures, tmp_path, precision=precision)
    assert again.step == 6
    assert 20 < again.log[-1]["psnr"] < 45
    start = CONFIG.build(seed=0).get_layer("embedding_1").kernel.numpy()
    assert (
        np.abs(again.trainer.network.get_layer("embedding_1").kernel.numpy() - start).max() > 1e-5
    )


def test_weights_to_start_from_may_be_of_another_scale_but_not_of_another_network(
    pictures, finished, tmp_path
):
    best = finished[0] / "best.safetensors"
    run = make(pictures, tmp_path / "x3", config=preset("tiny", "authors", scale=3), start=best)
    np.testing.assert_array_equal(
        run.trainer.network.get_layer("recursion").kernel.numpy(),
        read_tensors(best)[0]["recursion/kernel"],
    )
    deeper = make(
        pictures, tmp_path / "deeper", config=preset("tiny", "authors", recursions=5), start=best
    )
    np.testing.assert_array_equal(
        deeper.trainer.network.get_layer("recursion").kernel.numpy(),
        read_tensors(best)[0]["recursion/kernel"],
    )
    np.testing.assert_allclose(deeper.trainer.network.get_layer("ensemble").w.numpy(), 1 / 5)
    with pytest.raises(WeightsError, match="network with feedback = True, not False"):
        make(
            pictures,
            tmp_path / "other",
            config=preset("tiny", "authors", feedback=False),
            start=best,
        )


# -------------------------------------------------------------------------------------------------
# batches ahead

AHEAD = """
import collections, contextlib, sys, threading
import numpy as np
from drcn_book.config import Recipe, preset
from drcn_book.errors import TrainingError
from drcn_book.patches import PatchSource
from drcn_book.training import Run, run as module
from drcn_book.weights import read_tensors

pack, folder = sys.argv[1:]
whole, Pool, before = PatchSource.batch, module.ThreadPoolExecutor, None
made = collections.defaultdict(threading.Event)

def batch(self, size, seed, step):
    x, y = whole(self, size, seed, step)
    made[step].set()
    return x * (np.nan if seed == 3 and step == 4 else 1), y

class Watch(module.Watch):
    def on_train_batch_end(self, batch, logs=None):
        if module.ThreadPoolExecutor is Pool and batch < 3:
            assert made[batch + 1].wait(20), "nobody makes the next batch while this step is taken"
        super().on_train_batch_end(batch, logs)

def train(name, seed=0, minutes=None):
    made.clear()
    recipe = Recipe(steps=8, interval=4, batch=2, patch=24, precision="float32",
                    train_set=pack, seed=seed)
    run = Run(preset("tiny", "authors"), recipe, folder + "/" + name)
    try:
        run.train(minutes, show=str)
    finally:
        assert before in (None, threading.active_count()), threading.enumerate()
    return read_tensors(run.checkpoint)[0]

PatchSource.batch, module.Watch = batch, Watch
train("warm", 1)
before = threading.active_count()  # of a backend's own threads, some begin with the first training
ahead = train("ahead")
assert train("late", 2, 1e-9)["trainer/steps"] == 1
try:
    train("failed", 3)
except TrainingError as error:
    assert "at step 5" in str(error)
else:
    raise AssertionError("not caught")
module.ThreadPoolExecutor = lambda workers: contextlib.nullcontext()
for name, value in train("in turn").items():
    np.testing.assert_array_equal(value, ahead[name], err_msg=name)
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_next_batch_is_made_while_a_step_is_taken(backend, tmp_path):
    """The same weights, bit by bit, as with one batch after another, and no thread stays behind,
    however it ends.
    """
    run_apart(backend, AHEAD, write_pack(tmp_path / "pack.zip"), tmp_path, folder=tmp_path)


# --------------------------------------------------------------------------------------------------
# ----- precision


@pytest.mark.parametrize(
    "float32, bfloat16, expected",
    [
        ([100] * 5, [205] * 5, "mixed_bfloat16"),
        ([100] * 5, [105] * 5, "float32"),
        ([100] * 5, [10] * 5, "float32"),
        (
            [30, 100, 40, 30, 20],
            [10, 20, 30, 205, 20],
            "mixed_bfloat16",
        ),  # on a busy machine the best of each counts
    ],
)
def test_auto_takes_the_fastest_and_stays_with_float32_where_little_is_gained(
    float32, bfloat16, expected, monkeypatch
):
    rates, order = {"float32": iter(float32), "mixed_bfloat16": iter(bfloat16)}, []

    def convolutions(filters, precision, batch, patch):
        return lambda: order.append(precision) or next(rates[precision])

    monkeypatch.setattr(training.precision, "_convolutions", convolutions)
    monkeypatch.setattr(training.precision, "accelerators", list)
    assert choose_precision(32) == expected
    assert order == ["float32", "mixed_bfloat16"] * 5, "in turn"


def test_the_rate_of_a_convolution_is_measured(monkeypatch):
    """A clock that says half a second a call: 8 layers of 2 * 9 * 4 * 4 operations on 2 * 16 * 16
    pixels each.
    """
    ticks = iter(np.arange(0, 100, 0.5))
    monkeypatch.setattr(training.precision.time, "perf_counter", lambda: next(ticks))
    assert convolution_rate(4, "float32", batch=2, patch=16) == pytest.approx(
        8 * 2 * 9 * 16 * 512 / 0.5 / 1e9
    )


# ------------------------------------------------------------------------------------------- the
# command and files

TOML = """
[network]
preset = "tiny"
variant = "paper"
scale = 3
residual = true
[recipe]
steps = 3
interval = 3
batch = 2
patch = 24
scales = [3, 2]
loss = "charbonnier"
learning_rate = 1
precision = "float32"
"""


def test_a_configuration_file_is_followed_and_flags_override_it(pictures, tmp_path, capsys):
    (tmp_path / "c.toml").write_text(TOML)
    (tmp_path / "c.json").write_text(
        json.dumps(dict(zip(("network", "recipe"), read_config(tmp_path / "c.toml"), strict=True)))
    )
    for suffix in ("toml", "json"):
        folder = tmp_path / suffix
        assert (
            cli.main(
                [
                    "train",
                    "--config",
                    str(tmp_path / f"c.{suffix}"),
                    "--run",
                    str(folder),
                    "--train-set",
                    str(pictures),
                    "--learning-rate",
                    "0.002",
                    "--filters",
                    "6",
                    "--no-residual",
                    "--no-shared",
                ]
            )
            == 0
        )
        made = json.loads((folder / "run.json").read_text())
        assert made["network"] == preset("tiny", scale=3, filters=6, shared=False).to_dict()
        assert (
            made["recipe"]
            == Recipe(
                steps=3,
                interval=3,
                batch=2,
                patch=24,
                scales=(3, 2),
                loss="charbonnier",
                learning_rate=0.002,
                precision="float32",
                train_set=str(pictures),
            ).to_dict()
        )


def test_every_option_is_a_flag():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parser = cli.parser()
    for record in (NetworkConfig, Recipe):
        for name, entry in record.__dataclass_fields__.items():
            flag, kind = "--" + name.replace("_", "-"), record.kinds()[name]
            value = {int: "7", float: "0.5", str: "x", bool: None}.get(kind, "7")
            value = entry.metadata.get("choices", [value])[-1]
            args = parser.parse_args(["train", flag] + [value] * (value is not None))
            expected = {int: 7, float: 0.5, str: value, bool: True}.get(kind, [7])
            assert getattr(args, name) == expected


def test_every_command_is_a_file_and_helps(capsys):
    files = {path.stem for path in Path(cli.__file__).parent.glob("[!_]*.py")} - {"main"}
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    assert files == set(re.findall(r"^    (\w+) ", shown, re.MULTILINE))
    for name in files:
        with pytest.raises(SystemExit) as end:
            cli.main([name, "--help"])
        assert end.value.code == 0 and f"usage: drcn {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text, message",
    [
        ("[network]\nfilters = 0", "filters = 0: must be a whole number of 1 or more"),
        ("[network]\nscale = 2.5", "scale = 2.5: must be a whole number"),
        ("[network]\npreset = 'huge'", "Unknown preset 'huge'"),
        ("[network]\npreset = ['tiny']", "Unknown preset ['tiny']"),
        ("[network]\nname = 'x'", "Unknown option 'name' of the network"),
        ("[network]\npreset = 'srcnn'\nvariant = 'paper'", "srcnn has one wiring"),
        ("[network]\ndepth = 3", "Unknown option 'depth' of the network"),
        ("[recipe]\nspeed = 3", "Unknown option 'speed' of the recipe"),
        ("[recipe]\nscales = [1]", "scales = 1: must be a whole number of 2 or more"),
        ("[recipe]\nscales = 2", "scales = 2: must be a list"),
        ("[training]\nsteps = 3", "has the sections network and recipe"),
        ("network = 3", "has the sections network and recipe"),
        ("steps == 3", "not a readable configuration file"),
        ("x = " + 100_000 * "[", "not a readable configuration file"),
        (None, "not a readable configuration file"),
    ],
)
def test_a_bad_configuration_file_is_one_line(text, message, tmp_path, capsys):
    path = tmp_path / "c.toml"
    if text is not None:
        path.write_text(text)
    assert cli.main(["train", "--config", str(path), "--run", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("drcn: ") and error.count("\n") == 1 and message in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--scale", "1"], "scale = 1: must be a whole number of 2 or more"),
        (["--scale", "0"], "scale = 0: must be a whole number of 2 or more"),
        (["--scale", "2.5"], "invalid int value: '2.5'"),
        (["--scales", "2", "1"], "scales = 1: must be"),
        (["--filters", "-3"], "filters = -3"),
        (["--recursions", "0"], "recursions = 0"),
        (["--steps", "0"], "steps = 0"),
        (["--steps", "-5"], "steps = -5"),
        (["--batch", "0"], "batch = 0"),
        (["--patch", "0"], "patch = 0"),
        (["--interval", "-1"], "interval = -1"),
        (["--seed", "-1"], "seed = -1"),
        (["--learning-rate", "nan"], "learning_rate = nan"),
        (["--learning-rate", "-1"], "learning_rate = -1.0"),
        (
            ["--alpha-floor", "1.5"],
            "alpha_floor = 1.5: must be a number of 0 or more and 1 or less",
        ),
        (["--loss", "l3"], "invalid choice: 'l3'"),
        (["--precision", "float8"], "invalid choice"),
        (["--preset", "huge"], "Unknown preset 'huge'"),
        (["--variant", "mine"], "Unknown variant 'mine'"),
        (["--train-set", "/nowhere"], "/nowhere"),
        (["--max-minutes", "0"], "max_minutes = 0.0: must be more than 0"),
        (["--max-minutes", "-2"], "max_minutes = -2.0: must be more than 0"),
        (["--start", "nothing"], "nothing: no such weights file"),
    ],
)
def test_a_bad_option_is_one_line_and_writes_nothing(
    arguments, message, pictures, tmp_path, capsys
):
    command = [
        "train",
        "--preset",
        "tiny",
        "--train-set",
        str(pictures),
        "--run",
        str(tmp_path / "run"),
        *flags(),
    ]
    try:
        status = cli.main([*command, *arguments])
    except SystemExit as exit:  # argparse's own
        status = exit.code
    assert status == 2
    error = capsys.readouterr().err.splitlines()
    assert message in error[-1] and "Traceback" not in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "size, patch",
    [((3, 3), 24), ((1, 1), 24), ((100, 20), 24), ((64, 48), 49)],
    ids=["tiny", "one pixel", "narrow", "patch larger than the picture"],
)
def test_pictures_smaller_than_a_patch_are_refused(size, patch, tmp_path):
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", size).save(tmp_path / "pictures" / "one.png")
    with pytest.raises(
        DatasetError, match=f"No training picture is as large as a patch of {patch}x{patch}"
    ):
        make(tmp_path / "pictures", tmp_path / "run", patch=patch)
    assert not (tmp_path / "run").exists()


def test_a_scale_larger_than_the_validation_pictures_is_refused(pictures, tmp_path):
    with pytest.raises(DatasetError, match="No validation picture"):
        make(pictures, tmp_path / "run", config=preset("tiny", scale=700), scales=(2,))


def test_a_diverging_learning_rate_is_caught_and_good_weights_are_kept(pictures, tmp_path):
    run = make(
        pictures,
        tmp_path,
        optimizer="sgd",
        loss="l2",
        warmup=40,
        steps=80,
        interval=5,
        learning_rate=1e30,
    )
    batch = run.source.batch

    def calm_at_first(size, seed, step):
        """Nothing to learn for seven steps: x is the truth, so the gradient of the skip network is
        small.
        """
        x, y = batch(size, seed, step)
        return (y, y) if step < 7 else (x, y)

    run.source.batch = calm_at_first
    with pytest.raises(TrainingError, match="stopped being a finite number at step") as caught:
        run.train(show=quiet)
    message = str(caught.value)
    assert str(tmp_path) in message and "--learning-rate" in message and "\n" not in message
    kept = read_tensors(tmp_path / "checkpoint.safetensors")[0]
    assert all(np.isfinite(value).all() for value in kept.values())
    assert f"checkpoint of step {int(kept['trainer/steps'])} " in message


def test_a_loss_that_is_no_number_is_caught_at_its_step(pictures, tmp_path):
    run = make(pictures, tmp_path, steps=20, interval=5)
    batch = run.source.batch
    run.source.batch = lambda size, seed, step: tuple(
        part * (np.nan if step == 7 else 1) for part in batch(size, seed, step)
    )
    with pytest.raises(
        TrainingError, match="The loss stopped being a finite number at step 8; .*of step 5 and"
    ):
        run.train(show=quiet)
    assert make(pictures, tmp_path, steps=20, interval=5).step == 5
    assert math.isfinite(float(list(csv.DictReader((tmp_path / "log.csv").open()))[-1]["psnr"]))
    load(tmp_path / "best.safetensors")

"""What `inspect` keeps of a network's work, its pictures, the command, and the ONNX files."""

import io
import json

import numpy as np
import onnxruntime
import pytest
from PIL import Image
from wirings import WIRINGS

from drcn_book import cli, degradation, images, metrics, model, onnx_export, views, weights
from drcn_book._keras import keras, ops
from drcn_book.config import preset
from drcn_book.errors import ConfigError, PictureError
from drcn_book.inspection import MOST_PIXELS, hidden_states, inspect
from drcn_book.model import Fold
from drcn_book.upscaling import inference_network


def network(**changes):
    """A tiny network whose every weight is drawn at random, so that nothing cancels and no two
    recursions agree.
    """
    config = preset("tiny", **changes)
    built = model.build(config)
    random = np.random.default_rng(3)
    built.set_weights([w + random.normal(0, 0.1, w.shape) for w in built.get_weights()])
    return built, config


@pytest.fixture(scope="module")
def picture():
    from skimage import data

    return images.luma(data.astronaut())[84:149, 150:200]  # 65 x 50: odd, and not square


@pytest.fixture(scope="module")
def seen(picture):
    return inspect(picture, *network())


def test_outputs_are_the_network_s(picture, seen):
    built, config = network()
    x, truth = degradation.degrade(picture, 2)
    ensemble, recursions = model.infer(built, x)
    np.testing.assert_array_equal(seen.x, x)
    np.testing.assert_array_equal(seen.truth, truth)
    np.testing.assert_allclose(seen.ensemble, ensemble, atol=1e-3)
    np.testing.assert_allclose(seen.recursions, recursions, atol=1e-3)
    np.testing.assert_allclose(seen.recursions @ seen.weights, seen.ensemble, atol=1e-3)
    assert seen.truth.shape == (64, 50) and seen.recursions.shape == (64, 50, 3)


def test_numbers_follow_the_protocol(seen):
    assert seen.labels == ["bicubic", "d = 1", "d = 2", "d = 3", "ensemble"]
    frames = [seen.x, *(seen.recursions[..., d] for d in range(3)), seen.ensemble]
    assert seen.psnr == [metrics.psnr(seen.truth, frame, 2) for frame in frames]
    assert seen.ssim == [metrics.ssim(seen.truth, frame, 2) for frame in frames]
    assert len(set(seen.psnr)) == 5, "the frames are all different"
    np.testing.assert_array_equal(seen.errors[2], frames[2] - seen.truth)
    np.testing.assert_array_equal(seen.changes[1], frames[1] - seen.x)
    np.testing.assert_array_equal(seen.changes[4], frames[4] - frames[3])
    assert seen.steps[0] == 0 and seen.steps[2] == pytest.approx(
        np.abs(frames[2] - frames[1]).mean(), rel=1e-5
    )


@pytest.mark.parametrize("wiring", WIRINGS)
def test_features_are_the_hidden_states(picture, wiring):
    """H_0 and H_1 equal what the layers give when they are called by hand; every wiring has D + 1
    of them.
    """
    built, config = network(**WIRINGS[wiring])
    got = inspect(picture, built, config, channels=(5, 2))
    assert got.features.shape == (64, 50, config.recursions + 1, 2) and got.channels == (5, 2)
    layer = built.get_layer
    H_0 = layer("embedding_2")(layer("embedding_1")(got.x[None, ..., None] / 255))
    H_1 = layer("recursion" if config.shared else "recursion_1")(H_0)
    if config.residual:
        H_1 = H_1 + H_0
    for d, H in enumerate((H_0, H_1)):
        np.testing.assert_allclose(
            got.features[:, :, d], ops.convert_to_numpy(H)[0][..., [5, 2]], atol=1e-5
        )
    if config.recursions > 1:
        assert np.abs(got.features[:, :, -1] - got.features[:, :, 1]).max() > 1e-3


def test_a_folded_network_is_seen_at_the_picture_s_size(picture):
    """H_1 by hand on the small grid, and each of its values in the four pixels of a cell."""
    built, config = network(fold=2, consistent=True)
    got = inspect(picture, built, config, channels=(5, 2))
    assert got.features.shape == (64, 50, config.recursions + 1, 2)
    H = Fold(2)(got.x[None, ..., None] / 255)
    for name in ("embedding_1", "embedding_2", "recursion"):
        H = built.get_layer(name)(H)
    H = ops.convert_to_numpy(H)[0][..., [5, 2]]
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        np.testing.assert_allclose(got.features[row::2, column::2, 1], H, atol=1e-5)
    assert views.frame(got, "channel 5", 1).size == views.frame(got, "output", 1).size == (50, 64)
    expected = degradation.consistent(got.recursions @ got.weights, got.x, 2)
    np.testing.assert_allclose(got.ensemble, expected, atol=1e-3)


def test_last_features_give_the_last_output(picture):
    """Reconstructing H_D by hand gives y_D: the states kept are the ones that the network used."""
    built, config = network()
    states = keras.Model(built.input, hidden_states(built, config))
    x = degradation.degrade(picture, 2)[0][None, ..., None] / 255
    last = built.get_layer("reconstruction_2")(built.get_layer("reconstruction_1")(states(x)[-1]))
    np.testing.assert_allclose(
        x + ops.convert_to_numpy(last),
        ops.convert_to_numpy(built(x)["recursions"])[..., -1:],
        atol=1e-5,
    )


def test_a_network_that_other_models_use_is_inspected_as_before(picture):
    built, config = network()
    before = inspect(picture, built, config)
    inference_network(built, config)  # calls the recursion's layer once more a recursion
    assert len(hidden_states(built, config)) == config.recursions + 1
    np.testing.assert_array_equal(inspect(picture, built, config).features, before.features)


def test_liveliest_channels_come_first(picture):
    built, config = network()
    everything = inspect(picture, built, config, channels=range(8)).features[:, :, -1]
    order = np.argsort(
        -everything.var(axis=(0, 1))
    )  # the picture is smaller than the patch that is probed
    assert inspect(picture, built, config, channels=3).channels == tuple(order[:3])
    assert inspect(picture, built, config, channels=0).features.shape == (64, 50, 4, 0)


def test_small_picture_is_enlarged(picture):
    got = inspect(picture, *network(scale=3), known=False)
    assert got.x.shape == (195, 150) and got.truth is None
    assert got.psnr is None and got.ssim is None and got.errors is None
    assert (
        len(got.steps) == 5
        and "error" not in views.view_names(got)
        and "truth" not in views.view_names(got)
    )
    assert "PSNR" not in views.numbers(got, 1) and "mean change" in views.curve(got)


@pytest.mark.parametrize(
    "shape, known, message",
    [
        ((20, 90), True, "90x20 pixels is too small to inspect: its sides must be 24 or more"),
        ((11, 90), False, "90x11 pixels is too small to inspect: its sides must be 12 or more"),
        ((0, 50), True, "too small"),
        ((1025, 1024), True, "1024x1025 pixels are too many"),
        (
            (4000, 5000),
            False,
            "10000x8000 pixels are too many to keep every recursion of: choose a region",
        ),
    ],
)
def test_sizes_that_cannot_be_inspected(shape, known, message):
    with pytest.raises(PictureError, match=message) as error:
        inspect(np.zeros(shape, "float32"), *network(), known=known)
    assert "\n" not in str(error.value)


def test_unknown_channel(picture):
    with pytest.raises(
        ConfigError, match="There is no channel 8: this network has 8, counted from 0"
    ):
        inspect(picture, *network(), channels=[0, 8])


def test_flat_and_perfect_pictures(picture):
    """A constant picture is reproduced by the plain skip: errors 0, PSNR infinite; the pictures can
    still be drawn.
    """
    built, config = network()
    built.get_layer("reconstruction_2").set_weights([np.zeros((3, 3, 8, 1)), np.zeros(1)])
    built.get_layer("ensemble").set_weights([np.full(3, 1 / 3)])
    got = inspect(np.full((40, 40), 100, "float32"), built, config)
    assert got.psnr == [float("inf")] * 5 and got.ssim == pytest.approx([1] * 5)
    assert "NaN" not in views.player(got) and views.contact_sheet(got).size[0] > 0


# ---- pictures


def test_frames_are_what_they_say(seen):
    output = np.asarray(views.frame(seen, "output", 2))
    np.testing.assert_array_equal(output, metrics.quantise(seen.recursions[..., 1]))
    error = np.asarray(views.frame(seen, "error", 0).convert("RGB")).astype(int)
    visible = views.span(seen, "error") / views.STEPS
    dark, bright = seen.errors[0] < -visible, seen.errors[0] > visible
    assert dark.any() and bright.any()
    assert (error[dark][:, 2] > error[dark][:, 0]).all(), "too dark is blue"
    assert (error[bright][:, 0] > error[bright][:, 2]).all(), "too bright is red"
    assert (np.asarray(views.frame(seen, "change", 0).convert("RGB")) == 247).all(), (
        "no change is white"
    )
    channel = [np.asarray(views.frame(seen, f"channel {seen.channels[0]}", i)) for i in range(5)]
    np.testing.assert_array_equal(channel[3], channel[4])
    assert (channel[0] != channel[3]).any() and max(c.max() for c in channel) == 255


def test_contact_sheet_holds_every_frame(seen):
    sheet = np.asarray(views.contact_sheet(seen, ["output", "error"], width=50).convert("L"))
    for i in range(5):
        frame = metrics.quantise(seen.frames[i])[8:24, 8:24]
        windows = np.lib.stride_tricks.sliding_window_view(sheet, (16, 16))
        assert (windows == frame).all(axis=(2, 3)).sum() == 1, f"frame {i} stands on the sheet once"


def test_animation_runs_through_all_frames(seen):
    animation = Image.open(io.BytesIO(views.animation(seen)))
    assert animation.n_frames == 5 and animation.info["loop"] == 0
    for i in range(5):
        animation.seek(i)
        assert animation.info["duration"] == (1600 if i == 4 else 800)
        shown = np.asarray(animation.convert("L"))[-64 * 5 :][::5, ::5]
        np.testing.assert_array_equal(shown, metrics.quantise(seen.frames[i]))


def test_curve_marks_the_frame(seen):
    for i in (0, 2, 4):
        svg = views.curve(seen, i)
        points = json.loads(svg.split('data-points="')[1].split('"')[0])
        assert f'class="marker" cx="{points[i][0]}" cy="{points[i][1]}"' in svg
        heights = [y for _, y in points]
        assert np.argsort(heights).tolist() == np.argsort([-value for value in seen.psnr]).tolist()


# ---- the command


@pytest.fixture
def files(tmp_path, picture):
    built, config = network()
    weights.save_weights(tmp_path / "tiny.safetensors", built, config)
    Image.fromarray(picture.astype("uint8")).save(tmp_path / "face.png")
    return tmp_path


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


def test_command_writes_three_files(files, capsys):
    code = run(
        "inspect",
        files / "face.png",
        "--weights",
        files / "tiny.safetensors",
        "-o",
        files / "out",
        "--region",
        "0,1,50,64",
        "--channels",
        "1,4",
    )
    printed = capsys.readouterr().out
    assert code == 0
    written = {path.suffix: path for path in (files / "out").iterdir()}
    assert sorted(path.name for path in written.values()) == [
        "face-recursions.gif",
        "face-recursions.html",
        "face-recursions.png",
    ]
    assert Image.open(written[".gif"]).n_frames == 5
    Image.open(written[".png"]).verify()
    page = written[".html"].read_text()
    assert "channel 4" in page and "http" not in page.replace("http://www.w3.org", ""), (
        "it fetches nothing"
    )
    luma = np.asarray(Image.open(files / "face.png")).astype("float32")[1:65]
    psnr = inspect(luma, *weights.load(files / "tiny.safetensors")).psnr
    assert [
        f"{value:6.2f} dB" in line
        for value, line in zip(psnr, printed.splitlines()[3:], strict=False)
    ] == [True] * 5


@pytest.mark.parametrize(
    "options, message",
    [
        (["--region", "0,0,99,10"], "does not lie inside the picture of 50x65 pixels"),
        (["--region", "0,0,-5,30"], "does not lie inside the picture"),
        (["--weights", "srcnn-x2"], "A network of kind srcnn has no recursions"),
        (["--region", "0,0,10,10"], "10x10 pixels is too small"),
        (["--channels", "0,77"], "There is no channel 77"),
        (["--weights", "nowhere.safetensors"], "no such weights file"),
    ],
)
def test_command_refuses_in_one_line(files, capsys, options, message):
    arguments = [
        "inspect",
        files / "face.png",
        "-o",
        files / "out",
        "--weights",
        files / "tiny.safetensors",
        *options,
    ]
    assert run(*arguments) == 2
    printed = capsys.readouterr().err
    assert message in printed and printed.count("\n") == 1
    assert not (files / "out").exists(), "nothing is half written"


@pytest.mark.parametrize("content", [b"", b"a letter, not a picture"])
def test_command_refuses_what_is_no_picture(files, capsys, content):
    (files / "bad.png").write_bytes(content)
    assert (
        run(
            "inspect",
            files / "bad.png",
            "--weights",
            files / "tiny.safetensors",
            "-o",
            files / "out",
        )
        == 2
    )
    assert "bad.png" in capsys.readouterr().err and not (files / "out").exists()


# ---- ONNX


@pytest.mark.parametrize("wiring", WIRINGS)
def test_onnx_file_equals_keras(wiring):
    built, config = network(**WIRINGS[wiring])
    session = onnxruntime.InferenceSession(onnx_export.to_onnx(built, config))
    for shape in ((2, 1, 33, 47), (1, 1, 8, 5)):  # height, width and batch are free
        x = np.random.default_rng(0).random(shape, "float32")
        recursions, ensemble = session.run(["recursions", "ensemble"], {"x": x})
        want = {
            name: ops.convert_to_numpy(y).transpose(0, 3, 1, 2)
            for name, y in built(x.transpose(0, 2, 3, 1)).items()
        }
        np.testing.assert_allclose(recursions, want["recursions"], atol=1e-5, rtol=1e-4)
        np.testing.assert_allclose(ensemble, want["ensemble"], atol=1e-5, rtol=1e-4)
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["config"]) == config.to_dict()


@pytest.mark.parametrize(
    "wiring", [name for name, changes in WIRINGS.items() if changes.get("shared", True)]
)
def test_step_run_d_times_is_the_network(wiring):
    built, config = network(**WIRINGS[wiring])
    embed, step = map(onnxruntime.InferenceSession, onnx_export.to_steps(built, config))
    x = np.random.default_rng(1).random((1, 1, 20, 30), "float32")
    (H,) = embed.run(["H"], {"x": x})
    feeds, y = {"H": H, "x": x, **({"H_0": H} if config.residual else {})}, []
    for _ in range(config.recursions):
        feeds["H"], y_d = step.run(["next", "y"], feeds)
        y.append(y_d[0, 0])
    want = ops.convert_to_numpy(built(x.transpose(0, 2, 3, 1))["recursions"])[0]
    np.testing.assert_allclose(np.stack(y, -1), want, atol=1e-5, rtol=1e-4)


def test_unshared_network_has_no_step():
    with pytest.raises(ConfigError, match="there is no one step to run"):
        onnx_export.to_steps(*network(shared=False))


def test_onnx_stores_the_shared_kernel_once():
    sizes = [len(onnx_export.to_onnx(*network(recursions=d))) for d in (2, 12)]
    assert sizes[1] - sizes[0] < 10 * 9 * 8 * 8, (
        "ten more recursions cost less than one kernel each"
    )


def test_export_command(files, capsys):
    assert run("export", files / "tiny.safetensors", files / "tiny.onnx") == 0
    assert "recursions, ensemble" in capsys.readouterr().out
    onnxruntime.InferenceSession(files / "tiny.onnx")
    for name, target in (
        ("face.png", "no.onnx"),
        ("tiny.safetensors", "."),
        ("tiny.safetensors", "x" * 300),
    ):
        assert run("export", files / name, files / target if target != "." else target) == 2
    for kind in ("srcnn-x2", "c-dcscn-x2"):
        assert run("export", kind, files / "no.onnx") == 2
    assert capsys.readouterr().err.count("\n") == 5 and not (files / "no.onnx").exists()
    assert run("export", files / "tiny.safetensors", files / ("x" * 250)) == 0


def test_most_pixels_is_what_the_message_says():
    assert f"{MOST_PIXELS:,}" == "1,048,576"

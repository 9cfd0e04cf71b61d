"""The weights that fit each picture, within the quality, wherever pictures are enlarged."""

import hashlib
import io
import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from test_upscaling import TINY, randomised

import drcn_book
from drcn_book import datasets, pictures, upscaling, weights
from drcn_book.batch.cluster import _Worker
from drcn_book.choice import QUALITIES, fitting
from drcn_book.cli import main
from drcn_book.damage import damage, parse
from drcn_book.errors import ConfigError, WeightsError
from drcn_book.images import luma
from drcn_book.weights import save_weights

PHOTO = np.asarray(
    Image.fromarray(datasets.colour_pictures("Photos")["astronaut"]).resize((96, 96), 3)
)


def file_of(format, **options):
    file = io.BytesIO()
    Image.fromarray(PHOTO).save(file, format, **options)
    return file.getvalue()


DAMAGED, CLEAN = file_of("JPEG", quality=40), file_of("PNG")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Two tiny networks shipped as small, one as real, so that results tell which was taken."""
    folder = tmp_path_factory.mktemp("shipped")
    for name, config in {
        "small-x2": TINY,
        "medium-x2": replace(TINY, recursions=2),
        "real-x2": replace(TINY, recursions=4),
        "compact-x3": replace(TINY, scale=3),
    }.items():
        path = folder / f"{name}.safetensors"
        save_weights(path, randomised(config.build(), config), config)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        recipe = {"damage": "real" if name == "real-x2" else "none"}
        path.with_suffix(".json").write_text(json.dumps({"sha256": sha256, "recipe": recipe}))
    return folder


@pytest.fixture
def shipped(shelf, monkeypatch):
    monkeypatch.setattr(weights, "SHIPPED", shelf)


def test_the_names_of_a_quality_are_those_of_what_is_shipped():
    there = [f"{size}-x{s}" for size in ("small", "medium", "compact") for s in (2, 3)]
    assert fitting("fast", 2, there) == {"clean": "small-x2"}
    assert fitting("balanced", 2, [*there, "real-x2"]) == {"clean": "medium-x2", "real": "real-x2"}
    assert fitting("best", 3, there) == {"clean": "medium-x3"}
    assert fitting("best", 3, [*there, "large-x3", "real-x2"]) == {"clean": "large-x3"}
    assert fitting("best", 4, ["standard-x4", "compact-x4"]) == {"clean": "standard-x4"}
    assert fitting("fast", 4, ["standard-x4", "compact-x4"]) == {"clean": "compact-x4"}
    assert fitting("fast", 7, there) == {}


def test_every_quality_of_every_scale_is_shipped_and_better_ones_reach_more():
    for scale in (2, 3, 4):
        names = [fitting(quality, scale, weights.shipped())["clean"] for quality in QUALITIES]
        reached = [weights.record(name)["validation_psnr"]["psnr"] for name in names]
        assert reached == sorted(reached), names


def test_each_picture_gets_the_weights_that_fit_it(shipped):
    for quality, expected in (
        ("fast", "small-x2"),
        ("balanced", "medium-x2"),
        ("best", "medium-x2"),
    ):
        chooser = upscaling.Chooser(quality=quality)
        assert chooser.scale == 2
        for content, name, why in (
            (CLEAN, expected, "it shows neither JPEG nor noise"),
            (DAMAGED, "real-x2", "its JPEG quality is about 40"),
        ):
            picture = pictures.read(content)
            upscaler, reason = chooser(picture, upscaling.told_by(content, picture))
            assert (upscaler.name, reason) == (name, why)
        picture = pictures.from_array(pictures.read(DAMAGED).pixels)  # has no tables any more
        upscaler, reason = chooser(picture)
        assert upscaler.name == "real-x2" and reason.startswith("it shows traces of JPEG")


def test_the_api_chooses_and_names_go_before_qualities(shipped, tmp_path):
    (tmp_path / "a.jpg").write_bytes(DAMAGED)
    real, medium, small = (
        np.asarray(drcn_book.upscale(pictures.read(DAMAGED).pixels, weights=name))
        for name in ("real-x2", "medium-x2", "small-x2")
    )
    assert (real != medium).any() and (medium != small).any()
    for image in (
        tmp_path / "a.jpg",
        str(tmp_path / "a.jpg"),
        DAMAGED,
        Image.open(io.BytesIO(DAMAGED)),
    ):
        assert (np.asarray(drcn_book.upscale(image, quality="fast")) == real).all()
    named = drcn_book.upscale(DAMAGED, quality="fast", weights="medium-x2")
    assert (np.asarray(named) == medium).all()
    chooser = drcn_book.Chooser()
    assert (chooser.enlarge(PHOTO) == drcn_book.upscale(PHOTO, weights="medium-x2")).all()
    assert (np.asarray(chooser.enlarge(DAMAGED)) == real).all()
    assert drcn_book.Upscaler().name == "medium-x2"


def test_without_weights_for_real_pictures_there_is_no_choice_and_no_word_of_it(shipped, shelf):
    chooser = upscaling.Chooser(3)
    upscaler, reason = chooser(pictures.read(DAMAGED), ("JPEG", 40))
    assert (upscaler.name, reason) == ("compact-x3", "")
    with pytest.raises(WeightsError, match="No weights for x7 come with the package, only compact"):
        upscaling.Chooser(7)
    with pytest.raises(ConfigError, match="--quality 'super': choose one of fast, balanced, best"):
        upscaling.Chooser(quality="super")


def test_the_command_says_which_and_why(shipped, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(DAMAGED)
    (tmp_path / "in" / "b.png").write_bytes(CLEAN)
    assert main(["upscale", "in"]) == 0
    damaged, clean = capfd.readouterr().out.splitlines()
    assert ": real-x2, 4 recursions, as its JPEG quality is about 40, " in damaged
    assert ": medium-x2, 2 recursions, as it shows neither JPEG nor noise, " in clean
    assert main(["upscale", "in/a.jpg", "--quality", "fast", "--weights", "medium-x2"]) == 0
    line = capfd.readouterr().out
    assert ": medium-x2, 2 recursions, " in line and " as " not in line
    assert main(["upscale", "in/b.png", "--quality", "fast"]) == 0
    assert ": small-x2, 3 recursions, as it " in capfd.readouterr().out
    with pytest.raises(SystemExit):
        main(["upscale", "in/b.png", "--quality", "super"])
    assert "invalid choice: 'super'" in capfd.readouterr().err


def test_standard_input_and_workers_choose_too(shipped, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(DAMAGED)))
    assert main(["upscale", "-", "-o", str(tmp_path / "a.png")]) == 0
    line = capfd.readouterr().out
    assert line.startswith("Standard input 96x96 -> ") and "as its JPEG quality is about 40" in line
    (tmp_path / "b.jpg").write_bytes(DAMAGED)
    job = {"source": str(tmp_path / "b.jpg"), "target": str(tmp_path / "b.png"), "resume": False}
    done = _Worker({"quality": "fast"})(job)
    assert done["well"] and ": real-x2, 4 recursions, as its JPEG quality is " in done["line"]


def test_the_names_on_the_command_line_are_the_qualities():
    from drcn_book.cli import upscale

    chosen = []
    parser = SimpleNamespace(
        set_defaults=lambda **_: None,
        add_argument=lambda *names, **options: chosen.append((names[0], options.get("choices"))),
    )
    upscale.add(parser)
    assert dict(chosen)["--quality"] == tuple(QUALITIES)


def test_the_list_of_weights_says_which_serve_a_quality(capsys):
    assert main(["weights", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()[-len(QUALITIES) :]
    for line, quality in zip(lines, QUALITIES, strict=True):
        names = [fitting(quality, scale, weights.shipped())["clean"] for scale in (2, 3, 4)]
        assert line.startswith(f"--quality {quality} ") and all(name in line for name in names)


def rgb_psnr(result, truth):
    error = (result.astype("float64") - truth)[2:-2, 2:-2]
    return 10 * np.log10(255**2 / (error**2).mean())


@pytest.fixture
def real(shipped, monkeypatch):
    """A function that makes the upscaler of real pictures, of bicubic luma."""
    monkeypatch.setattr(upscaling.Upscaler, "sharpen", lambda self, x: x)
    return lambda **options: upscaling.Upscaler(weights="real-x2", precision="float32", **options)


@pytest.mark.parametrize("text", ["bicubic, jpeg 75", "bicubic, jpeg 40", "bicubic, noise 5"])
def test_the_colour_of_damaged_pictures_is_smoothed_and_comes_nearer(real, text):
    truth = datasets.colour_pictures("Photos")["coffee"]
    low = damage(truth, parse(text), 2, np.random.default_rng(0))
    picture = pictures.from_array(low)
    smooth, plain = real()(picture).pixels, upscaling.Upscaler()(picture).pixels
    assert rgb_psnr(smooth, truth) > rgb_psnr(plain, truth) + 0.03
    # The luma, which the network works on, is not touched: but for rounding and cut-off values.
    apart = np.abs(luma(smooth) - luma(plain))
    assert apart.mean() < 0.35 and np.quantile(apart, 0.99) <= 1


def test_smoothed_colour_knows_no_tiles_and_leaves_even_surfaces_and_transparency_alone(real):
    draw = np.random.default_rng(0)
    noisy = np.clip(PHOTO + draw.normal(0, 6, PHOTO.shape), 0, 255).astype("uint8")
    whole = real(tile=10_000)(pictures.from_array(noisy)).pixels
    tiled = real(tile=16)(pictures.from_array(noisy)).pixels
    assert np.abs(whole.astype(int) - tiled).max() <= 1
    noisy[20:60, 20:60] = (200, 30, 40)
    assert (real()(pictures.from_array(noisy)).pixels[46:114, 46:114] == (200, 30, 40)).all()
    opaque = np.concatenate([noisy, np.full_like(noisy[..., :1], 255)], -1)
    with_alpha = real()(pictures.from_array(opaque)).pixels[..., :3].astype(int)
    assert np.abs(with_alpha - real()(pictures.from_array(noisy)).pixels).max() <= 1
    grey = pictures.from_array(noisy[..., 0])
    assert (real()(grey).pixels == upscaling.Upscaler()(grey).pixels).all()

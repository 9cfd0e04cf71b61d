"""Brightness stays: fine patterns keep their mean when they are enlarged."""

import numpy as np
import pytest
from book import ROOT

from drcn_book import brightness, datasets, patterns, pictures
from drcn_book.degradation import degrade, resize
from drcn_book.metrics import psnr, quantise
from drcn_book.model import infer
from drcn_book.upscaling import Upscaler
from drcn_book.weights import load, shipped
from project import node

SIDE = 48
GREYS = [(128, 255), (0, 255), (20, 230)]
NETWORKS = [name for name in shipped() if not name.startswith(("srcnn", "standard"))]


def enlarged(small, scale):
    return resize(small.astype("float32"), SIDE * scale, SIDE * scale)


def moved(x, y):
    """The greatest change of mean, in levels, over the blocks of 16x16 small pixels of a result y
    (h, w), 0..255. x: the bicubic enlargement, which keeps the mean of what it enlarges.
    """
    block = 16 * len(x) // SIDE
    blocks = (np.clip(y, 0, 255) - x).reshape(SIDE // 16, block, SIDE // 16, block)
    return float(np.abs(blocks.mean((1, 3))).max())


@pytest.mark.parametrize("name", NETWORKS)
def test_blocks_of_boards_stripes_and_dithers_keep_their_mean(name):
    upscaler, worst = Upscaler(weights=name), {}
    for dark, light in GREYS:
        for board, small in patterns.boards(SIDE, dark, light).items():
            large = upscaler(pictures.from_array(small)).pixels[..., 0]
            x = enlarged(small, upscaler.scale)
            worst[board, dark, light] = moved(x, large.astype("float32"))
    assert max(worst.values()) < 5, max(worst.items(), key=lambda item: item[1])


def test_without_it_they_would_not():
    """The control: small-x2's own result, clipped."""
    upscaler, board = Upscaler(weights="small-x2"), patterns.boards(SIDE, 128, 255)["board 1"]
    low, x = board.astype("float32") / 255, enlarged(board, 2) / 255
    luma = 16 / 255 + x * np.float32(219 / 255)
    y = x + (upscaler.sharpen(luma) - luma) * np.float32(255 / 219)
    assert moved(255 * x, 255 * np.clip(y, 0, 1)) > 15
    assert moved(255 * x, 255 * brightness.clipped(y, x, low)) < 5


def test_photographs_pay_nothing():
    """On the eight photographs the answer of small-x2 loses less than 0.003 dB, each for itself."""
    network, _ = load("small-x2")
    for name, picture in datasets.photographs().items():
        x, truth = degrade(picture[:256, :256], 2)
        low = resize(truth, 128, 128)
        y = infer(network, x)[0]
        full = [(part - 16) / 219 for part in (y, x, low)]
        kept = 16 + 219 * brightness.clipped(*full)
        assert psnr(truth, kept, 2) > psnr(truth, np.clip(y, 16, 235), 2) - 0.003, name


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_what_clips_moves_the_brightness(scale):
    """Bicubic, whose overshoots are clipped too, stays within 3 levels; a contrast nine times too
    high, then clipped, does not.
    """
    for name, board in patterns.boards(SIDE, 191, 255).items():
        x = enlarged(board, scale)
        assert moved(x, quantise(x)) < 3, name
    x = enlarged(patterns.boards(SIDE, 191, 255)["board 1"], scale)
    amplified = x.mean() + 9 * (x - x.mean())
    assert moved(x, amplified) > 5


def test_the_page_clips_the_same():
    cases, random = [], np.random.default_rng(0)
    for scale in (2, 3, 4):
        for name in ("board 1", "one row in three", "dithered ramp", "random dither"):
            low = patterns.boards(24, 96, 255)[name][:20].astype("float32") / 255
            x = resize(low, 20 * scale, 24 * scale)
            noise = random.normal(0, 0.05, x.shape)
            cases.append(((x + 3 * (x - x.mean()) + noise).astype("float32"), x, low, scale))
    given = [
        {
            "y": y.ravel().tolist(),
            "x": x.ravel().tolist(),
            "low": low.ravel().tolist(),
            "width": 24,
            "height": 20,
            "scale": scale,
        }
        for y, x, low, scale in cases
    ]
    answers = node.answer(ROOT / "tests" / "brightness_runner.mjs", given)
    for found, (y, x, low, _) in zip(answers, cases, strict=True):
        want = brightness.clipped(y, x, low)
        assert np.abs(want - np.clip(y, 0, 1)).max() > 0.02, "the case must need it"
        np.testing.assert_allclose(np.reshape(found, want.shape), want, atol=1e-4)

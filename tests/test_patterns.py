"""Synthetic patterns, as training material and as a test of brightness."""

import numpy as np
import pytest

from drcn_book import patterns
from drcn_book.patches import PatchSource


@pytest.mark.parametrize("kind", patterns.KINDS, ids=lambda kind: kind.__name__.strip("_"))
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_kind_draws_shapes_between_two_greys(kind, scale):
    draw = np.random.default_rng(0)
    shapes = [np.broadcast_to(kind(97, scale, draw), (97, 97)) for _ in range(40)]
    for shape in shapes:
        assert shape.min() >= 0 and shape.max() <= 1
    lively = [shape.std() for shape in shapes]
    assert np.median(lively) > 0.2
    assert len({shape.tobytes() for shape in shapes}) > 30


def test_a_pattern_is_a_pure_function_of_the_draw():
    one, two = (
        [patterns.pattern(96, 2, np.random.default_rng(seed)) for seed in range(30)] for _ in "12"
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert all(p.dtype == np.uint8 and p.shape == (96, 96) for p in one)
    greys = np.array([[p.min(), p.max()] for p in one])
    assert greys.min() < 30 and greys.max() > 225 and np.diff(greys).min() < 60


def test_periods_from_one_pixel_upward_in_every_direction():
    """Of the stripes, by the strongest frequency: 1/2 (stripes of one pixel) down to below 1/12;
    all directions.
    """
    draw, found = np.random.default_rng(0), []
    for _ in range(300):
        shape = patterns._stripes(96, 2, draw).astype(float)
        power = np.abs(np.fft.fft2(shape - shape.mean()))
        row, column = np.unravel_index(power.argmax(), power.shape)
        found.append((np.fft.fftfreq(96)[row], np.fft.fftfreq(96)[column]))
    frequency, angle = np.hypot(*np.transpose(found)), np.arctan2(*np.transpose(found)) % np.pi
    assert frequency.max() >= 0.5 and frequency.min() < 1 / 12
    assert (np.histogram(angle, 8, (0, np.pi))[0] > 5).all()


def test_the_share_of_patches_that_show_patterns():
    grey = [np.full((60, 60), 128, "float32")]
    x, y = PatchSource(grey, (3,), 24, fold=3, patterns=0.25).batch(400, 0, 0)
    assert (y != y[:, :1, :1]).any((1, 2, 3)).mean() == pytest.approx(0.25, abs=0.09)
    assert y.min() >= 15.9 / 255 and y.max() <= 235.1 / 255  # luma in studio range
    plain = PatchSource(grey, (3,), 24, fold=3).batch(400, 0, 0)
    assert np.allclose(plain[0], 128 / 255) and np.array_equal(plain[1], np.full_like(y, 128 / 255))


def test_patterns_are_shrunk_as_the_rest():
    """Where the shrinking keeps every detail, x is y; an even patch keeps its mean in any case."""
    grey = [np.full((96, 96), 128, "float32")]
    x, y = PatchSource(grey, (2,), 96, fold=2, patterns=1).batch(64, 0, 0)
    assert np.abs(x.mean((1, 2, 3)) - y.mean((1, 2, 3))).max() * 255 < 4
    assert 1 < np.median(np.abs(x - y).mean((1, 2, 3))) * 255 < 60


def test_bayer_s_matrix_holds_every_threshold_once():
    assert sorted(patterns.BAYER.ravel().tolist()) == list(range(64))
    assert patterns.BAYER[:2, :2].tolist() == [[0, 32], [48, 16]]


def test_boards_for_the_test_of_brightness():
    found = patterns.boards(48, 64, 192)
    assert len(found) == 18 and all(board.shape == (48, 48) for board in found.values())
    assert all(set(np.unique(board).tolist()) == {64, 192} for board in found.values())
    assert found["board 1"][0, :4].tolist() == [64, 192, 64, 192]
    assert found["board 1"].mean() == 128 and found["dither 1/8"].mean() == 64 + 128 / 8

"""The protocol's input: crop, bicubic down, bicubic up; against arithmetic and against MATLAB's
algorithm.
"""

import numpy as np
import pytest

from drcn_book.datasets import photographs
from drcn_book.degradation import degrade, modcrop, resize
from drcn_book.errors import ConfigError, PictureError
from drcn_book.protocol import imresize

NOISE = np.random.default_rng(0).uniform(0, 255, (40, 54)).astype("float32")


@pytest.mark.parametrize("function", [resize, imresize])
def test_shrinking_by_two_uses_keys_kernel_stretched_by_two(function):
    impulse = np.zeros((1, 32), "float32")
    impulse[0, 16] = 1
    # Keys' kernel (a = -0.5) at -5/4, -1/4, 3/4 and 7/4, halved because it is twice as wide.
    weights = [-0.03515625, 0.43359375, 0.11328125, -0.01171875]
    found = function(impulse, 1, 16)[0]
    assert np.allclose(sorted(found[found != 0]), sorted(weights), atol=1e-6)
    assert found.argmax() == 8


def test_enlarging_by_two_uses_keys_kernel():
    impulse = np.zeros((1, 16), "float32")
    impulse[0, 8] = 1
    found = imresize(impulse, 1, 32)[0]
    assert np.allclose(
        found[13:21],
        [
            -0.0234375,
            -0.0703125,
            0.2265625,
            0.8671875,
            0.8671875,
            0.2265625,
            -0.0703125,
            -0.0234375,
        ],
    )


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_pillow_and_matlab_agree_away_from_the_border(scale):
    picture = modcrop(photographs()["camera"], scale)
    height, width = picture.shape
    theirs = imresize(imresize(picture, height // scale, width // scale), height, width)
    ours = degrade(picture, scale)[0]
    inside = slice(5 * scale, -5 * scale)
    assert np.abs(ours - theirs)[inside, inside].max() < 1e-3
    assert np.abs(ours - theirs).max() > 0.01, (
        "the borders are known to differ; nothing was compared"
    )


def test_a_constant_stays_and_the_input_is_not_rounded():
    x, y = degrade(np.full((12, 12), 77, "float32"), 3)
    assert np.allclose(x, 77) and np.allclose(y, 77)
    x, _ = degrade(NOISE, 2)
    assert x.dtype == np.float32 and np.abs(x - np.round(x)).max() > 0.1


def test_shapes_and_crop():
    x, y = degrade(NOISE, 4)
    assert x.shape == y.shape == (40, 52)
    assert np.array_equal(y, NOISE[:40, :52])
    assert modcrop(np.zeros((7, 8, 3)), 3).shape == (6, 6, 3)


@pytest.mark.parametrize("scale", [0, 1, -2, 2.5])
def test_no_scale_but_whole_numbers_from_two(scale):
    with pytest.raises(ConfigError, match="whole number of 2 or more"):
        degrade(NOISE, scale)


def test_a_picture_smaller_than_the_scale_is_named():
    with pytest.raises(PictureError, match="3x9 pixels is too small for scale 4"):
        degrade(np.zeros((9, 3), "float32"), 4)

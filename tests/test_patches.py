"""Patches: what they are, that they repeat, and that they need no backend."""

import subprocess
import sys

import numpy as np
import pytest

from drcn_book import _keras
from drcn_book.datasets import photographs
from drcn_book.degradation import degrade
from drcn_book.errors import ConfigError, DatasetError
from drcn_book.images import eight_views
from drcn_book.patches import PatchSource

PICTURES = [photographs()[name] for name in ("camera", "chelsea")]


@pytest.fixture(scope="module")
def source():
    return PatchSource(PICTURES, (2,), patch=24)


def test_a_batch_is_a_pure_function_of_seed_and_step(source):
    first = source.batch(16, seed=3, step=7)
    source.batch(16, 3, 8)
    again = PatchSource(PICTURES, (2,), patch=24).batch(16, 3, 7)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=False))
    for other in (source.batch(16, 3, 8), source.batch(16, 4, 7)):
        assert not np.array_equal(first[0], other[0])


def test_shape_range_and_the_pair(source):
    x, y = source.batch(32, 0, 0)
    assert x.shape == y.shape == (32, 24, 24, 1) and x.dtype == y.dtype == np.float32
    assert x.min() > -0.1 and x.max() < 1.1 and y.min() >= 0 and y.max() <= 1
    assert np.allclose(y * 255, np.round(y * 255), atol=1e-4)
    assert np.abs(x - y).mean() < 0.05 < y.std()


def test_every_patch_is_one_of_the_eight_views_of_a_place_in_a_picture():
    picture = PICTURES[0][:64, :60]
    source, n = PatchSource([picture], (2,), patch=16), 16
    x_whole, y_whole = (part / np.float32(255) for part in degrade(picture, 2))
    seen = set()
    for step in range(4):
        for x, y in zip(*source.batch(32, 5, step), strict=False):
            found = [
                (view, top, left)
                for view, turned in enumerate(eight_views(y[None, ..., 0]))
                for windows in [np.lib.stride_tricks.sliding_window_view(y_whole, (n, n))]
                for top, left in np.argwhere((windows == turned[0]).all((2, 3)))
            ]
            assert found, "a patch that is nowhere in the picture"
            view, top, left = found[0]
            assert np.array_equal(
                eight_views(x[None, ..., 0])[view][0], x_whole[top : top + n, left : left + n]
            )
            seen.add(view)
    assert seen == set(range(8))


def test_without_augmentation_patches_stand_upright():
    ramp = np.add.outer(np.arange(40) * 5, np.arange(40)).astype("float32")
    _, y = PatchSource([ramp], (2,), patch=10, augment=False).batch(50, 0, 0)
    assert (np.diff(y[..., 0], axis=1) > 0).all() and (np.diff(y[..., 0], axis=2) > 0).all()
    _, y = PatchSource([ramp], (2,), patch=10).batch(50, 0, 0)
    assert (np.diff(y[..., 0], axis=1) < 0).all((1, 2)).any()


def test_every_position_is_equally_likely():
    dark, light = np.full((20, 20), 50, "float32"), np.full((20, 110), 200, "float32")
    source = PatchSource([dark, light], (2,), patch=11)
    assert source.positions == 10 * 10 + 10 * 100
    _, y = source.batch(11_000, 0, 0)
    assert (y[:, 0, 0, 0] < 0.5).mean() == pytest.approx(1 / 11, abs=0.01)  # 4 standard deviations


def test_several_scales_are_drawn_and_memory_is_five_bytes_a_pixel():
    picture = PICTURES[0][:120, :120]
    one, two = PatchSource([picture], (2,)), PatchSource([picture], (2, 4))
    assert (one.bytes, two.bytes) == (5 * 120 * 120, 10 * 120 * 120)
    assert two.positions == 2 * one.positions


def test_small_pictures_are_left_out_and_none_is_an_error():
    small, large = np.zeros((30, 200), "float32"), np.zeros((60, 60), "float32")
    assert PatchSource([small, large], (2,), patch=41).positions == 20 * 20
    with pytest.raises(DatasetError, match="as large as a patch of 41x41"):
        PatchSource([small], (2,), patch=41)
    with pytest.raises(ConfigError, match="Patch size 0"):
        PatchSource([large], (2,), patch=0)


def test_no_backend_is_imported():
    code = (
        "import sys, numpy as np; from drcn_book.patches import PatchSource;"
        "PatchSource([np.zeros((50, 50), 'float32')]).batch(2, 0, 0);"
        "print([name for name in ('keras', 'tensorflow', 'jax', 'torch') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.skipif(
    _keras.backend != "tensorflow", reason="tf.data comes with TensorFlow as the backend"
)
def test_tf_data_gives_the_same_batches(source):
    found = list(source.as_tf_data(8, seed=1, first=5, count=3))
    assert len(found) == 3
    for step, (x, y) in enumerate(found, 5):
        expected_x, expected_y = source.batch(8, 1, step)
        assert x.shape == (8, 24, 24, 1)
        assert np.array_equal(x, expected_x) and np.array_equal(y, expected_y)
    endless = source.as_tf_data(8, seed=1)
    assert len(list(endless.take(2))) == 2 and endless.element_spec[0].shape == (8, 24, 24, 1)


@pytest.mark.skipif(
    _keras.backend != "tensorflow", reason="fit takes a tf.data set under TensorFlow"
)
def test_keras_trains_from_tf_data(source):
    model = _keras.keras.Sequential([_keras.keras.layers.Conv2D(1, 3, padding="same")])
    model.compile("adam", "mae")
    history = model.fit(source.as_tf_data(4, 0, count=6), epochs=1, shuffle=False, verbose=0)
    assert model.optimizer.iterations == 6 and np.isfinite(history.history["loss"]).all()


def test_tf_data_is_refused_on_another_backend(source, monkeypatch):
    monkeypatch.setattr(_keras, "backend", "jax")
    with pytest.raises(ConfigError, match="KERAS_BACKEND=tensorflow"):
        source.as_tf_data(8, 0)

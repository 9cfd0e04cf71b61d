"""The recursion, written once: every net that runs it gives the same, folded or not."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import wirings
from wirings import randomised

from drcn_book import recursion
from drcn_book._keras import keras, ops
from drcn_book.config import NetworkConfig, preset
from drcn_book.degradation import consistent, enlarging_taps, resize, shrinking_taps
from drcn_book.errors import ConfigError
from drcn_book.inspection import hidden_states
from drcn_book.model import Fold, Unfold, ensemble_weights
from drcn_book.onnx_export import to_onnx, to_steps
from drcn_book.upscaling import inference_network, windows

WIRINGS = {**wirings.WIRINGS, "consistent": {"consistent": True}}
GRIDS = [(2, 1), (2, 2), (3, 3), (4, 2), (4, 4)]  # scale, fold


@pytest.fixture(params=GRIDS, ids=lambda grid: "x{} fold {}".format(*grid))
def grid(request):
    return dict(zip(("scale", "fold"), request.param, strict=True))


def picture(scale, height=6, width=5, seed=0):
    """(1, h, w, 1) in 0..1, with sides that are odd multiples of the scale, and no square."""
    shape = (1, (2 * height + 1) * scale, (2 * width + 1) * scale, 1)
    return np.random.default_rng(seed).random(shape, "float32")


class NumPyNet:
    """What `recursion` asks of a net, in float64 on pictures (h, w, channels)."""

    def __init__(self, config, network):
        self.config, self.kinds = config, recursion.convolutions(config)
        self.weights = {v.path: np.asarray(v.numpy(), "float64") for v in network.weights}

    def conv(self, name, H):
        kernel, bias = self.weights[f"{name}/kernel"], self.weights[f"{name}/bias"]
        h, w, _ = H.shape
        padded = np.pad(H, ((1, 1), (1, 1), (0, 0)))
        H = bias + sum(
            padded[i : i + h, j : j + w] @ kernel[i, j] for i in range(3) for j in range(3)
        )
        return np.maximum(H, 0) if self.kinds[name].relu else H

    def add(self, a, b):
        return a + b

    def concat(self, a, b):
        return np.concatenate([a, b], -1)

    def fold(self, x):
        s = self.config.fold
        return np.concatenate([x[i::s, j::s] for i in range(s) for j in range(s)], -1)

    def unfold(self, y):
        s = self.config.fold
        out = np.empty((y.shape[0] * s, y.shape[1] * s, 1))
        for channel in range(s * s):
            out[channel // s :: s, channel % s :: s, 0] = y[..., channel]
        return out

    def weighted_sum(self, values, w):
        return sum(w_d * value for w_d, value in zip(w, values, strict=True))

    def consistent(self, y, x):
        return consistent(y[..., 0], x[..., 0], self.config.scale)[..., None]


@pytest.mark.parametrize("wiring", WIRINGS)
def test_every_net_gives_the_same(wiring, grid):
    """Keras, the inference shortcut and ONNX against NumPy, through the same three functions."""
    config = preset("tiny", **{**WIRINGS[wiring], "output_start": 1.0, **grid})
    network, x = randomised(config), picture(config.scale)
    net, w = NumPyNet(config, network), ensemble_weights(network, config)
    H, y = recursion.unroll(net, x[0].astype("float64"))
    answer = recursion.finish(net, net.weighted_sum(y, w), x[0])
    assert np.ptp(answer) > 0.05
    close = {"rtol": 1e-4, "atol": 3e-5}

    out = network.predict_on_batch(x)
    np.testing.assert_allclose(out["recursions"][0], np.concatenate(y, -1), **close)
    np.testing.assert_allclose(out["ensemble"][0], answer, **close)
    short = inference_network(network, config).predict_on_batch(x)
    np.testing.assert_allclose(short[0], answer, **close)
    shortcut = recursion.answer(net, x[0].astype("float64"), [float(w_d) for w_d in w])
    np.testing.assert_allclose(shortcut, answer, rtol=1e-6, atol=1e-6)

    inside = keras.Model(network.input, hidden_states(network, config)).predict_on_batch(x)
    assert len(inside) == config.recursions + 1
    for found, wanted in zip(inside, H, strict=True):
        np.testing.assert_allclose(found[0], wanted, **close)

    feeds = {"x": np.moveaxis(x, -1, 1)}
    session = onnxruntime.InferenceSession(to_onnx(network, config))
    y_d, ensemble = session.run(["recursions", "ensemble"], feeds)
    np.testing.assert_allclose(np.moveaxis(y_d[0], 0, -1), np.concatenate(y, -1), **close)
    np.testing.assert_allclose(ensemble[0, 0], answer[..., 0], **close)
    if config.shared:
        embed, step = map(onnxruntime.InferenceSession, to_steps(network, config))
        feeds["H"] = feeds["H_0"] = embed.run(["H"], feeds)[0]
        names = [entry.name for entry in step.get_inputs()]
        for wanted in y:
            feeds["H"], found = step.run(["next", "y"], {name: feeds[name] for name in names})
            np.testing.assert_allclose(found[0, 0], wanted[..., 0], **close)


@pytest.mark.parametrize("consistently", [False, True])
def test_tiles_that_keep_the_cells_whole_give_what_the_whole_gives(grid, consistently):
    """In ONNX Runtime, on 53 x 67 small pixels: tiles start at multiples of the scale, so of the
    fold.
    """
    config = preset("tiny", "authors", **grid, output_start=1.0, consistent=consistently)
    s, network = config.scale, randomised(config)
    x = np.random.default_rng(0).random((1, 1, 53 * s, 67 * s)).astype("float32")
    session = onnxruntime.InferenceSession(to_onnx(network, config))

    def run(x):
        return session.run(["ensemble"], {"x": x})[0][0, 0]

    whole, margin = run(x), -(-config.reach // s)
    tiled = np.full_like(whole, np.nan)
    for top, bottom, first, last in windows(53, 16, margin):
        for left, right, begin, end in windows(67, 16, margin):
            tile = run(x[..., top * s : bottom * s, left * s : right * s])
            inside = np.s_[(first - top) * s : (last - top) * s, (begin - left) * s :]
            tiled[first * s : last * s, begin * s : end * s] = tile[inside][:, : (end - begin) * s]
    np.testing.assert_allclose(tiled, whole, atol=1e-6)
    assert config.reach >= 2 * s, "so that tiles without their margin differ"


@pytest.mark.parametrize("s", [2, 3, 4])
def test_folding_puts_the_pixels_of_a_cell_into_channels(s):
    x = np.arange(2 * 3 * s * 5 * s, dtype="float32").reshape(2, 3 * s, 5 * s, 1)
    folded = ops.convert_to_numpy(Fold(s)(x))
    assert folded.shape == (2, 3, 5, s * s)
    for i in range(s):
        for j in range(s):
            np.testing.assert_array_equal(folded[..., i * s + j], x[:, i::s, j::s, 0])
    np.testing.assert_array_equal(ops.convert_to_numpy(Unfold(s)(folded)), x)


def test_the_papers_network_is_fold_1_and_counts_as_the_paper_does():
    assert NetworkConfig().fold == 1 and not NetworkConfig().consistent
    config = preset("large", "authors", consistent=False)
    pixels = replace(config, fold=1)
    assert config.parameters - pixels.parameters == 9 * 96 * 3 + (9 * 96 * 3 + 3)
    assert config.macs_per_pixel == pytest.approx(pixels.macs_per_pixel / 4, rel=0.02)
    assert config.receptive_field == 2 * pixels.receptive_field


@pytest.mark.parametrize("scale, most", [(2, 7), (3, 7), (4, 7)])
def test_presets_fold_by_the_scale_and_stay_within_their_operations(scale, most):
    for size, gmacs in (("small", most), ("medium", 30), ("large", 255)):
        config = preset(size, "authors", scale=scale)
        assert config.fold == scale and config.shared and config.consistent
        assert config.macs_per_pixel * 1280 * 720 / 1e9 <= gmacs
    assert preset("small", scale=4, fold=2).fold == 2
    assert preset("compact", scale=4).fold == 1


@pytest.mark.parametrize("scale, fold", [(2, 3), (3, 2), (4, 3), (2, 4)])
def test_a_fold_that_does_not_divide_the_scale_is_refused(scale, fold):
    with pytest.raises(ConfigError, match=f"^fold = {fold}: must divide the scale {scale}"):
        preset("tiny", scale=scale, fold=fold)


def test_a_folded_network_follows_shifts_by_its_fold_and_no_others():
    config = preset("tiny", scale=2, fold=2)
    network, x = randomised(config), np.zeros((1, 80, 80, 1), "float32")
    x[:, 40, 40] = 1

    def moved(by):
        out = network.predict_on_batch(np.roll(x, by, 2))["ensemble"]
        return np.roll(out, -by, 2)[0, 20:60, 20:60]

    np.testing.assert_allclose(moved(2), moved(0), atol=1e-6)
    assert np.abs(moved(1) - moved(0)).max() > 1e-3


@pytest.mark.parametrize("s", [2, 3, 4])
def test_the_taps_are_the_resizing_s(s):
    low = np.random.default_rng(0).random((9, 1)).astype("float32")
    first, down = shrinking_taps(s)
    high = np.random.default_rng(1).random((9 * s, 1)).astype("float32")
    inside = high[4 * s + first : 4 * s + first + 4 * s, 0] @ down
    assert resize(high.repeat(5, 1), 9, 5)[4, 2] == pytest.approx(inside, abs=1e-6)
    up = enlarging_taps(s) @ low[2:7, 0]
    np.testing.assert_allclose(resize(low.repeat(5, 1), 9 * s, 5)[4 * s : 5 * s, 2], up, atol=1e-6)


@pytest.mark.parametrize("s", [2, 3, 4])
def test_a_consistent_answer_shrinks_to_its_small_picture(s):
    """One step takes most of the difference away; where there is none it changes nothing."""
    rng = np.random.default_rng(s)
    low = resize(rng.random((14, 18)).astype("float32"), 28, 36) * 219 + 16
    x = resize(low, 28 * s, 36 * s)
    y = x + rng.normal(0, 10, x.shape).astype("float32")

    def off(answer):
        return np.abs(resize(answer, 28, 36) - low).mean()

    assert off(consistent(y, x, s)) < 0.35 * off(y)
    again = consistent(consistent(y, x, s), x, s)
    assert off(again) < 0.5 * off(consistent(y, x, s))

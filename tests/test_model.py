"""The network is the paper's: counts, receptive field, wiring, start, and what each option
changes.
"""

from dataclasses import replace

import numpy as np
import pytest
import wirings
from wirings import randomised

from drcn_book._keras import keras, ops
from drcn_book.config import PRESETS, VARIANTS, NetworkConfig, preset
from drcn_book.errors import ConfigError
from drcn_book.model import infer

TINY = preset("tiny")
WIRINGS = {name: replace(TINY, **changes) for name, changes in wirings.WIRINGS.items()}


def picture(height=24, width=20, seed=0):
    return np.random.default_rng(seed).random((1, height, width, 1), "float32")


def convolve(H, kernel, bias):
    """3x3 convolution with zeros around, in float64: (h, w, in) -> (h, w, out)."""
    h, w, _ = H.shape
    padded = np.pad(H, ((1, 1), (1, 1), (0, 0)))
    return bias + sum(
        padded[i : i + h, j : j + w] @ kernel[i, j] for i in range(3) for j in range(3)
    )


def written_out(config, network, x):
    """The paper's formulas without recursion in the code: every H_d and y_d by hand, in NumPy."""
    W = {v.path: np.asarray(v.numpy(), "float64") for v in network.weights}

    def layer(name, H, relu=True):
        out = convolve(H, W[f"{name}/kernel"], W[f"{name}/bias"])
        return np.maximum(out, 0) if relu else out

    H_0 = H = layer("embedding_2", layer("embedding_1", x))
    y = []
    for d in range(1, config.recursions + 1):
        H = layer("recursion" if config.shared else f"recursion_{d}", H)
        if config.residual:
            H = H + H_0
        hidden = layer("reconstruction_1", H, config.reconstruction_relu)
        seen = np.concatenate([hidden, x], -1) if config.skip == "concat" else hidden
        y.append(
            layer("reconstruction_2", seen, config.output_relu) + (x if config.skip == "add" else 0)
        )
        H = hidden if config.feedback else H
    y_d = np.concatenate(y, -1)
    return y_d, (y_d @ W["ensemble/w"])[..., None] if config.ensemble else y[-1]


@pytest.mark.parametrize("config", WIRINGS.values(), ids=WIRINGS)
def test_the_recursive_network_equals_the_formulas_written_out(config):
    network, x = randomised(config), picture()
    out = network.predict_on_batch(x)
    y_d, y = written_out(config, network, x[0].astype("float64"))
    assert np.ptp(y_d) > 0.1
    np.testing.assert_allclose(out["recursions"][0], y_d, atol=2e-5)
    np.testing.assert_allclose(out["ensemble"][0], y, atol=2e-5)


def test_sharing_is_tying_the_weights_of_the_unrolled_network():
    tied, free = randomised(TINY), randomised(replace(TINY, shared=False))
    names = {v.path: v for v in tied.weights}
    for v in free.weights:
        v.assign(
            names[
                v.path.replace("recursion_1", "recursion")
                .replace("recursion_2", "recursion")
                .replace("recursion_3", "recursion")
            ]
        )
    np.testing.assert_array_equal(
        tied.predict_on_batch(picture())["recursions"],
        free.predict_on_batch(picture())["recursions"],
    )


def test_the_papers_counts():
    paper = preset("paper")
    assert paper.parameters == 1_775_121
    assert round(paper.macs_per_pixel * 1280 * 720 / 1e9, 1) == 17_974.3
    assert paper.receptive_field == 41
    assert preset("paper", recursions=9).parameters == 1_775_121 - 7, (
        "depth costs one ensemble weight a recursion"
    )


@pytest.mark.parametrize(
    "config",
    [*WIRINGS.values(), *(PRESETS[name] for name in ("compact", "paper"))],
    ids=[*WIRINGS, "compact", "paper size"],
)
def test_counted_parameters_are_those_of_the_network(config):
    network = config.build()
    assert (
        network.count_params()
        == config.parameters
        == sum(int(np.prod(v.shape)) for v in network.weights)
    )


@pytest.mark.parametrize("config", WIRINGS.values(), ids=WIRINGS)
def test_multiplications_are_those_of_the_layers(config):
    """Counted on the built graph: each call of a convolution, each weight of its kernel once a
    pixel.
    """
    network = config.build()
    calls = sum(
        int(np.prod(layer.kernel.shape)) * len(layer._inbound_nodes)
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D)
    )
    assert config.macs_per_pixel == calls + (config.recursions if config.ensemble else 0)


@pytest.mark.parametrize("recursions", [1, 2, 4])
@pytest.mark.parametrize("wiring", ["paper", "authors", "unshared", "residual"])
def test_the_receptive_field_is_what_can_change_a_pixel(wiring, recursions):
    """Positive weights let no path cancel; the input pixels whose change reaches the centre make
    the square.
    """
    config = replace(WIRINGS[wiring], recursions=recursions, filters=2)
    network = config.build()
    for v in network.weights:
        v.assign(np.full(v.shape, 0.1))
    side = config.receptive_field + 6
    x = np.full((1, side, side, 1), 0.5, "float32")
    centre = side // 2
    alone = network.predict_on_batch(x)["ensemble"][0, centre, centre, 0]
    reached = []
    for offset in range(side):
        moved = x.copy()
        moved[0, centre, offset] = 1e4
        if network.predict_on_batch(moved)["ensemble"][0, centre, centre, 0] != alone:
            reached.append(offset)
    assert len(reached) == config.receptive_field
    assert reached == list(range(reached[0], reached[-1] + 1))


def test_outputs_have_the_pictures_size_and_one_channel_a_recursion():
    out = TINY.build().predict_on_batch(np.zeros((2, 7, 13, 1), "float32"))
    assert out["recursions"].shape == (2, 7, 13, 3) and out["ensemble"].shape == (2, 7, 13, 1)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_recursion_starts_as_the_identity(name):
    """H_d = H_0 at the start, so all recursions give one output, and the ensemble is their mean."""
    config = preset("tiny", name)
    network = config.build(seed=3)
    np.testing.assert_array_equal(
        network.get_layer("recursion").kernel.numpy()[1, 1], np.eye(config.filters)
    )
    assert network.get_layer("recursion").kernel.numpy().sum() == config.filters
    if config.feedback:  # a linear identity after it changes nothing either
        np.testing.assert_array_equal(
            network.get_layer("reconstruction_1").kernel.numpy()[1, 1], np.eye(8)
        )
    out = network.predict_on_batch(picture())
    assert np.abs(out["recursions"] - picture()).max() > 1e-6
    np.testing.assert_allclose(
        out["recursions"], out["recursions"][..., :1].repeat(3, -1), atol=1e-6
    )
    np.testing.assert_allclose(out["ensemble"], out["recursions"][..., :1], atol=1e-6)


def test_the_ensemble_starts_as_the_mean():
    network = preset("tiny", identity_start="none").build(seed=1)
    out = network.predict_on_batch(picture())
    assert np.std(out["recursions"], axis=-1).max() > 1e-3
    np.testing.assert_allclose(
        out["ensemble"], out["recursions"].mean(-1, keepdims=True), atol=1e-6
    )


def test_each_start_is_what_it_says():
    def kernels(**changes):
        network = preset("compact", **changes).build(seed=2)
        return {
            layer.name: layer.kernel.numpy() for layer in network.layers if hasattr(layer, "kernel")
        }

    identities = {
        start: [
            name
            for name, kernel in kernels(identity_start=start).items()
            if kernel.shape[2] == kernel.shape[3] and np.count_nonzero(kernel) == 32
        ]
        for start in ("none", "recursion", "all")
    }
    assert identities == {
        "none": [],
        "recursion": ["recursion"],
        "all": ["embedding_2", "recursion", "reconstruction_1"],
    }
    he = np.sqrt(2 / (9 * 32))
    assert abs(kernels(identity_start="none")["recursion"].std() / he - 1) < 0.05
    assert abs(kernels(output_start=0.01)["reconstruction_2"].std() / (0.01 * he) - 1) < 0.15
    assert not kernels(output_start=0.0)["reconstruction_2"].any()


def test_the_same_seed_builds_the_same_network_and_another_does_not():
    one, same, other = (TINY.build(seed=seed) for seed in (4, 4, 5))
    for a, b in zip(one.weights, same.weights, strict=False):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert not np.array_equal(
        one.get_layer("embedding_1").kernel, other.get_layer("embedding_1").kernel
    )


def test_no_two_layers_start_alike():
    network = preset("tiny", identity_start="none", shared=False).build()
    squares = [
        v.numpy().ravel()
        for v in network.weights
        if v.path.endswith("kernel") and v.shape[2:] == (8, 8)
    ]
    assert len(squares) == 5 and all(
        not np.array_equal(a, b) for i, a in enumerate(squares) for b in squares[:i]
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"skip": "none"},
        {"skip": "concat"},
        {"feedback": True},
        {"residual": True},
        {"reconstruction_relu": False},
        {"output_relu": True},
        {"shared": False},
        {"ensemble": False},
    ],
    ids=lambda changes: next(iter(changes)) + "=" + str(next(iter(changes.values()))),
)
def test_every_option_changes_the_output(changes):
    def output(config):
        return randomised(config, seed=3).predict_on_batch(picture())["ensemble"]

    assert np.abs(output(replace(TINY, **changes)) - output(TINY)).max() > 1e-3


def test_recursive_supervision_reaches_every_layer():
    """Every variable has a gradient from the ensemble's error, in both variants."""
    for variant in VARIANTS:
        network = randomised(preset("tiny", variant))
        if keras.backend.backend() != "tensorflow":
            pytest.skip("gradients are taken with TensorFlow here")
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = ops.mean(ops.square(network(picture())["ensemble"] - 0.5))
        gradients = tape.gradient(loss, [v.value for v in network.trainable_weights])
        assert all(float(ops.max(ops.abs(g))) > 1e-9 for g in gradients)


def test_reduced_precision_keeps_input_and_output_whole():
    network = randomised(TINY)
    half = TINY.build("mixed_bfloat16")
    half.set_weights(network.get_weights())
    whole, reduced = (n.predict_on_batch(picture())["ensemble"] for n in (network, half))
    assert reduced.dtype == np.float32 and all(v.dtype == "float32" for v in half.weights)
    assert 0 < np.abs(whole - reduced).max() < 0.05


def test_infer_takes_and_gives_luma():
    network, x = randomised(TINY), picture()[0, ..., 0] * 255
    y, y_d = infer(network, x)
    assert y.shape == x.shape and y_d.shape == (*x.shape, 3)
    np.testing.assert_allclose(
        y, network.predict_on_batch(x[None, ..., None] / 255)["ensemble"][0, ..., 0] * 255
    )


@pytest.mark.parametrize(
    "name, value",
    [
        ("filters", 0),
        ("filters", 2.5),
        ("filters", True),
        ("filters", "8"),
        ("recursions", 0),
        ("recursions", 1000),
        ("scale", 1),
        ("scale", 0),
        ("scale", 2.5),
        ("scale", None),
        ("skip", "sum"),
        ("feedback", 1),
        ("identity_start", "some"),
        ("output_start", float("nan")),
        ("output_start", -1.0),
    ],
)
def test_a_bad_option_is_named(name, value):
    with pytest.raises(ConfigError, match=f"^{name} = .*: must be ") as caught:
        preset("tiny", **{name: value})
    assert "\n" not in str(caught.value)


def test_unknown_names_are_named():
    for call, message in (
        (lambda: preset("huge"), "Unknown preset 'huge': choose one of tiny, compact"),
        (lambda: preset("tiny", "theirs"), "Unknown variant 'theirs'"),
        (lambda: preset("tiny", depth=3), "Unknown option 'depth' of the network: choose from "),
        (lambda: NetworkConfig.from_dict({"deep": 1}), "Unknown option 'deep'"),
    ):
        with pytest.raises(ConfigError, match=message):
            call()

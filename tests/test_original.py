"""Networks of deeply-recursive-cnn-tf come over from their checkpoints, never half-read."""

from dataclasses import replace

import numpy as np
import pytest

from drcn_book import cli, original
from drcn_book.model import build, infer
from drcn_book.training.start import begin
from drcn_book.weights import load

tf = pytest.importorskip("tensorflow")
v1 = tf.compat.v1

F, D = 6, 4


def write_original(path, image, skip="concat", suffix="_1", output_relu=True, save=None):
    """A checkpoint of the original's form at `path`, and what its graph makes of `image` (h, w),
    0..255.

    The graph is the original's wiring, in TensorFlow 1, after two steps of its Adam: the slots are
    real ones.
    """
    draw = np.random.default_rng(3)

    def weight(name, shape, scale=1.0):
        if (
            shape[-2] == shape[-1]
        ):  # near the identity, so that the picture comes through the recursions
            value = np.zeros(shape)
            value[1, 1] = np.eye(shape[-1])
            value += draw.normal(0, 0.02, shape)
        else:
            value = draw.normal(0, scale * np.sqrt(2 / np.prod(shape[:3])), shape)
        return v1.Variable(value.astype("float32"), name=name + suffix)

    def bias(name, shape, mean=0.0):
        return v1.Variable(draw.normal(mean, 4, shape).astype("float32"), name=name)

    def conv(x, w, b, relu=True):
        y = tf.nn.conv2d(x, w, strides=[1, 1, 1, 1], padding="SAME") + b
        return tf.nn.relu(y) if relu else y

    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, None, None, 1])
        h = conv(x, weight("W-1_conv/conv_W", (3, 3, 1, F)), bias("W-1_conv/conv_B", F))
        h = conv(h, weight("W0_conv/conv_W", (3, 3, F, F)), bias("W0_conv/conv_B", F))
        blur = np.eye(F, dtype="float32")[None, None] / 9 + np.zeros((3, 3, 1, 1), "float32")
        w, b = v1.Variable(blur, name="W_conv"), bias("B", F)
        w_1, b_1 = weight("WD1_conv", (3, 3, F, F)), bias("BD1", F)
        last = F + (skip == "concat")
        w_2, b_2 = weight("WD2_conv", (3, 3, last, 1)), bias("BD2", 1, mean=30)
        share = v1.Variable(draw.uniform(0.5, 2, D).astype("float32"), name="LayerWeights")
        y = 0.0
        for d in range(D):
            h = conv(h, w, b)
            hidden = conv(h, w_1, b_1)
            out = conv(
                tf.concat([hidden, x], 3) if skip == "concat" else hidden, w_2, b_2, output_relu
            )
            out = x + out if skip == "add" else out
            y += share[d] / tf.reduce_sum(share) * out
        train = v1.train.AdamOptimizer(1e-4).minimize(tf.reduce_mean(tf.square(y - x)))
        session.run(v1.global_variables_initializer())
        feed = {x: image[None, ..., None]}
        for _ in range(2):
            session.run(train, feed)
        v1.train.Saver(save).save(session, str(path))
        return session.run(y, feed)[0, ..., 0]


@pytest.fixture
def image():
    i, j = np.mgrid[:23, :31]
    return (120 + 100 * np.sin(i / 3) * np.cos(j / 4)).astype("float32")


@pytest.mark.parametrize(
    "skip, suffix, output_relu",
    [
        ("concat", "_1", True),
        ("concat", "", True),
        ("add", "_1", True),
        ("add", "", False),
        ("none", "_1", True),
    ],
)
def test_output_equals_the_originals(tmp_path, image, capsys, skip, suffix, output_relu):
    expected = write_original(tmp_path / "model.ckpt", image, skip, suffix, output_relu)
    assert np.ptp(expected) > 20, "the network must do something for this test to mean anything"
    out = tmp_path / "network.safetensors"
    options = ["--skip", skip] * (skip == "none") + ["--no-output-relu"] * (not output_relu)
    checkpoint = str(tmp_path / "model.ckpt")
    assert cli.main(["weights", "import", checkpoint, str(out), "--scale", "3", *options]) == 0
    assert f"{F} filters, {D} recursions" in capsys.readouterr().out
    network, config = load(out)
    assert (config.skip, config.scale, config.recursions) == (skip, 3, D)
    ensemble, _ = infer(network, image)
    assert np.abs(ensemble - expected).max() < 1e-4


def test_the_last_relu_matters(tmp_path, image):
    """Below zero the original gives 0; without its last ReLU the weights give something else."""
    dark = image - 130
    expected = write_original(tmp_path / "model.ckpt", dark)
    assert (expected == 0).any() and (expected > 1).any()
    variables = original.read_checkpoint(tmp_path / "model.ckpt")
    results = []
    for relu in (True, False):
        config, tensors = original.convert(variables, output_relu=relu)
        network = build(config)
        original.assign(network.weights, tensors, "test")
        results.append(np.abs(infer(network, dark)[0] - expected).max())
    assert results[0] < 1e-4 < 1 < results[1]


def test_biases_are_all_that_the_range_changes(tmp_path, image):
    """ReLU(W * x/255 + b/255) = ReLU(W * x + b)/255: kernels stay as they are."""
    write_original(tmp_path / "model.ckpt", image)
    variables = original.read_checkpoint(tmp_path / "model.ckpt")
    _, tensors = original.convert(variables)
    for layer, (kernel, bias) in original.LAYERS.items():
        np.testing.assert_array_equal(tensors[f"{layer}/kernel"], variables[kernel])
        np.testing.assert_allclose(tensors[f"{layer}/bias"] * 255, variables[bias], rtol=1e-6)
    assert tensors["ensemble/w"].sum() == pytest.approx(1)


def test_what_is_imported_works_on_pixels_and_a_folded_network_begins_with_its_body(
    tmp_path, image
):
    write_original(tmp_path / "model.ckpt", image)
    mine = original.import_checkpoint(tmp_path / "model.ckpt", tmp_path / "pixels.safetensors")
    assert mine.fold == 1 and not mine.consistent
    folded = replace(mine, fold=2, consistent=True)
    network = folded.build()
    tensors, told = begin(tmp_path / "pixels.safetensors", network, folded)
    assert {"recursion/kernel", "reconstruction_1/bias", "ensemble/w"} <= set(told.taken)
    assert {name.partition("/")[0] for name in told.fresh} == {"embedding_1", "reconstruction_2"}
    original.assign(network.weights, tensors, "test")
    ensemble, recursions = infer(network, image[:22, :30])
    assert recursions.shape == (22, 30, D) and np.isfinite(ensemble).all()
    taken = load(tmp_path / "pixels.safetensors")[0].get_layer("recursion").kernel
    np.testing.assert_array_equal(network.get_layer("recursion").kernel, taken)


def refused(args, capsys, *words):
    out = args[-1]
    assert cli.main(["weights", "import", *map(str, args)]) == 2
    message = capsys.readouterr().err
    assert message.startswith("drcn: ") and message.count("\n") == 1, message
    for word in words:
        assert word in message
    assert not out.exists() and not list(out.parent.glob(".*.part"))


def test_files_that_are_no_checkpoint(tmp_path, capsys, image):
    out = tmp_path / "out" / "network.safetensors"
    refused([tmp_path / "absent.ckpt", out], capsys, "no such checkpoint")
    (tmp_path / "text").write_text("not a checkpoint\n")
    refused([tmp_path / "text", out], capsys, "not a readable TensorFlow checkpoint")
    (tmp_path / "model.ckpt.index").write_bytes(b"")
    refused([tmp_path / "model.ckpt", out], capsys, "not a readable TensorFlow checkpoint")
    write_original(tmp_path / "model.ckpt", image)
    data = next(tmp_path.glob("model.ckpt.data-*"))
    data.write_bytes(data.read_bytes()[:100])
    refused([tmp_path / "model.ckpt.index", out], capsys, "not a readable TensorFlow checkpoint")
    data.unlink()
    refused([tmp_path / "model.ckpt", out], capsys, "not a readable TensorFlow checkpoint")


def save_variables(path, changes):
    """A checkpoint with variables of the right names and shapes, except for the changes."""
    shapes = {original.ENSEMBLE: (D,)}
    for kernel, bias in original.LAYERS.values():
        inner = {"W-1_conv/conv_W": 1, "WD2_conv": F + 1}.get(kernel, F)
        outer = 1 if kernel == "WD2_conv" else F
        shapes[kernel], shapes[bias] = (3, 3, inner, outer), (outer,)
    values = {name: np.ones(shape, "float32") for name, shape in shapes.items()} | changes
    with tf.Graph().as_default(), v1.Session() as session:
        for name, value in values.items():
            if value is not None:
                v1.Variable(np.asarray(value, "float32"), name=name)
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(path))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"WD1_conv": None}, ["'WD1_conv'"]),
        ({"LayerWeights": None}, ["'LayerWeights'"]),
        ({"B": np.ones(F + 1)}, ["B has the shape (7,)", "not (6,)"]),
        ({"W_conv": np.ones((5, 5, F, F))}, ["W_conv has the shape (5, 5, 6, 6)"]),
        ({"W-1_conv/conv_W": np.ones((3, 3, F))}, ["W-1_conv/conv_W has the shape (3, 3, 6)"]),
        (
            {"W-1_conv/conv_W": np.ones((3, 3, 3, F))},
            ["W-1_conv/conv_W has the shape (3, 3, 3, 6)"],
        ),
        ({"WD2_conv": np.ones((3, 3, F + 2, 1))}, ["WD2_conv has the shape"]),
        ({"LayerWeights": np.zeros(D)}, ["sum to 0"]),
        ({"BD1": np.full(F, np.nan)}, ["BD1", "finite"]),
    ],
)
def test_checkpoints_of_another_network(tmp_path, capsys, changes, words):
    save_variables(tmp_path / "model.ckpt", changes)
    refused([tmp_path / "model.ckpt", tmp_path / "network.safetensors"], capsys, *words)


def test_the_original_size_has_the_originals_parameters():
    config = original.NetworkConfig(filters=96, recursions=9, skip="concat", output_relu=True)
    assert config.parameters == 250_963


def test_a_place_that_cannot_be_written(tmp_path, capsys):
    save_variables(tmp_path / "model.ckpt", {})
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "x.safetensors"
    assert cli.main(["weights", "import", str(tmp_path / "model.ckpt"), str(out)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_scale_that_is_none(tmp_path, capsys):
    save_variables(tmp_path / "model.ckpt", {})
    refused(
        ["--scale", "1", tmp_path / "model.ckpt", tmp_path / "network.safetensors"],
        capsys,
        "scale = 1",
    )

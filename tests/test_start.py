"""Beginning from other weights: one rule, and what it took is printed and recorded."""

import json

import numpy as np
import pytest

from drcn_book import cli, datasets
from drcn_book.config import NetworkConfig, preset
from drcn_book.degradation import degrade
from drcn_book.errors import WeightsError
from drcn_book.metrics import psnr
from drcn_book.model import infer
from drcn_book.training.start import begin, on_another_grid, refuse_another, transfer
from drcn_book.weights import assign, save_weights

SMALL = preset("tiny", "authors", output_start=0.0)
EDGES = {
    f"{layer}/{part}"
    for layer in ("embedding_1", "reconstruction_2")
    for part in ("kernel", "bias")
}
BODY = {
    f"{layer}/{part}"
    for layer in ("embedding_2", "recursion", "reconstruction_1")
    for part in ("kernel", "bias")
}


def lively(config, seed=1):
    """A network in which every weight counts."""
    network, draw = config.build(seed=seed), np.random.default_rng(seed)
    network.set_weights([w + draw.normal(0, 0.1, w.shape) for w in network.get_weights()])
    return network


def values(network):
    return {variable.path: np.asarray(variable) for variable in network.weights}


def moved(mine, theirs):
    """The tensors of `mine` begun from a lively network `theirs`, and those of both before."""
    fresh, other = values(mine.build(seed=0)), values(lively(theirs))
    return *transfer("theirs", fresh, other, mine, theirs), fresh, other


def change(**changes):
    return NetworkConfig.from_dict({**SMALL.to_dict(), **changes})


def test_the_same_network_is_taken_whole():
    tensors, told, _, other = moved(SMALL, SMALL)
    assert set(told.taken) == EDGES | BODY | {"ensemble/w"} and not told.widened + told.fresh
    for name, value in tensors.items():
        np.testing.assert_array_equal(value, other[name])


@pytest.mark.parametrize("fold", [1, 2])
def test_a_wider_network_of_the_same_scale_does_what_the_narrower_one_did(fold):
    narrow, wide = change(fold=fold), change(fold=fold, filters=11)
    tensors, told, fresh, other = moved(wide, narrow)
    kernels = {name for name in EDGES | BODY if name != "reconstruction_2/bias"}
    assert set(told.widened) == kernels and not told.fresh
    assert set(told.taken) == {"reconstruction_2/bias", "ensemble/w"}
    kernel = tensors["recursion/kernel"]
    np.testing.assert_array_equal(kernel[..., :8, :8], other["recursion/kernel"])
    np.testing.assert_array_equal(kernel[..., 8:, :], fresh["recursion/kernel"][..., 8:, :])
    network = wide.build()
    for variable in network.weights:
        variable.assign(tensors[variable.path])
    x = np.random.default_rng(0).random((1, 12, 16, 1), "float32")
    theirs = lively(narrow).predict_on_batch(x)
    for name, output in network.predict_on_batch(x).items():
        np.testing.assert_allclose(output, theirs[name], atol=1e-5)
    assert np.abs(theirs["ensemble"] - x).max() > 0.01


@pytest.mark.parametrize("mine, theirs", [((3, 1), (2, 2)), ((4, 2), (2, 2)), ((4, 4), (4, 1))])
def test_the_body_moves_to_another_grid(mine, theirs):
    mine, theirs = (change(scale=scale, fold=fold) for scale, fold in (mine, theirs))
    tensors, told, fresh, other = moved(mine, theirs)
    assert (set(told.fresh) == EDGES) == (mine.fold != theirs.fold)
    assert set(told.taken) >= BODY | {"ensemble/w"}
    for name, value in tensors.items():
        np.testing.assert_array_equal(value, (fresh if name in told.fresh else other)[name])


@pytest.mark.parametrize("scale", [3, 4])
def test_a_network_that_learned_one_scale_works_at_another_before_it_is_trained(scale):
    """Cells of one small pixel are resampled: small-x2 gains over bicubic at x3 and x4 at once."""
    mine = preset("small", "authors", scale=scale)
    network = mine.build()
    tensors, told = begin("small-x2", network, mine)
    assert set(told.resampled) == EDGES - {"embedding_1/bias"} and not told.fresh
    assign(network.weights, tensors, "small-x2")
    x, y = degrade(datasets.photographs()["astronaut"][:240, :240], scale)
    gain = psnr(y, infer(network, x)[0], scale) - psnr(y, x, scale)
    assert gain > 1


def test_resampling_keeps_what_is_where():
    """A kernel that weighs (or writes) one quarter of a place does so on the finer grid."""
    s, to = 2, 4
    weighs = np.zeros((3, 3, s * s, 1), "float32")
    weighs[0, 2, 1] = 1  # of the cell above right, its pixel above right: a corner of 3s x 3s
    found = on_another_grid("embedding_1/kernel", weighs, s, to)
    place = np.unravel_index(np.abs(found).argmax(), found.shape)
    assert place[:2] == (0, 2) and place[2] in (2, 3, 6, 7) and found.sum() == pytest.approx(1, 0.1)

    writes = np.zeros((3, 3, 1, s * s), "float32")
    # What a cell says of the pixel farthest above right of it.
    writes[2, 0, 0, 1] = 1
    found = on_another_grid("reconstruction_2/kernel", writes, s, to)
    place = np.unravel_index(np.abs(found).argmax(), found.shape)
    assert place[:2] == (2, 0) and place[3] in (2, 3, 6, 7)
    back = on_another_grid("reconstruction_2/bias", np.arange(4.0), 2, 2)
    np.testing.assert_allclose(back, np.arange(4), atol=1e-6)


def test_a_network_may_get_wider_and_another_fold_at_once():
    _, told, _, _ = moved(change(fold=2, filters=12), change())
    assert set(told.fresh) == EDGES and set(told.widened) == BODY


def test_more_recursions_begin_with_an_even_ensemble():
    tensors, told, _, _ = moved(change(recursions=5), SMALL)
    assert told.fresh == ["ensemble/w"]
    np.testing.assert_allclose(tensors["ensemble/w"], 1 / 5)


def test_an_input_among_the_channels_is_not_widened():
    _, told, _, _ = moved(change(skip="concat", filters=9), change(skip="concat"))
    assert set(told.fresh) == EDGES and set(told.widened) == BODY
    _, told, _, _ = moved(change(skip="concat", scale=4), change(skip="concat"))
    assert set(told.taken) >= EDGES


@pytest.mark.parametrize(
    "name, mine, theirs",
    [
        ("feedback", {"feedback": False}, {}),
        ("filters", {}, {"filters": 9}),
        ("skip", {}, {"skip": "none"}),
        ("residual", {"residual": True}, {}),
        ("ensemble", {"ensemble": False}, {}),
        ("recursions", {"shared": False, "recursions": 4}, {"shared": False}),
        ("shared", {}, {"shared": False}),
        ("output_relu", {}, {"output_relu": True}),
    ],
)
def test_every_other_difference_is_refused(name, mine, theirs):
    mine, theirs = change(**mine), change(**theirs)
    was, now = (config.to_dict()[name] for config in (theirs, mine))
    message = f"a: these weights are of a network with {name} = {was!r}, not {now!r}."
    with pytest.raises(WeightsError) as caught:
        refuse_another("a", mine, theirs)
    assert str(caught.value) == message


def test_free_options_are_free():
    refuse_another(
        "a",
        change(scale=4, fold=4, filters=9, recursions=7, consistent=True, identity_start="none"),
        change(scale=3, output_start=1.0),
    )
    with pytest.raises(WeightsError, match="with architecture = 'srcnn', not 'drcn'"):
        begin("srcnn-x2", SMALL.build(), SMALL)


def test_a_run_prints_and_records_what_it_took(pictures, no_public_sets, tmp_path, capsys):
    save_weights(tmp_path / "start.safetensors", lively(SMALL), SMALL)
    words = (
        f"train --preset tiny --filters 10 --scale 3 --fold 3 --train-set {pictures} --patch 24 "
        "--steps 1 --batch 2 --precision float32"
    )
    start = str(tmp_path / "start.safetensors")
    assert cli.main([*words.split(), "--start", start, "--run", str(tmp_path / "run")]) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith(f"start from {start}: taken: ensemble/w; widened: embedding_2/")
    assert "; afresh: embedding_1/" in line
    made = json.loads((tmp_path / "run" / "run.json").read_text())
    assert made["start"] == start and set(made["start_tensors"]["fresh"]) == EDGES
    assert set(made["start_tensors"]["widened"]) == BODY

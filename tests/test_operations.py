"""The list of operations and the page's engine that runs it, against Keras."""

import json

import keras
import numpy as np
import pytest
import wirings
from book import ROOT

from drcn_book import degradation, images, metrics, model, training
from drcn_book._keras import ops
from drcn_book.config import VARIANTS, NetworkConfig, Recipe
from drcn_book.operations import operations
from drcn_book.training import Trainer
from project import node

WIRINGS = {
    **wirings.WIRINGS,
    "fold 2": {"fold": 2},
    "fold 3": {"scale": 3, "fold": 3},
    "fold 4": {"scale": 4, "fold": 4},
    "all at once": {
        **VARIANTS["authors"],
        "fold": 2,
        "skip": "concat",
        "residual": True,
        "shared": False,
        "output_relu": True,
    },
}
BATCH, HEIGHT, WIDTH, ALPHA, TAKEN = 2, 12, 24, 0.3, 10


def ask(cases: list[dict]) -> list:
    """What the engine says of some cases: see engine_runner.mjs."""
    return node.answer(ROOT / "tests" / "engine_runner.mjs", cases)


def plain(picture: np.ndarray) -> dict:
    return {
        "height": picture.shape[0],
        "width": picture.shape[1],
        "data": np.asarray(picture, "float64").ravel().tolist(),
    }


def values(network) -> dict[str, np.ndarray]:
    """A network's weights by the names that the engine has for them."""
    return {v.path: ops.convert_to_numpy(v) for v in network.trainable_variables}


def case(config: NetworkConfig, recipe: Recipe, double=False) -> tuple[dict, keras.Model]:
    """A batch and weights at random, as the engine takes them, and the network that has them."""
    network, draw = config.build(), np.random.default_rng(5)
    for v in network.trainable_variables:
        v.assign(draw.normal(0, 0.2, v.shape) + ops.convert_to_numpy(v) * 0.5)
    x, y = draw.random((2, BATCH, HEIGHT, WIDTH, 1), "float32")
    return {
        "task": "train",
        "plan": operations(config),
        "weights": {name: v.ravel().tolist() for name, v in values(network).items()},
        "x": x.ravel().tolist(),
        "y": y.ravel().tolist(),
        "batch": BATCH,
        "height": HEIGHT,
        "width": WIDTH,
        "alpha": ALPHA,
        "double": double,
        "recipe": {
            "rate": recipe.learning_rate,
            "warmup": recipe.warmup,
            "steps": recipe.steps,
            "clip": recipe.clip_norm,
            "taken": TAKEN,
        },
    }, network


@pytest.fixture(scope="module")
def both():
    """For each wiring what the engine gives, and what Keras takes: one call for all."""
    recipes = {
        wiring: Recipe(
            learning_rate=0.01, warmup=4 * (i % 2), steps=12, clip_norm=0.1 * (i % 3),
            alpha_start=ALPHA, alpha_floor=ALPHA,
        )
        for i, wiring in enumerate(WIRINGS)
    }  # fmt: skip
    cases = {
        wiring: case(NetworkConfig(**{"filters": 4, "recursions": 3, **fields}), recipes[wiring])
        for wiring, fields in WIRINGS.items()
    }
    answers = ask([c for c, _ in cases.values()])
    return {
        wiring: (answer, *cases[wiring], recipes[wiring])
        for wiring, answer in zip(WIRINGS, answers, strict=True)
    }


@pytest.mark.parametrize("wiring", WIRINGS)
def test_engine_equals_keras(both, wiring):
    """Outputs, every gradient, and ten steps of Adam with warm-up, cosine and clipping."""
    import tensorflow as tf

    got, told, network, recipe = both[wiring]
    x, y = (np.reshape(told[k], (BATCH, HEIGHT, WIDTH, 1)).astype("float32") for k in "xy")
    trainer = Trainer(network, recipe)
    adam = training.optimizer(recipe, "float32")
    adam.build(network.trainable_variables)
    losses = []
    for taken in range(TAKEN):
        with tf.GradientTape() as tape:
            out = network(x)
            loss = trainer.compute_loss(x, y, out)
        gradients = tape.gradient(loss, network.trainable_variables)
        losses.append(float(loss))
        if taken == 0:
            recursions = np.reshape(got["recursions"], (-1, BATCH, HEIGHT, WIDTH))
            assert np.abs(np.moveaxis(recursions, 0, -1) - out["recursions"]).max() < 1e-5
            ensemble = np.reshape(got["ensemble"], (BATCH, HEIGHT, WIDTH, 1))
            assert np.abs(ensemble - out["ensemble"]).max() < 1e-5
            assert set(got["gradients"]) == set(values(network))
            for v, want in zip(network.trainable_variables, gradients, strict=True):
                want = np.ravel(want)
                assert np.abs(want).max() > 0
                assert np.abs(got["gradients"][v.path] - want).max() <= 1e-4 * np.abs(want).max()
        adam.apply(gradients, network.trainable_variables)
    np.testing.assert_allclose(got["losses"], losses, rtol=1e-4)
    for name, want in values(network).items():
        moved = np.abs(want.ravel() - told["weights"][name]).max()
        assert np.abs(got["weights"][name] - want.ravel()).max() < 0.02 * moved, name


def test_gradients_are_slopes():
    """In double precision, a weight moved a little changes the loss by that times the gradient."""
    config = NetworkConfig(**{"filters": 3, "recursions": 2, **WIRINGS["all at once"]})
    told, _ = case(config, Recipe(), double=True)
    told["recipe"]["taken"] = 0
    little, moves = 1e-6, []
    for name, start in told["weights"].items():
        for k in {0, len(start) // 2, len(start) - 1}:
            for sign in (1, -1):
                weights = {**told["weights"], name: list(start)}
                weights[name][k] += sign * little
                moves.append(({**told, "weights": weights}, name, k))
    first, *others = ask([told, *(m for m, *_ in moves)])
    for up, down, (_, name, k) in zip(others[::2], others[1::2], moves[::2], strict=True):
        slope = (up["losses"][0] - down["losses"][0]) / (2 * little)
        assert abs(slope - first["gradients"][name][k]) < 1e-6 * max(1, abs(slope)), (name, k)


def test_the_list_is_json_and_names_what_it_is():
    config = NetworkConfig(4, 2, fold=2, consistent=True)
    plan = operations(config)
    assert json.dumps(plan) and plan["fold"] == 2 and plan["filters"] == 4
    assert plan["consistent"] and not operations(NetworkConfig(4, 2))["consistent"]
    kinds = [operation["kind"] for operation in plan["operations"]]
    # two to embed, then one to recur and two to reconstruct each time
    assert kinds.count("convolution") == 2 + 2 * 3 and kinds.count("fold") == 1
    assert kinds[-1] == "weighted_sum" and plan["ensemble"] == len(kinds)
    assert len(plan["recursions"]) == 2


def test_start_is_distributed_as_in_keras():
    fields = {"filters": 16, "recursions": 3, "fold": 2, "output_start": 0.001}
    configs = [
        NetworkConfig(**fields, identity_start=identity)
        for identity in ("all", "recursion", "none")
    ]
    starts = ask(
        [{"task": "start", "plan": operations(c), "seed": seed} for c in configs for seed in (1, 2)]
    )
    for config, first, second in zip(configs, starts[::2], starts[1::2], strict=True):
        for name, want in values(model.build(config)).items():
            got = np.array(first[name])
            if want.std() == 0 or "kernel" not in name or set(want.ravel()) == {0, 1}:
                assert np.allclose(got, want.ravel()), name  # identities, zeros and w
            else:
                assert abs(got.std() / want.std() - 1) < 0.2 and abs(got.mean()) < 0.2 * got.std()
                assert np.abs(got).max() < 1.5 * np.abs(want).max()
                assert np.abs(got - second[name]).max() > 0


def test_the_rate_is_that_of_keras():
    """Warm-up and cosine; and, without a number of steps, the peak after the warm-up."""
    steps = [0, 1, 3, 4, 5, 30, 59, 60, 70]
    recipe = {"rate": 0.02, "warmup": 4, "steps": 60}
    cosine, constant = ask(
        [{"task": "rates", "recipe": r, "steps": steps} for r in (recipe, {**recipe, "steps": 0})]
    )
    schedule = training.optimizer(
        Recipe(learning_rate=0.02, warmup=4, steps=60), "float32"
    )._learning_rate
    want = [float(schedule(step)) for step in steps]
    np.testing.assert_allclose(cosine, want, atol=1e-8)
    np.testing.assert_allclose(constant, [*want[:4], *[0.02] * 5], atol=1e-8)


def test_pictures_are_made_as_pillow_makes_them():
    draw = np.random.default_rng(0)
    picture = draw.random((37, 53)) * 255
    sizes = [(18, 26), (111, 159), (10, 50), (40, 7)]
    pixels = draw.integers(0, 256, (4, 5, 4), "uint8")
    other = picture + draw.normal(0, 9, picture.shape)
    *resized, grey, dB = ask(
        [
            *(
                {"task": "resize", "from": plain(picture), "height": h, "width": w}
                for h, w in sizes
            ),
            {"task": "luma", "from": plain(pixels)},
            {"task": "psnr", "truth": plain(picture), "output": plain(other), "border": 3},
        ]
    )
    for (h, w), got in zip(sizes, resized, strict=True):
        want = degradation.resize(picture, h, w)
        assert np.abs(np.reshape(got, (h, w)) - want).max() < 1e-3
    assert (np.round(grey).reshape(4, 5) == images.luma(pixels[..., :3])).all()
    assert abs(dB - metrics.psnr(np.float32(picture), np.float32(other), 3)) < 1e-6


def test_patches_are_parts_of_the_picture():
    """Aligned to the fold, x beside y, and all eight flips and turns in equal shares."""
    y = np.arange(16 * 20.0).reshape(16, 20)
    pair = {"x": plain(1000 + y), "y": plain(y)}
    told = {"task": "patches", "pair": pair, "count": 400, "side": 6, "fold": 2, "seed": 3}
    (got,) = ask([told])
    x, y = (np.reshape(got[k], (400, 6, 6)) * 255 for k in "xy")
    assert np.allclose(x, y + 1000, atol=1e-3)
    seen = {}
    for patch in np.round(y):
        views = images.eight_views(patch[None])
        upright = [
            v for v, (p,) in enumerate(views) if p[0, 1] - p[0, 0] == 1 and p[1, 0] > p[0, 0]
        ]
        (v,) = upright
        top, left = divmod(views[v][0][0, 0], 20)
        assert top % 2 == 0 and left % 2 == 0
        seen.setdefault(v, set()).add((top, left))
    assert len(seen) == 8 and len(set.union(*seen.values())) == 6 * 8, "every view, every place"
    assert min(map(len, seen.values())) > 15

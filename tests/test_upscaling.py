"""Enlarging: the algebraic shortcut, tiles, colour, flat regions, stopping early."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import drcn_book
from drcn_book import pictures
from drcn_book.baselines import DCSCNConfig, SRCNNConfig
from drcn_book.config import NetworkConfig, preset
from drcn_book.degradation import resize
from drcn_book.errors import ConfigError, PictureError, WeightsError
from drcn_book.model import build
from drcn_book.pictures.transparency import carried_outward
from drcn_book.upscaling import Upscaler, inference_network, windows
from drcn_book.weights import save_weights

RNG = np.random.default_rng(6)
TINY = NetworkConfig(filters=6, recursions=3)


def randomised(network, config):
    """Give every weight a value of its own, so that no term of the equations hides behind a nil or
    a one.
    """
    rng = np.random.default_rng(1)
    for weight in network.weights:
        ensemble = weight.path.startswith("ensemble")
        mean, size = (0.3, 0.1) if ensemble else (0, 0.8 / np.sqrt(9 * config.filters))
        weight.assign(rng.normal(mean, size, weight.shape))
    return network


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A function from a configuration to a weights file."""
    folder = tmp_path_factory.mktemp("weights")

    def saved(config):
        path = folder / f"{abs(hash(config))}.safetensors"
        if not path.exists():
            save_weights(path, randomised(config.build(), config), config)
        return path

    return saved


@pytest.fixture(scope="module")
def upscaler(weights):
    return Upscaler(weights=weights(TINY), precision="float32")


def joined(upscaler, picture):
    """The unrounded result."""
    width, height = (upscaler.scale * side for side in picture.size)
    output = np.full((height, width, picture.pixels.shape[2]), np.nan, "float32")
    for place, window in upscaler.enlarged(picture):
        assert np.isnan(output[place]).all()
        output[place] = window
    return output


@pytest.mark.parametrize("skip", ["add", "concat", "none"])
@pytest.mark.parametrize("feedback", [False, True])
@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"residual": True},
        {"shared": False, "reconstruction_relu": False},
        {"output_relu": True},
        {"ensemble": False},
    ],
    ids=str,
)
def test_one_last_convolution_gives_what_one_a_recursion_gives(skip, feedback, rest):
    config = replace(TINY, skip=skip, feedback=feedback, **rest)
    network = randomised(build(config), config)
    x = RNG.random((1, 17, 14, 1), "float32")
    if config.output_relu:  # let it cut off half of the pixels
        linear = randomised(build(replace(config, output_relu=False)), config).predict_on_batch(x)[
            "recursions"
        ]
        bias = network.get_layer("reconstruction_2").bias
        bias.assign(bias - np.median(linear - x if skip == "add" else linear))
    full = network.predict_on_batch(x)
    short = inference_network(network, config).predict_on_batch(x)
    np.testing.assert_allclose(short, full["ensemble"], atol=2e-6)
    for d in (1, 2, 3):
        y_d = inference_network(network, config, d).predict_on_batch(x)
        np.testing.assert_allclose(y_d[..., 0], full["recursions"][..., d - 1], atol=2e-6)


def test_recursions_of_nil_weight_are_left_out_when_asked(tmp_path):
    config = replace(TINY, feedback=True)
    network = randomised(build(config), config)
    network.get_layer("ensemble").w.assign([0.7, 0.3, 1e-4])
    x = RNG.random((1, 12, 12, 1), "float32")
    exact = inference_network(network, config).predict_on_batch(x)
    short = inference_network(network, config, skip_below=1e-3)
    y = network.predict_on_batch(x)["recursions"]
    two = y[..., :2] @ np.float32([0.7, 0.3])
    np.testing.assert_allclose(short.predict_on_batch(x)[..., 0], two, atol=1e-6)
    assert np.abs(short.predict_on_batch(x) - exact).max() > 1e-6
    with pytest.raises(ConfigError, match="nothing is left"):
        inference_network(network, config, skip_below=1)
    save_weights(tmp_path / "nil", network, config)
    asked = Upscaler(weights=tmp_path / "nil", precision="float32", skip_below=1e-3)
    np.testing.assert_allclose(asked.sharpen(x[0, ..., 0]), two[0], atol=1e-6)


def test_bfloat16_stays_near(weights):
    picture = pictures.from_array(RNG.integers(0, 256, (24, 24, 3), "uint8"))
    exact, fast = (
        joined(Upscaler(weights=weights(TINY), precision=precision), picture)
        for precision in ("float32", "mixed_bfloat16")
    )
    assert 0 < np.abs(exact - fast).max() < 0.03


@pytest.mark.parametrize(
    "length, core, margin", [(1, 8, 3), (5, 1, 9), (20, 4, 3), (21, 4, 3), (100, 7, 0), (63, 50, 9)]
)
def test_windows_cover_everything_once_with_their_margin(length, core, margin):
    found = windows(length, core, margin)
    assert [i for *_, first, last in found for i in range(first, last)] == list(range(length))
    assert len({stop - start for start, stop, *_ in found}) == 1
    assert all(stop - start <= core + 2 * margin or len(found) == 1 for start, stop, *_ in found)
    for start, stop, first, last in found:
        assert 0 <= start <= first < last <= stop <= length
        assert first - start >= margin or start == first == 0
        assert stop - last >= margin or stop == last == length


@pytest.mark.parametrize(
    "config",
    [
        TINY,
        preset("tiny", "authors"),
        replace(TINY, scale=3, skip="concat"),
        replace(TINY, scale=4),
        replace(TINY, fold=2),
        replace(TINY, scale=3, fold=3, consistent=True),
        replace(TINY, scale=4, fold=4),
        replace(TINY, scale=4, fold=2, consistent=True),
        replace(TINY, scale=4, consistent=True),
        SRCNNConfig(filters=8),
        DCSCNConfig(filters=8, last=4, layers=3, a=4, b=4, scale=3),
    ],
    ids=lambda config: f"{config.architecture}-x{config.scale}-fold{config.fold}",
)
def test_tiles_give_what_the_whole_gives(weights, config):
    picture = pictures.from_array(RNG.integers(0, 256, (53, 67, 3), "uint8"))
    whole = Upscaler(weights=weights(config), precision="float32", tile=10_000)
    expected = joined(whole, picture)
    assert np.isfinite(expected).all()
    for tile in (16, 50):
        tiled = Upscaler(weights=weights(config), precision="float32", tile=tile)
        assert len(list(tiled.enlarged(picture))) >= 4
        assert np.abs(joined(tiled, picture) - expected).max() <= 1e-6
        assert np.abs(tiled(picture).pixels.astype(int) - whole(picture).pixels).max() <= 1
    tiled.margin = 1
    assert np.abs(joined(tiled, picture) - expected).max() > 1e-4


def test_every_tile_has_one_shape_whatever_the_picture(upscaler, monkeypatch):
    seen = set()

    def sharpen(x):
        seen.add(x.shape)
        return x

    monkeypatch.setattr(upscaler, "sharpen", sharpen)
    monkeypatch.setattr(upscaler, "tile", 64)
    joined(upscaler, pictures.from_array(RNG.integers(0, 256, (300, 90), "uint8")))
    assert len(seen) == 1 and max(seen.pop()) <= 64 + 4 * upscaler.margin


def test_colour_is_luma_by_the_network_and_chroma_bicubic(upscaler, monkeypatch):
    # A network that was not trained moves the brightness; here it may.
    monkeypatch.setattr("drcn_book.brightness.MOVED", np.float32(1))
    rgb = RNG.integers(90, 170, (20, 25, 3), "uint8")
    ycc = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112], [112, -93.786, -18.214]])
    low = rgb / 255 @ ycc.T + (16, 128, 128)
    y, cb, cr = (resize(low[..., c], 40, 50) for c in range(3))
    y = upscaler.network.predict_on_batch((y / 255)[None, ..., None])[0, ..., 0] * 255
    expected = (np.stack([y, cb, cr], -1) - (16, 128, 128)) @ np.linalg.inv(ycc).T
    assert expected.min() > 0 and expected.max() < 1
    np.testing.assert_allclose(joined(upscaler, pictures.from_array(rgb)), expected, atol=2e-6)


def test_grey_is_enlarged_as_the_same_grey_in_colour(upscaler):
    grey = RNG.integers(0, 256, (20, 25), "uint8")
    colour = joined(upscaler, pictures.from_array(np.dstack([grey] * 3)))
    np.testing.assert_allclose(
        colour, joined(upscaler, pictures.from_array(grey)).repeat(3, -1), atol=1e-6
    )


def test_sixteen_bits_are_the_same_picture_with_more_digits(upscaler):
    eight = RNG.integers(0, 256, (20, 25, 3), "uint8")
    sixteen = joined(upscaler, pictures.from_array(eight.astype("uint16") * 257))
    np.testing.assert_allclose(sixteen, joined(upscaler, pictures.from_array(eight)), atol=1e-6)


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK"])
def test_a_flat_colour_comes_out_as_it_was(upscaler, mode, kind):
    peak = np.iinfo(kind).max
    for value in ([0] * 4, [peak] * 4, [peak * 3 // 5, 7, peak - 1, peak // 3]):
        colour = np.array(value[: len(mode)], kind)
        pixels = np.zeros((9, 12, len(mode)), kind) + colour
        assert (upscaler(pictures.Picture(pixels, mode)).pixels == colour).all()


def test_flat_regions_keep_their_colour_beside_edges(upscaler):
    pixels = np.full((30, 30, 3), 255, "uint8")
    pixels[:, 15:] = (10, 60, 200)
    output = upscaler(pictures.from_array(pixels)).pixels
    assert (output[:, :24] == 255).all() and (output[:, 36:] == (10, 60, 200)).all()
    assert (output[:, 26:34] != np.repeat(pixels, 2, 0).repeat(2, 1)[:, 26:34]).any()


def test_transparent_colours_do_not_bleed(upscaler, monkeypatch):
    monkeypatch.setattr(upscaler, "sharpen", lambda x: x)  # bicubic alone
    pixels = np.zeros((24, 24, 4), "uint8")  # transparent black around opaque orange
    pixels[8:16, 8:16] = (250, 140, 20, 255)
    output = upscaler(pictures.from_array(pixels)).pixels
    visible = output[..., 3] > 5
    assert set(np.unique(output[..., 3])) > {0, 255}
    assert (np.abs(output[visible][:, :3].astype(int) - (250, 140, 20)) <= 1).all()
    assert resize(pixels[..., 0], 48, 48)[visible].min() < 30  # what each channel alone would give


def test_self_ensemble_is_the_mean_over_flips_and_turns(weights, upscaler):
    eight = Upscaler(weights=weights(TINY), self_ensemble=True, precision="float32")
    x = RNG.random((11, 14), "float32")
    runs = []
    for k in range(4):
        for flip in (1, -1):
            output = upscaler.sharpen(np.ascontiguousarray(np.rot90(x, k)[:, ::flip]))
            runs.append(np.rot90(output[:, ::flip], -k))
    np.testing.assert_allclose(eight.sharpen(x), np.mean(runs, axis=0), atol=1e-6)
    np.testing.assert_allclose(
        eight.sharpen(np.ascontiguousarray(x.T)), eight.sharpen(x).T, atol=1e-6
    )
    assert np.abs(eight.sharpen(x) - upscaler.sharpen(x)).max() > 1e-3


def test_recursions_stop_early_with_that_output(weights):
    x = RNG.random((1, 15, 15, 1), "float32")
    y = randomised(build(TINY), TINY).predict_on_batch(x)["recursions"]
    for d in (1, 2, 3):
        stopped = Upscaler(weights=weights(TINY), recursions=d, precision="float32")
        np.testing.assert_allclose(stopped.sharpen(x[0, ..., 0]), y[0, ..., d - 1], atol=1e-6)
        assert stopped.config.recursions == d
    for d in (0, 4, -1):
        with pytest.raises(ConfigError, match="recursions 1 to 3"):
            Upscaler(weights=weights(TINY), recursions=d)


def test_three_lines_take_a_path_a_pillow_image_or_an_array(weights, tmp_path):
    pixels = RNG.integers(0, 256, (16, 20, 3), "uint8")
    image = pictures.to_pillow(pictures.from_array(pixels))
    image.save(tmp_path / "small.png")
    results = [
        np.asarray(drcn_book.upscale(given, weights=weights(TINY)))
        for given in (str(tmp_path / "small.png"), tmp_path / "small.png", image, pixels)
    ]
    assert results[0].shape == (32, 40, 3) and results[0].dtype == np.uint8
    assert all((result == results[0]).all() for result in results)
    assert drcn_book.upscale(pixels[..., 0], weights=weights(TINY)).shape == (32, 40)
    assert drcn_book.upscale(image.convert("LA"), weights=weights(TINY)).mode == "LA"


def test_what_does_not_go_together_is_refused(weights):
    with pytest.raises(WeightsError, match="No weights for x7 come with the package"):
        Upscaler(7)
    with pytest.raises(ConfigError, match="was trained for x2"):
        Upscaler(3, weights(TINY))
    with pytest.raises(ConfigError, match="--tile 3"):
        Upscaler(weights=weights(TINY), tile=3)
    with pytest.raises(ConfigError, match="srcnn has none"):
        Upscaler(weights=weights(SRCNNConfig(filters=8)), recursions=1)
    for shape, kind in (((8, 8), "float64"), (8, "uint8"), ((8, 8, 5), "uint8"), ((3, 9), "uint8")):
        with pytest.raises(PictureError):
            drcn_book.upscale(np.zeros(shape, kind), weights=weights(TINY))


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
@pytest.mark.parametrize("colour", [(50,), (200, 30, 40)])
def test_a_cut_out_of_one_colour_keeps_it_whatever_is_hidden(weights, colour, kind, scale):
    upscaler = Upscaler(weights=weights(replace(TINY, scale=scale)), precision="float32", tile=32)
    peak, mode = np.iinfo(kind).max, "LA" if len(colour) == 1 else "RGBA"
    colour = np.array(colour, kind) * (peak // 255)
    y, x = np.mgrid[:30, :34]
    distance = np.hypot(x - 17, y - 15)
    alpha = np.clip(8.5 - distance, 0, 1) * peak  # soft at its edge
    results = []
    for seed in (None, 0, 1):
        hidden = np.random.default_rng(seed).integers(0, peak + 1, (30, 34, len(colour)))
        hidden = np.zeros_like(hidden) if seed is None else hidden
        pixels = np.where(alpha[..., None] > 0, colour, hidden)
        pixels = np.concatenate([pixels, alpha[..., None]], -1).astype(kind)
        results.append(upscaler(pictures.Picture(pixels, mode)).pixels)
        seen = results[-1][..., -1] > peak // 255
        assert (results[-1][seen][:, :-1] == colour).all()
    assert (results[0] == results[1]).all() and (results[1] == results[2]).all()


def test_hidden_colours_play_no_part_and_tiles_give_what_the_whole_gives(weights):
    pixels = RNG.integers(0, 256, (60, 70, 4), "uint8")
    pixels[..., 3] = np.where(RNG.random((60, 70)) < 0.3, 0, pixels[..., 3] | 1)
    pixels[10:45, 15:60, 3] = 0
    other = pixels.copy()
    other[..., :3][other[..., 3] == 0] = 0
    assert (other != pixels).any()
    whole = Upscaler(weights=weights(TINY), precision="float32", tile=10_000)
    expected = joined(whole, pictures.from_array(pixels))
    assert (joined(whole, pictures.from_array(other)) == expected).all()
    tiled = Upscaler(weights=weights(TINY), precision="float32", tile=32)
    assert np.abs(joined(tiled, pictures.from_array(pixels)) - expected).max() <= 1e-5
    other[..., :3][other[..., 3] > 0] //= 2  # while the visible ones do
    assert (joined(whole, pictures.from_array(other)) != expected).any()


def test_without_hidden_pixels_nothing_is_filled():
    pixels = RNG.integers(1, 256, (9, 9, 4), "uint8")
    assert carried_outward(pixels, 5) is pixels
    pixels[4, 4, 3] = 0
    filled = carried_outward(pixels, 5)
    same = (filled == pixels).all(-1)
    assert same.sum() >= 80 and (filled[..., 3] == pixels[..., 3]).all()


def test_whatever_numpy_makes_an_array_of_is_a_picture(weights):
    pixels = RNG.integers(0, 256, (16, 20), "uint8")
    expected = drcn_book.upscale(pixels, weights=weights(TINY))

    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return pixels

    for given in (np.asmatrix(pixels), Tensor(), memoryview_of(pixels), np.ma.masked_array(pixels)):
        result = drcn_book.upscale(given, weights=weights(TINY))
        assert type(result) in (np.ndarray, Image.Image)
        assert (np.asarray(result) == expected).all()
    ragged = [[1, 2], [3]]
    for given in (
        pixels.tolist(),
        (pixels, pixels),
        ragged,
        None,
        3,
        b"\x89PNG" + bytes(99),
        {},
        object(),
    ):
        with pytest.raises(PictureError) as error:
            drcn_book.upscale(given, weights=weights(TINY))
        assert "\n" not in str(error.value) and len(str(error.value)) < 300


def memoryview_of(pixels):
    """The bytes of a file."""
    file = io.BytesIO()
    pictures.to_pillow(pictures.from_array(pixels)).save(file, "PNG")
    return memoryview(file.getvalue())


def test_whole_numbers_are_taken_in_any_form(weights):
    pixels = RNG.integers(0, 256, (16, 20), "uint8")
    expected = drcn_book.upscale(pixels, scale=2, weights=weights(TINY), tile=64, recursions=2)
    for scale, tile, recursions in (
        (2.0, "64", "2"),
        ("2", 64.0, np.int64(2)),
        (np.float32(2), "64.0", 2),
    ):
        result = drcn_book.upscale(
            pixels, scale, weights=weights(TINY), tile=tile, recursions=recursions
        )
        assert (result == expected).all()
    for wrong in (
        {"scale": 2.5},
        {"scale": "two"},
        {"tile": [64]},
        {"tile": "64 or\nso"},
        {"scale": float("nan")},
    ):
        with pytest.raises(ConfigError, match="must be a whole number") as error:
            Upscaler(**{"weights": weights(TINY), **wrong})
        assert "\n" not in str(error.value)
    for wrong in ({"precision": "junk"}, {"skip_below": "little"}):
        with pytest.raises(ConfigError):
            Upscaler(weights=weights(TINY), **wrong)

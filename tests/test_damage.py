"""Damage: what each step does, against arithmetic and against Pillow, and that patches are cut from
whole pictures.
"""

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from drcn_book import damage, datasets
from drcn_book.config import Recipe, preset
from drcn_book.damage import CLEAN, LUMA, Sample, Step, parse
from drcn_book.degradation import degrade
from drcn_book.errors import ConfigError, DatasetError
from drcn_book.images import eight_views, luma
from drcn_book.patches import DamagedPatches, PatchSource
from drcn_book.training.batches import read_material

ASTRONAUT = datasets.colour_pictures("Photos")["astronaut"]
CAMERA = datasets.colour_pictures("Photos")["camera"]


def through(picture, text, scale=2, box=None, seed=0):
    return damage.damage(picture, parse(text), scale, np.random.default_rng(seed), box)


@pytest.mark.parametrize("picture", [ASTRONAUT, CAMERA], ids=["colour", "grey"])
@pytest.mark.parametrize("quality", [30, 75, 100])
def test_jpeg_is_what_a_jpeg_file_gives(picture, quality):
    small = Image.fromarray(picture).resize((256, 256), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=quality, subsampling=2)
    expected = np.asarray(Image.open(file))
    assert np.array_equal(through(picture, f"bicubic, jpeg {quality}"), expected)
    assert picture.ndim == 2 or Image.open(file).layer[0][1:3] == (2, 2)  # chroma is halved


def test_area_is_the_mean():
    expected = ASTRONAUT.reshape(128, 4, 128, 4, 3).mean((1, 3))
    assert np.abs(through(ASTRONAUT, "area", 4) - expected).max() <= 1  # rounded in each direction


def test_the_other_kernels_are_widened_to_the_scale():
    line = np.zeros((8, 32), "uint8")
    line[:, 16] = 240
    expected = {
        "area": [0, 0, 0, 120, 0, 0],  # 1/2, as the other pixel of the pair
        "bilinear": [0, 0, 30, 90, 0, 0],  # 1/8 and 3/8
        "bicubic": [0, 0, 27, 104, 0, 0],  # 0.113 and 0.434; what is below black is cut off
        "lanczos": [1, 0, 33, 107, 0, 4],
    }
    for text, values in expected.items():
        assert through(line, text)[2, 5:11].tolist() == values, text


def test_the_blur_is_a_gaussian_of_small_pixels():
    # An edge blurred by 0.5 small pixels, that is 2 large ones: the standard deviation of its
    # slope.
    edge = np.zeros((80, 80), "uint8")
    edge[:, 40:] = 255
    steps = np.diff(damage._blur(edge, Step("blur", 0.5), 4, None)[40].astype(float)) / 255
    place = np.arange(79) - 39
    assert (steps * place**2).sum() == pytest.approx(2**2, rel=0.05)


@pytest.mark.parametrize(("text", "value", "sigma"), [("noise", 128, 6), ("shot", 64, 3)])
def test_noise_of_rgb_is_about_0_57_of_it_in_luma(text, value, sigma):
    """The noise of 6 levels; `shot` has half of it at a quarter of white."""
    grey = np.full((400, 400, 3), value, "uint8")
    noisy = through(grey, f"bicubic, {text} 6").astype("float32")
    assert noisy.mean() == pytest.approx(value, abs=0.05)
    expected = (sigma**2 + 1 / 12) ** 0.5  # with that of rounding
    assert noisy.std() == pytest.approx(expected, rel=0.02)
    y = 16 + noisy @ LUMA
    assert y.std() == pytest.approx(0.5743 * expected, rel=0.02)
    # A grey picture in full range gets what its luma would have got.
    alone = through(grey[..., 0], f"bicubic, {text} 6").astype("float32")
    assert alone.std() * 219 / 255 == pytest.approx(y.std(), rel=0.03)


CHAINS = [
    "area",
    "lanczos",
    "blur 0.8, bilinear",
    "bicubic, jpeg 75",
    "jpeg 60, area",
    "jpeg 40, lanczos, jpeg 60, jpeg 90",
    "blur 0.3, jpeg 80, bicubic, jpeg 50",
]


@pytest.mark.parametrize("text", CHAINS)
@pytest.mark.parametrize("scale", [2, 3])
def test_a_box_is_cut_from_the_damaged_whole(text, scale):
    picture = ASTRONAUT[:300, :240]
    whole = through(picture, text, scale)
    high, wide = whole.shape[:2]
    boxes = [
        ((33, 60), (17, 49)),
        ((32, 48), (16, 64)),  # on the borders of blocks
        ((0, 20), (wide - 31, wide)),  # at those of the picture
        ((high - 5, high), (0, 3)),
    ]
    for box in boxes:
        (top, bottom), (left, right) = box
        found = through(picture, text, scale, box)
        assert np.array_equal(found, whole[top:bottom, left:right]), box


def test_the_phase_of_jpeg_s_blocks_is_the_step_s():
    small = ASTRONAUT[::2, ::2]
    box = ((100, 130), (60, 90))
    steps = (Step("bicubic"), Step("jpeg", 20, (5, 11)))
    found = damage.damage(ASTRONAUT, steps, 2, np.random.default_rng(0), box)
    shrunk = through(ASTRONAUT, "bicubic")[5:, 11:]
    file = io.BytesIO()
    Image.fromarray(shrunk).save(file, "JPEG", quality=20, subsampling="4:2:0")
    expected = np.asarray(Image.open(file))[95:125, 49:79]
    assert np.array_equal(found, expected)
    assert small.shape == (256, 256, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jpeg 75", "exactly one of clean, bicubic, area"),
        ("area, lanczos", "exactly one of"),
        ("bicubic, fog 3", "Unknown damage 'fog 3' in 'bicubic, fog 3': choose from clean, .*jpeg"),
        ("bicubic, jpeg 0", "jpeg takes a whole number from 1 to 100"),
        ("bicubic, jpeg 75.5", "jpeg takes a whole number"),
        ("bicubic, noise 51", "noise takes a number from 0 to 50"),
        ("bicubic, noise -1", "noise takes a number from 0 to 50"),
        ("bicubic, noise nan", "noise takes a number from 0 to 50"),
        ("bicubic, noise", "noise takes a number from 0 to 50"),
        ("bicubic, noise 1 2", "noise takes a number from 0 to 50"),
        ("area 3", "Unknown damage 'area 3'"),
        ("clean, noise 3", "clean stands alone"),
        ("", "Unknown damage ''"),
    ],
)
def test_what_is_no_chain_gets_one_line(text, message):
    with pytest.raises(ConfigError, match=message) as error:
        parse(text)
    assert "\n" not in str(error.value)


def test_what_is_drawn():
    """Shares within 4 standard deviations, strengths within their range and spread over it."""
    draw = np.random.default_rng(0)
    chains = [damage.draw_steps(draw) for _ in range(4000)]
    damaged = [chain for chain in chains if chain != CLEAN]
    assert len(damaged) / 4000 == pytest.approx(0.8, abs=0.026)
    steps = [step for chain in damaged for step in chain]
    for names, share in ({"blur"}, 0.3), ({"noise", "shot"}, 0.5), ({"jpeg"}, 0.7):
        found = [step.strength for step in steps if step.name in names]
        assert len(found) / len(damaged) == pytest.approx(share, abs=0.036)
        low, high = {"blur": (0.05, 0.8), "jpeg": (30, 100)}.get(min(names), (0, 12))
        assert low <= min(found) < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < max(found) <= high
    phases = {step.phase for step in steps if step.name == "jpeg"}
    assert {row for row, _ in phases} == {column for _, column in phases} == set(range(16))
    names = [[step.name for step in chain] for chain in damaged]
    both = [chain for chain in names if {"noise", "jpeg"} <= set(chain)]
    assert 0.4 < np.mean([chain.index("noise") < chain.index("jpeg") for chain in both]) < 0.6
    early = [chain.index("jpeg") == 0 for chain in names if "jpeg" in chain and "blur" not in chain]
    assert np.mean(early) == pytest.approx(0.2, abs=0.04)
    assert all(sum(name in damage.KERNELS for name in chain) == 1 for chain in names)
    for chain in damaged:  # each can be written down, too
        text = ", ".join(f"{s.name} {s.strength}" if s.strength else s.name for s in chain)
        assert [step.name for step in parse(text)] == [step.name for step in chain]


def test_samples_keep_colour_and_know_their_luma():
    colour, grey = Sample.of(ASTRONAUT), Sample.of(CAMERA)
    assert np.array_equal(colour.luma, luma(ASTRONAUT)) and grey.luma is grey.colour
    full = Sample.of(CAMERA, full_range=True)
    assert full.luma.min() >= 16 and full.luma.max() <= 235
    for sample in (colour, grey, full):
        draw = np.random.default_rng(0)
        x, _ = degrade(sample.luma.astype("float32"), 2)
        low = sample.small_luma(CLEAN, 2, draw)
        assert low.dtype == np.float32 and low.shape == (256, 256)
        # Shrunk in 8 bits the luma is the same within the rounding of two passes in three channels.
        rounded = sample.small_luma(parse("bicubic"), 2, draw)
        assert np.abs(rounded - low).mean() < 0.4
        assert np.abs(np.asarray(x).mean() - low.mean()) < 0.1


def test_samples_of_splits(pictures, tmp_path):
    split = datasets.training_split(str(pictures))
    found = damage.training_samples(str(pictures))
    assert list(found) == list(split)
    for name, sample in found.items():
        assert sample.colour.ndim == 3 and np.array_equal(sample.luma, split[name])
    # A packed split has no colour: the grey in full range has the luma that was packed.
    y = datasets.training_split("Photos")["Photos/astronaut"]
    datasets.pack("Photos", tmp_path / "pack.zip")
    packed = damage.training_samples(str(tmp_path / "pack.zip"))["Photos/astronaut"]
    assert packed.full_range and packed.colour.ndim == 2 and np.array_equal(packed.luma, y)


SAMPLES = [Sample.of(ASTRONAUT[:200, :220]), Sample.of(CAMERA[:160, :160], True)]


@pytest.mark.parametrize(("scale", "fold"), [(2, 2), (3, 3), (4, 4), (2, 1), (3, 1)])
def test_clean_patches_are_those_of_the_protocol(scale, fold, monkeypatch):
    monkeypatch.setattr(damage, "CLEAN_SHARE", 1)
    lumas = [sample.luma.astype("float32") for sample in SAMPLES]
    size = 24 if fold > 1 else 41
    x, y = PatchSource(lumas, (scale,), size, fold=fold).batch(24, 1, 2)
    damaged = DamagedPatches(SAMPLES, (scale,), size, fold=fold)
    assert damaged.positions == PatchSource(lumas, (scale,), size, fold=fold).positions
    clean_x, clean_y = damaged.batch(24, 1, 2)
    assert np.array_equal(clean_y, y)
    assert np.abs(clean_x - x).max() * 255 < 1e-3


def test_a_damaged_batch_is_a_pure_function_of_seed_and_step():
    one = DamagedPatches(SAMPLES, (2, 3), 48, fold=6, patterns=0.3)
    first = one.batch(12, seed=3, step=7)
    one.batch(12, 3, 8)
    again = DamagedPatches(SAMPLES, (2, 3), 48, fold=6, patterns=0.3).batch(12, 3, 7)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    for other in (one.batch(12, 3, 8), one.batch(12, 4, 7)):
        assert not np.array_equal(first[0], other[0])
    x, y = first
    assert x.shape == y.shape == (12, 48, 48, 1) and x.dtype == y.dtype == np.float32
    assert np.allclose(y * 255, np.round(y * 255), atol=1e-4)


def test_the_same_patch_is_damaged_in_many_ways_and_its_truth_is_not():
    one = [Sample.of(ASTRONAUT[100:148, 200:248])]
    patches = DamagedPatches(one, (2,), 48, augment=False)
    x, y = (
        np.concatenate(part)
        for part in zip(*(patches.batch(16, 0, k) for k in range(4)), strict=True)
    )
    assert (y == y[:1]).all() and np.array_equal(y[0, ..., 0] * 255, one[0].luma)
    errors = np.abs(x - y).mean((1, 2, 3)) * 255
    assert errors.max() > 2 * errors.min()
    same = np.isclose(errors, np.abs(degrade(one[0].luma, 2)[0] - one[0].luma).mean(), atol=1e-3)
    assert 0.05 < same.mean() < 0.4  # a fifth of them, of 64


def test_patches_on_the_grid_of_a_folded_network():
    """Of rows that count, each patch begins at a multiple of the fold; all eight views occur."""
    count = (np.arange(96)[:, None] * 2 + np.zeros(96)).astype("uint8")
    patches = DamagedPatches([Sample.of(count)], (4,), 24, fold=4)
    _, y = patches.batch(64, 0, 0)
    y = np.round(y[..., 0] * 255)
    for one in y:
        low = min(view[0, 0, 0] for view in eight_views(one[None]))
        assert low / 2 % 4 == 0
    assert {(one[0, 0] < one[-1, 0], one[0, 0] < one[0, -1]) for one in y} == {
        (True, False),
        (False, True),
        (False, False),
    }


def test_memory_is_four_bytes_a_pixel_whatever_the_scales():
    size = ASTRONAUT[:200, :220].size // 3
    assert DamagedPatches(SAMPLES[:1], (2,), 48).bytes == 4 * size
    assert DamagedPatches(SAMPLES[:1], (2, 3, 4), 48).bytes == 4 * size
    assert DamagedPatches([Sample.of(CAMERA)], (2,), 48).bytes == CAMERA.size


def test_small_pictures_are_left_out_and_none_is_an_error():
    small = Sample.of(ASTRONAUT[:40, :90])
    assert DamagedPatches([small, *SAMPLES], (2,), 48).positions == 153 * 173 + 113 * 113
    with pytest.raises(DatasetError, match="as large as a patch of 48x48"):
        DamagedPatches([small], (2,), 48)


def test_the_recipe_chooses_the_source(pictures):
    recipe = Recipe(train_set=str(pictures), patch=24)
    network = preset("tiny", fold=2)
    plain, *told = read_material(network, recipe)
    assert type(plain) is PatchSource and plain.patterns == 0
    real, *the_same = read_material(network, replace(recipe, damage="real", patterns=0.1))
    assert type(real) is DamagedPatches and real.patterns == 0.1
    assert real.positions == plain.positions and the_same == told
    with pytest.raises(ConfigError, match="damage = 'bad': must be one of none, real"):
        Recipe(damage="bad")
    with pytest.raises(ConfigError, match="patterns = 1.5: must be a number of 0 or more and 1"):
        Recipe(patterns=1.5)
    assert Recipe.from_dict({}) == Recipe(damage="none", patterns=0.0)  # as in older checkpoints


def test_no_backend_is_imported():
    code = (
        "import sys, numpy as np; from drcn_book.patches import DamagedPatches;"
        "from drcn_book.damage import Sample; from drcn_book import choice, patterns;"
        "DamagedPatches([Sample.of(np.zeros((50, 50, 3), 'uint8'))]).batch(2, 0, 0);"
        "print([name for name in ('keras', 'tensorflow', 'jax', 'torch') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"

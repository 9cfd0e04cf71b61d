"""PSNR, SSIM and the ladder: against arithmetic, a second implementation, and the published bicubic
table.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.ndimage import correlate1d

from drcn_book import datasets
from drcn_book.degradation import degrade
from drcn_book.errors import PictureError
from drcn_book.images import luma
from drcn_book.metrics import psnr, quantise, ssim
from drcn_book.protocol import RUNGS, Protocol, ladder, measure

# Bicubic, mean PSNR / SSIM at x2, x3, x4, as Kim et al. (2016) print it.
PUBLISHED = {
    "Set5": [(33.66, 0.9299), (30.39, 0.8682), (28.42, 0.8104)],
    "Set14": [(30.24, 0.8688), (27.55, 0.7742), (26.00, 0.7027)],
    "B100": [(29.56, 0.8431), (27.21, 0.7385), (25.96, 0.6675)],
    "Urban100": [(26.88, 0.8403), (24.46, 0.7349), (23.14, 0.6577)],
}


def need(name):
    if name not in datasets.present():
        pytest.skip(f"{name} is not in {datasets.data_dir()}: `drcn data fetch {name}`")


@pytest.mark.parametrize(
    "name",
    [
        "Set5",
        "Set14",
        pytest.param("B100", marks=pytest.mark.slow),
        pytest.param("Urban100", marks=pytest.mark.slow),
    ],
)
def test_the_published_bicubic_table(name):
    need(name)
    pictures = list(datasets.pictures(name).values())

    def score(job):
        x, y = degrade(job[0], job[1])
        return psnr(y, x, job[1]), ssim(y, x, job[1])

    with ThreadPoolExecutor(2) as pool:
        for scale, (published_psnr, published_ssim) in zip((2, 3, 4), PUBLISHED[name], strict=True):
            measured = np.mean(
                list(pool.map(score, [(picture, scale) for picture in pictures])), axis=0
            )
            assert measured[0] == pytest.approx(published_psnr, abs=0.01), f"{name} x{scale}"
            assert measured[1] == pytest.approx(published_ssim, abs=0.001), f"{name} x{scale}"


def test_psnr_is_arithmetic():
    truth = np.full((10, 10), 100.0)
    assert psnr(truth, truth + 1) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(truth, truth + 5) == pytest.approx(48.1308 - 20 * np.log10(5), abs=1e-4)
    assert psnr(truth, truth + 0.4) == float("inf")
    assert psnr(truth, truth + 0.4, rounded=False) == pytest.approx(
        48.1308 - 20 * np.log10(0.4), abs=1e-4
    )
    assert psnr(np.full((4, 4), 255.0), np.full((4, 4), 300.0)) == float("inf")


def test_a_picture_without_enough_pixels_inside_its_border_is_refused():
    with pytest.raises(PictureError, match="6x4 pixels has none inside a border of 2"):
        psnr(np.ones((4, 6)), np.ones((4, 6)), 2)
    assert ssim(np.eye(15), np.eye(15), 2) == pytest.approx(1)
    with pytest.raises(
        PictureError, match="SSIM needs 11x11 pixels inside the border, and 11x10 are there"
    ):
        ssim(np.ones((14, 15)), np.ones((14, 15)), 2)


def test_the_border_is_cut_exactly():
    truth, output = np.zeros((10, 12)), np.zeros((10, 12))
    output[2:-2, 2:-2], output[3:-3, 3:-3] = 9, 0
    assert psnr(truth, output, 3) == float("inf") and psnr(truth, output, 2) < 60


def test_quantise_rounds_and_clips():
    assert quantise(np.array([-3.0, 0.4, 0.6, 254.6, 400.0])).tolist() == [0, 0, 1, 255, 255]


def test_ssim_is_the_paper_s_formula():
    draw = np.random.default_rng(1)
    truth = np.round(draw.uniform(0, 255, (40, 37)))
    output = np.clip(np.round(truth + draw.normal(0, 20, truth.shape)), 0, 255)
    window = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))

    def mean(image):
        for axis in (0, 1):
            image = correlate1d(image, window / window.sum(), axis)
        return image[5:-5, 5:-5]

    mu, nu = mean(truth), mean(output)
    C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    cover = mean(truth * output) - mu * nu
    index = (
        (2 * mu * nu + C1)
        * (2 * cover + C2)
        / ((mu**2 + nu**2 + C1) * (mean(truth**2) - mu**2 + mean(output**2) - nu**2 + C2))
    )
    assert ssim(truth, output) == pytest.approx(index.mean(), abs=1e-9)
    assert ssim(truth, truth) == pytest.approx(1)


def test_luma_is_matlab_s():
    # rgb2ycbcr of uint8 black, white, red, green, blue, grey
    colours = np.array(
        [[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128]]]
    )
    assert luma(colours.astype("uint8")).tolist() == [[16, 235, 81, 145, 41, 126]]


# The ladder


def test_the_first_rung_is_the_protocol_and_the_steps_are_differences():
    pictures = [datasets.colour_pictures("Photos")[name] for name in ("chelsea", "rocket")]
    rows = ladder(pictures, 3)
    expected = np.mean(
        [psnr(y, x, 3) for x, y in (degrade(luma(picture), 3) for picture in pictures)]
    )
    assert rows[0].psnr == pytest.approx(expected, abs=1e-9) and rows[0].step == 0
    assert [row.change for row in rows] == [
        change for change in RUNGS if change != "grey pictures as RGB"
    ]
    for row in rows:
        assert row.step == pytest.approx(row.psnr - rows[0].psnr)
        assert row.psnr == pytest.approx(measure(pictures, 3, lambda x: x, RUNGS[row.change]))


def test_each_rung_goes_where_theory_says():
    step = {row.change: row.step for row in ladder(datasets.colour_pictures("Photos").values(), 2)}
    assert 0 < step["output not rounded"] < 0.05  # rounding adds an error of variance 1/12
    assert abs(step["MATLAB's imresize"]) < 0.005
    assert step["grey pictures as RGB"] > 0.5  # 219/255 of the range: 1.32 dB on the grey ones
    assert -1.33 < step["Y in full range"] < -0.3
    assert step["bicubic in 8-bit RGB"] < 0  # rounded twice on the way
    assert step["RGB instead of Y"] < -0.5


def test_the_range_alone_moves_a_grey_world_by_1_32_db():
    grey = np.repeat(datasets.colour_pictures("Photos")["camera"][..., None], 3, axis=2)
    by_range = measure([grey], 2, lambda x: x, Protocol(colour="full", rounded=False))
    assert by_range - measure([grey], 2, lambda x: x, Protocol(rounded=False)) == pytest.approx(
        -20 * np.log10(255 / 219), abs=0.01
    )


def test_the_network_is_given_luma_and_its_output_is_measured():
    picture = datasets.colour_pictures("Photos")["chelsea"]
    seen = []
    better = measure([picture], 2, lambda x: seen.append(x) or degrade(luma(picture), 2)[1])
    assert better == float("inf")
    assert seen[0].dtype == np.float32 and seen[0].shape == (300, 450)


@pytest.mark.slow
def test_half_size_urban100_is_another_set():
    need("Urban100")
    pictures = datasets.colour_pictures("Urban100").values()
    half = measure(pictures, 2, lambda x: x, RUNGS["pictures of half the size"])
    assert half == pytest.approx(26.56, abs=0.01)

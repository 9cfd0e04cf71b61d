"""What chapters 1 and 2 say of the public sets, against `data/results/ladder.csv` and the sets
themselves.
"""

import numpy as np
import pytest
from book import ROOT

from drcn_book import benchmark, datasets
from drcn_book.degradation import resize
from drcn_book.images import eight_views
from drcn_book.protocol import RUNGS
from project import ladder

ROWS = {
    (row["method"], row["dataset"], row["change"]): row["psnr"]
    for row in benchmark.read(ROOT / "data" / "results" / "ladder.csv")
}


def need(*names):
    absent = [name for name in names if name not in datasets.present()]
    if absent:
        pytest.skip(
            f"{', '.join(absent)} not in {datasets.data_dir()}: `drcn data fetch "
            f"{' '.join(absent)}`"
        )


def step(method, dataset, change):
    return ROWS[method, dataset, change] - ROWS[method, dataset, "the protocol"]


def test_the_file_is_complete():
    everywhere = {
        (method, dataset, change)
        for method in ("bicubic", "compact-x2")
        for dataset in ("Set5", "Set14")
        for change in RUNGS
    }
    no_grey_in_set5 = {
        (method, "Set5", "grey pictures as RGB") for method in ("bicubic", "compact-x2")
    }
    halves = {("bicubic", "Urban100", change) for change in ladder.HALF}
    assert set(ROWS) == everywhere - no_grey_in_set5 | halves


@pytest.mark.parametrize("name", ["bicubic", "compact-x2"])
def test_the_rows_of_set5_are_measured_again(name):
    need("Set5")
    method = benchmark.BICUBIC if name == "bicubic" else benchmark.network_method(name)
    changes = None if name == "bicubic" else ("the protocol", "RGB instead of Y")
    for row in ladder.rows(method, "Set5", changes):
        stored = ROWS[name, "Set5", row["change"]]
        assert row["psnr"] == pytest.approx(stored, abs=0.005), (
            f"python -m project.ladder {name} ({row['change']})"
        )


def test_what_chapter_1_says_of_the_ladder():
    assert step("bicubic", "Set14", "grey pictures as RGB") == pytest.approx(0.09, abs=0.005)
    assert ROWS["bicubic", "Urban100", "the protocol"] == pytest.approx(26.87, abs=0.005)
    assert ROWS["bicubic", "Urban100", "pictures of half the size"] == pytest.approx(
        26.56, abs=0.01
    )
    for dataset in ("Set5", "Set14"):
        for method in ("bicubic", "compact-x2"):
            assert -2.5 < step(method, dataset, "RGB instead of Y") < -1.5
        lead = {
            change: ROWS["compact-x2", dataset, change] - ROWS["bicubic", dataset, change]
            for change in ("the protocol", "RGB instead of Y")
        }
        assert 0 < lead["RGB instead of Y"] < lead["the protocol"]
    assert 2.5 < max(abs(step(*key)) for key in ROWS) < 3.1


def second_best(trained, tested, coarse):
    """The correlation of the pair after the known leak, of thumbnails less what coarse x coarse
    pixels show.
    """

    def thumbnails(pictures):
        small = [resize(picture, 32, 32) for picture in pictures.values()]
        return np.array(
            [picture - resize(resize(picture, coarse, coarse), 32, 32) for picture in small]
        )

    def directions(stack):
        flat = stack.reshape(len(stack), -1)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    ours = directions(thumbnails(trained))
    alike = np.max([ours @ directions(view).T for view in eight_views(thumbnails(tested))], axis=0)
    return np.sort(alike.ravel())[-2]


def test_what_chapter_2_says_of_the_leaks():
    need("BSDS200", "Set5", "Set14", "T91")
    ((ours, theirs, alike),) = datasets.leaks(
        datasets.pictures("BSDS200"), datasets.pictures("Set5"), 0.56
    )
    assert (ours, theirs) == ("302003", "woman") and alike == pytest.approx(0.97, abs=0.005)
    ((ours, theirs, alike),) = datasets.leaks(
        datasets.pictures("Set5"), datasets.pictures("Set14"), 0.56
    )
    assert (ours, theirs) == ("head", "face") and alike == pytest.approx(0.99, abs=0.005)
    tests = {
        f"{name}/{stem}": p
        for name in ("Set5", "Set14")
        for stem, p in datasets.pictures(name).items()
    }
    fine, coarse = (second_best(datasets.pictures("BSDS200"), tests, size) for size in (4, 1))
    assert fine == pytest.approx(0.43, abs=0.005) and coarse == pytest.approx(0.81, abs=0.005)
    t91 = datasets.pictures("T91")
    assert (t91["t36"] == t91["t65"]).all()

"""The drawings are up to date and the same on every run; the plots show the data they are given."""

import re
import subprocess
import sys
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from drcn_book import benchmark, figures

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def book_style():
    from matplotlib import pyplot as plt

    with matplotlib.rc_context():
        figures.style()
        yield
    plt.close("all")


@pytest.mark.parametrize("name", figures.DRAWINGS)
def test_drawing_is_up_to_date(name):
    path = figures.FOLDER / f"{name}.svg"
    assert path.read_bytes() == figures.svg(name), (
        f"run `python -m drcn_book.figures` to draw {path.name} anew"
    )


@pytest.mark.parametrize("name", figures.DRAWINGS)
def test_drawing_is_a_closed_white_sheet_without_date(name):
    text = figures.svg(name).decode()
    assert not re.search(r"\d{4}-\d\d-\d\d|<dc:date|Matplotlib v\d", text)
    first = re.search(r'<g id="patch_1">.*?style="(.*?)"', text, re.S)[1]
    assert "fill: #ffffff" in first and "opacity" not in first


def test_nothing_is_cut_off():
    """Every label of every drawing lies on its sheet, and no two labels cover each other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for name, draw in figures.DRAWINGS.items():
        sheet = draw()
        renderer = FigureCanvasAgg(sheet).get_renderer()
        sheet.draw(renderer)
        labels = [(t, t.get_window_extent(renderer)) for t in sheet.axes[0].texts if t.get_text()]
        width, height = sheet.bbox.width, sheet.bbox.height
        for i, (label, box) in enumerate(labels):
            inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
            assert inside, f"{name}: {label.get_text()!r} leaves the sheet"
            for other, second in labels[:i]:
                overlap = (
                    min(box.x1, second.x1) - max(box.x0, second.x0),
                    min(box.y1, second.y1) - max(box.y0, second.y0),
                )
                assert min(overlap) < 1, f"{name}: {label.get_text()!r} covers {other.get_text()!r}"


def luminance(colour):
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("part", sorted(set(figures.COLOURS) - {"grid"}))
def test_colours_stand_out_from_white(part):
    """The contrast that WCAG 2 asks of graphics: at least 3 to 1."""
    assert 1.05 / (luminance(figures.COLOURS[part]) + 0.05) >= 3


def test_the_family_tree_says_what_the_papers_say():
    """Under each name PSNR on Set5, x2, and, where data/quoted.csv has them, the parameters to the
    digits shown.
    """
    quoted = {
        row["method"].split(" (")[0]: row
        for row in benchmark.results("quoted")
        if (row["scale"], row["dataset"]) == (2, "Set5")
    }
    texts = [text.get_text() for text in figures.successors().axes[0].texts]
    boxes = [
        (name, below)
        for name, below in pairwise(texts)
        if re.fullmatch(r"(\d+[KM] · )?\d\d\.\d\d", below)
    ]
    assert len(boxes) == 11
    for name, below in boxes:
        *count, psnr = below.split(" · ")
        assert float(psnr) == quoted[name]["psnr"], name
        if quoted[name]["parameters"]:
            unit = {"K": 1e3, "M": 1e6}[count[0][-1]]
            assert int(count[0][:-1]) == round(int(quoted[name]["parameters"]) / unit), name


def test_command_writes_every_drawing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "drcn_book.figures", str(tmp_path / "new")],
        capture_output=True,
        text=True,
        check=True,
        cwd=figures.FOLDER.parent,
    )
    assert {path.stem for path in (tmp_path / "new").glob("*.svg")} == set(figures.DRAWINGS)
    assert len(done.stdout.splitlines()) == len(figures.DRAWINGS)


def test_show_keeps_black_and_white():
    picture = np.linspace(16, 235, 12, dtype="float32").reshape(3, 4)
    first, second = figures.show({"a": picture, "b": picture + 1}).axes
    assert first.get_title() == "a" and second.get_title() == "b"
    assert first.images[0].get_clim() == second.images[0].get_clim() == (16, 235)
    np.testing.assert_array_equal(second.images[0].get_array(), picture + 1)
    (stretched,) = figures.show({"a": picture}, limits=None).axes
    assert stretched.images[0].get_clim() == (picture.min(), picture.max())


def test_show_fills_rows():
    assert len(figures.show({str(i): np.ones((2, 2)) for i in range(5)}, columns=3).axes) == 6


def test_crops_show_the_marked_square():
    truth = np.arange(80.0).reshape(8, 10)
    whole, blurred, sharp = figures.crops(
        {"bicubic": truth / 2, "truth": truth}, top=2, left=5, side=3
    ).axes
    (mark,) = whole.patches
    assert (mark.get_x(), mark.get_y(), mark.get_width()) == (4.5, 1.5, 3)
    np.testing.assert_array_equal(whole.images[0].get_array(), truth)
    np.testing.assert_array_equal(blurred.images[0].get_array(), truth[2:5, 5:8] / 2)
    np.testing.assert_array_equal(sharp.images[0].get_array(), truth[2:5, 5:8])


def test_recursion_curve_counts_from_one():
    axis = figures.recursion_curve([30.0, 31.0, 30.5], ensemble=31.5, bicubic=29.0)
    np.testing.assert_array_equal(axis.lines[0].get_xydata(), [(1, 30.0), (2, 31.0), (3, 30.5)])
    assert [line.get_ydata()[0] for line in axis.lines[1:]] == [31.5, 29.0]
    assert [t.get_text() for t in axis.get_legend().get_texts()][1:] == [
        "ensemble 31.50 dB",
        "bicubic 29.00 dB",
    ]


def test_recursion_colours_deepen():
    shades = [luminance(colour[:3]) for colour in figures.recursion_colours(9)]
    assert shades == sorted(shades, reverse=True)


# Quality against cost: the figure of chapter 7


def boxes(figure):
    """Of a drawn figure's only axes: {name: its box in pixels}, and the places of all dots."""
    figure.canvas.draw()
    (axis,) = figure.axes
    names = {text.get_text(): text.get_window_extent() for text in axis.texts}
    dots = [
        dot
        for line in axis.lines
        if line.get_marker() == "o"
        for dot in axis.transData.transform(line.get_xydata())
    ]
    return axis, names, dots


SHOWN = (
    benchmark.costs(benchmark.results("benchmark")),
    benchmark.costs(benchmark.results("quoted")),
)
CROWD = {f"method-{number}": (10 + number, 37 + number / 200) for number in range(12)}


@pytest.mark.parametrize(
    ("measured", "quoted"),
    [SHOWN, (SHOWN[0] | CROWD, SHOWN[1])],
    ids=["as in chapter 7", "a crowd"],
)
@pytest.mark.parametrize("dpi", [100, 200])
def test_names_in_the_figure_of_quality_and_cost_cover_nothing(measured, quoted, dpi):
    figure = figures.quality_cost(measured, quoted)
    figure.set_dpi(dpi)
    axis, names, dots = boxes(figure)
    assert names.keys() == measured.keys() | quoted.keys() and len(dots) == len(names)
    for name, box in names.items():
        assert not any(box.contains(*dot) for dot in dots), f"{name} covers a dot"
        assert not box.overlaps(axis.get_legend().get_window_extent()), f"{name} is on the legend"
        assert axis.get_window_extent().contains(*box.min), f"{name} is cut off"
        assert axis.get_window_extent().contains(*box.max), f"{name} is cut off"
        for other, second in names.items():
            assert name == other or not box.overlaps(second), f"{name} covers {other}"


def test_quoted_methods_are_rings_and_measured_ones_are_filled():
    figure = figures.quality_cost({"ours": (1.0, 37.0)}, {"theirs": (10.0, 38.0)})
    marked = {line.get_label(): line for line in figure.axes[0].lines if line.get_marker() == "o"}
    fills = {label: line.get_fillstyle() for label, line in marked.items()}
    assert fills == {"measured by this project": "full", "quoted from papers": "none"}
    assert marked["quoted from papers"].get_xydata().tolist() == [[10.0, 38.0]]
    assert figure.axes[0].get_xscale() == "log"

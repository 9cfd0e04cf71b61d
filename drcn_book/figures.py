"""One style for every figure of the book, and its drawings as SVG files made by code.

`python -m drcn_book.figures` writes the drawings into `figures/`; a test fails if they are not up
to date. All figures stand on a white card, so they read the same on the light and on the dark
theme.
"""

import io
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.transforms import Bbox

from .config import NetworkConfig
from .files import write_atomically

FOLDER = Path(__file__).parents[1] / "figures"

# One colour for one part, in drawings and in plots (Okabe and Ito's palette: safe for the colour-
# blind).
COLOURS = {
    "embedding": "#0072b2",
    "recursion": "#d55e00",
    "reconstruction": "#009e73",
    "skip": "#b0568f",
    "ensemble": "#5b3c88",
    "bicubic": "#7a7a7a",
    "truth": "#222222",
    "ink": "#333333",
    "grid": "#d9d9d9",
}

STYLE = {
    "figure.figsize": (
        5.6,
        3.0,
    ),  # so narrow that a telephone shows it whole, with letters one can read
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": 100,
    "svg.hashsalt": "drcn-book",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "mathtext.fontset": "dejavuserif",
    "axes.titlesize": 10,
    "axes.labelsize": 10,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "axes.edgecolor": COLOURS["ink"],
    "axes.labelcolor": COLOURS["ink"],
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["ink"],
    "ytick.color": COLOURS["ink"],
    "axes.prop_cycle": matplotlib.cycler(
        color=[
            COLOURS[part]
            for part in ("embedding", "recursion", "reconstruction", "skip", "ensemble", "bicubic")
        ]
    ),
    "image.cmap": "gray",
    "image.interpolation": "nearest",
}


def style() -> None:
    """Give matplotlib the book's style; the first plotting cell of each chapter calls this.

    In a notebook plots become SVG, sharp at any size; figures with pictures in them PNG at twice
    the density.
    """
    if "IPython" in sys.modules:
        _sharp_in_notebooks(sys.modules["IPython"].get_ipython())
    matplotlib.rcParams.update(STYLE)


def _sharp_in_notebooks(shell) -> None:
    if shell is None or "inline" not in matplotlib.get_backend():
        return
    # Importing it sets formatters of its own: first those, then ours.
    import matplotlib_inline.backend_inline  # noqa: F401

    def svg_of(figure):
        return None if _has_pictures(figure) else _file(figure, "svg").decode()

    def png_of(figure):
        if not _has_pictures(figure):
            return None
        png = _file(figure, "png")
        return png, {"width": int.from_bytes(png[16:20]) // 2}  # PNG's header holds the width there

    formatters = shell.display_formatter.formatters
    formatters["image/svg+xml"].for_type(Figure, svg_of)
    formatters["image/png"].for_type(Figure, png_of)


def _has_pictures(figure: Figure) -> bool:
    return any(axis.get_images() for axis in figure.axes)


def _file(figure: Figure, kind: str) -> bytes:
    metadata = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}[kind]
    buffer = io.BytesIO()
    figure.savefig(
        buffer, format=kind, dpi=2 * STYLE["savefig.dpi"], bbox_inches="tight", metadata=metadata
    )
    return buffer.getvalue()


def recursion_colours(count: int) -> list:
    """`count` colours from pale to deep, one a recursion: depth can be read off the colour."""
    return list(matplotlib.colormaps["YlOrRd"](np.linspace(0.3, 0.95, count)))


def _figure(width, height, **axes):
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), **axes)


def show(
    pictures: dict[str, np.ndarray],
    columns: int | None = None,
    size: float = 2.0,
    limits: tuple[float, float] | None = (16, 235),
) -> Figure:
    """Luma pictures (h, w) side by side, each under its title; `limits` are the values shown black
    and white.

    size: width of one in inches. limits=None stretches each picture to its own smallest and largest
    value.
    """
    columns = columns or len(pictures)
    rows = -(-len(pictures) // columns)
    height, width = next(iter(pictures.values())).shape
    figure, axes = _figure(
        columns * size,
        rows * (size * height / width + 0.3),
        nrows=rows,
        ncols=columns,
        squeeze=False,
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        low, high = limits or (picture.min(), picture.max())
        axis.imshow(picture, vmin=low, vmax=high)
        axis.set_title(title)
    return figure


def crops(
    pictures: dict[str, np.ndarray], top: int, left: int, side: int, size: float = 1.7
) -> Figure:
    """The last picture whole, with a square marked, and that square of each picture magnified
    beside it.

    pictures: title -> luma (h, w), all of one size, the truth last. The square starts at (top,
    left).
    """
    *_, whole = pictures.values()
    figure, axes = _figure(size * (len(pictures) + 1), size + 0.4, ncols=len(pictures) + 1)
    axes[0].imshow(whole, vmin=16, vmax=235)
    axes[0].add_patch(
        Rectangle(
            (left - 0.5, top - 0.5),
            side,
            side,
            fill=False,
            linewidth=1.5,
            edgecolor=COLOURS["recursion"],
        )
    )
    for axis, (title, picture) in zip(axes[1:], pictures.items(), strict=True):
        axis.imshow(picture[top : top + side, left : left + side], vmin=16, vmax=235)
        axis.set_title(title.encode("utf-8", "backslashreplace").decode(), parse_math=False)
    for axis in axes:
        axis.axis("off")
    return figure


def quality_cost(
    measured: dict[str, tuple[float, float]],
    quoted: dict[str, tuple[float, float]],
    xlabel: str = "G multiply-adds for 1280x720",
    ylabel: str = "PSNR on Set5, x2 (dB)",
) -> Figure:
    """PSNR (dB) over cost on a logarithmic axis: measured methods filled, quoted ones as rings.

    measured, quoted: {name: (cost, PSNR)}. Each name stands where it covers no dot and no
    other name, with a thin line to its dot where that is not at once beside it.
    """
    figure, axis = _figure(5.6, 5.6)  # narrow, so that a phone shrinks it less
    for points, part, fill, label in (
        (quoted, "bicubic", "none", "quoted from papers"),
        (measured, "recursion", "full", "measured by this project"),
    ):
        if points:
            style = {"color": COLOURS[part], "fillstyle": fill, "markersize": 5, "label": label}
            axis.plot(*zip(*points.values(), strict=False), "o", **style)
    axis.set(xscale="log", xlabel=xlabel, ylabel=ylabel)
    axis.margins(x=0.14, y=0.08)
    axis.legend(loc="lower right")
    figure.canvas.draw()  # lays the axes out: only now do dots and names have a place in pixels
    points = [
        (name, point, COLOURS[part])
        for group, part in ((measured, "recursion"), (quoted, "ink"))
        for name, point in group.items()
    ]
    dots = [axis.transData.transform(point) for _, point, _ in points]
    taken = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in dots]
    taken.append(axis.get_legend().get_window_extent())
    for (name, point, colour), dot in zip(points, dots, strict=False):
        _place(axis, name, point, dot, colour, taken)
    return figure


def _place(axis, name, point, dot, colour, taken):
    """Write the name at the nearest free place around its dot, which is then taken as well."""
    text = axis.annotate(
        name, point, (0, 0), textcoords="offset points", color=colour, fontsize=8, va="center"
    )
    text.set_in_layout(False)
    extent = text.get_window_extent()
    sheet = axis.get_window_extent()
    for distance in range(6, 160, 4):
        for angle in np.radians(np.arange(0, 360, 15)):
            across, up = np.cos(angle), np.sin(angle)
            left = distance * across + (across - 1) / 2 * extent.width
            bottom = (distance + extent.height / 2) * up - extent.height / 2
            box = Bbox.from_bounds(*(dot + (left, bottom)), extent.width, extent.height)
            free = not any(box.padded(2).overlaps(other) for other in taken)
            if free and sheet.contains(*box.min) and sheet.contains(*box.max):
                taken.append(box)
                offset = np.array([left, bottom + extent.height / 2])
                text.set_position(offset * 72 / axis.figure.dpi)
                if distance > 12:
                    end = np.clip(dot, box.min, box.max)
                    line = axis.transData.inverted().transform([dot, end])
                    axis.plot(*line.T, color=colour, linewidth=0.5, scalex=False, scaley=False)
                return
    raise ValueError(f"no free place for {name!r}")


def recursion_curve(
    single,
    ensemble: float | None = None,
    bicubic: float | None = None,
    label: str = "single outputs $\\hat{y}_d$",
    axis=None,
):
    """PSNR in dB of each recursion's output over d; the ensemble's and bicubic's as level lines.

    The axis.
    """
    axis = axis or _figure(5.2, 2.8)[1]
    depth = np.arange(1, len(single) + 1)
    axis.plot(depth, single, "o-", label=label)
    for value, name in ((ensemble, "ensemble"), (bicubic, "bicubic")):
        if value is not None:
            axis.axhline(value, color=COLOURS[name], linestyle="--", label=f"{name} {value:.2f} dB")
    axis.set(xlabel="recursion $d$", ylabel="PSNR (dB)", xticks=depth)
    axis.legend()
    return axis


def speed(sides: dict[str, dict[int, float]], recursions: dict[str, tuple[float, float]]) -> Figure:
    """Left: megapixels a second against the output's side, by method.

    Right: what each recursion costs and gives.

    sides: {method: {side in pixels: megapixels a second}}. recursions: {label: (seconds a
    megapixel, PSNR in dB)}, the label being d, or "ensemble".
    """
    figure, (left, right) = _figure(8.0, 4.0, ncols=2)
    for number, (method, rates) in enumerate(sides.items()):
        left.plot(
            *zip(*sorted(rates.items()), strict=True),
            "os^Dv*<>"[number % 8] + ("-" if number < 6 else "--"),
            label=method,
        )
    left.set_xscale("log", base=2)
    ticks = sorted({side for rates in sides.values() for side in rates})
    left.set_xticks(ticks, [str(side) for side in ticks])
    left.set(xlabel="side of the output (pixels)", ylabel="megapixels a second", ylim=(0, None))
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    single = {d: point for d, point in recursions.items() if d != "ensemble"}
    right.plot(
        *zip(*single.values(), strict=True),
        "o-",
        color=COLOURS["recursion"],
        label="one output, $\\hat{y}_d$",
    )
    for d, point in single.items():
        right.annotate(f"$d$ = {d}", point, (4, -10), textcoords="offset points", fontsize=7)
    if "ensemble" in recursions:
        right.plot(*recursions["ensemble"], "D", color=COLOURS["ensemble"], label="ensemble")
    right.margins(0.15)
    right.set(xlabel="seconds a megapixel", ylabel="PSNR on Set5, x2 (dB)")
    right.legend()
    return figure


# ----------------------------------------------------------------------------------------------
# drawings


def _canvas(width, height):
    """An empty sheet whose unit is a tenth of an inch both ways."""
    figure = Figure(figsize=(width / 10, height / 10), layout="none")
    axis = figure.add_axes([0, 0, 1, 1], xlim=(0, width), ylim=(0, height), aspect="equal")
    axis.axis("off")
    return figure, axis


def _tint(part, strength):
    return matplotlib.colors.to_rgba(COLOURS[part], strength)


def _box(axis, x, y, text, part, width=7.0, height=5.0):
    """A box of the network centred on (x, y), tinted with its part's colour."""
    axis.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            linewidth=1.3,
            edgecolor=COLOURS[part],
            facecolor=_tint(part, 0.13),
            boxstyle="round,pad=0,rounding_size=0.8",
        )
    )
    axis.text(x, y, text, ha="center", va="center", fontsize=10)


def _node(axis, x, y, text, colour=COLOURS["ink"], radius=1.5):
    axis.add_patch(Circle((x, y), radius, facecolor="white", edgecolor=colour, linewidth=1.2))
    axis.text(x, y, text, ha="center", va="center", fontsize=10, color=colour)


def _arrow(axis, *points, colour=COLOURS["ink"], width=1.2, bend=0.0, dashed=False):
    """An arrow through the points; only its last piece has a head.

    `bend` curves an arrow of two points.
    """
    for start, end in pairwise(points[:-1]):
        axis.plot(
            *zip(start, end, strict=True),
            color=colour,
            linewidth=width,
            linestyle="--" if dashed else "-",
            solid_capstyle="round",
        )
    axis.add_patch(
        FancyArrowPatch(
            points[-2],
            points[-1],
            arrowstyle="-|>",
            mutation_scale=8,
            color=colour,
            linewidth=width,
            shrinkA=0,
            shrinkB=0,
            linestyle="--" if dashed else "-",
            connectionstyle=f"arc3,rad={bend}",
        )
    )


def _label(axis, x, y, text, colour=COLOURS["ink"], size=9, **where):
    axis.text(x, y, text, color=colour, fontsize=size, **{"ha": "center", "va": "center", **where})


def network_rolled() -> Figure:
    """The network as it is written: one recursion with an arrow back to itself."""
    figure, axis = _canvas(76, 24)
    y = 11
    _label(axis, 2.5, y, "$x$", size=12)
    for x, text, part in (
        (11, "$W_{-1}$", "embedding"),
        (20, "$W_0$", "embedding"),
        (33, "$W$", "recursion"),
        (46, "$W_{D+1}$", "reconstruction"),
        (55, "$W_{D+2}$", "reconstruction"),
    ):
        _box(axis, x, y, text, part)
    for start, end in (
        (4, 7.5),
        (14.5, 16.5),
        (23.5, 29.5),
        (36.5, 42.5),
        (49.5, 51.5),
        (58.5, 60.5),
        (63.5, 66.5),
        (73.5, 75.5),
    ):
        _arrow(axis, (start, y), (end, y))
    _node(axis, 62, y, "+", COLOURS["skip"])
    _box(axis, 70, y, "$\\sum_d w_d\\,\\hat{y}_d$", "ensemble")
    _arrow(
        axis, (38.2, y), (38.2, 16.3), (27.8, 16.3), (27.8, y + 0.2), colour=COLOURS["recursion"]
    )
    _label(axis, 33, 17.6, "$D$ times, the same $W$", COLOURS["recursion"])
    _arrow(axis, (2.5, y + 1.8), (2.5, 21), (62, 21), (62, y + 1.5), colour=COLOURS["skip"])
    _label(axis, 33, 22.3, "skip connection: $x$ is added", COLOURS["skip"])
    _label(axis, 25.4, y - 1.5, "$H_0$")
    _label(axis, 40.6, y - 1.5, "$H_d$")
    _label(axis, 65, y + 1.9, "$\\hat{y}_d$")
    _label(axis, 74.6, y + 1.9, "$\\hat{y}$", size=12)
    for x, name, part in (
        (15.5, "embedding $f_1$", "embedding"),
        (33, "inference $f_2$", "recursion"),
        (50.5, "reconstruction $f_3$", "reconstruction"),
        (70, "ensemble", "ensemble"),
    ):
        _label(axis, x, 5.5, name, COLOURS[part], 10)
    _label(axis, 33, 2, "each $W$ is a 3$\\times$3 convolution", size=8)
    return figure


def network_unrolled() -> Figure:
    """The network as it is computed: a column for each recursion, equal colours sharing their
    weights.
    """
    figure, axis = _canvas(76, 40)
    top, middle, sums, out = 33, 22, 13.5, 5
    columns, names = (30, 42, 54, 68), ("1", "2", "3", "D")
    _label(axis, 2.5, top, "$x$", size=12)
    _box(axis, 9.5, top, "$W_{-1}$", "embedding", 6)
    _box(axis, 17.5, top, "$W_0$", "embedding", 6)
    for a, b in ((4, 6.5), (12.5, 14.5)):
        _arrow(axis, (a, top), (b, top))
    _label(axis, 23, top + 1.6, "$H_0$")
    for i, (x, d) in enumerate(zip(columns, names, strict=True)):
        start = 20.5 if i == 0 else columns[i - 1] + 3
        if d == "D":
            _label(axis, (start + x - 3) / 2, top, r"$\cdots$", size=13)
            _arrow(axis, (start, top), (start + 2, top))
            _arrow(axis, (x - 5, top), (x - 3, top))
        else:
            _arrow(axis, (start, top), (x - 3, top))
        _box(axis, x, top, "$W$", "recursion", 6)
        _label(axis, x + 1.9, top - 4.2, f"$H_{d}$")
        _arrow(axis, (x, top - 2.5), (x, middle + 2.6))
        _box(axis, x, middle, "$W_{D+1}$\n$W_{D+2}$", "reconstruction", 7)
        _arrow(axis, (x, middle - 2.6), (x, sums + 1.5))
        _node(axis, x, sums, "+", COLOURS["skip"])
        _arrow(axis, (x, sums - 1.5), (x, out + 2.2))
        _label(axis, x + 1.8, sums - 3.2, f"$\\hat{{y}}_{d}$")
    rail = sums + 3.6
    axis.plot(
        [2.5, 2.5, columns[-1] - 3.5], [top - 1.8, rail, rail], color=COLOURS["skip"], linewidth=1.2
    )
    for x in columns:
        _arrow(axis, (x - 3.5, rail), (x - 1.1, sums + 1.1), colour=COLOURS["skip"])
    terms = " + ".join(rf"w_{d} \hat{{y}}_{d}" for d in names[:3])
    _box(
        axis,
        49,
        out,
        rf"$\hat{{y}} = {terms} + \cdots + w_D \hat{{y}}_D$",
        "ensemble",
        columns[-1] - columns[0] + 8,
        4.4,
    )
    _arrow(axis, (columns[0] - 4, out), (columns[0] - 9, out))
    _label(axis, columns[0] - 10.5, out, "$\\hat{y}$", size=12)
    _label(axis, 49, 38, "the same $W$ in every column", COLOURS["recursion"])
    _label(axis, 12.5, rail + 1.4, "skip connection", COLOURS["skip"])
    _label(
        axis,
        12.5,
        middle + 1.7,
        "the same $f_3$ in every column",
        COLOURS["reconstruction"],
        size=8,
    )
    return figure


def authors_wiring() -> Figure:
    """The recursion as the paper prints it beside the recursion of the authors' code."""
    figure, axis = _canvas(76, 25)
    for left, title, feedback in (
        (0, "as the paper prints it", False),
        (39, "as the authors' code computes it", True),
    ):
        _label(axis, left + 18, 23, title, size=10)
        for i, d in enumerate(("1", "2", "3")):
            x = left + 8 + 12 * i
            _box(axis, x, 16, "$W$", "recursion", 5, 4.5)
            _box(axis, x, 7, "$W_{D+1}$", "reconstruction", 6, 4.5)
            _arrow(axis, (x, 13.7), (x, 9.3))
            _arrow(axis, (x, 4.7), (x, 2.4))
            _label(axis, x, 1.2, f"to $\\hat{{y}}_{d}$", size=8)
            start = left + 1 if i == 0 else x - 9.5
            if i == 0 or not feedback:
                _arrow(axis, (start, 16), (x - 2.5, 16))
            else:
                _arrow(
                    axis,
                    (x - 9, 7),
                    (x - 6, 7),
                    (x - 6, 16),
                    (x - 2.5, 16),
                    colour=COLOURS["reconstruction"],
                )
        _label(axis, left + 2.5, 17.6, "$H_0$")
    axis.plot([37.5, 37.5], [1, 23], color=COLOURS["grid"], linewidth=1)
    return figure


def receptive_field() -> Figure:
    """A row of pixels through the layers for D = 2, and the squares that D = 1, 4, 8, 16 see."""
    figure, axis = _canvas(76, 36)
    layers = (
        ("$x$", "truth"),
        ("$H_{-1}$", "embedding"),
        ("$H_0$", "embedding"),
        ("$H_1$", "recursion"),
        ("$H_2$", "recursion"),
        ("$H_{D+1}$", "reconstruction"),
        ("$\\hat{y}_2$", "reconstruction"),
    )
    middle, step = 22.6, 2.4
    for row, (name, part) in enumerate(layers):
        y, reach = 4 + 4.2 * row, len(layers) - 1 - row
        for column in range(-7, 8):
            seen = abs(column) <= reach
            axis.add_patch(
                Rectangle(
                    (middle + step * column - 0.95, y - 0.95),
                    1.9,
                    1.9,
                    linewidth=0.8,
                    edgecolor=COLOURS[part] if seen else COLOURS["grid"],
                    facecolor=_tint(part, 0.35) if seen else "white",
                )
            )
        if row:
            for side in (-1, 1):
                axis.plot(
                    [middle + side * step * reach, middle + side * step * (reach + 1)],
                    [y - 0.95, y - 3.25],
                    color=COLOURS["ink"],
                    linewidth=0.8,
                )
        _label(axis, 1, y, name, COLOURS[part], ha="left")
        _label(axis, 43, y, f"{2 * reach + 1}", size=8)
    _label(axis, middle, 34.3, "one output pixel and what it sees, $D$ = 2", size=9)
    left, bottom, pixel = 46, 3.2, 0.7
    for depth, shade in ((16, 0.10), (8, 0.22), (4, 0.4), (1, 0.65)):
        side = NetworkConfig(recursions=depth).receptive_field
        corner = (41 - side) / 2 * pixel
        axis.add_patch(
            Rectangle(
                (left + corner, bottom + corner),
                side * pixel,
                side * pixel,
                linewidth=1.1,
                edgecolor=COLOURS["recursion"],
                facecolor=_tint("recursion", shade),
            )
        )
        name = f"$D$ = {depth}:  " if depth > 4 else ""
        _label(
            axis,
            left + corner + 0.5,
            bottom + corner + side * pixel - 1.2,
            f"{name}{side}$\\times${side}",
            size=8,
            ha="left",
        )
    axis.add_patch(
        Rectangle((left + 20 * pixel, bottom + 20 * pixel), pixel, pixel, color=COLOURS["truth"])
    )
    _label(axis, left + 14.35, 34.3, "the square of the input, by depth", size=9)
    return figure


def gradient_flow() -> Figure:
    """The ways the error's gradient takes back to the shared convolution, without and with
    supervision.
    """
    figure, axis = _canvas(76, 39)
    for base, supervised, title in (
        (21, False, "error at the last output only"),
        (2, True, "error at every output: recursive supervision"),
    ):
        _label(axis, 38, base + 16, title, size=10)
        for i, d in enumerate(("1", "2", "3", "D")):
            x = 12 + 16 * i
            _box(axis, x, base + 11, "$W$", "recursion", 6, 4)
            _label(axis, x + 2.0, base + 7.6, f"$H_{d}$", size=8)
            if i:
                _arrow(
                    axis,
                    (x - 3, base + 11),
                    (x - 13, base + 11),
                    colour=COLOURS["ensemble"],
                    width=0.8 + 0.7 * i,
                )
            if d == "D":
                _label(axis, x - 8, base + 13, r"$\cdots$", size=12)
            if supervised or d == "D":
                _box(axis, x, base + 1.8, f"$\\|y - \\hat{{y}}_{d}\\|^2$", "reconstruction", 9, 3.4)
                _arrow(axis, (x, base + 3.5), (x, base + 9), colour=COLOURS["ensemble"], width=2.9)
    _label(axis, 1, 32, "gradient", COLOURS["ensemble"], ha="left")
    axis.plot([0, 76], [20, 20], color=COLOURS["grid"], linewidth=1)
    return figure


def successors() -> Figure:
    """Family tree of DRCN: its ancestors and successors, with parameters and PSNR on Set5, x2."""
    figure, axis = _canvas(56, 72)
    tree = {  # name: (x, y, parameters, PSNR, part)
        "SRCNN": (24.5, 67, "57K", "36.66", "bicubic"),
        "VDSR": (13, 54, "665K", "37.53", "embedding"),
        "DRCN": (36, 54, "1775K", "37.63", "recursion"),
        "EDSR": (13, 37, "43M", "38.11", "embedding"),
        "DRRN": (24.5, 37, "297K", "37.74", "recursion"),
        "MemNet": (36, 37, "677K", "37.78", "recursion"),
        "DCSCN": (47.5, 37, "", "37.79", "reconstruction"),
        "NLRN": (24.5, 20, "330K", "38.00", "recursion"),
        "SRFBN-S": (47.5, 20, "282K", "37.78", "recursion"),
        "SwinIR-light": (13, 5, "878K", "38.14", "embedding"),
        "LBNet": (24.5, 5, "731K", "38.05", "recursion"),
    }
    ideas = (  # parent, child, idea, the place of its words and on which side of it they stand
        ("SRCNN", "VDSR", "20 layers,\nglobal skip", (17.3, 61.3), "right"),
        ("SRCNN", "DRCN", "one layer,\n16 times", (31.7, 61.3), "left"),
        ("VDSR", "EDSR", "residual\nblocks, width", (12.3, 45), "right"),
        ("VDSR", "DRRN", "residual\nunits", (17.6, 48.6), "left"),
        ("DRCN", "DRRN", "residual\nrecursion", (31.4, 48.6), "right"),
        ("DRCN", "MemNet", "memory\ngates", (36.7, 43), "left"),
        ("DRCN", "DCSCN", "low resolution,\npixel shuffle", (42.8, 48.2), "left"),
        ("DRRN", "NLRN", "non-local", (25.2, 28.5), "left"),
        ("EDSR", "SwinIR-light", "attention\nin windows", (13.7, 28.5), "left"),
        ("NLRN", "LBNet", "recursive\ntransformer", (25.2, 12.5), "left"),
    )
    for parent, child, idea, where, side in ideas:
        (x0, y0, *_), (x1, y1, *_) = tree[parent], tree[child]
        _arrow(axis, (x0, y0 - 2.7), (x1, y1 + 2.7), width=0.9)
        _label(axis, *where, idea, size=8.8, style="italic", ha=side)
    _arrow(axis, (40.8, 54), (54, 54), (54, 20), (52.3, 20), width=0.9)
    _label(axis, 47.5, 55.4, "feedback", size=8.8, style="italic")
    for name, (x, y, parameters, psnr, part) in tree.items():
        _box(axis, x, y, "", part, 9.6, 5.4)
        _label(axis, x, y + 1.1, name, COLOURS[part], 10 if len(name) < 9 else 8.8, weight="bold")
        _label(axis, x, y - 1.2, f"{parameters} · {psnr}" if parameters else psnr, size=8.8)
    years = {67: "2014", 54: "2016", 37: "2017", 20: "2018-\n2019", 5: "2021-\n2022"}
    for y, year in years.items():
        _label(axis, 3.2, y, year, COLOURS["bicubic"], 9)
    return figure


def data_parallel() -> Figure:
    """One batch cut over two devices, and the mean of their gradients moving both copies of the
    network.
    """
    figure, axis = _canvas(76, 29)
    middle, mean = 14, (63, 14)
    _box(axis, 7.5, middle, "8 patches", "bicubic", 13, 5)
    for y, number in ((21, 1), (7, 2)):
        _arrow(axis, (14, middle), (22, y))
        _label(axis, 15.5, (middle + y) / 2 + (2 if y > middle else -2), "4")
        _box(axis, 30, y, f"device {number}: $\\theta$", "recursion", 16, 5)
        _arrow(axis, (38, y), (43, y))
        _box(axis, 49, y, f"$g_{number}$", "ensemble", 12, 5)
        _arrow(axis, (55, y), (mean[0] - 2.5, middle + (1.8 if y > middle else -1.8)))
        edge = 27 if y > middle else 1
        _arrow(
            axis,
            (mean[0] + 4, middle),
            (72, middle),
            (72, edge),
            (30, edge),
            (30, y + (2.5 if y > middle else -2.5)),
            colour=COLOURS["ensemble"],
        )
    _box(axis, *mean, "mean", "ensemble", 8, 4)
    _label(axis, 50, 28, "the same step on every device", COLOURS["ensemble"], 8)
    _label(axis, 30, middle, "the same parameters", COLOURS["recursion"], 8)
    _label(axis, 49, middle, "gradients", COLOURS["ensemble"], 8)
    return figure


DRAWINGS = {
    draw.__name__: draw
    for draw in (
        network_rolled,
        network_unrolled,
        authors_wiring,
        receptive_field,
        gradient_flow,
        data_parallel,
        successors,
    )
}


def to_svg(draw: Callable[[], Figure]) -> bytes:
    """A figure as an SVG file: the same bytes on every run, with no date and no version."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        draw().savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def svg(name: str) -> bytes:
    """One of DRAWINGS as an SVG file."""
    return to_svg(DRAWINGS[name])


def main(folder: Path = FOLDER) -> None:
    """Write every drawing into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DRAWINGS:
        write_atomically(folder / f"{name}.svg", svg(name))
        print(folder / f"{name}.svg")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

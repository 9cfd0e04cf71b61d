"""Drawings of what the network sees, how it learns, and what came of it."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..config import NetworkConfig
from .look import COLOURS
from .pencil import arrow, box, canvas, label, tint


def receptive_field() -> Figure:
    """A row of pixels through the layers for D = 2, and the squares that D = 1, 4, 8, 16 see."""
    figure, axis = canvas(76, 36)
    _layers(axis, 22.6, 2.4)
    _squares(axis, 46, 3.2, 0.7)
    return figure


def _layers(axis, middle, step):
    layers = (
        ("$x$", "truth"),
        ("$H_{-1}$", "embedding"),
        ("$H_0$", "embedding"),
        ("$H_1$", "recursion"),
        ("$H_2$", "recursion"),
        ("$H_{D+1}$", "reconstruction"),
        ("$\\hat{y}_2$", "reconstruction"),
    )
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
                    facecolor=tint(part, 0.35) if seen else "white",
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
        label(axis, 1, y, name, COLOURS[part], ha="left")
        label(axis, 43, y, f"{2 * reach + 1}", size=8)
    label(axis, middle, 34.3, "one output pixel and what it sees, $D$ = 2", size=9)


def _squares(axis, left, bottom, pixel):
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
                facecolor=tint("recursion", shade),
            )
        )
        name = f"$D$ = {depth}:  " if depth > 4 else ""
        label(
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
    label(axis, left + 14.35, 34.3, "the square of the input, by depth", size=9)


def gradient_flow() -> Figure:
    """The ways the error's gradient takes back to the shared convolution, without and with
    supervision.
    """
    figure, axis = canvas(76, 39)
    for base, supervised, title in (
        (21, False, "error at the last output only"),
        (2, True, "error at every output: recursive supervision"),
    ):
        label(axis, 38, base + 16, title, size=10)
        for i, d in enumerate(("1", "2", "3", "D")):
            x = 12 + 16 * i
            box(axis, x, base + 11, "$W$", "recursion", 6, 4)
            label(axis, x + 2.0, base + 7.6, f"$H_{d}$", size=8)
            if i:
                arrow(
                    axis,
                    (x - 3, base + 11),
                    (x - 13, base + 11),
                    colour=COLOURS["ensemble"],
                    width=0.8 + 0.7 * i,
                )
            if d == "D":
                label(axis, x - 8, base + 13, r"$\cdots$", size=12)
            if supervised or d == "D":
                box(axis, x, base + 1.8, f"$\\|y - \\hat{{y}}_{d}\\|^2$", "reconstruction", 9, 3.4)
                arrow(axis, (x, base + 3.5), (x, base + 9), colour=COLOURS["ensemble"], width=2.9)
    label(axis, 1, 32, "gradient", COLOURS["ensemble"], ha="left")
    axis.plot([0, 76], [20, 20], color=COLOURS["grid"], linewidth=1)
    return figure


def successors() -> Figure:
    """Family tree of DRCN: its ancestors and successors, with parameters and PSNR on Set5, x2."""
    figure, axis = canvas(56, 72)
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
        arrow(axis, (x0, y0 - 2.7), (x1, y1 + 2.7), width=0.9)
        label(axis, *where, idea, size=8.8, style="italic", ha=side)
    arrow(axis, (40.8, 54), (54, 54), (54, 20), (52.3, 20), width=0.9)
    label(axis, 47.5, 55.4, "feedback", size=8.8, style="italic")
    for name, (x, y, parameters, psnr, part) in tree.items():
        box(axis, x, y, "", part, 9.6, 5.4)
        label(axis, x, y + 1.1, name, COLOURS[part], 10 if len(name) < 9 else 8.8, weight="bold")
        label(axis, x, y - 1.2, f"{parameters} · {psnr}" if parameters else psnr, size=8.8)
    years = {67: "2014", 54: "2016", 37: "2017", 20: "2018-\n2019", 5: "2021-\n2022"}
    for y, year in years.items():
        label(axis, 3.2, y, year, COLOURS["bicubic"], 9)
    return figure


def data_parallel() -> Figure:
    """One batch cut over two devices, and the mean of their gradients moving both copies of the
    network.
    """
    figure, axis = canvas(76, 29)
    middle, mean = 14, (63, 14)
    box(axis, 7.5, middle, "8 patches", "bicubic", 13, 5)
    for y, number in ((21, 1), (7, 2)):
        arrow(axis, (14, middle), (22, y))
        label(axis, 15.5, (middle + y) / 2 + (2 if y > middle else -2), "4")
        box(axis, 30, y, f"device {number}: $\\theta$", "recursion", 16, 5)
        arrow(axis, (38, y), (43, y))
        box(axis, 49, y, f"$g_{number}$", "ensemble", 12, 5)
        arrow(axis, (55, y), (mean[0] - 2.5, middle + (1.8 if y > middle else -1.8)))
        edge = 27 if y > middle else 1
        arrow(
            axis,
            (mean[0] + 4, middle),
            (72, middle),
            (72, edge),
            (30, edge),
            (30, y + (2.5 if y > middle else -2.5)),
            colour=COLOURS["ensemble"],
        )
    box(axis, *mean, "mean", "ensemble", 8, 4)
    label(axis, 50, 28, "the same step on every device", COLOURS["ensemble"], 8)
    label(axis, 30, middle, "the same parameters", COLOURS["recursion"], 8)
    label(axis, 49, middle, "gradients", COLOURS["ensemble"], 8)
    return figure

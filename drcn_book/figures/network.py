"""Drawings of the network: rolled, unrolled, and as the authors' code has it."""

from matplotlib.figure import Figure

from .look import COLOURS
from .pencil import arrow, box, canvas, label, node


def network_rolled() -> Figure:
    """The network as it is written: one recursion with an arrow back to itself."""
    figure, axis = canvas(76, 24)
    y = 11
    label(axis, 2.5, y, "$x$", size=12)
    for x, text, part in (
        (11, "$W_{-1}$", "embedding"),
        (20, "$W_0$", "embedding"),
        (33, "$W$", "recursion"),
        (46, "$W_{D+1}$", "reconstruction"),
        (55, "$W_{D+2}$", "reconstruction"),
    ):
        box(axis, x, y, text, part)
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
        arrow(axis, (start, y), (end, y))
    node(axis, 62, y, "+", COLOURS["skip"])
    box(axis, 70, y, "$\\sum_d w_d\\,\\hat{y}_d$", "ensemble")
    arrow(axis, (38.2, y), (38.2, 16.3), (27.8, 16.3), (27.8, y + 0.2), colour=COLOURS["recursion"])
    label(axis, 33, 17.6, "$D$ times, the same $W$", COLOURS["recursion"])
    arrow(axis, (2.5, y + 1.8), (2.5, 21), (62, 21), (62, y + 1.5), colour=COLOURS["skip"])
    label(axis, 33, 22.3, "skip connection: $x$ is added", COLOURS["skip"])
    label(axis, 25.4, y - 1.5, "$H_0$")
    label(axis, 40.6, y - 1.5, "$H_d$")
    label(axis, 65, y + 1.9, "$\\hat{y}_d$")
    label(axis, 74.6, y + 1.9, "$\\hat{y}$", size=12)
    for x, name, part in (
        (15.5, "embedding $f_1$", "embedding"),
        (33, "inference $f_2$", "recursion"),
        (50.5, "reconstruction $f_3$", "reconstruction"),
        (70, "ensemble", "ensemble"),
    ):
        label(axis, x, 5.5, name, COLOURS[part], 10)
    label(axis, 33, 2, "each $W$ is a 3$\\times$3 convolution", size=8)
    return figure


def network_unrolled() -> Figure:
    """The network as it is computed: a column for each recursion, equal colours sharing their
    weights.
    """
    figure, axis = canvas(76, 40)
    top, middle, sums, out = 33, 22, 13.5, 5
    columns, names = (30, 42, 54, 68), ("1", "2", "3", "D")
    label(axis, 2.5, top, "$x$", size=12)
    box(axis, 9.5, top, "$W_{-1}$", "embedding", 6)
    box(axis, 17.5, top, "$W_0$", "embedding", 6)
    for a, b in ((4, 6.5), (12.5, 14.5)):
        arrow(axis, (a, top), (b, top))
    label(axis, 23, top + 1.6, "$H_0$")
    for i, (x, d) in enumerate(zip(columns, names, strict=True)):
        start = 20.5 if i == 0 else columns[i - 1] + 3
        if d == "D":
            label(axis, (start + x - 3) / 2, top, r"$\cdots$", size=13)
            arrow(axis, (start, top), (start + 2, top))
            arrow(axis, (x - 5, top), (x - 3, top))
        else:
            arrow(axis, (start, top), (x - 3, top))
        box(axis, x, top, "$W$", "recursion", 6)
        label(axis, x + 1.9, top - 4.2, f"$H_{d}$")
        arrow(axis, (x, top - 2.5), (x, middle + 2.6))
        box(axis, x, middle, "$W_{D+1}$\n$W_{D+2}$", "reconstruction", 7)
        arrow(axis, (x, middle - 2.6), (x, sums + 1.5))
        node(axis, x, sums, "+", COLOURS["skip"])
        arrow(axis, (x, sums - 1.5), (x, out + 2.2))
        label(axis, x + 1.8, sums - 3.2, f"$\\hat{{y}}_{d}$")
    rail = sums + 3.6
    axis.plot(
        [2.5, 2.5, columns[-1] - 3.5], [top - 1.8, rail, rail], color=COLOURS["skip"], linewidth=1.2
    )
    for x in columns:
        arrow(axis, (x - 3.5, rail), (x - 1.1, sums + 1.1), colour=COLOURS["skip"])
    terms = " + ".join(rf"w_{d} \hat{{y}}_{d}" for d in names[:3])
    box(
        axis,
        49,
        out,
        rf"$\hat{{y}} = {terms} + \cdots + w_D \hat{{y}}_D$",
        "ensemble",
        columns[-1] - columns[0] + 8,
        4.4,
    )
    arrow(axis, (columns[0] - 4, out), (columns[0] - 9, out))
    label(axis, columns[0] - 10.5, out, "$\\hat{y}$", size=12)
    label(axis, 49, 38, "the same $W$ in every column", COLOURS["recursion"])
    label(axis, 12.5, rail + 1.4, "skip connection", COLOURS["skip"])
    label(
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
    figure, axis = canvas(76, 25)
    for left, title, feedback in (
        (0, "as the paper prints it", False),
        (39, "as the authors' code computes it", True),
    ):
        label(axis, left + 18, 23, title, size=10)
        for i, d in enumerate(("1", "2", "3")):
            x = left + 8 + 12 * i
            box(axis, x, 16, "$W$", "recursion", 5, 4.5)
            box(axis, x, 7, "$W_{D+1}$", "reconstruction", 6, 4.5)
            arrow(axis, (x, 13.7), (x, 9.3))
            arrow(axis, (x, 4.7), (x, 2.4))
            label(axis, x, 1.2, f"to $\\hat{{y}}_{d}$", size=8)
            start = left + 1 if i == 0 else x - 9.5
            if i == 0 or not feedback:
                arrow(axis, (start, 16), (x - 2.5, 16))
            else:
                arrow(
                    axis,
                    (x - 9, 7),
                    (x - 6, 7),
                    (x - 6, 16),
                    (x - 2.5, 16),
                    colour=COLOURS["reconstruction"],
                )
        label(axis, left + 2.5, 17.6, "$H_0$")
    axis.plot([37.5, 37.5], [1, 23], color=COLOURS["grid"], linewidth=1)
    return figure

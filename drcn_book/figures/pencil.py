"""What drawings are made of: a sheet, boxes, nodes, arrows, labels."""

from itertools import pairwise

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from .look import COLOURS


def canvas(width, height):
    """An empty sheet whose unit is a tenth of an inch both ways."""
    figure = Figure(figsize=(width / 10, height / 10), layout="none")
    axis = figure.add_axes([0, 0, 1, 1], xlim=(0, width), ylim=(0, height), aspect="equal")
    axis.axis("off")
    return figure, axis


def tint(part, strength):
    return matplotlib.colors.to_rgba(COLOURS[part], strength)


def box(axis, x, y, text, part, width=7.0, height=5.0):
    """A box of the network centred on (x, y), tinted with its part's colour."""
    axis.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            linewidth=1.3,
            edgecolor=COLOURS[part],
            facecolor=tint(part, 0.13),
            boxstyle="round,pad=0,rounding_size=0.8",
        )
    )
    axis.text(x, y, text, ha="center", va="center", fontsize=10)


def node(axis, x, y, text, colour=COLOURS["ink"], radius=1.5):
    axis.add_patch(Circle((x, y), radius, facecolor="white", edgecolor=colour, linewidth=1.2))
    axis.text(x, y, text, ha="center", va="center", fontsize=10, color=colour)


def arrow(axis, *points, colour=COLOURS["ink"], width=1.2, bend=0.0, dashed=False):
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


def label(axis, x, y, text, colour=COLOURS["ink"], size=9, **where):
    axis.text(x, y, text, color=colour, fontsize=size, **{"ha": "center", "va": "center", **where})

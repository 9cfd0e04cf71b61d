"""One look for every figure, in files and in notebooks."""

import io
import sys

import matplotlib
import numpy as np
from matplotlib.figure import Figure

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

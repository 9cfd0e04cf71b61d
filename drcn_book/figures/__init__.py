"""One style for every figure of the book, and its drawings as SVG files made by code.

`python -m drcn_book.figures` writes the drawings into `figures/`; a test fails if they are not up
to date. All figures stand on a white card, so they read the same on the light and on the dark
theme. look is the style, plots has numbers and pictures; pencil draws, network and ideas are the
drawings, drawings their files.
"""

from .drawings import DRAWINGS, FOLDER, main, svg, to_svg
from .ideas import data_parallel, gradient_flow, receptive_field, successors
from .look import COLOURS, STYLE, recursion_colours, style
from .network import authors_wiring, network_rolled, network_unrolled
from .plots import crops, quality_cost, quality_seconds, recursion_curve, show, speed

__all__ = [
    "COLOURS",
    "DRAWINGS",
    "FOLDER",
    "STYLE",
    "authors_wiring",
    "crops",
    "data_parallel",
    "gradient_flow",
    "main",
    "network_rolled",
    "network_unrolled",
    "quality_cost",
    "quality_seconds",
    "receptive_field",
    "recursion_colours",
    "recursion_curve",
    "show",
    "speed",
    "style",
    "successors",
    "svg",
    "to_svg",
]

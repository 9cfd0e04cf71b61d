"""Tables: every method measured by one protocol, beside the numbers quoted from papers.

The protocol (reproduces the published bicubic rows to 0.01 dB): luma of BT.601, pictures cropped to
a multiple of the scale, bicubic down and up unrounded, the output rounded to 8 bits, `scale` pixels
shaved off each side, PSNR with peak 255, SSIM with an 11x11 Gaussian window, means over the
pictures of a set.

measuring makes rows, stored keeps them, statistics and tables say what they say; by_eye shows
pictures instead.
"""

from .by_eye import hardest, side_by_side
from .measuring import (
    BICUBIC,
    PIXELS,
    Method,
    evaluate,
    mean,
    measure,
    network_method,
    self_ensemble,
    speed,
)
from .statistics import RESAMPLES, costs, frontier, interval, paired
from .stored import COLUMNS, DECIBELS, KEYS, check, read, results, save
from .tables import (
    FACTS,
    ablation_table,
    facts_table,
    markdown,
    recursion_table,
    speed_table,
    table,
)

__all__ = [
    "BICUBIC",
    "COLUMNS",
    "DECIBELS",
    "FACTS",
    "KEYS",
    "Method",
    "PIXELS",
    "RESAMPLES",
    "ablation_table",
    "check",
    "costs",
    "evaluate",
    "facts_table",
    "frontier",
    "hardest",
    "interval",
    "markdown",
    "mean",
    "measure",
    "network_method",
    "paired",
    "read",
    "recursion_table",
    "results",
    "save",
    "self_ensemble",
    "side_by_side",
    "speed",
    "speed_table",
    "table",
]

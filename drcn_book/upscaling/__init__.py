"""Anyone's picture, enlarged: the luma by the network that fits it, the colour by bicubic.

`network` is what a trained network needs to answer, `upscaler` enlarges in tiles, `chooser` takes
the weights that fit.
"""

from .chooser import Chooser, told_by, upscale
from .network import fast_precision, inference_network
from .upscaler import Upscaler, windows

__all__ = [
    "Chooser",
    "Upscaler",
    "fast_precision",
    "inference_network",
    "told_by",
    "upscale",
    "windows",
]

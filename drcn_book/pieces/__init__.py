"""Pieces to touch, one or more a chapter: what the page is given, and what stands there without it.

`piece` is what they share; the others hold a chapter's each.
"""

from .network import Convolution, Field
from .piece import Piece, bundle, packed
from .problem import Boxes, Kernel, Stripes, response
from .training import Training, half
from .wiping import Opening

PIECES = {
    piece.name: piece for piece in (Opening, Kernel, Stripes, Boxes, Convolution, Field, Training)
}

__all__ = [
    "PIECES",
    "Boxes",
    "Convolution",
    "Field",
    "Kernel",
    "Opening",
    "Piece",
    "Stripes",
    "Training",
    "bundle",
    "half",
    "packed",
    "response",
]

"""Pieces to touch, one or more a chapter: what the page is given, and what stands there without it.

`piece` is what they share; the others hold a chapter's each.
"""

from .beyond import Family, Waves
from .cost import Cost
from .in_page import InPage
from .machines import Parallel, Roofline
from .network import Convolution, Field
from .patching import Patches
from .piece import Piece, bundle, packed
from .probe import Probe
from .problem import Boxes, Kernel, Ranking, Stripes, response
from .quiz import Quiz
from .supervision import Gradients, Seeds, flow
from .training import Training, half
from .wiping import Crops, Opening

PIECES = {
    piece.name: piece
    for piece in (
        Opening,
        Kernel,
        Stripes,
        Ranking,
        Boxes,
        Patches,
        Convolution,
        Field,
        Gradients,
        Seeds,
        Training,
        Roofline,
        Parallel,
        Crops,
        Cost,
        Family,
        Waves,
    )
}

__all__ = [
    "PIECES",
    "Boxes",
    "Convolution",
    "Cost",
    "Crops",
    "Family",
    "Field",
    "Gradients",
    "InPage",
    "Kernel",
    "Opening",
    "Parallel",
    "Patches",
    "Piece",
    "Probe",
    "Quiz",
    "Ranking",
    "Roofline",
    "Seeds",
    "Stripes",
    "Training",
    "Waves",
    "bundle",
    "flow",
    "half",
    "packed",
    "response",
]

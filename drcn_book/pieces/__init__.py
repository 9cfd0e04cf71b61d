"""Pieces to touch, one or more a chapter: what the page is given, and what stands there without it.

`piece` is what they share; the others hold a chapter's each.
"""

from .network import InPage
from .piece import Piece, bundle, packed
from .probe import Probe
from .training import Training, half
from .wiping import Opening

PIECES = {piece.name: piece for piece in (Opening, Training)}

__all__ = ["PIECES", "InPage", "Opening", "Piece", "Probe", "Training", "bundle", "half", "packed"]

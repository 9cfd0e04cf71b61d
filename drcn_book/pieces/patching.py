"""Chapter 2's piece: a patch of a photograph, and its eight views."""

import numpy as np

from ..images import eight_views
from .piece import Piece, figure, packed, png
from .training import half


class Patches(Piece):
    """A frame to move over a photograph; what is in it, flipped and turned."""

    name = script = "patches"
    title = "A patch and its eight views"

    @property
    def data(self) -> dict:
        return {"photograph": packed(half("chelsea"))}

    @staticmethod
    def views(top: int, left: int, side: int) -> list[np.ndarray]:
        """The eight views (side, side) of a patch of the photograph."""
        patch = half("chelsea")[top : top + side, left : left + side]
        return [view for (view,) in eight_views(patch[None])]

    @property
    def still(self) -> str:
        height, width = half("chelsea").shape
        pictures = "".join(
            png(view, f"view {v}")
            for v, view in enumerate(self.views(50, 60, 41))
            if v in (0, 1, 4)
        )
        return figure(
            f'<div class="drcn-row">{pictures}</div>',
            f"A photograph of {height}×{width} pixels holds {(height - 40) * (width - 40):,} "
            "patches of 41×41, each in eight views: here one as it is, turned and mirrored. In the "
            "page, where scripts run, the patch can be moved.",
        )

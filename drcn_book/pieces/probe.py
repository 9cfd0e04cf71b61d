"""What every recursion makes of one picture, pixel by pixel: a wipe, a zoom and a probe."""

from ..config import NetworkConfig
from ..inspection import Inspection
from .in_page import first, reaches
from .piece import Piece, packed, png


class Probe(Piece):
    """The frames of an inspection under a wipe; a probe tells a pixel's value and error in each,
    how much of the picture each sees, and the sums of the first convolution.

    Values are those of the frames rounded to whole levels, as they are shown.
    """

    name, script, title = "probe", "probing", "One pixel, recursion by recursion"

    def __init__(self, seen: Inspection, network, config: NetworkConfig):
        self.seen, self.network, self.config = seen, network, config

    @property
    def still(self) -> str:
        return f"<p>{png(self.seen.ensemble, 'The answer of the network')}</p>"

    @property
    def data(self) -> dict:
        seen = self.seen
        return {
            "name": self.name,
            "labels": seen.labels,
            "pictures": [packed(frame) for frame in seen.frames],
            "truth": None if seen.truth is None else packed(seen.truth),
            "psnr": seen.psnr,
            "reaches": [0, *reaches(self.config)],
            "fold": self.config.fold,
            "first": first(self.network),
        }

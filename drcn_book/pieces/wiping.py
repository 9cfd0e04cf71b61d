"""Two versions of one picture under a wipe: the intro's face, and chapter 7's hardest squares."""

import functools
from html import escape

import numpy as np

from ..benchmark import BICUBIC, network_method
from ..datasets import photographs
from ..degradation import degrade
from ..metrics import psnr
from .piece import Piece, packed, png


@functools.cache
def versions(photograph: str, *names: str) -> dict[str, tuple[np.ndarray, float | None]]:
    """Luma (h, w) and PSNR in dB, at scale 2 by the protocol, of a photograph as bicubic and the
    shipped networks make it; last the truth, without a PSNR.
    """
    x, truth = degrade(photographs()[photograph], 2)
    outputs = {method.name: method.run(x)[0] for method in (BICUBIC, *map(network_method, names))}
    found = {name: (output, psnr(truth, output, 2)) for name, output in outputs.items()}
    return {**found, "truth": (truth, None)}


class Wipe(Piece):
    """Squares of photographs, `squares` giving (top, left, side) by name, and who draws them."""

    script, networks = "wiping", ("compact-x2",)
    squares: dict[str, tuple[int, int, int]]

    @classmethod
    def crops(cls) -> dict[str, dict[str, tuple[np.ndarray, float | None]]]:
        """Of each photograph the square of each version, and the PSNR of the whole picture."""
        return {
            name: {
                version: (luma[top : top + side, left : left + side], decibels)
                for version, (luma, decibels) in versions(name, *cls.networks).items()
            }
            for name, (top, left, side) in cls.squares.items()
        }

    @property
    def data(self) -> dict:
        crops = {
            name: {
                version: {**packed(luma), "psnr": decibels}
                for version, (luma, decibels) in found.items()
            }
            for name, found in self.crops().items()
        }
        return {"name": self.name, "crops": crops, "chosen": ["bicubic", self.networks[-1]]}

    @property
    def still(self) -> str:
        crop = next(iter(self.crops().values()))
        shown = {name: crop[name] for name in ("bicubic", self.networks[-1])}
        said = ", ".join(f"{name}: {decibels:.2f} dB" for name, (_, decibels) in shown.items())
        pictures = "".join(png(luma, name) for name, (luma, _) in shown.items())
        return (
            f'<figure><div class="drcn-row">{pictures}</div><figcaption>{escape(said)} (PSNR of '
            "the whole photograph at scale 2). In the page, where scripts run, a line between the "
            "two can be moved.</figcaption></figure>"
        )


class Opening(Wipe):
    """The face on the first page, bicubic | network."""

    name, title = "opening", "Bicubic and the network, side by side"
    squares = {"astronaut": (40, 150, 144)}

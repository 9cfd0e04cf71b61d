"""Chapter 10's piece: stripes of any frequency and angle through the networks."""

import functools

import numpy as np

from ..degradation import degrade
from ..metrics import psnr, quantise
from ..model import infer
from ..weights import load
from .piece import Piece, figure, packed, plot


class Waves(Piece):
    """Stripes made half as large: what bicubic and the networks make of them."""

    name, script = "waves", "through"
    title = "Stripes through the networks"
    NETWORKS = ("srcnn-x2", "compact-x2", "small-x2")
    PARTS, ANGLES = 16, tuple(range(0, 91, 15))  # frequencies are whole parts of 1/PARTS
    SIDE, BORDER = 72, 24  # pixels: of what is enlarged, and left out around what is shown

    @classmethod
    def stripes(cls, part: int, angle: int) -> np.ndarray:
        """Luma (SIDE, SIDE) of stripes of part/PARTS periods a pixel, across at this angle."""
        rows, columns = np.mgrid[: cls.SIDE, : cls.SIDE]
        along = np.cos(np.radians(angle)) * columns + np.sin(np.radians(angle)) * rows
        return quantise(127 + 80 * np.cos(2 * np.pi * part / cls.PARTS * along + 0.5))

    @classmethod
    @functools.cache
    def seen(cls, part: int, angle: int) -> dict[str, tuple[np.ndarray, float, float]]:
        """Of each method the middle of its output, the share of the stripes' amplitude that is
        kept there, and the PSNR in dB; first of the stripes themselves.
        """
        x, y = degrade(cls.stripes(part, angle), 2)
        middle = np.s_[cls.BORDER : -cls.BORDER, cls.BORDER : -cls.BORDER]
        outputs = {"bicubic": x}
        for name in cls.NETWORKS:
            outputs[name] = infer(_network(name), x)[0]
        wave = y[middle] - y[middle].mean()
        found = {"as they are": (y[middle], 1.0, float("inf"))}
        for name, output in outputs.items():
            shown = output[middle]
            kept = float((wave * shown).sum() / (wave**2).sum())
            found[name] = (shown, kept, psnr(y, output, cls.BORDER))
        return found

    @property
    def data(self) -> dict:
        return {
            "parts": self.PARTS,
            "angles": self.ANGLES,
            "seen": {
                f"{part} {angle}": {
                    name: {**packed(shown), "kept": kept, "psnr": min(decibels, 99)}
                    for name, (shown, kept, decibels) in self.seen(part, angle).items()
                }
                for part in range(1, self.PARTS // 2 + 1)
                for angle in self.ANGLES
            },
        }

    @property
    def still(self) -> str:
        parts = np.arange(1, self.PARTS // 2 + 1)
        kept = {
            name: np.array([self.seen(part, 0)[name][1] for part in parts])
            for name in ("bicubic", "compact-x2")
        }
        said = (
            "Upright stripes, made half as large and enlarged: at 3/16 of a period a pixel bicubic "
            f"(whole line) keeps {kept['bicubic'][2]:.2f} of them, compact-x2 (dashes) "
            f"{kept['compact-x2'][2]:.2f}; at 3/8, which the small picture cannot hold, "
            f"{kept['bicubic'][5]:z.2f} and {kept['compact-x2'][5]:z.2f}."
        )
        curves = [(parts, share) for share in kept.values()]
        drawn = plot("share kept", said, curves, (0, 0.5, 1), ("1/16", "1/2"))
        return figure(drawn, f"{said} In the page, where scripts run, the stripes can be turned.")


@functools.cache
def _network(name):
    return load(name)[0]

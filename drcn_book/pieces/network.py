"""Chapter 3's pieces: one convolution in numbers, and how far a network sees."""

import numpy as np

from ..config import NetworkConfig
from ..datasets import photographs
from ..operations import operations
from ..weights import load
from .piece import Piece, figure, packed, plot, table


class Convolution(Piece):
    """The first convolution of a shipped network on 5x5 pixels: nine products and their sum."""

    name = script = "convolution"
    title = "A convolution in numbers"
    WEIGHTS, FILTERS = "compact-x2", (0, 1, 2, 3)

    @classmethod
    def numbers(cls) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pixels (5, 5) in 0..1 from the rim of a cat's eye, kernels (3, 3, n) and biases (n,)."""
        network, _ = load(cls.WEIGHTS)
        kernel, bias = (np.array(weight) for weight in network.weights[:2])
        chosen = list(cls.FILTERS)
        pixels = photographs()["chelsea"][98:103, 138:143] / 255
        return pixels, kernel[:, :, 0, chosen], bias[chosen]

    @property
    def data(self) -> dict:
        pixels, kernels, biases = self.numbers()
        return {
            "pixels": pixels.ravel().tolist(),
            "kernels": [kernels[..., k].ravel().tolist() for k in range(len(self.FILTERS))],
            "biases": biases.tolist(),
        }

    @property
    def still(self) -> str:
        pixels, kernels, biases = self.numbers()
        near, kernel = pixels[1:4, 1:4], kernels[..., 0]
        total = (near * kernel).sum() + biases[0]
        rows = [
            [f"{a:.2f} · {b:.2f}" for a, b in zip(*pair, strict=True)]
            for pair in zip(near, kernel, strict=True)
        ]
        said = (
            f"Nine pixels times nine weights and the bias {biases[0]:z.2f}, add up to {total:.2f}. "
            "That is one pixel of one channel. In the page, where scripts run, any other can be "
            "chosen."
        )
        return figure(table(["pixel · weight", "", ""], rows), said)


class Field(Piece):
    """What one pixel of the input can change, after each recursion, folded and not."""

    name = script = "field"
    title = "How far a network sees"
    RECURSIONS, SIDE = 8, 96

    @classmethod
    def network(cls, fold: int, recursions: int = RECURSIONS) -> NetworkConfig:
        """Two filters are enough: how far it sees does not depend on how many there are."""
        return NetworkConfig(filters=2, recursions=recursions, fold=fold)

    @classmethod
    def fields(cls, fold: int) -> list[int]:
        """Sides in pixels of what an output pixel sees, of y_1 ... y_D."""
        depths = range(1, cls.RECURSIONS + 1)
        return [cls.network(fold, recursions).receptive_field for recursions in depths]

    @property
    def data(self) -> dict:
        return {
            "plans": {fold: operations(self.network(fold)) for fold in (1, 2)},
            "fields": {fold: self.fields(fold) for fold in (1, 2)},
            "photograph": packed(photographs()["brick"][200:, 200:][: self.SIDE, : self.SIDE]),
        }

    @property
    def still(self) -> str:
        d = np.arange(1, self.RECURSIONS + 1)
        sides = {fold: self.fields(fold) for fold in (1, 2)}
        said = (
            f"Each recursion sees one pixel further on each side: y_1 sees {sides[1][0]} pixels "
            f"across, y_{d[-1]} {sides[1][-1]} (whole line); on cells of 2×2 pixels it sees twice "
            f"as far, {sides[2][0]} and {sides[2][-1]} (dashes)."
        )
        curves = [(d, np.array(side)) for side in sides.values()]
        drawn = plot("pixels across", said, curves, (0, 20, 40, 60), ("d = 1", f"d = {d[-1]}"))
        return figure(drawn, f"{said} In the page, where scripts run, the pixel can be chosen.")

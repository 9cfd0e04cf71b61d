"""How good the network is, on pictures that it is never trained on."""

import numpy as np

from .. import datasets
from ..config import Recipe
from ..damage import damaged_once, validation_samples
from ..degradation import degrade
from ..errors import DatasetError
from ..metrics import psnr


def _middle(picture, side, scale):
    # From the corner of a small pixel: on any other grid a folded network is another network.
    top, left = ((length - side) // 2 // scale * scale for length in picture.shape)
    return picture[top : top + side, left : left + side]


class Validation:
    """Held-out pictures, cut to one size so that one call predicts them all.

    pair: makes (x, y) of a picture, as `degradation.degrade` does.
    x, y: bicubic input and truth, float32 (n, side, side), 0..255; bicubic: mean PSNR of x, dB.
    DatasetError if all pictures are too small.
    """

    def __init__(self, pictures, scale: int, side: int = 192, pair=degrade):
        side = max(side // scale, 1) * scale
        pairs = [pair(p, scale) for p in pictures if min(p.shape) >= side + scale]
        if not pairs:
            raise DatasetError(
                f"No validation picture is larger than {side}x{side} pixels, as scale {scale} "
                "needs."
            )
        self.x, self.y = (
            np.array([_middle(picture, side, scale) for picture in part])
            for part in zip(*pairs, strict=True)
        )
        self.scale = scale
        self.bicubic = self._mean(self.x)

    def _mean(self, outputs):
        pairs = zip(self.y, outputs, strict=True)
        return float(np.mean([psnr(y, output, self.scale) for y, output in pairs]))

    def __call__(self, network) -> tuple[float, list[float]]:
        """Mean PSNR of the ensemble and of each recursion, dB."""
        out = network.predict(self.x[..., None] / 255, batch_size=4, verbose=0)
        recursions = np.moveaxis(out["recursions"] * 255, -1, 0)
        return self._mean(out["ensemble"][..., 0] * 255), [self._mean(y_d) for y_d in recursions]


def read_held_out(recipe: Recipe) -> dict:
    """The pictures that choose between a recipe's checkpoints, by name; with colour for damage."""
    if recipe.damage == "real":
        return validation_samples(recipe.train_set)
    return datasets.validation_split(recipe.train_set)


def validations(recipe: Recipe, held_out: dict, scale: int) -> tuple[Validation, Validation | None]:
    """What chooses between a recipe's checkpoints; and, where it trains on damage, the same
    pictures undamaged.
    """
    pictures = list(held_out.values())
    if recipe.damage != "real":
        return Validation(pictures, scale), None
    lumas = [sample.luma.astype("float32") for sample in pictures]
    return Validation(pictures, scale, pair=damaged_once), Validation(lumas, scale)

"""Chapter 5's piece: a network that trains in the page."""

import numpy as np

from ..benchmark import results
from ..config import preset
from ..datasets import photographs
from ..degradation import modcrop, resize
from ..metrics import quantise
from ..operations import operations
from .piece import Piece, bundle, figure, packed, plot


def half(name: str) -> np.ndarray:
    """A photograph's luma at half its size, (h, w), rounded: sharper, pixel by pixel."""
    picture = modcrop(photographs()[name], 2)
    height, width = picture.shape
    return quantise(resize(picture, height // 2, width // 2))


class Training(Piece):
    """A tiny folded network that trains in the page, in the wiring of the authors' code, with the
    reader's settings. It learns from one photograph and is measured on another that it never sees.
    """

    name, script = "training", "training_page"
    title = "A network that trains in this page"
    RECIPE = {
        "rate": 0.008,  # of Adam, after `warmup` steps; then down along a cosine
        "warmup": 20,
        "steps": 250,
        "alpha": 0.5,
        "clip": 0,
        "batch": 8,
        "patch": 48,
        "seed": 0,
        "recursions": 3,
        "skip": "add",
        "start": "identity",
    }
    # Identity: as in the authors' code, the last convolution at nearly nothing. He: all at random.
    STARTS = {"identity": {}, "he": {"identity_start": "none", "output_start": 1.0}}

    @classmethod
    def plan(cls, recursions: int, skip: str, start: str) -> dict:
        """The operations of the network for these settings."""
        changes = {"filters": 8, "recursions": recursions, "skip": skip, "consistent": False}
        return operations(preset("small", "authors", **changes, **cls.STARTS[start]))

    @staticmethod
    def pictures() -> dict[str, np.ndarray]:
        """What it learns from, 256x256, and what it is measured on, 128x128: luma, rounded."""
        return {"sharp": half("astronaut"), "unseen": half("camera")[20:148, 60:188]}

    @property
    def data(self) -> dict:
        return {
            "recipe": self.RECIPE,
            "plans": {
                f"{recursions} {skip} {start}": self.plan(recursions, skip, start)
                for recursions in range(1, 6)
                for skip in ("add", "none")
                for start in self.STARTS
            },
            "pictures": {name: packed(picture) for name, picture in self.pictures().items()},
            "worker": bundle("training_worker"),
        }

    @staticmethod
    def measured() -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The shipped table: steps, and each arm's PSNR less that of bicubic, dB (seeds, steps)."""
        gains = {}
        for row in results("page_training"):
            if row["picture"] == "camera":
                steps = gains.setdefault(row["arm"], {}).setdefault(row["seed"], {})
                steps[int(row["step"])] = row["psnr"] - float(row["bicubic"])
        found = {
            arm: np.array([list(one.values()) for one in seeds.values()])
            for arm, seeds in gains.items()
        }
        return np.array(list(steps)), found

    @property
    def still(self) -> str:
        steps, gains = self.measured()
        low, high = -4.0, np.ceil(gains["default"].max())

        def between(values):
            ends = sorted({f"{value:+.1f}" for value in values[:, -1].round(1) + 0.0}, key=float)
            return " to ".join(dict.fromkeys((ends[0], ends[-1]))) + " dB"

        best = gains["default"]
        said = (
            f"Ten trainings of {steps[-1]} steps, each from other random weights, ended "
            f"{between(best)} against bicubic on a picture they had not seen; five without the "
            f"skip connection {between(gains['no skip'])}, five from He's random start "
            f"{between(gains['He start'])}."
        )
        names = "Whole line: as it stands. Long dashes: without the skip. Dots: He's start."
        curves = [(steps, np.median(values, 0)) for values in gains.values()]
        levels = np.arange(low, high + 1)
        ends, band = (0, f"step {steps[-1]}"), (steps, best.min(0), best.max(0))
        return figure(
            plot("dB above bicubic", said, curves, levels, ends, band, sign="+"),
            f"{said} {names} In the page, where scripts run, a network trains here with your "
            "settings.",
        )

"""Chapter 5's piece: a network that trains in the page."""

from html import escape

import numpy as np

from ..benchmark import results
from ..config import preset
from ..datasets import photographs
from ..degradation import modcrop, resize
from ..metrics import quantise
from ..operations import operations
from .piece import Piece, bundle, packed


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

        def points(values):
            across = 52 + 270 * steps / steps[-1]
            down = 148 - 124 * (np.clip(values, low, high) - low) / (high - low)
            return [f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True)]

        def between(values):
            ends = sorted({f"{value:+.1f}" for value in values[:, -1].round(1) + 0.0}, key=float)
            return " to ".join(dict.fromkeys((ends[0], ends[-1]))) + " dB"

        best = gains["default"]
        band = " ".join(points(best.min(0)) + points(best.max(0))[::-1])
        curves = "".join(
            f'<polyline class="line-{k}" points="{" ".join(points(np.median(values, 0)))}"/>'
            for k, values in enumerate(gains.values())
        )
        ticks = "".join(
            f'<path class="{"level" if value == 0 else "grid"}" d="M52 {y:.1f}H322"/>'
            f'<text x="47" y="{y + 4:.1f}" text-anchor="end">'
            f"{format(value, '+.0f') if value else 0}</text>"
            for value in np.arange(low, high + 1)
            for y in [148 - 124 * (value - low) / (high - low)]
        )
        said = (
            f"Ten trainings of {steps[-1]} steps, each from other random weights, ended "
            f"{between(best)} against bicubic on a picture they had not seen; five without the "
            f"skip connection {between(gains['no skip'])}, five from He's random start "
            f"{between(gains['He start'])}."
        )
        names = "Whole line: as it stands. Long dashes: without the skip. Dots: He's start."
        return (
            f'<figure><svg viewBox="0 0 330 170" role="img" aria-label="{escape(said)}">'
            f'<text x="8" y="12">dB above bicubic</text>{ticks}'
            f'<polygon class="band" points="{band}"/>{curves}<text x="52" y="165">0</text>'
            f'<text x="322" y="165" text-anchor="end">step {steps[-1]}</text></svg>'
            f"<figcaption>{escape(said)} {names} In the page, where scripts run, a network trains "
            "here with your settings.</figcaption></figure>"
        )

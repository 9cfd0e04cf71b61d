"""Draw the README's pictures, figures/opening.png and figures/recursions.gif:
python -m project.opening [WEIGHTS]
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image
from skimage import data

from drcn_book import figures, inspection, views, weights
from drcn_book.files import replacing, write_atomically
from drcn_book.images import luma
from drcn_book.metrics import psnr
from drcn_book.pictures import from_pillow, to_pillow
from drcn_book.upscaling import Upscaler

TOP, LEFT, SIDE = 55, 165, 110  # of the square shown: the astronaut's face


def opening(name: str, target: Path) -> None:
    """Four views of one square in colour: low resolution, bicubic, the network, the truth; PSNR of
    the whole.
    """
    network = Upscaler(weights=name)
    s = network.scale
    height, width = (side - side % s for side in data.astronaut().shape[:2])
    truth = Image.fromarray(data.astronaut()[:height, :width])
    low = truth.resize((width // s, height // s), Image.Resampling.BICUBIC)
    views = {
        "low resolution": low.resize(truth.size, Image.Resampling.NEAREST),
        "bicubic": low.resize(truth.size, Image.Resampling.BICUBIC),
        "recursive network": to_pillow(network(from_pillow(low))),
        "truth": truth,
    }
    matplotlib.use("Agg")
    figures.style()
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(views), figsize=(8.8, 2.55))
    reference = luma(np.asarray(truth))
    for axis, (title, view) in zip(axes, views.items(), strict=True):
        pixels = np.asarray(view)
        if title in ("bicubic", "recursive network"):
            title += f", {psnr(reference, luma(pixels), s):.2f} dB"
        axis.imshow(pixels[TOP : TOP + SIDE, LEFT : LEFT + SIDE])
        axis.set_title(title)
        axis.axis("off")
    with replacing(target) as beside:
        figure.savefig(beside, format="png", dpi=110)


def recursions(name: str, target: Path) -> None:
    """The same square after each recursion, as an animation."""
    square = luma(data.astronaut())[TOP : TOP + SIDE, LEFT : LEFT + SIDE]
    seen = inspection.inspect(square, *weights.load(name), channels=0)
    write_atomically(target, views.animation(seen))


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "compact-x2"
    opening(chosen, figures.FOLDER / "opening.png")
    recursions(chosen, figures.FOLDER / "recursions.gif")

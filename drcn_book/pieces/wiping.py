"""Two versions of one picture under a wipe: the intro's face, and chapter 7's hardest squares."""

import functools

import numpy as np

from ..benchmark import hardest, results
from ..datasets import photographs
from ..degradation import degrade
from ..model import infer
from ..weights import load
from .piece import Piece, figure, packed, png

SCALE = 2


_network = functools.cache(load)


@functools.cache
def crop(photograph: str, top: int, left: int, side: int, *names: str) -> dict[str, np.ndarray]:
    """A square of a photograph's luma, (side, side), as bicubic and the shipped networks make it,
    and as it is. A network sees the square with as much around it as can change it.
    """
    x, truth = degrade(photographs()[photograph], SCALE)
    found = {"bicubic": x}
    for name in names:
        network, config = _network(name)
        margin = config.reach + 16  # whoever corrects the answer by its small picture looks further
        margin += margin % SCALE  # the small picture's pixels must stay whole
        whole = side + 2 * margin  # one size for all squares: a network is compiled for each
        starts = (
            max(0, min(at - margin, length - whole))
            for at, length in zip((top, left), x.shape, strict=True)
        )
        rows, columns = (slice(start, start + whole) for start in starts)
        found[name] = np.zeros_like(x)
        found[name][rows, columns] = infer(network, x[rows, columns])[0]
    inside = np.s_[top : top + side, left : left + side]
    return {name: picture[inside] for name, picture in {**found, "truth": truth}.items()}


class Wipe(Piece):
    """Squares of photographs, and which networks draw them."""

    script, networks, tell = "wiping", ("compact-x2",), True

    @classmethod
    def squares(cls) -> dict[str, tuple[int, int, int]]:
        """Of each photograph top, left (whole small pixels) and side of what is shown."""
        raise NotImplementedError

    @classmethod
    def crops(cls) -> dict[str, dict[str, tuple[np.ndarray, float | None]]]:
        """Of each photograph the square of each version, and the PSNR of the whole picture as in
        data/results/pictures.csv, dB; the truth has none.
        """
        psnr = {
            (row["picture"], row["method"]): row["psnr"]
            for row in results("pictures")
            if (row["dataset"], row["scale"]) == ("Photos", SCALE)
        }
        return {
            name: {
                version: (luma, psnr.get((name, version)))
                for version, luma in crop(name, *square, *cls.networks).items()
            }
            for name, square in cls.squares().items()
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
        chosen = ["bicubic", self.networks[-1]]
        return {"name": self.name, "crops": crops, "chosen": chosen, "tell": self.tell}

    @property
    def still(self) -> str:
        first = next(iter(self.crops().values()))
        shown = {name: first[name] for name in ("bicubic", self.networks[-1])}
        said = ", ".join(f"{name}: {decibels:.2f} dB" for name, (_, decibels) in shown.items())
        pictures = "".join(png(luma, name) for name, (luma, _) in shown.items())
        return figure(
            f'<div class="drcn-row">{pictures}</div>',
            f"{said} (PSNR of the whole photograph at scale 2). In the page, where scripts run, a "
            "line between the two can be moved.",
        )


class Opening(Wipe):
    """The face on the first page, bicubic | network."""

    name, title = "opening", "Bicubic and the network, side by side"

    @classmethod
    def squares(cls):
        return {"astronaut": (40, 150, 144)}


class Crops(Wipe):
    """Where bicubic errs most on each photograph, by five methods; the decibels come last."""

    name, title = "crops", "The hardest squares of the photographs"
    networks, tell = ("srcnn-x2", "small-x2", "compact-x2", "medium-x2"), False
    SIDE = 56

    @classmethod
    def squares(cls):
        return {
            # an even place, so that the small picture's pixels stay whole
            name: (*(at - at % SCALE for at in hardest(picture, SCALE, cls.SIDE)), cls.SIDE)
            for name, picture in photographs().items()
        }

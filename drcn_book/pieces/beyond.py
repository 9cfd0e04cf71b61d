"""Chapter 10's pieces: the family tree, and stripes of any frequency and angle through the
networks.
"""

import functools

import numpy as np

from ..benchmark import results
from ..datasets import TEST_SETS
from ..degradation import degrade
from ..metrics import psnr, quantise
from ..model import infer
from ..weights import load
from .piece import Piece, figure, packed, plot, table


class Family(Piece):
    """DRCN, what came before, and what followed: what each changed, and what it reports."""

    name = script = "family"
    title = "The family tree"
    SCALE = 2
    MEMBERS = {  # name: year, column of the tree, parents, what it changed
        "SRCNN": (2014, 1, [], "the first network of the family, three convolutions"),
        "VDSR": (2016, 0, ["SRCNN"], "twenty different layers, one skip around all of them"),
        "DRCN": (
            2016,
            2,
            ["SRCNN"],
            "one layer used 16 times, each recursion supervised, their outputs weighted",
        ),
        "EDSR": (
            2017,
            0,
            ["VDSR"],
            "plain residual blocks on the small picture, no batch normalisation, very wide",
        ),
        "DRRN": (
            2017,
            1,
            ["VDSR", "DRCN"],
            "two convolutions a recursion, the first features added after each of 25; only the "
            "last output is trained",
        ),
        "MemNet": (
            2017,
            2,
            ["DRCN"],
            "gates that choose from the features of all earlier blocks",
        ),
        "DCSCN": (
            2017,
            3,
            ["DRCN"],
            "no recursion: it works on the small picture, the end sees the features of all layers",
        ),
        "NLRN": (
            2018,
            1,
            ["DRRN"],
            "each of 12 recursions also looks for similar patches in a neighbourhood",
        ),
        "SRFBN-S": (
            2019,
            3,
            ["DRCN"],
            "what one of 4 rounds has found is fed back to the next, on the small picture",
        ),
        "SwinIR-light": (
            2021,
            0,
            ["EDSR"],
            "attention within windows that shift from layer to layer",
        ),
        "LBNet": (2022, 1, ["NLRN"], "a small convolutional network, a recursive transformer"),
    }
    ROWS = ((2014,), (2016,), (2017,), (2018, 2019), (2021, 2022))  # years, from the top
    QUOTED = {"SRCNN (9-5-5)": "SRCNN"}  # where the table has a longer name
    OWN = {"SRCNN": "srcnn-x2", "DRCN": "standard-x2", "DCSCN": "c-dcscn-x2"}  # measured here

    @classmethod
    def numbers(cls, dataset: str) -> dict[str, list]:
        """Of each member and of this book's networks on a test set: PSNR in dB, parameters and
        10^9 multiply-adds for 1280x720 pixels, None where the tables have none.
        """
        found = {}
        for row in results("quoted") + results("benchmark"):
            name = cls.QUOTED.get(row["method"], row["method"])
            known = name in cls.MEMBERS or name in cls.OWN.values()
            if known and (row["dataset"], row["scale"]) == (dataset, cls.SCALE):
                costs = [float(row[key]) if row[key] else None for key in ("parameters", "gmacs")]
                found[name] = [row["psnr"], *costs]
        return found

    @property
    def data(self) -> dict:
        members = {
            name: {
                "year": year,
                "row": next(k for k, years in enumerate(self.ROWS) if year in years),
                "column": column,
                "parents": parents,
                "changed": changed,
                "own": self.OWN.get(name),
            }
            for name, (year, column, parents, changed) in self.MEMBERS.items()
        }
        return {"members": members, "numbers": {name: self.numbers(name) for name in TEST_SETS}}

    @property
    def still(self) -> str:
        numbers = self.numbers("Set5")
        rows = [
            [
                f"{name}, {self.MEMBERS[name][0]}",
                f"{psnr:.2f} dB",
                f"{parameters:,.0f}" if parameters else "",
                f"{gmacs:,.1f} G" if gmacs else "",
            ]
            for name, (psnr, parameters, gmacs) in numbers.items()
            if name in self.MEMBERS
        ]
        (best, many, _), (less, few, _) = numbers["DRCN"], numbers["DRRN"]
        said = (
            f"What the papers report for Set5 at scale {self.SCALE}. DRRN has {less - best:+.2f} "
            f"dB to DRCN with 1/{many / few:.0f} of its parameters. In the page, where scripts "
            "run, the tree says what each network changed."
        )
        header = ["Network", "PSNR", "Parameters", "Multiply-adds"]
        return figure(table(header, rows), said)


class Waves(Piece):
    """Stripes made half as large: what bicubic and the networks make of them."""

    name, script = "waves", "through"
    title = "Stripes through the networks"
    NETWORKS = ("srcnn-x2", "compact-x2", "small-x2")
    PARTS, ANGLES = 16, tuple(range(0, 91, 15))  # frequencies are whole parts of 1/PARTS
    SIDE, BORDER = 72, 25  # pixels: of what is enlarged, and left out around what is shown

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

"""Chapter 1's pieces: samples under Keys' kernel, stripes and their alias, errors of one PSNR, and
the protocol.
"""

import functools

import numpy as np

from ..benchmark import results
from ..datasets import photographs
from ..degradation import keys, resize
from ..metrics import psnr, quantise, ssim
from .piece import Piece, figure, packed, plot, png, table


class Kernel(Piece):
    """Six samples to be dragged under the hills that bicubic interpolation puts on them."""

    name = script = "kernel"
    title = "Samples under Keys' kernel"
    SAMPLES = (0, 0, 0, 100, 100, 100)

    @property
    def data(self) -> dict:
        return {"samples": self.SAMPLES}

    @staticmethod
    def enlarged(samples) -> np.ndarray:
        """A signal twice as long, (2 n,), as the package resizes a picture of one row."""
        return resize(np.array([samples], "float32"), 1, 2 * len(samples))[0]

    @property
    def still(self) -> str:
        t = np.linspace(-0.5, 5.5, 121)
        hills = keys(t[:, None] - np.arange(6))
        curve = hills @ self.SAMPLES / hills.sum(1)
        said = (
            "An edge between samples of 0 and of 100 becomes a slope that runs over: twice as many "
            f"samples lie between {curve.min():.0f} and {curve.max():.0f}."
        ).replace("-", "−")
        drawn = plot("level", said, [(t, curve)], (-50, 0, 50, 100, 150), ("sample 0", "sample 5"))
        return figure(drawn, f"{said} In the page, where scripts run, the samples can be dragged.")


def response(f: float, second: bool = False) -> tuple[float, float]:
    """What making a signal half as long and as long as before does to frequency f (periods a
    pixel): the share of its amplitude that is kept, and that of what came in, the alias.

    second: made half as long by taking every second pixel, instead of by bicubic interpolation.
    """
    length, inside = 256, np.s_[32:-32]
    wave = np.exp(2j * np.pi * f * np.arange(length))

    def there_and_back(row):
        row = row[None].astype("float32")
        small = row[:, ::2] if second else resize(row, 1, length // 2)
        return resize(small, 1, length)[0]

    out = (there_and_back(wave.real) + 1j * there_and_back(wave.imag))[inside]
    wave = wave[inside]
    kept = np.vdot(wave, out).real / len(wave)
    return float(kept), float(np.sqrt(np.mean(np.abs(out - kept * wave) ** 2)))


class Stripes(Piece):
    """Stripes of one frequency: as they are, half as large, and enlarged again."""

    name = script = "stripes"
    title = "Stripes and their alias"
    PARTS = 64  # frequencies are whole numbers of 1/PARTS periods a pixel

    @property
    def data(self) -> dict:
        return {"parts": self.PARTS}

    @property
    def still(self) -> str:
        f = np.arange(self.PARTS // 2 + 1) / self.PARTS
        kept, alias = np.transpose([response(value) for value in f])
        every = response(0.375, second=True)[1]
        said = (
            "Whole line: the share of each frequency that bicubic interpolation by 2, down and up, "
            f"keeps; dashes: the alias. At 3/8 of a period a pixel {kept[24]:.2f} is kept and the "
            f"alias is {alias[24]:.2f}; where every second pixel is taken, {every:.2f}."
        )
        drawn = plot(
            "share of the amplitude", said, [(f, kept), (f, alias)], (0, 0.5, 1), ("f = 0", "1/2")
        )
        return figure(drawn, f"{said} In the page, where scripts run, the frequency can be chosen.")


class Ranking(Piece):
    """Three errors of one PSNR, to be ranked before it is told what they have in common."""

    name = script = "ranking"
    title = "Three errors, ranked by you"
    SIDE = 52
    SQUARES = {"chelsea": (78, 150), "astronaut": (80, 200), "grass": (200, 200)}  # top, left
    BRIGHTER = 8  # levels: this error gives the PSNR that the others are scaled to

    @classmethod
    @functools.cache
    def versions(cls, photograph: str) -> dict[str, np.ndarray]:
        """The truth and what was done to it, (SIDE, SIDE) each, rounded to whole levels."""
        from scipy.ndimage import gaussian_filter

        top, left = cls.SQUARES[photograph]
        truth = photographs()[photograph][top : top + cls.SIDE, left : left + cls.SIDE]
        noise = np.random.default_rng(0).normal(size=truth.shape)
        brighter = quantise(truth + cls.BRIGHTER)

        def scaled(made):
            """By bisection the strength whose PSNR is that of the brighter picture."""
            least, most = 0.0, 20.0
            for _ in range(40):
                strength = (least + most) / 2
                if psnr(truth, made(strength)) > psnr(truth, brighter):
                    least = strength
                else:
                    most = strength
            return quantise(made(most))

        return {
            "truth": truth,
            "brighter": brighter,
            "noisy": scaled(lambda s: truth + s * noise),
            "blurred": scaled(lambda s: gaussian_filter(truth, s)),
        }

    @property
    def data(self) -> dict:
        found = {}
        for k, name in enumerate(self.SQUARES):
            truth, *versions = self.versions(name).items()
            versions = versions[k:] + versions[:k]  # the letters give nothing away
            found[name] = {
                "truth": packed(truth[1]),
                "versions": [
                    {
                        **packed(version),
                        "done": done,
                        "psnr": psnr(truth[1], version),
                        "ssim": ssim(truth[1], version),
                    }
                    for done, version in versions
                ],
            }
        return found

    @property
    def still(self) -> str:
        truth, *versions = self.versions("chelsea").items()
        pictures = "".join(png(version, done) for done, version in versions)
        numbers = [f"{done} (SSIM {ssim(truth[1], version):.2f})" for done, version in versions]
        said = (
            f"Three errors of one size, {psnr(truth[1], versions[0][1]):.1f} dB each: "
            f"{', '.join(numbers)}. PSNR finds no difference between them. In the page, where "
            "scripts run, you rank them before you are told."
        )
        return figure(f'<div class="drcn-row">{pictures}</div>', said)


class Boxes(Piece):
    """The protocol as boxes to tick: what one method's PSNR becomes."""

    name = script = "protocol"
    title = "What the protocol does to a number"
    FIELDS = ("colour", "kernel", "rounded", "border", "grey_as_rgb", "half")
    # What the table calls a yes, a no, and a border as wide as the scale.
    WORDS = {"True": "1", "False": "0", "": "1"}
    USUAL = "Y float 1 1 0 0"

    @classmethod
    def values(cls) -> dict[str, list[float]]:
        """Of each protocol, its choices in the order of FIELDS in one line: PSNR in dB of each
        method, as project/protocol_grid.py measured it.
        """
        found = {}
        for row in results("protocol_grid"):
            key = " ".join(cls.WORDS.get(row[field], row[field]) for field in cls.FIELDS)
            found.setdefault(key, []).append(row["psnr"])
        return found

    @property
    def data(self) -> dict:
        methods = list(dict.fromkeys(row["method"] for row in results("protocol_grid")))
        return {"methods": methods, "values": self.values(), "protocol": self.USUAL}

    @property
    def still(self) -> str:
        values = self.values()
        shown = {
            "the protocol": self.USUAL,
            "luma in full range": "full float 1 1 0 0",
            "red, green and blue": "RGB float 1 1 0 0",
            "pictures of half the size": "Y float 1 1 0 1",
        }
        rows = [[name, *(f"{psnr:.2f} dB" for psnr in values[key])] for name, key in shown.items()]
        said = (
            f"By {len(values)} protocols bicubic has between {min(values.values())[0]:.2f} and "
            f"{max(values.values())[0]:.2f} dB on the same three photographs. In the page, where "
            "scripts run, the protocol can be put together."
        )
        return figure(table(["PSNR", *self.data["methods"]], rows), said)

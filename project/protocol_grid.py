"""Every protocol that the boxes of chapter 1 can tick, on its three photographs at scale 2.

    python -m project.protocol_grid        # about five minutes of two cores

Writes data/results/protocol_grid.csv: the mean PSNR in dB of bicubic and of compact-x2 by each of
the 144 protocols that three colours, three kernels and four yes-or-no choices make.
"""

import functools
from itertools import product

import numpy as np

from drcn_book.benchmark import network_method
from drcn_book.datasets import colour_pictures
from drcn_book.files import write_csv
from drcn_book.protocol import Protocol, measure
from project import RESULTS

PHOTOGRAPHS, SCALE, NETWORK = ("chelsea", "coffee", "camera"), 2, "compact-x2"
CHOICES = {
    "colour": ("Y", "full", "RGB"),
    "kernel": ("float", "MATLAB", "8-bit"),
    "rounded": (True, False),
    "border": (None, 0),
    "grey_as_rgb": (False, True),
    "half": (False, True),
}


def grid(choices: dict, network=lambda x: x) -> list[dict]:
    """A row for each combination of `choices`, the fields of Protocol: those fields, and psnr."""
    photographs = colour_pictures("Photos")
    pictures = [photographs[name] for name in PHOTOGRAPHS]
    rows = []
    for values in product(*choices.values()):
        row = dict(zip(choices, values, strict=True))
        psnr = measure(pictures, SCALE, network, Protocol(**row))
        rows.append({**row, "psnr": round(psnr, 4)})
    return rows


def main():
    method = network_method(NETWORK)

    # The four combinations of rounding and border ask for the same outputs.
    @functools.cache
    def answer(shape, data):
        return method.run(np.frombuffer(data, "float32").reshape(shape))[0]

    networks = {"bicubic": lambda x: x, NETWORK: lambda x: answer(x.shape, x.tobytes())}
    rows = [{"method": name, **row} for name, run in networks.items() for row in grid(CHOICES, run)]
    write_csv(RESULTS / "protocol_grid.csv", rows)


if __name__ == "__main__":
    main()

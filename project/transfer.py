"""What a network that learned one scale can do at another before it is trained there.

python -m project.transfer  writes data/results/transfer.csv: mean PSNR on pictures that no network
was trained on, of bicubic, of the network begun from x2 by `training.start`, and of the shipped one
that was then trained.
"""

import numpy as np

from drcn_book import datasets, weights
from drcn_book.config import preset
from drcn_book.degradation import degrade
from drcn_book.files import write_csv
from drcn_book.metrics import psnr
from drcn_book.model import infer
from drcn_book.training.start import begin
from project import ROOT

CELLS = [
    (size, scale, dataset)
    for size in ("small", "medium", "large")
    for scale in (3, 4)
    for dataset in ("Set5", "Photos")
]


def begun(size: str, scale: int):
    """The network of that size, with what SIZE-x2 has for it."""
    config = preset(size, "authors", scale=scale)
    network = config.build()
    tensors, _ = begin(f"{size}-x2", network, config)
    weights.assign(network.weights, tensors, f"{size}-x2")
    return network


def measure(size: str, scale: int, dataset: str) -> dict:
    """A row: mean PSNR in dB over the pictures of a set."""
    pairs = [degrade(picture, scale) for picture in datasets.pictures(dataset).values()]

    def mean(answers):
        found = [psnr(y, answer, scale) for (_, y), answer in zip(pairs, answers, strict=True)]
        return round(float(np.mean(found)), 3)

    row = {"size": size, "scale": scale, "dataset": dataset, "bicubic": mean(x for x, _ in pairs)}
    networks = {"untrained": begun(size, scale)}
    if f"{size}-x{scale}" in weights.shipped():
        networks["trained"] = weights.load(f"{size}-x{scale}")[0]
    return row | {
        name: mean(infer(network, x)[0] for x, _ in pairs) for name, network in networks.items()
    }


if __name__ == "__main__":
    cells = [cell for cell in CELLS if f"{cell[0]}-x2" in weights.shipped()]
    rows = [measure(*cell) for cell in cells]
    names = ["size", "scale", "dataset", "bicubic", "untrained", "trained"]
    rows = [{name: row.get(name, "") for name in names} for row in rows]
    write_csv(ROOT / "data" / "results" / "transfer.csv", rows)
    print(*rows, sep="\n")

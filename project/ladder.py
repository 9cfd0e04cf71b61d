"""Measure the protocol ladder on public sets into data/results/ladder.csv: python -m project.ladder
[WEIGHTS ...]

Bicubic and each of the named networks on Set5 and Set14 at x2, and bicubic on Urban100 and on its
half-size copy. A row that is there already is measured anew and replaced.
"""

import sys

from drcn_book import benchmark, datasets
from drcn_book.protocol import RUNGS, ladder, measure
from project import RESULTS

SCALE = 2
HALF = ("the protocol", "pictures of half the size")


def rows(method: benchmark.Method, dataset: str, changes=None) -> list[dict]:
    """The rows of one method and set: every rung, or only the named changes."""

    def output(x):
        return method.run(x)[0]

    pictures = list(datasets.colour_pictures(dataset).values())
    if changes:
        found = {change: measure(pictures, SCALE, output, RUNGS[change]) for change in changes}
    else:
        found = {rung.change: rung.psnr for rung in ladder(pictures, SCALE, output)}
    return [
        {
            "method": method.name,
            "scale": SCALE,
            "dataset": dataset,
            "change": change,
            "images": len(pictures),
            "psnr": psnr,
        }
        for change, psnr in found.items()
    ]


def main(names: list[str]) -> None:
    for method in (benchmark.BICUBIC, *map(benchmark.network_method, names)):
        for dataset in ("Set5", "Set14"):
            benchmark.save({"ladder": rows(method, dataset)}, RESULTS)
    benchmark.save({"ladder": rows(benchmark.BICUBIC, "Urban100", HALF)}, RESULTS)


if __name__ == "__main__":
    main(sys.argv[1:])

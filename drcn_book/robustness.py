"""The table of damages: what networks gain over bicubic on pictures that went through something.

Each picture is damaged in colour by a chain of `damage`, the same way every time; then luma is
measured by the field's protocol (`benchmark`), of which the cell "clean" is the plain case.
"""

import numpy as np
from tqdm import tqdm

from . import benchmark
from .benchmark import BICUBIC, Method
from .damage import Sample, damaged_pair, parse, samples, validation_samples
from .errors import ConfigError
from .metrics import psnr

HELD_OUT = "held-out"


def cells() -> list[dict]:
    """The damages that are measured, `data/degradations.csv`: rows of kind, damage (a chain as
    text) and scales.
    """
    return [
        {**row, "scales": tuple(map(int, row["scales"].split()))}
        for row in benchmark.results("degradations")
    ]


def pictures(dataset: str) -> tuple[str, dict[str, Sample]]:
    """A set's name in the table, and its pictures in colour.

    dataset: "held-out", the pictures that choose between checkpoints (each tenth of BSDS200, or
    else photographs); or as in `datasets.pictures`.
    """
    if dataset == HELD_OUT:
        found = validation_samples()
        return f"{HELD_OUT} {next(iter(found)).partition('/')[0]}", found
    return dataset, {f"{dataset}/{stem}": sample for stem, sample in samples(dataset).items()}


def evaluate(
    networks: list[Method], sets: list[str], scales: list[int], damages: list[str] = ()
) -> list[dict]:
    """Rows of the table "degradation": method, scale, dataset, damage, images, mean psnr (dB), and
    for networks the mean gain over bicubic with the ends of its interval.

    damages: chains as text; none means all `cells` of each scale. ConfigError for a chain that is
    none, PictureError names a picture that is too small.
    """
    chains = {text: parse(text) for text in damages}
    known = [] if damages else cells()
    rows = []
    for dataset in sets:
        label, found = pictures(dataset)
        for scale in scales:
            here = [method for method in networks if method.scale in (None, scale)]
            todo = chains or {
                row["damage"]: parse(row["damage"]) for row in known if scale in row["scales"]
            }
            if not todo:
                raise ConfigError(f"data/degradations.csv has no damage for x{scale}: name one.")
            for text, steps in tqdm(todo.items(), f"{label} x{scale}", leave=False, disable=None):
                measured = {method.name: [] for method in (BICUBIC, *here)}
                for name, sample in found.items():
                    x, y = damaged_pair(sample, steps, scale, name)
                    for method in (BICUBIC, *here):
                        measured[method.name].append(psnr(y, method.run(x)[0], scale))
                rows += _rows(measured, {"scale": scale, "dataset": label, "damage": text})
    return rows


def _rows(measured, key):
    rows = []
    for name, found in measured.items():
        row = {"method": name, **key, "images": len(found), "psnr": float(np.mean(found))}
        if name != BICUBIC.name:
            gains = np.subtract(found, measured[BICUBIC.name])
            low, high = benchmark.interval(gains)
            row |= {"gain": float(gains.mean()), "gain_low": low, "gain_high": high}
        rows.append(row)
    return rows


def table(rows: list[dict], scale: int, dataset: str) -> str:
    """Damages down, methods across: PSNR of bicubic in dB, and each network's gain with its
    interval.
    """
    rows = [row for row in rows if (row["scale"], row["dataset"]) == (scale, dataset)]
    networks = list(dict.fromkeys(row["method"] for row in rows if row["method"] != BICUBIC.name))
    by_cell = {}
    for row in rows:
        by_cell.setdefault(row["damage"], {})[row["method"]] = row
    return benchmark.markdown(
        [f"x{scale}, {dataset}", "bicubic", *networks],
        [
            [
                damage,
                f"{row[BICUBIC.name]['psnr']:.2f}",
                *(_gain(row.get(name)) for name in networks),
            ]
            for damage, row in by_cell.items()
        ],
    )


def _gain(row):
    if row is None:
        return ""
    return f"{row['gain']:+.2f} ({row['gain_low']:+.2f} to {row['gain_high']:+.2f})"

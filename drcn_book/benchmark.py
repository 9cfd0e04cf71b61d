"""Tables: every method measured by one protocol, beside the numbers quoted from papers.

The protocol (reproduces the published bicubic rows to 0.01 dB): luma of BT.601, pictures cropped to
a multiple of the scale, bicubic down and up unrounded, the output rounded to 8 bits, `scale` pixels
shaved off each side, PSNR with peak 255, SSIM with an 11x11 Gaussian window, means over the
pictures of a set.
"""

import csv
import hashlib
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from . import datasets, weights
from ._keras import hardware
from .degradation import degrade, resize
from .errors import ConfigError, PictureError, StorageError
from .files import alone, write_csv
from .images import mean_over_views
from .metrics import psnr, ssim
from .model import infer

RESAMPLES = 10_000  # of the bootstrap
PIXELS = 1280 * 720  # MACs are given for an output of this size, as the field does
COLUMNS = (
    "question",
    "arm",
    "seed",
    "method",
    "source",
    "scale",
    "dataset",
    "damage",
    "picture",
    "output",
    "change",
    "images",
    "psnr",
    "ssim",
    "gain",
    "gain_low",
    "gain_high",
    "validation_psnr",
    "outputs",
    "parameters",
    "gmacs",
    "train_set",
    "validation",
    "seconds",
    "minutes",
    "hardware",
    "weights_sha256",
)
KEYS = {
    "benchmark": ("method", "scale", "dataset"),
    "pictures": ("method", "scale", "dataset", "picture"),
    "recursions": ("method", "scale", "dataset", "output"),
    "ablations": ("question", "arm", "seed"),
    "ladder": ("method", "scale", "dataset", "change"),
    "degradation": ("method", "scale", "dataset", "damage"),
}
DECIBELS = ("psnr", "ssim", "gain", "gain_low", "gain_high")  # saved with four digits


@dataclass(frozen=True)
class Method:
    """Something that sharpens: `run` maps a bicubic luma picture (h, w), 0..255, to its output and,
    where it has them, the outputs of its recursions (h, w, D). `scale` is the one it was made
    for; None: any.
    """

    name: str
    run: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]
    scale: int | None = None
    facts: dict = field(default_factory=dict)


BICUBIC = Method("bicubic", lambda x: (x, None))


def network_method(name: str | Path) -> Method:
    """The method of shipped weights (by name) or of a weights file (by path)."""
    network, config = weights.load(name)
    record = weights.record(name) if name in weights.shipped() else {}
    facts = {
        "parameters": config.parameters,
        "gmacs": round(config.macs_per_pixel * PIXELS / 1e9, 1),
        "weights_sha256": hashlib.sha256(weights.locate(name).read_bytes()).hexdigest(),
    }
    if record:
        facts |= {
            "train_set": record["recipe"]["train_set"],
            "minutes": record["minutes"],
            "validation": f"{record['validation_pictures']} of {record['validation_set']}",
            "hardware": record["hardware"],
        }
    return Method(str(name), lambda x: infer(network, x), config.scale, facts)


def self_ensemble(method: Method) -> Method:
    """The mean over 8 flips and turns of the input (Timofte et al., CVPR 2016), at 8 times the
    cost.
    """

    def run(x):
        return mean_over_views(lambda view: method.run(view)[0], x), None

    facts = {**method.facts, "gmacs": round(8 * method.facts["gmacs"], 1)}
    return Method(f"{method.name} + self-ensemble", run, method.scale, facts)


def measure(
    method: Method, dataset: str | Path, scale: int, recursions: bool = False
) -> list[dict]:
    """PSNR (dB) and SSIM of each picture: rows of method, scale, dataset, picture, output, psnr,
    ssim.

    `output` is "final"; with `recursions` there is a row more for each of several y_d, `output`
    being d. A picture that is too small is left out and named on standard error. ConfigError if the
    method was made for another scale; PictureError if every picture is too small.
    """
    if method.scale not in (None, scale):
        raise ConfigError(f"{method.name} was trained for x{method.scale}, not x{scale}.")
    rows, too_small = [], {}
    pictures = datasets.pictures(dataset)
    bar = tqdm(pictures.items(), f"{method.name} {dataset} x{scale}", leave=False, disable=None)
    for name, picture in bar:
        try:
            found = _measure(method, picture, scale, recursions)
        except PictureError as error:
            too_small[name] = error
            continue
        rows += [
            {"method": method.name, "scale": scale, "dataset": str(dataset), "picture": name, **row}
            for row in found
        ]
    if not rows:
        name, error = next(iter(too_small.items()))
        raise PictureError(f"{name} of {dataset}: {error}")
    if too_small:
        done = f"{len(pictures) - len(too_small)} of {len(pictures)} done"
        datasets.say_once(
            f"{dataset} x{scale}: {done}; left out: {', '.join(too_small)} (too small)."
        )
    return rows


def _measure(method, picture, scale, recursions):
    x, y = degrade(picture, scale)
    output, y_d = method.run(x)
    outputs = {"final": output}
    if recursions and y_d is not None and y_d.shape[-1] > 1:
        outputs.update({d + 1: y_d[..., d] for d in range(y_d.shape[-1])})
    return [
        {"output": key, "psnr": psnr(y, value, scale), "ssim": ssim(y, value, scale)}
        for key, value in outputs.items()
    ]


def speed(method: Method, side: int = 512, repeats: int = 5) -> dict:
    """Median seconds a megapixel of output, on a side x side picture of noise, after one run to
    warm up.
    """
    side -= side % (method.scale or 1)  # a folded network needs whole cells
    x = np.random.default_rng(0).uniform(16, 235, (side, side)).astype("float32")
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        method.run(x)
        seconds.append(time.perf_counter() - start)
    return {
        "method": method.name,
        "hardware": hardware(),
        "gmacs": method.facts["gmacs"],
        "parameters": method.facts["parameters"],
        "seconds_per_megapixel": round(float(np.median(seconds[1:])) / side**2 * 1e6, 3),
    }


def mean(rows: list[dict]) -> dict[str | int, dict]:
    """The means over the pictures, for each output: {"final": {"images", "psnr", "ssim"}, 1: ...,
    ...}.

    A picture that comes out exactly, whose PSNR is infinite, is left out, as long as there are
    others; `images` counts the rest.
    """
    found = {}
    for output in dict.fromkeys(row["output"] for row in rows):
        mine = [row for row in rows if row["output"] == output]
        mine = [row for row in mine if np.isfinite(row["psnr"])] or mine
        found[output] = {
            "images": len(mine),
            **{key: float(np.mean([row[key] for row in mine])) for key in ("psnr", "ssim")},
        }
    return found


def _say_exact(rows):
    """Name the pictures that `mean` leaves out."""
    final = [row for row in rows if row["output"] == "final"]
    exact = [row["picture"] for row in final if not np.isfinite(row["psnr"])]
    if exact and len(exact) < len(final):
        row = final[0]
        datasets.say_once(
            f"{row['method']} on {row['dataset']} x{row['scale']}: {', '.join(exact)} exact, "
            "left out of the mean."
        )


def evaluate(
    methods: list[Method], sets: list[str], scales: list[int], recursions: bool = False
) -> dict[str, list]:
    """Measure every method at its scale on every set: rows of the tables benchmark, pictures,
    recursions.
    """
    tables = {"benchmark": [], "pictures": [], "recursions": []}
    for scale in scales:
        for dataset in sets:
            for method in methods:
                if method.scale not in (None, scale):
                    continue
                rows = measure(method, dataset, scale, recursions)
                means = mean(rows)
                _say_exact(rows)
                key = {"method": method.name, "scale": scale, "dataset": dataset}
                tables["benchmark"].append(
                    {**key, "source": "measured", **means["final"], **method.facts}
                )
                tables["pictures"] += [
                    {k: v for k, v in row.items() if k != "output"}
                    for row in rows
                    if row["output"] == "final"
                ]
                if len(means) > 1:
                    tables["recursions"] += [
                        {**key, "output": output, **values} for output, values in means.items()
                    ]
    return tables


def side_by_side(picture: np.ndarray, methods: list[Method], scale: int) -> dict[str, np.ndarray]:
    """One picture (h, w), 0..255, as each method gives it: title -> luma of one size.

    First the low-resolution picture with its pixels as squares, then the methods, then the truth;
    under each method's name, in lines of 24 characters, the PSNR of the whole picture by the
    protocol.
    """
    x, y = degrade(picture, scale)
    low = resize(y, y.shape[0] // scale, y.shape[1] // scale)
    outputs = {textwrap.fill(method.name, 24): method.run(x)[0] for method in methods}
    return {
        "low resolution\n": low.repeat(scale, 0).repeat(scale, 1),
        **{f"{name}\n{psnr(y, output, scale):.2f} dB": output for name, output in outputs.items()},
        "truth\n": y,
    }


def hardest(picture: np.ndarray, scale: int, side: int) -> tuple[int, int]:
    """Top and left of the side x side square where bicubic errs most.

    ConfigError if `side` is no positive number; PictureError if no such square fits.
    """
    if side < 1:
        raise ConfigError(
            f"A square of {side} pixels a side is none: choose a --side of 1 or more."
        )
    x, y = degrade(picture, scale)
    if min(y.shape) < side:
        raise PictureError(
            f"A picture of {y.shape[1]}x{y.shape[0]} pixels has no square of {side}: "
            "choose a smaller --side."
        )
    total = np.pad((x - y).astype("float64") ** 2, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    error = (
        total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    )
    top, left = np.unravel_index(error.argmax(), error.shape)
    return int(top), int(left)


def read(path: str | Path) -> list[dict]:
    """The rows of a results CSV: scale an int, `DECIBELS` floats, the rest text; none without the
    file.
    """
    if not Path(path).is_file():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    kinds = {"scale": int, **dict.fromkeys(DECIBELS, float)}
    return [
        {key: kinds[key](value) if key in kinds and value else value for key, value in row.items()}
        for row in rows
    ]


def results(name: str) -> list[dict]:
    """The rows of a table that comes with the book, as `read` gives them: "quoted" (what other
    papers print, each line with its source), "degradations" (the damages that are measured), or one
    that was measured, such as "benchmark", "pictures" or "ablations".

    They lie in the project's `data/`; an installed package brings its copy. ConfigError names the
    known tables.
    """
    project = Path(__file__).parents[1]
    home = project if (project / "pyproject.toml").exists() else Path(__file__).parent
    tables = {
        path.stem: path
        for path in (*sorted(home.glob("data/*.csv")), *sorted(home.glob("data/results/*.csv")))
    }
    if name not in tables:
        raise ConfigError(f"There is no table {name!r}: choose from {', '.join(tables) or 'none'}.")
    return read(tables[name])


def save(tables: dict[str, list], folder: str | Path) -> None:
    """Merge rows into `folder`/NAME.csv for each table (a key of KEYS): a row measured again
    replaces the old one, the others stay, and so do those that another process saves meanwhile.
    StorageError if a file is no such table, when none is changed, or cannot be written.
    """
    with alone(folder):
        merged = {name: _merged(folder, name, rows) for name, rows in tables.items() if rows}
        for name, rows in merged.items():
            columns = [column for column in COLUMNS if any(column in row for row in rows)]
            write_csv(Path(folder) / f"{name}.csv", rows, columns)


def check(folder: str | Path) -> None:
    """StorageError if a file in `folder` is no table that `save` can merge rows into."""
    for name in KEYS:
        _merged(folder, name, [])


def _merged(folder, name, rows):
    path = Path(folder) / f"{name}.csv"
    try:
        found = {
            tuple(str(row[column]) for column in KEYS[name]): {
                column: f"{v:.4f}" if column in DECIBELS and v != "" else v
                for column, v in row.items()
            }
            for row in [*read(path), *rows]
        }
        if not {column for row in found.values() for column in row} <= set(COLUMNS):
            raise ValueError("unknown columns")
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"{path}: no table of results ({error}); move it away or choose another folder."
        ) from None
    return list(found.values())


def markdown(header: list[str], rows: list[list]) -> str:
    """A Markdown table with padded columns, so that it reads well in a terminal too."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    width = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, width, strict=True)) + " |"
        for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in width) + "|", *lines[1:]])


FACTS = {  # columns that `table` can show beside the sets
    "parameters": ("parameters", lambda value: f"{int(value):,}"),
    "gmacs": ("GMAC at 1280x720", lambda value: f"{float(value):,}"),
    "train_set": ("trained on", str),
}


def table(
    rows: list[dict],
    scale: int,
    sets: list[str] | None = None,
    facts: tuple[str, ...] = ("parameters",),
    with_ssim: bool = True,
) -> str:
    """Methods down, sets across, PSNR (dB) / SSIM in each cell, of the rows with this scale, in
    order of the first set's PSNR; sets: which columns (default: all there are). A quoted method is
    marked by a dagger, and by its remark if it has one. facts: keys of FACTS, a column each.
    """
    rows = [
        row for row in rows if row["scale"] == scale and (sets is None or row["dataset"] in sets)
    ]
    sets = sets or list(dict.fromkeys(row["dataset"] for row in rows))
    methods = {}
    for row in rows:
        methods.setdefault((row["method"], row["source"] != "measured"), {})[row["dataset"]] = row
    before = [fact for fact in facts if fact != "train_set"]
    after = [fact for fact in facts if fact == "train_set"]  # words: behind the numbers
    lines = []
    for (method, quoted), cells in sorted(methods.items(), key=lambda item: _psnr(item[1], sets)):

        def shown(fact, cells=cells):
            value = next((row[fact] for row in cells.values() if row.get(fact)), None)
            return FACTS[fact][1](value) if value else ""

        remark = next(iter(cells.values())).get("remark") or ""
        lines.append(
            [
                f"{method} †{remark}" if quoted else method,
                *map(shown, before),
                *(_cell(cells[name], with_ssim) if name in cells else "" for name in sets),
                *map(shown, after),
            ]
        )
    titles = {fact: title for fact, (title, _) in FACTS.items()}
    return markdown([f"x{scale}", *map(titles.get, before), *sets, *map(titles.get, after)], lines)


def _psnr(cells, sets):
    return [cells[name]["psnr"] if name in cells else 0.0 for name in sets]


def interval(gains) -> tuple[float, float]:
    """The 95 % interval of the mean of gains over pictures, by the bootstrap (Efron, 1979)."""
    gains = np.asarray(gains)
    picked = np.random.default_rng(0).integers(0, len(gains), (RESAMPLES, len(gains)))
    low, high = np.percentile(gains[picked].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def paired(rows: list[dict], ours: str, theirs: str, scale: int, dataset: str) -> dict:
    """What `ours` gains over `theirs` in dB: {"mean", "low", "high", "better", "images"}.

    rows: of the table "pictures". The mean difference; the limits of its 95 % interval, by the
    bootstrap (Efron, 1979): the differences, not the PSNRs, are drawn again with repetition; and on
    how many of the pictures `ours` is better. It says how much the choice of *pictures* moves the
    mean; of another seed of the training it knows nothing. ConfigError unless both have rows of
    the same pictures.
    """
    found = {
        method: {
            row["picture"]: float(row["psnr"])
            for row in rows
            if (row["method"], row["scale"], row["dataset"]) == (method, scale, dataset)
        }
        for method in (ours, theirs)
    }
    if not found[ours] or found[ours].keys() != found[theirs].keys():
        raise ConfigError(
            f"{ours} and {theirs} have no rows of the same pictures of {dataset} at x{scale}."
        )
    gains = np.array([psnr - found[theirs][name] for name, psnr in found[ours].items()])
    low, high = interval(gains)
    return {
        "mean": float(gains.mean()),
        "low": low,
        "high": high,
        "better": int((gains > 0).sum()),
        "images": len(gains),
    }


def costs(
    rows: list[dict], scale: int = 2, dataset: str = "Set5", cost: str = "gmacs"
) -> dict[str, tuple[float, float]]:
    """{method: (cost, PSNR in dB)} of the rows that know this cost ("gmacs" or "parameters").

    The cheapest first. A quoted method's remark follows its name, as in `table`; self-ensembles are
    left out: they are no networks.
    """
    found = {
        row["method"] + (row.get("remark") or ""): (float(row[cost]), row["psnr"])
        for row in rows
        if (row["scale"], row["dataset"]) == (scale, dataset)
        and row.get(cost)
        and "+ self-ensemble" not in row["method"]
    }
    return dict(sorted(found.items(), key=lambda item: item[1]))


def frontier(points: dict[str, tuple[float, float]]) -> list[str]:
    """Of {name: (cost, quality)}, those that nothing as cheap equals or exceeds, cheapest first."""
    best, names = float("-inf"), []
    for name, (_, quality) in sorted(points.items(), key=lambda item: (item[1][0], -item[1][1])):
        if quality > best:
            best = quality
            names.append(name)
    return names


def _decibels(psnr):
    return "exact" if np.isinf(psnr) else f"{psnr:.2f}"


def _cell(row, with_ssim=True):
    ssim = f" / {row['ssim']:.4f}" if row["ssim"] and with_ssim else ""
    return _decibels(row["psnr"]) + ssim


def facts_table(rows: list[dict]) -> str:
    """How each measured network was made: a line a network, from the rows that carry its facts."""
    networks = {row["method"]: row for row in rows if row.get("minutes")}
    return markdown(
        [
            "network",
            "parameters",
            "GMAC at 1280x720",
            "trained on",
            "validated on",
            "minutes",
            "hardware",
        ],
        [
            [
                name,
                f"{int(row['parameters']):,}",
                f"{float(row['gmacs']):,}",
                row["train_set"],
                row["validation"],
                row["minutes"],
                row["hardware"],
            ]
            for name, row in networks.items()
        ],
    )


def recursion_table(rows: list[dict]) -> str:
    """One line a network, scale and set: PSNR (dB) of each recursion and of the ensemble."""
    keys = list(dict.fromkeys((row["method"], row["scale"], row["dataset"]) for row in rows))
    lines = [
        {
            str(row["output"]): _decibels(row["psnr"])
            for row in rows
            if (row["method"], row["scale"], row["dataset"]) == key
        }
        for key in keys
    ]
    outputs = sorted({int(d) for line in lines for d in line if d != "final"})
    return markdown(
        ["PSNR", "scale", "set", *outputs, "ensemble"],
        [
            [*key, *(line.get(str(d), "") for d in outputs), line["final"]]
            for key, line in zip(keys, lines, strict=True)
        ],
    )


def ablation_table(rows: list[dict]) -> str:
    """A line an arm: PSNR (dB) on Set5 and on the validation pictures, each with its spread over
    the seeds (greatest minus least) and its difference to the question's first arm over the same
    seeds.
    """
    lines = []
    for question in dict.fromkeys(row["question"] for row in rows):
        arms = {}
        for row in rows:
            if row["question"] == question:
                arms.setdefault(row["arm"], {})[row["seed"]] = row
        reference = next(iter(arms.values()))
        for arm, runs in arms.items():
            line = [question, arm, len(runs)]
            for column in ("psnr", "validation_psnr"):
                psnrs = [float(row[column]) for row in runs.values()]
                paired = [
                    float(row[column]) - float(reference[seed][column])
                    for seed, row in runs.items()
                    if seed in reference
                ]
                line += [
                    f"{np.mean(psnrs):.2f}",
                    f"{max(psnrs) - min(psnrs):.2f}" if len(runs) > 1 else "",
                    "" if runs is reference else f"{np.mean(paired):+.2f}",
                ]
            lines.append(line)
    return markdown(
        [
            "question",
            "arm",
            "seeds",
            "Set5",
            "spread",
            "difference",
            "validation",
            "spread",
            "difference",
        ],
        lines,
    )


def speed_table(rows: list[dict]) -> str:
    """A line a method and machine: parameters, GMAC at 1280x720, seconds a megapixel."""
    return markdown(
        ["method", "parameters", "GMAC at 1280x720", "s / megapixel", "hardware"],
        [
            [
                row["method"],
                f"{int(row['parameters']):,}",
                f"{float(row['gmacs']):,}",
                row["seconds_per_megapixel"],
                row["hardware"],
            ]
            for row in rows
        ],
    )

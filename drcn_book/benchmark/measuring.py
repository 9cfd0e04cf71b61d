"""Methods, and what the protocol and the clock say of them."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .. import datasets, weights
from .._keras import hardware
from ..degradation import degrade
from ..errors import ConfigError, PictureError
from ..images import mean_over_views
from ..metrics import psnr, ssim
from ..model import ensemble_weights, infer

PIXELS = 1280 * 720  # MACs are given for an output of this size, as the field does


@dataclass(frozen=True)
class Method:
    """Something that sharpens: `run` maps a bicubic luma picture (h, w), 0..255, to its output and,
    where it has them, the outputs of its recursions (h, w, D). `scale` is the one it was made
    for; None: any. `w` (D,): the ensemble's weights, where its output is corrected after the sum.
    """

    name: str
    run: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]
    scale: int | None = None
    facts: dict = field(default_factory=dict)
    w: np.ndarray | None = None


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
    w = ensemble_weights(network, config) if config.consistent else None
    return Method(str(name), lambda x: infer(network, x), config.scale, facts, w)


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
    being d, and an "uncorrected" one where the answer is corrected (see `recursion.finish`). A
    picture that is too small is left out and named on standard error. ConfigError if the method was
    made for another scale; PictureError if every picture is too small.
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
        if method.w is not None:
            outputs["uncorrected"] = y_d @ method.w
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

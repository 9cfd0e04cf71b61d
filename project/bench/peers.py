"""Sections peers-psnr and peers-seconds: beside the networks that come with OpenCV.

Those were trained on pictures that OpenCV shrank, this project's on pictures shrunk by the field's
protocol, so both are measured on both.
"""

import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from drcn_book import benchmark, datasets, weights
from drcn_book.degradation import modcrop, resize
from drcn_book.errors import DatasetError
from drcn_book.metrics import psnr
from project import RESULTS

from .enlargers import THREADS, opencv_network
from .enlarging import grey_picture
from .results import RECURSIVE
from .turns import compete

SIZES = (*RECURSIVE, "srcnn", "c-dcscn")
MODELS = ("FSRCNN-small", "FSRCNN", "ESPCN", "LapSRN")
SCALES, SETS = (2, 3, 4), ("Set5",)
SIDE, BUDGET = 1024, 150  # of the output that is timed; seconds of taking turns at each scale


def shrink_by_opencv(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """OpenCV's bicubic resize: a kernel with a = -0.75 that is not widened when shrinking."""
    import cv2

    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)


SHRINKINGS = {"the protocol": resize, "OpenCV's bicubic": shrink_by_opencv}


def ours(scale: int, sizes=SIZES) -> list[str]:
    """The shipped weights of these sizes for this scale."""
    return [name for size in sizes if (name := f"{size}-x{scale}") in weights.shipped()]


def models(scale: int) -> dict[str, Path]:
    """OpenCV's model files for this scale, by the name of their rows."""
    if not find_spec("cv2"):
        sys.exit("STOP: OpenCV is missing: `make bench SECTION=peers` installs it into .venv.")
    try:
        files = {path.name: path for path in datasets.files("peers")}
    except DatasetError as error:
        sys.exit(f"STOP: {error}")
    named = {f"OpenCV {model}": files.get(f"{model}_x{scale}.pb") for model in MODELS}
    return {name: path for name, path in named.items() if path}


def enlargers(scale: int, sizes=SIZES) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """What makes of a small luma picture (h, w) the large one (h s, w s), both 16..235, by name."""

    def of_bicubic(method):
        return lambda low: method.run(resize(low, *(scale * side for side in low.shape)))[0]

    def of_small(network):
        return lambda low: 16 + 219 * network((low - 16) / 219)

    networks = [benchmark.network_method(name) for name in ours(scale, sizes)]
    found = {method.name: of_bicubic(method) for method in (benchmark.BICUBIC, *networks)}
    return found | {name: of_small(opencv_network(path)) for name, path in models(scale).items()}


def peers_psnr(
    folder: Path, scales=SCALES, sets=SETS, sizes=SIZES, results: Path = RESULTS
) -> Iterator[dict]:
    """Mean PSNR (dB) of every one on both shrinkings, into `results`/peers.csv; no row of speeds.

    All but the shrinking is the field's protocol.
    """
    for scale in scales:
        for name, enlarge in enlargers(scale, sizes).items():
            for dataset in sets:
                pictures = [modcrop(p, scale) for p in datasets.pictures(dataset).values()]
                for change, shrink in SHRINKINGS.items():
                    found = [
                        psnr(y, enlarge(shrink(y, *(side // scale for side in y.shape))), scale)
                        for y in pictures
                    ]
                    row = {"method": name, "scale": scale, "dataset": dataset, "change": change}
                    row |= {"images": len(found), "psnr": float(np.mean(found))}
                    print(
                        f"  {name} x{scale} {dataset}, {change}: {row['psnr']:.2f} dB", flush=True
                    )
                    benchmark.save({"peers": [row]}, results)
    yield from ()


def peers_seconds(
    folder: Path, scales=SCALES, side: int = SIDE, sizes=SIZES, budget: float = BUDGET
) -> Iterator[dict]:
    """Megapixels of output a second of every one in float32 on two threads, from a grey picture of
    8 bits to one.
    """
    picture = str(folder / "picture.npy")
    threads = {"environment": {"TF_NUM_INTRAOP_THREADS": str(THREADS)}}
    for scale in scales:
        small = side // scale
        np.save(picture, grey_picture(small))
        specs = {"bicubic": {"kind": "bicubic_upscaler", "scale": scale}}
        for name in ours(scale, sizes):
            specs[name] = {"kind": "upscaler", "weights": name, "precision": "float32", **threads}
        for name, path in models(scale).items():
            specs[name] = {"kind": "opencv_upscaler", "model": str(path)}
        specs = {name: {"picture": picture, "other": True, **s} for name, s in specs.items()}
        large = scale * small
        yield from compete(f"x{scale}, {large}x{large}", specs, large**2 / 1e6, budget)

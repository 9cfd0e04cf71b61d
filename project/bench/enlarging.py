"""Section upscale: megapixels a second, memory, and what each recursion costs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from drcn_book import datasets, images, onnx_export, weights
from drcn_book.config import NetworkConfig

from . import turns
from .training import write_network
from .turns import BUDGET, OURS, compete

SIDES = (256, 512, 1024, 2048, 4096)  # of the output, in the section upscale


def grey_picture(side: int) -> np.ndarray:
    """A photograph (side, side), uint8, with no region of one colour, which would cost nothing."""
    photograph = images.luma(datasets.colour_pictures("Photos")["astronaut"])
    noise = np.random.default_rng(0).normal(0, 2, photograph.shape)
    tile = np.clip(photograph + noise, 0, 255).astype("uint8")
    times = side // len(tile) + 1
    return np.tile(tile, (times, times))[:side, :side]


def one_picture(side: int, common: dict, model: str, original: str) -> dict[str, dict]:
    """The candidates for an output of side x side: slow ones are left out of the large sizes."""
    specs = {}
    for short, precision in turns.PRECISIONS.items():
        peer = {"kind": "torch_upscaler", "precision": precision, **common}
        specs[f"{OURS}, {short}"] = {"kind": "upscaler", "precision": precision, **common}
        specs[f"PyTorch channels-last, {short}"] = {**peer, "layout": "channels_last"}
        if side <= 1024:
            specs[f"PyTorch, {short}"] = {**peer, "layout": "contiguous_format"}
    float32 = {"precision": "float32", "picture": common["picture"]}
    if side <= 2048:
        specs["ONNX Runtime, float32"] = {"kind": "onnx_upscaler", "model": model, **float32}
    if side <= 1024:
        graph = {"kind": "original_upscaler", "weights": original, "other": True}
        specs["the original's graph, float32"] = {**graph, **float32}
    return specs


def upscale(
    folder: Path, sides=SIDES, name: str = "compact-x2", budget: float = BUDGET
) -> Iterator[dict]:
    """Megapixels of output a second and peak memory of enlarging a grey picture by 2.

    And what each recursion costs, at one size.
    """
    _, config = weights.load(name)
    depth = config.recursions
    model = str(onnx_export.export(name, folder / "network.onnx"))
    theirs = NetworkConfig(
        filters=config.filters, recursions=depth, skip="concat", output_relu=True
    )
    original = str(write_network(folder / "original.safetensors", theirs))
    for side in sides:
        size, megapixels = f"{side}x{side}", side**2 / 1e6
        np.save(folder / "picture.npy", grey_picture(side // 2))
        common = {"picture": str(folder / "picture.npy"), "weights": str(weights.locate(name))}
        yield from compete(size, one_picture(side, common, model, original), megapixels, budget)
        if side > 1344:  # else the default is one tile; apart, for the memory
            ours = {"kind": "upscaler", "precision": "mixed_bfloat16", **common}
            tiles = {
                f"{OURS} in tiles of 512, bfloat16": {**ours, "tile": 512},
                f"{OURS} untiled, bfloat16": {**ours, "tile": side},
            }
            yield from compete(size, tiles, megapixels, budget)
        if side == min(1024, max(sides)):
            ours = {"kind": "upscaler", "precision": "float32", "other": True, **common}
            deep = {f"{d}": {**ours, "recursions": d} for d in range(1, depth + 1)}
            case = f"recursions of {name} at {size}"
            yield from compete(case, {**deep, "ensemble": ours}, megapixels, budget)

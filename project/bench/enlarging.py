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


def upscale(
    folder: Path, sides=SIDES, name: str = "compact-x2", budget: float = BUDGET
) -> Iterator[dict]:
    """Megapixels of output a second and peak memory of enlarging a grey picture by 2, and what each
    recursion costs.
    """
    _, config = weights.load(name)
    model = str(onnx_export.export(name, folder / "network.onnx"))
    original = write_network(
        folder / "original.safetensors",
        NetworkConfig(
            filters=config.filters, recursions=config.recursions, skip="concat", output_relu=True
        ),
    )
    photograph = images.luma(datasets.colour_pictures("Photos")["astronaut"])
    noise = np.random.default_rng(0).normal(0, 2, photograph.shape)  # no region of one colour
    for side in sides:
        times = side // 2 // 512 + 1
        picture = np.tile(np.clip(photograph + noise, 0, 255).astype("uint8"), (times, times))[
            : side // 2, : side // 2
        ]
        np.save(folder / "picture.npy", picture)
        common = {"picture": str(folder / "picture.npy"), "weights": str(weights.locate(name))}
        specs = {}
        for short, precision in turns.PRECISIONS.items():
            ours = {"kind": "upscaler", "precision": precision, **common}
            peer = {"kind": "torch_upscaler", "precision": precision, **common}
            specs[f"{OURS}, {short}"] = ours
            specs[f"PyTorch channels-last, {short}"] = {**peer, "layout": "channels_last"}
            if side <= 1024:
                specs[f"PyTorch, {short}"] = {**peer, "layout": "contiguous_format"}
        if side <= 2048:
            specs["ONNX Runtime, float32"] = {
                "kind": "onnx_upscaler",
                "precision": "float32",
                "model": model,
                "picture": common["picture"],
            }
        if side <= 1024:
            specs["the original's graph, float32"] = {
                "kind": "original_upscaler",
                "precision": "float32",
                **common,
                "weights": str(original),
                "other": True,
            }
        yield from compete(f"{side}x{side}", specs, side**2 / 1e6, budget)
        if side > 1344:  # else the default is one tile; apart, for the memory
            ours = {"kind": "upscaler", "precision": "mixed_bfloat16", **common}
            tiles = {
                f"{OURS} in tiles of 512, bfloat16": {**ours, "tile": 512},
                f"{OURS} untiled, bfloat16": {**ours, "tile": side},
            }
            yield from compete(f"{side}x{side}", tiles, side**2 / 1e6, budget)
        if side == min(1024, max(sides)):
            deep = {
                f"{d}": {
                    "kind": "upscaler",
                    "precision": "float32",
                    **common,
                    "recursions": d,
                    "other": True,
                }
                for d in range(1, config.recursions + 1)
            }
            deep["ensemble"] = {"kind": "upscaler", "precision": "float32", **common, "other": True}
            yield from compete(
                f"recursions of {name} at {side}x{side}", deep, side**2 / 1e6, budget
            )

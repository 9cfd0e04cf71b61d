"""How a network is trained."""

from dataclasses import dataclass

from .options import Options, option


@dataclass(frozen=True)
class Recipe(Options):
    """How a network is trained. The defaults are the best that was measured.

    alpha, the weight of the recursions' own losses, falls from alpha_start to alpha_floor over the
    first alpha_share of the steps and stays there. The learning rate rises over `warmup` steps to
    its peak and falls to 0 as a cosine.
    """

    section = "recipe"

    train_set: str = option("T91", "set names joined by +, or a folder of pictures")
    scales: tuple[int, ...] = option(
        (), "enlargements each batch draws from; the network's own if not given", low=2
    )
    damage: str = option(
        "none",
        "what pictures go through: bicubic shrinking alone, or what real ones do",
        choices=("none", "real"),
    )
    patterns: float = option(
        0.0, "share of patches that show synthetic stripes, dithers or text", low=0, high=1
    )
    patch: int = option(64, "side of a training patch in pixels", low=1)
    batch: int = option(8, "patches a step", low=1)
    steps: int = option(16_000, "optimiser steps", low=1)
    loss: str = option(
        "l1", "error of an output; the paper uses l2", choices=("l1", "l2", "charbonnier")
    )
    alpha_start: float = option(1.0, "alpha at first", low=0, high=1)
    alpha_floor: float = option(0.2, "alpha in the end", low=0, high=1)
    alpha_share: float = option(0.5, "share of the steps over which alpha falls", low=0, high=1)
    beta: float = option(0.0, "weight of the squared weights in the loss", low=0)
    optimizer: str = option(
        "adam",
        "adam, or sgd with Nesterov momentum 0.9 (paper: momentum 0.9)",
        choices=("adam", "sgd"),
    )
    learning_rate: float = option(4e-3, "peak learning rate", low=0)
    warmup: int = option(200, "steps over which the learning rate rises", low=0)
    clip_norm: float = option(0.0, "global norm the gradient is cut to; 0 leaves it", low=0)
    precision: str = option(
        "auto",
        "number type of the convolutions; auto measures which is fastest here",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    )
    interval: int = option(500, "steps between validations, each with a checkpoint", low=1)
    seed: int = option(0, "of the weights' start and of the batches", low=0)

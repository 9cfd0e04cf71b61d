"""Beginning from other weights: what a network can take from one that differs from it."""

import numpy as np

from .._keras import ops
from ..config import Config
from ..errors import WeightsError
from ..weights import load
from .progress import Started

FREE = {"scale", "fold", "filters", "identity_start", "output_start", "consistent"}
EDGES = ("embedding_1", "reconstruction_2")


def refuse_another(source, mine: Config, theirs: Config) -> None:
    """WeightsError names the first option in which the networks differ and must not."""
    here = {"architecture": mine.architecture, **mine.to_dict()}
    there = {"architecture": theirs.architecture, **theirs.to_dict()}
    free = FREE if mine.architecture == "drcn" else {"scale"}
    if here.get("shared"):
        free = free | {"recursions"}
    for name, value in here.items():
        wider = name == "filters" and there[name] > value
        if there.get(name) != value and (wider or name not in free):
            raise WeightsError(
                f"{source}: these weights are of a network with {name} = {there.get(name)!r}, "
                f"not {value!r}."
            )


def transfer(
    source, fresh: dict[str, np.ndarray], other: dict[str, np.ndarray], mine: Config, theirs: Config
) -> tuple[dict[str, np.ndarray], Started]:
    """The tensors to begin with, by name, and what became of each.

    A tensor of the same name and shape is taken whole. A narrower kernel or bias is put into the
    corner of the fresh one: where convolutions start as the identity, the new channels then pass
    by the old ones, and the network does what the narrower one did. Two layers look at the cells
    of the fold, and mean nothing on another grid: embedding_1 and reconstruction_2 are taken at an
    equal fold only, and with the input among the channels (skip = "concat") at an equal width only.
    The w_d of the ensemble are taken at equal recursions.
    """
    wider = getattr(mine, "filters", 0) > getattr(theirs, "filters", 0)
    edges = mine.fold == theirs.fold and not (wider and getattr(mine, "skip", "") == "concat")
    tensors, told = dict(fresh), Started(str(source), [], [], [])
    for name, value in fresh.items():
        there = other.get(name)
        layer, _, part = name.partition("/")
        if there is None or (layer in EDGES and not edges):
            told.fresh.append(name)
        elif there.shape == value.shape:
            tensors[name] = there
            told.taken.append(name)
        elif wider and part in ("kernel", "bias"):
            tensors[name] = value.copy()
            tensors[name][..., *map(slice, there.shape[-2:])] = there
            told.widened.append(name)
        else:
            told.fresh.append(name)
    return tensors, told


def begin(source, network, config: Config) -> tuple[dict[str, np.ndarray], Started]:
    """`transfer` from shipped weights or a weights file into a network that was just built."""
    other, theirs = load(source)
    refuse_another(source, config, theirs)
    fresh, values = (
        {variable.path: ops.convert_to_numpy(variable) for variable in net.weights}
        for net in (network, other)
    )
    return transfer(source, fresh, values, config, theirs)

"""Beginning from other weights: what a network can take from one that differs from it."""

import numpy as np

from .._keras import ops
from ..config import Config
from ..degradation import resize
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


def on_another_grid(name: str, tensor: np.ndarray, s: int, to: int) -> np.ndarray:
    """A tensor of embedding_1 or reconstruction_2, for cells of s x s pixels, for cells of to x to.

    A cell is one small pixel in both, so the layers see the same place in finer or coarser steps:
    embedding_1 weighs 3s x 3s pixels, and reconstruction_2 writes a cell's values into 3s x 3s of
    them. Both are pictures of weights, and are resized as such; where they weigh, s^2 pixels
    become to^2, and each counts for less.
    """
    F = tensor.shape[3 if name == "embedding_1/kernel" else 2] if tensor.ndim == 4 else 1
    rows = np.arange(3)
    if name == "embedding_1/kernel":  # (row, column, pixel of the cell, filter)
        picture, gain = tensor.reshape(3, 3, s, s, F), (s / to) ** 2
    elif name == "reconstruction_2/kernel":  # read from below right, written to above left
        picture, gain = tensor[::-1, ::-1].reshape(3, 3, F, s, s).transpose(0, 1, 3, 4, 2), 1
    else:  # the bias: one cell
        picture, gain, rows = tensor.reshape(1, 1, s, s, 1), 1, rows[:1]
    n = len(rows)
    sheets = picture.transpose(4, 0, 2, 1, 3).reshape(F, n * s, n * s)
    sheets = gain * np.stack([resize(sheet, n * to, n * to) for sheet in sheets])
    cells = sheets.reshape(F, n, to, n, to).transpose(1, 3, 2, 4, 0)
    if name == "embedding_1/kernel":
        return cells.reshape(3, 3, to * to, F)
    if name == "reconstruction_2/kernel":
        return cells.transpose(0, 1, 4, 2, 3).reshape(3, 3, F, to * to)[::-1, ::-1]
    return cells.reshape(to * to)


def transfer(
    source, fresh: dict[str, np.ndarray], other: dict[str, np.ndarray], mine: Config, theirs: Config
) -> tuple[dict[str, np.ndarray], Started]:
    """The tensors to begin with, by name, and what became of each.

    A tensor of the same name and shape is taken whole. A narrower kernel or bias is put into the
    corner of the fresh one: where convolutions start as the identity, the new channels then pass
    by the old ones, and the network does what the narrower one did. Two layers look at the cells
    of the fold, embedding_1 and reconstruction_2: at an equal fold they are as the others; where a
    cell is a small pixel in both networks they are resampled, see `on_another_grid`; else, or with
    the input among the channels (skip = "concat") at another width or fold, they begin afresh.
    The w_d of the ensemble are taken at equal recursions.
    """
    wider = getattr(mine, "filters", 0) > getattr(theirs, "filters", 0)
    same_grid = mine.fold == theirs.fold
    resampled = not same_grid and (mine.fold, theirs.fold) == (mine.scale, theirs.scale)
    edges = same_grid or resampled
    if getattr(mine, "skip", "") == "concat":
        edges = same_grid and not wider
    tensors, told = dict(fresh), Started(str(source), [], [], [], [])
    for name, value in fresh.items():
        there = other.get(name)
        layer, _, part = name.partition("/")
        cells = layer in EDGES and resampled and name != "embedding_1/bias"
        if there is None or (layer in EDGES and not edges):
            told.fresh.append(name)
            continue
        if cells:
            there = on_another_grid(name, there, theirs.fold, mine.fold)
        if there.shape == value.shape:
            tensors[name] = there
            (told.resampled if cells else told.taken).append(name)
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

"""What a network is trained on: which pictures, and one interval's batches as `fit` takes them."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from .. import datasets
from .._keras import keras
from ..config import Config, Recipe
from ..damage import training_samples
from ..patches import DamagedPatches, PatchSource


class Material(NamedTuple):
    """The patches of a training, and the number and digest of the pictures they are cut from."""

    source: PatchSource
    pictures: int
    digest: str


def read_material(config: Config, recipe: Recipe) -> Material:
    """Read the recipe's pictures, of which those smaller than a patch are of no use."""
    scales = recipe.scales or (config.scale,)
    read, kind = datasets.training_split, PatchSource
    if recipe.damage == "real":
        read, kind = training_samples, DamagedPatches
    pictures = [
        picture
        for picture in read(recipe.train_set).values()
        if any(min(picture.shape) // scale * scale >= recipe.patch for scale in scales)
    ]
    source = kind(pictures, scales, recipe.patch, fold=config.fold, patterns=recipe.patterns)
    return Material(source, len(pictures), digest(pictures))


def digest(pictures) -> str:
    """The sha256 of pictures' luma and their order: of what a batch shows, wherever it lies."""
    found = hashlib.sha256()
    for picture in pictures:
        picture = getattr(picture, "luma", picture)
        found.update(repr(picture.shape).encode())
        found.update(np.round(picture).astype("uint8").tobytes())
    return found.hexdigest()


class Batches(keras.utils.PyDataset):
    """Batches first .. first + count - 1 of a PatchSource, or some rows of each.

    pool: an executor that makes the next batch while the present one is trained on. Keras's own
    workers would not do: they make the first batches twice, and where a training stops within an
    interval, its six threads stay behind.
    """

    def __init__(
        self,
        source: PatchSource,
        size: int,
        seed: int,
        first: int,
        count: int,
        rows: slice = slice(None),
        pool: ThreadPoolExecutor | None = None,
    ):
        super().__init__()
        self.source, self.size, self.seed, self.first, self.count = source, size, seed, first, count
        self.rows, self.pool, self._coming = rows, pool, {}

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if not self.pool:
            return self._make(index)
        batch = self._coming.pop(index, None) or self.pool.submit(self._make, index)
        if index + 1 < self.count:
            self._coming[index + 1] = self.pool.submit(self._make, index + 1)
        return batch.result()

    def _make(self, index):
        x, y = self.source.batch(self.size, self.seed, self.first + index)
        return x[self.rows], y[self.rows]


class Watch(keras.callbacks.Callback):
    """Notes when each step ended; stops when told to, and at a loss that is no number any more."""

    def __init__(self, late):
        super().__init__()
        self.late, self.ends, self.failed = late, [], False

    def on_train_batch_end(self, batch, logs=None):
        self.failed = not np.isfinite(logs["loss"])
        self.ends.append(time.perf_counter())
        self.model.stop_training = self.failed or self.late(self.ends[-1])

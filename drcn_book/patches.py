"""Batches of training patches, each a pure function of the seed and the step, on any backend."""

import numpy as np

from .degradation import degrade
from .errors import ConfigError, DatasetError
from .images import eight_views

# A patch copied into view v of an array leaves view INVERSE[v] of the patch there: the turns by 90 and by 270
# degrees undo each other, and each of the other views undoes itself.
INVERSE = np.array([0, 3, 2, 1, 4, 5, 6, 7])


class PatchSource:
    """Random pairs (x, y) of bicubic input and truth from a list of luma pictures.

    pictures: float32 (h, w) arrays, 0..255. scales: one or more; each patch draws one. patch: side in pixels.
    fold: patches start and end at multiples of it, as the cells of a folded network do.
    Every such position of every picture is equally likely. Pictures smaller than a patch are left out;
    ConfigError if the fold does not divide the patch, DatasetError if no picture is left.
    Memory (`bytes`): 5 a pixel (uint8 truth, float32 input) for each scale.
    """

    def __init__(self, pictures, scales=(2,), patch: int = 41, augment: bool = True, fold: int = 1):
        if patch < 1:
            raise ConfigError(f"Patch size {patch} is too small: use at least 1 pixel.")
        if patch % fold:
            raise ConfigError(
                f"Patch size {patch}: a network folded by {fold} needs a multiple of {fold}, such as "
                f"{-(-patch // fold) * fold}."
            )
        self._pairs = []
        for scale in scales:
            for picture in pictures:
                if min(picture.shape) // scale * scale >= patch:
                    x, y = degrade(picture, scale)
                    self._pairs.append((x, np.round(y).astype("uint8")))
        if not self._pairs:
            raise DatasetError(
                f"No training picture is as large as a patch of {patch}x{patch} pixels: "
                "use larger pictures or a smaller --patch."
            )
        self.patch, self.augment, self.fold = patch, augment, fold
        self._rooms = (np.array([y.shape for _, y in self._pairs]) - patch) // fold + 1
        positions = self._rooms.prod(1)
        self._share = np.cumsum(positions) / positions.sum()
        self.positions = int(positions.sum())
        self.bytes = sum(x.nbytes + y.nbytes for x, y in self._pairs)

    def batch(self, size: int, seed: int, step: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of batch number `step`: float32 (size, patch, patch, 1) in 0..1."""
        draw = np.random.default_rng([seed, step])
        picture = np.searchsorted(self._share, draw.random(size), side="right")
        top = (draw.random(size) * self._rooms[picture, 0]).astype(int) * self.fold
        left = (draw.random(size) * self._rooms[picture, 1]).astype(int) * self.fold
        view = INVERSE[draw.integers(8 if self.augment else 1, size=size)]
        x, y = np.empty((2, size, self.patch, self.patch), "float32")
        x_views, y_views = eight_views(x), eight_views(y)
        for i, (p, r, c, v) in enumerate(
            zip(picture.tolist(), top.tolist(), left.tolist(), view.tolist())
        ):
            blurred, truth = self._pairs[p]
            x_views[v][i] = blurred[r : r + self.patch, c : c + self.patch]
            y_views[v][i] = truth[r : r + self.patch, c : c + self.patch]
        return x[..., None] / np.float32(255), y[..., None] / np.float32(255)

    def as_tf_data(self, size: int, seed: int, first: int = 0, count: int | None = None):
        """Batches first, first + 1, ... as a `tf.data.Dataset` of (x, y), the same as `batch` gives.

        count: how many batches; None goes on without end. Batches are made ahead of need, in another thread.
        ConfigError unless TensorFlow is Keras's backend.
        """
        from ._keras import backend

        if backend != "tensorflow":
            raise ConfigError(
                f"tf.data needs TensorFlow as the backend, not {backend}: "
                "set KERAS_BACKEND=tensorflow, or use PatchSource.batch."
            )
        import tensorflow as tf

        def read(step):
            pair = tf.numpy_function(
                lambda k: self.batch(size, seed, int(k)), [step], [tf.float32] * 2
            )
            return tuple(tf.ensure_shape(part, (size, self.patch, self.patch, 1)) for part in pair)

        steps = tf.data.Dataset.range(
            first, np.iinfo("int64").max if count is None else first + count
        )
        return steps.map(read).prefetch(tf.data.AUTOTUNE)

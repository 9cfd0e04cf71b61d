"""Batches of training patches, each a pure function of the seed and the step, on any backend."""

import numpy as np

from .damage import CLEAN, Sample, draw_steps
from .degradation import degrade, resize
from .errors import ConfigError, DatasetError
from .images import eight_views
from .patterns import pattern

# A patch copied into view v of an array leaves view INVERSE[v] of the patch there: the turns by 90
# and by 270 degrees undo each other, and each of the other views undoes itself.
INVERSE = np.array([0, 3, 2, 1, 4, 5, 6, 7])


class PatchSource:
    """Random pairs (x, y) of bicubic input and truth from a list of luma pictures.

    pictures: float32 (h, w) arrays, 0..255. scales: one or more; each patch draws one. patch: side
    in pixels. fold: patches start and end at multiples of it, as the cells of a folded network do.
    patterns: the share of patches that show a synthetic pattern instead, see `patterns.pattern`.
    Every such position of every picture is equally likely. Pictures smaller than a patch are left
    out; ConfigError if the fold does not divide the patch, DatasetError if no picture is left.
    Memory (`bytes`): 5 a pixel (uint8 truth, float32 input) for each scale.
    """

    def __init__(
        self,
        pictures,
        scales=(2,),
        patch: int = 41,
        augment: bool = True,
        fold: int = 1,
        patterns: float = 0.0,
    ):
        if patch < 1:
            raise ConfigError(f"Patch size {patch} is too small: use at least 1 pixel.")
        if patch % fold:
            raise ConfigError(
                f"Patch size {patch}: a network folded by {fold} needs a multiple of {fold}, such "
                f"as {-(-patch // fold) * fold}."
            )
        self.patch, self.augment, self.fold, self.patterns = patch, augment, fold, patterns
        sizes = self._prepare(pictures, scales)
        if not sizes:
            raise DatasetError(
                f"No training picture is as large as a patch of {patch}x{patch} pixels: "
                "use larger pictures or a smaller --patch."
            )
        self._rooms = (np.array(sizes) - patch) // fold + 1
        positions = self._rooms.prod(1)
        self._share = np.cumsum(positions) / positions.sum()
        self.positions = int(positions.sum())

    def _prepare(self, pictures, scales):
        """Keep what `_pair` needs, and tell the sizes of what there is to cut from, with each
        scale.
        """
        self._pairs, self._scales = [], []
        for scale in scales:
            for picture in pictures:
                if min(picture.shape) // scale * scale >= self.patch:
                    x, y = degrade(picture, scale)
                    self._pairs.append((x, np.round(y).astype("uint8")))
                    self._scales.append(scale)
        self.bytes = sum(x.nbytes + y.nbytes for x, y in self._pairs)
        return [y.shape for _, y in self._pairs]

    def _pair(self, index, top, left, draw):
        x, y = self._pairs[index]
        place = np.s_[top : top + self.patch, left : left + self.patch]
        return x[place], y[place]

    def _pattern_pair(self, scale, draw):
        """A patch out of a pattern large enough that its borders, and JPEG's first block, are
        elsewhere.
        """
        side = -(-self.patch // scale) + 24  # small pixels
        top, left = (draw.integers(4, 20, size=2) * scale).tolist()
        return self._cut(
            Sample.of(pattern(side * scale, scale, draw), True), scale, top, left, draw
        )

    def _cut(self, sample, scale, top, left, draw, steps=CLEAN):
        """The pair of the patch at top, left of a sample, put through the steps."""
        ends, box, inside = (top, left), [], []
        for start, side in zip(ends, sample.luma.shape, strict=True):
            # Two small pixels more on each side: what Keys' kernel sees when it enlarges.
            first = max(start // scale - 2, 0)
            box.append((first, min(-(-(start + self.patch) // scale) + 2, side // scale)))
            inside.append(slice(start - first * scale, start - first * scale + self.patch))
        low = sample.small_luma(steps, scale, draw, tuple(box))
        x = resize(low, low.shape[0] * scale, low.shape[1] * scale)
        return x[*inside], sample.luma[top : top + self.patch, left : left + self.patch]

    def batch(self, size: int, seed: int, step: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of batch number `step`: float32 (size, patch, patch, 1) in 0..1."""
        draw = np.random.default_rng([seed, step])
        picture = np.searchsorted(self._share, draw.random(size), side="right")
        top = (draw.random(size) * self._rooms[picture, 0]).astype(int) * self.fold
        left = (draw.random(size) * self._rooms[picture, 1]).astype(int) * self.fold
        view = INVERSE[draw.integers(8 if self.augment else 1, size=size)]
        synthetic = draw.random(size) < self.patterns
        x, y = np.empty((2, size, self.patch, self.patch), "float32")
        x_views, y_views = eight_views(x), eight_views(y)
        for i, (p, r, c, v) in enumerate(
            zip(picture.tolist(), top.tolist(), left.tolist(), view.tolist(), strict=True)
        ):
            x_views[v][i], y_views[v][i] = (
                self._pattern_pair(self._scales[p], draw)
                if synthetic[i]
                else self._pair(p, r, c, draw)
            )
        return x[..., None] / np.float32(255), y[..., None] / np.float32(255)

    def as_tf_data(self, size: int, seed: int, first: int = 0, count: int | None = None):
        """Batches first, first + 1, ... as a `tf.data.Dataset` of (x, y), the same as `batch`
        gives.

        count: how many batches; None goes on without end. Batches are made ahead of need, in
        another thread. ConfigError unless TensorFlow is Keras's backend.
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


class DamagedPatches(PatchSource):
    """Random pairs (x, y) of damaged input and truth: each patch goes through a chain of
    `damage.draw_steps`.

    pictures: `damage.Sample`s; all else as in `PatchSource`, whose positions these are. The damage
    is done when a batch is made, in colour, on the patch with the margin that its steps need, so
    that a patch has no borders of its own. x is the luma of the damaged small picture enlarged by
    the bicubic kernel, y the luma of the undamaged one. Memory (`bytes`): 4 a pixel in colour, 2 or
    1 in grey, whatever the scales.
    """

    def _prepare(self, pictures, scales):
        self._samples, self._scales = [], []
        for scale in scales:
            for sample in pictures:
                if min(sample.shape) // scale * scale >= self.patch:
                    self._samples.append(sample.cropped(scale))
                    self._scales.append(scale)
        kept = {id(part): part for s in pictures for part in (s.colour, s.luma)}
        self.bytes = sum(part.nbytes for part in kept.values())
        return [sample.shape for sample in self._samples]

    def _pair(self, index, top, left, draw):
        return self._cut(self._samples[index], self._scales[index], top, left, draw)

    def _cut(self, sample, scale, top, left, draw):
        return super()._cut(sample, scale, top, left, draw, draw_steps(draw))

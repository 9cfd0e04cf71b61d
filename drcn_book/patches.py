"""Batches of training patches, each a pure function of the seed and the step.

All pictures lie end to end in one flat buffer, and cutting, flipping and turning a whole batch is one indexed read.
"""

import numpy as np

from .degradation import degrade
from .errors import ConfigError, DatasetError


class PatchSource:
    """Random pairs (x, y) of bicubic input and truth from a list of luma pictures.

    pictures: float32 (h, w) arrays, 0..255. scales: one or more; each patch draws one. patch: side in pixels.
    Pictures smaller than a patch are left out; DatasetError if none is left.
    Memory: 5 bytes a training pixel (uint8 truth, float32 input) for one scale, 5 more for each further one.
    """

    def __init__(self, pictures, scales=(2,), patch: int = 41, augment: bool = True):
        if patch < 1:
            raise ConfigError(f"Patch size {patch} is too small: use at least 1 pixel.")
        pairs = [degrade(picture, scale) for scale in scales for picture in pictures
                 if min(picture.shape) // scale * scale >= patch]
        if not pairs:
            raise DatasetError(f"No training picture is as large as a patch of {patch}x{patch} pixels: "
                               "use larger pictures or a smaller --patch.")
        self.patch, self.augment = patch, augment
        shapes = np.array([y.shape for _, y in pairs])
        self._height, self._width = shapes.T
        self._start = np.concatenate([[0], np.cumsum(shapes.prod(1))[:-1]])
        self._x = np.concatenate([x.ravel() for x, _ in pairs])
        self._y = np.concatenate([y.astype("uint8").ravel() for _, y in pairs])
        positions = (self._height - patch + 1) * (self._width - patch + 1)
        self._share = np.cumsum(positions) / positions.sum()
        self.positions = int(positions.sum())
        self._grids = self._eight_views(patch)

    @staticmethod
    def _eight_views(n):
        """Row and column indices of the 8 flips and quarter turns of an n x n patch: (8, 2, n, n)."""
        grid = np.indices((n, n))
        turns = [np.rot90(grid, k, (1, 2)) for k in range(4)]
        return np.array(turns + [turn[:, :, ::-1] for turn in turns])

    def batch(self, size: int, seed: int, step: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of batch number `step`: float32 (size, patch, patch, 1) in 0..1."""
        draw = np.random.default_rng([seed, step])
        picture = np.searchsorted(self._share, draw.random(size), side="right")
        top = (draw.random(size) * (self._height[picture] - self.patch + 1)).astype(int)
        left = (draw.random(size) * (self._width[picture] - self.patch + 1)).astype(int)
        view = draw.integers(8 if self.augment else 1, size=size)
        rows, columns = self._grids[view].transpose(1, 0, 2, 3)
        column = (slice(None), None, None)
        index = (self._start[picture][column] + (top[column] + rows) * self._width[picture][column]
                 + left[column] + columns)
        return self._x[index][..., None] / np.float32(255), self._y[index][..., None] / np.float32(255)

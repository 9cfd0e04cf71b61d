"""Copies of pictures: those that a training set has of tested ones; flips and turns on disk."""

import os
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from ..degradation import resize
from ..errors import DatasetError, StorageError
from ..images import eight_views
from .loading import colour_pictures


def leaks(
    trained: dict[str, np.ndarray], tested: dict[str, np.ndarray], threshold: float = 0.75
) -> list[tuple[str, str, float]]:
    """Pairs that show the same photograph, in any size, flipped or turned: (name, name,
    correlation).

    Compares thumbnails of 32 x 32 pixels, less what 4 x 4 pixels can show of them (else all
    pictures with a bright sky are alike), by their normalised correlation, the test pictures in all
    eight views. A copy scores above 0.95, two different photographs of the public sets 0.56 at
    most. Crops that leave out more than a few percent of a picture are not found.
    """

    def thumbnails(pictures):
        small = [resize(picture, 32, 32) for picture in pictures.values()]
        return np.array([picture - resize(resize(picture, 4, 4), 32, 32) for picture in small])

    def directions(stack):
        flat = stack.reshape(len(stack), -1)
        return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)

    ours = directions(thumbnails(trained))
    alike = np.max([ours @ directions(view).T for view in eight_views(thumbnails(tested))], axis=0)
    names, others = list(trained), list(tested)
    return [(names[i], others[j], float(alike[i, j])) for i, j in np.argwhere(alike > threshold)]


def augment(name: str | Path, target: str | Path) -> int:
    """Write every picture of a set or folder in its eight flips and quarter turns, in colour, as
    PNG files.

    The new folder `target` gets STEM-0.png (as it was) to STEM-7.png, and appears only when
    complete. Returns how many files it holds. DatasetError if it exists already or nothing can be
    read, StorageError if it cannot be written.
    """
    target = Path(target)
    if target.exists():
        raise DatasetError(f"{target} exists already: name a new folder.")
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    sources, count = colour_pictures(name), 0
    try:
        beside.mkdir(parents=True)
        for stem, picture in sources.items():
            for view, turned in enumerate(eight_views(picture[None])):
                Image.fromarray(np.ascontiguousarray(turned[0])).save(beside / f"{stem}-{view}.png")
                count += 1
        beside.rename(target)
    except OSError as error:
        raise StorageError(f"{target}: cannot be written ({error.strerror or error}).") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return count

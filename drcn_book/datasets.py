"""Which pictures: the public sets, the embedded photographs, and named splits."""

import os
from pathlib import Path

import numpy as np

from .errors import DatasetError
from .images import SUFFIXES, luma, read_luma

TEST_SETS = ("Set5", "Set14", "B100", "Urban100")
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket", "camera", "brick", "gravel", "grass")
LEAKED = {"BSDS200": {"302003"}}  # also Set5/woman


def data_dir() -> Path:
    """Where the public sets are looked for: $DRCN_DATA_DIR, or `data/` beside the package's project."""
    return Path(os.environ.get("DRCN_DATA_DIR") or Path(__file__).parents[1] / "data")


def files(name: str | Path) -> list[Path]:
    """The picture files of a public set by name, or of any folder by path, sorted."""
    folder = data_dir() / name if (data_dir() / name).is_dir() else Path(name)
    if not folder.is_dir():
        raise DatasetError(f"Data set {name!r} is neither in {data_dir()} nor a folder.")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise DatasetError(f"{folder}: no pictures in this folder.")
    return found


def photographs() -> dict[str, np.ndarray]:
    """Luma of the free photographs inside scikit-image, by name."""
    from skimage import data

    pictures = {name: getattr(data, name)() for name in PHOTOGRAPHS}
    return {name: luma(p) if p.ndim == 3 else p.astype("float32") for name, p in pictures.items()}


def pictures(name: str | Path) -> dict[str, np.ndarray]:
    """Luma pictures of a set, by file stem: float32 (h, w), 0..255. "Photos" is the embedded set."""
    if name == "Photos":
        return photographs()
    return {path.stem: read_luma(path) for path in files(name)}


def training_pictures(split: str) -> list[np.ndarray]:
    """Luma pictures of a training split: sets joined by "+", without what leaked from a test set."""
    held_out = set(_validation_names())
    return [picture for name in split.split("+") for stem, picture in pictures(name).items()
            if stem not in LEAKED.get(name, ()) and not (name == "BSDS200" and stem in held_out)]


def _validation_names():
    folder = data_dir() / "BSDS200"
    return [path.stem for path in files("BSDS200")[::10]] if folder.is_dir() else []


def validation_pictures() -> list[np.ndarray]:
    """Held-out pictures for choosing checkpoints, never a test set: each tenth of BSDS200, or the photographs."""
    names = _validation_names()
    if not names:
        return list(photographs().values())
    found = pictures("BSDS200")
    return [found[name] for name in names]

"""What is trained on and what is held out, by name; both as one file to carry."""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import DatasetError, PictureError
from ..files import replacing
from ..pictures.guard import reading
from .loading import PHOTOGRAPHS, pictures, public_name
from .public import TEST_SETS, data_dir, present, public_set, registry

SPLITS = {"public": ("T91", "BSDS200", "BSDS500test", "DIV2Kgray")}
LEAKED = {"BSDS200": {"302003"}}  # also Set5/woman
HELD_OUT = ("coffee", "camera")  # photographs that are never trained on


def _validation_stems() -> set[str]:
    """Each tenth picture of BSDS200."""
    return {Path(file).stem for file in list(public_set("BSDS200").files)[::10]}


def _parts(split: str) -> list[str]:
    """The sets and folders that a split's name stands for; absent sets of "public" are named on
    stderr.
    """
    if split in SPLITS:
        parts = [name for name in SPLITS[split] if name in present()]
        absent = [name for name in SPLITS[split] if name not in parts]
        if not parts:
            raise DatasetError(
                f"None of {', '.join(SPLITS[split])} is in {data_dir()}; "
                f"`drcn data fetch {' '.join(SPLITS[split])}` gets them."
            )
        if absent:
            print(
                f"drcn: training goes on without {', '.join(absent)}, not in {data_dir()}",
                file=sys.stderr,
            )
        return parts
    whole = split in ("Photos", *registry()) or Path(split).exists()
    return [split] if whole else split.split("+")


def training_split(split: str, read=pictures) -> dict[str, np.ndarray]:
    """Luma pictures of a training split, by "set/stem", less the held-out ones and copies of test
    pictures.

    split: set names joined by "+", "public" (all four training sets, or those that are there),
    "Photos", a folder, or a file written by `pack`. read: gives the pictures of a set or folder, as
    `pictures` does, in another form. DatasetError if it is none of these, is absent, or is a test
    set.
    """
    if Path(split).is_file():
        return _read_pack(split)["training"]
    found = {}
    for part in _parts(str(split)):
        name = public_name(part) or part
        if name in TEST_SETS:
            raise DatasetError(
                f"{name} is a test set: training on it would make its numbers worthless."
            )
        held_out = {"BSDS200": _validation_stems(), "Photos": set(HELD_OUT)}.get(name, set())
        left_out = held_out | LEAKED.get(name, set())
        found |= {f"{name}/{stem}": p for stem, p in read(name).items() if stem not in left_out}
    return found


def validation_split(split: str = "T91", read=pictures) -> dict[str, np.ndarray]:
    """Luma pictures held out for choosing checkpoints, by "set/stem", never from a test set.

    Those inside a file written by `pack`; the held-out photographs for "Photos", whatever else is
    there; else each tenth picture of BSDS200; else, where that set is absent, the photographs, or
    only the held-out ones of them if `split` trains on photographs. read: as in `training_split`.
    """
    if Path(split).is_file():
        return _read_pack(split)["validation"]
    if "BSDS200" in present() and split != "Photos":
        stems = _validation_stems()
        return {f"BSDS200/{stem}": p for stem, p in read("BSDS200").items() if stem in stems}
    names = HELD_OUT if "Photos" in str(split).split("+") else PHOTOGRAPHS
    return {f"Photos/{name}": picture for name, picture in read("Photos").items() if name in names}


def pack(split: str, target: str | Path) -> Path:
    """Write a training split and its validation pictures into one zip file of grey PNGs:
    `--train-set FILE`.

    The luma is kept exactly. StorageError if it cannot be written, DatasetError as in
    `training_split`.
    """
    contents = {"training": training_split(split), "validation": validation_split(split)}
    with replacing(target) as beside, zipfile.ZipFile(beside, "w") as archive:
        for part, found in contents.items():
            for name, picture in found.items():
                png = io.BytesIO()
                Image.fromarray(picture.astype("uint8")).save(png, "PNG")
                name = f"{part}/{name}.png".encode("utf-8", "backslashreplace").decode()
                archive.writestr(zipfile.ZipInfo(name), png.getvalue())
    return Path(target)


def _read_pack(path):
    found = {"training": {}, "validation": {}}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                part, _, rest = name.partition("/")
                with reading(name), Image.open(io.BytesIO(archive.read(name))) as image:
                    found[part][rest.removesuffix(".png")] = np.asarray(
                        image.convert("L"), "float32"
                    )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, PictureError) as error:
        raise DatasetError(f"{path}: not a readable file of `drcn data pack` ({error}).") from None
    if not all(found.values()):
        raise DatasetError(
            f"{path}: lacks training or validation pictures: `drcn data pack` writes both."
        )
    return found

"""The pictures of a public set, of the embedded photographs, or of any folder."""

import functools
import sys
from pathlib import Path

import numpy as np

from ..errors import DatasetError, PictureError, one_line
from ..images import luma, read_luma
from ..pictures import pictures_in, read_light
from .public import data_dir, faults, fetchable, public_set, registry

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket", "camera", "brick", "gravel", "grass")


def public_name(name: str | Path) -> str | None:
    """The public set that `name` means, be it a set's name or the path of its folder."""
    stem = Path(name).name
    if stem in fetchable() and (
        str(name) == stem or Path(name).resolve() == (data_dir() / stem).resolve()
    ):
        return stem
    return None


def _is_embedded(name: str | Path) -> bool:
    """Whether a name is that of the embedded set: "Photos", while "./Photos" is a folder."""
    return str(name) == "Photos"


@functools.cache
def say_once(line: str) -> None:
    """Say something on standard error, once in the life of the process."""
    print(one_line(f"drcn: {line}"), file=sys.stderr)


def _say_which(name: str | Path) -> None:
    """Where a bare name is that of a set and of a folder here, say which is taken."""
    bare = str(name) in ("Photos", *registry())
    if bare and Path(name).is_dir() and Path(name).resolve() != (data_dir() / name).resolve():
        say_once(f"{name} is taken for the set of that name; the folder here is ./{name}.")


def files(name: str | Path) -> list[Path]:
    """The files of a public set by name, or the picture files of any folder by path, sorted by
    name.

    DatasetError if there are none, or if files of a public set are missing or not as published.
    """
    public = public_name(name)
    if public:
        wrong = faults(public)
        if wrong:
            file, fault = next(iter(wrong.items()))
            raise DatasetError(
                f"{public}: {len(wrong)} of {len(public_set(public).files)} files are missing "
                f"or wrong in {data_dir() / public} ({file}: {fault}). `drcn data fetch {public}` "
                "gets them; DRCN_DATA_DIR names another folder."
            )
        return [data_dir() / public / file for file in public_set(public).files]
    if not str(name) or not Path(name).is_dir():
        raise DatasetError(
            f"{str(name)!r} is no folder and no data set: Photos, {', '.join(registry())}."
        )
    found = pictures_in(name, lambda error: say_once(f"{error.filename}: {error.strerror}."))
    if not found:
        raise DatasetError(f"{name}: no pictures in this folder.")
    return found


def _photographs():
    from skimage import data

    return {name: getattr(data, name)() for name in PHOTOGRAPHS}


def photographs() -> dict[str, np.ndarray]:
    """Luma of the free photographs inside scikit-image, by name."""
    return {
        name: luma(p) if p.ndim == 3 else p.astype("float32") for name, p in _photographs().items()
    }


def colour_pictures(name: str | Path) -> dict[str, np.ndarray]:
    """The pictures of a set or folder in colour, as `pictures`: uint8 (h, w, 3), or (h, w) if
    grey.
    """
    _say_which(name)
    return _photographs() if _is_embedded(name) else _readable(files(name), read_light)


def _readable(paths, read):
    """{file stem: read(path)}, naming on stderr what is no picture; DatasetError if that is all of
    them.

    Of two files with the same stem, the second goes by its whole name, or by its folder's and its
    own.
    """
    found, left_out = {}, []
    for path in paths:
        try:
            picture = read(path)
        except PictureError as error:
            left_out.append(path.name)
            say_once(f"skipped {error}")
            continue
        names = (path.stem, path.name, f"{path.parent.name}-{path.name}", str(path))
        found[next(name for name in names if name not in found)] = picture
    if not found:
        raise DatasetError(
            f"{paths[0].parent}: none of the {len(paths)} pictures here can be read."
        )
    if left_out:
        say_once(f"{len(found)} of {len(paths)} done; left out: {', '.join(left_out)}.")
    return found


def pictures(name: str | Path) -> dict[str, np.ndarray]:
    """Luma pictures of a set or folder, by file stem: float32 (h, w), 0..255. "Photos" is the
    embedded set.

    Unreadable files of a folder are named on stderr and skipped. DatasetError as in `files`.
    """
    _say_which(name)
    if _is_embedded(name):
        return photographs()
    found = _readable(files(name), read_luma)
    if public_name(name) == "DIV2Kgray":  # published as full-range luma
        return {stem: np.round(16 + 219 / 255 * picture) for stem, picture in found.items()}
    return found

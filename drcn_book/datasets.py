"""Which pictures: the public sets, the embedded photographs, any folder, and the named splits.

The public sets are listed in two tables beside this file: `sets.tsv` (role, licence, paper,
address) and `registry.tsv` (each file's size and sha256). Every file is checked against its sha256
before it is used.
"""

import csv
import functools
import hashlib
import io
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from .degradation import resize
from .errors import DatasetError, PictureError, StorageError, one_line
from .files import replacing
from .images import eight_views, luma, read_luma
from .pictures import pictures_in, read_light
from .pictures.guard import reading

TABLES = Path(__file__).parent
TEST_SETS = ("Set5", "Set14", "B100", "Urban100")
SPLITS = {"public": ("T91", "BSDS200", "BSDS500test", "DIV2Kgray")}
LEAKED = {"BSDS200": {"302003"}}  # also Set5/woman
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket", "camera", "brick", "gravel", "grass")
HELD_OUT = ("coffee", "camera")  # photographs that are never trained on
# Of a download: retries of a file, seconds without a byte, failed files until the set is given up.
RETRIES, TIMEOUT, PATIENCE = 2, 30, 5


class PublicSet(NamedTuple):
    """A public set: role ("test" or "training"), licence as known, paper, address of a file, and
    its files.

    files: {name: (bytes, sha256)}.
    """

    role: str
    licence: str
    paper: str
    address: str
    files: dict[str, tuple[int, str]]

    @property
    def bytes(self) -> int:
        return sum(size for size, _ in self.files.values())

    def url(self, file: str) -> str:
        return self.address.format(file=file, stem=Path(file).stem)


@functools.cache
def registry() -> dict[str, PublicSet]:
    """The public sets by name. DatasetError if a name in the tables would lead out of the data
    folder.
    """

    def rows(table):
        with open(TABLES / table, encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t")

    sets = {row.pop("set"): PublicSet(**row, files={}) for row in rows("sets.tsv")}
    for row in rows("registry.tsv"):
        if not re.fullmatch(r"\w[\w.-]*", row["file"], re.ASCII):
            raise DatasetError(
                f"{TABLES / 'registry.tsv'}: {row['file']!r} is no plain file name: refused."
            )
        sets[row["set"]].files[row["file"]] = int(row["bytes"]), row["sha256"]
    return sets


def public_set(name: str) -> PublicSet:
    """The public set of this name; DatasetError names the known ones."""
    if name not in registry():
        raise DatasetError(f"Unknown data set {name!r}: choose from {', '.join(registry())}.")
    return registry()[name]


def data_dir() -> Path:
    """Where the public sets lie: $DRCN_DATA_DIR, else `data/` in the project or, without one, right
    here.
    """
    project = Path(__file__).parents[1]
    home = project if (project / "pyproject.toml").exists() else Path()
    return Path(os.environ.get("DRCN_DATA_DIR") or home / "data")


# Fetching and verifying


def faults(name: str) -> dict[str, str]:
    """What is not as published of a public set: {file: "missing" or "does not match its
    sha256"}.
    """
    found = {}
    for file, (_, sha256) in public_set(name).files.items():
        path = data_dir() / name / file
        if not path.is_file():
            found[file] = "missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            found[file] = "does not match its sha256"
    return found


def fetch(name: str) -> Path:
    """Download what is missing or wrong of a public set into `data_dir()`; returns the set's
    folder.

    A file appears under its name only when it is complete and matches its sha256, so after an
    interruption the next call goes on where the last one stopped. DatasetError names the files that
    could not be had, and why.
    """
    import pooch
    from requests import ConnectionError, RequestException, Timeout
    from tqdm import tqdm

    pooch.get_logger().setLevel("WARNING")
    wanted, folder, failed = public_set(name), data_dir() / name, []
    store = pooch.create(
        folder,
        base_url="",
        retry_if_failed=RETRIES,
        registry={file: sha256 for file, (_, sha256) in wanted.files.items()},
        urls={file: wanted.url(file) for file in wanted.files},
    )
    with tqdm(total=wanted.bytes, desc=name, unit="B", unit_scale=True, disable=None) as bar:
        for file, (size, _) in wanted.files.items():
            try:
                store.fetch(file, downloader=pooch.HTTPDownloader(timeout=TIMEOUT))
            except (ConnectionError, Timeout) as error:
                raise DatasetError(
                    f"{name}/{file}: no answer from {wanted.url(file)} "
                    f"({type(error).__name__}). Try again: what is here stays."
                ) from None
            except RequestException as error:
                failed.append(f"{file} ({error})")
            except ValueError:
                failed.append(
                    f"{file} (what {wanted.url(file)} sends does not match its sha256: refused)"
                )
            except OSError as error:
                raise StorageError(f"{folder / file}: cannot be written ({error}).") from None
            bar.update(size)
            if len(failed) == PATIENCE:
                break
    if failed:
        raise DatasetError(
            f"{name}: could not fetch {'; '.join(failed)}"
            f"{'; stopped there' if len(failed) == PATIENCE else ''}."
        )
    return folder


def present() -> list[str]:
    """Names of the public sets that have a folder in `data_dir()`, complete or not."""
    return [name for name in registry() if (data_dir() / name).is_dir()]


def note() -> str:
    """One line that says which public sets are found where, and how to get the others."""
    found, absent = present(), [name for name in registry() if name not in present()]
    here = ", ".join(found) or "none; the photographs in scikit-image serve"
    return f"Data sets in {data_dir()}: {here}." + (
        f" Not there: {', '.join(absent)} (`drcn data fetch NAME`)." if absent else ""
    )


# Reading


def _public_name(name: str | Path) -> str | None:
    """The public set that `name` means, be it a set's name or the path of its folder."""
    stem = Path(name).name
    if stem in registry() and (
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
    """The picture files of a public set by name, or of any folder by path, sorted by name.

    DatasetError if there are none, or if files of a public set are missing or not as published.
    """
    public = _public_name(name)
    if public:
        wrong = faults(public)
        if wrong:
            file, fault = next(iter(wrong.items()))
            raise DatasetError(
                f"{public}: {len(wrong)} of {len(public_set(public).files)} pictures are missing "
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
    if _public_name(name) == "DIV2Kgray":  # published as full-range luma
        return {stem: np.round(16 + 219 / 255 * picture) for stem, picture in found.items()}
    return found


# Splits


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
        name = _public_name(part) or part
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


def training_pictures(split: str) -> list[np.ndarray]:
    """The pictures of `training_split`, without their names."""
    return list(training_split(split).values())


def validation_pictures(split: str = "T91") -> list[np.ndarray]:
    """The pictures of `validation_split`, without their names."""
    return list(validation_split(split).values())


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


# Copies: one file to carry to another machine, and augmented sets on disk


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

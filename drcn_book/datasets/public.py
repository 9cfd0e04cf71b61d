"""The public sets: what the tables say of them, where they lie, what of them is there.

Two tables beside this file list them: `sets.tsv` (role, licence, paper, address) and
`registry.tsv` (each file's size and sha256, and its address where the set has none). One set is
none of pictures: "peers" has the networks of others that the benchmarks are held against.
"""

import csv
import functools
import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple

from ..errors import DatasetError

TABLES = Path(__file__).parent
TEST_SETS = ("Set5", "Set14", "B100", "Urban100")


class PublicSet(NamedTuple):
    """A public set: role ("test" or "training"; "model" for networks), licence as known, paper,
    address of a file, and its files.

    files: {name: (bytes, sha256)}. own: {name: address} of files with an address of their own.
    """

    role: str
    licence: str
    paper: str
    address: str
    files: dict[str, tuple[int, str]]
    own: dict[str, str]

    @property
    def bytes(self) -> int:
        return sum(size for size, _ in self.files.values())

    def url(self, file: str) -> str:
        return self.own.get(file) or self.address.format(file=file, stem=Path(file).stem)


@functools.cache
def fetchable() -> dict[str, PublicSet]:
    """All that can be fetched, by name. DatasetError if a name in the tables would lead out of the
    data folder.
    """

    def rows(table):
        with open(TABLES / table, encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t")

    sets = {row.pop("set"): PublicSet(**row, files={}, own={}) for row in rows("sets.tsv")}
    for row in rows("registry.tsv"):
        if not re.fullmatch(r"\w[\w.-]*", row["file"], re.ASCII):
            raise DatasetError(
                f"{TABLES / 'registry.tsv'}: {row['file']!r} is no plain file name: refused."
            )
        known = sets[row["set"]]
        known.files[row["file"]] = int(row["bytes"]), row["sha256"]
        if row.get("address"):
            known.own[row["file"]] = row["address"]
    return sets


def registry() -> dict[str, PublicSet]:
    """The public sets of pictures by name."""
    return {name: public for name, public in fetchable().items() if public.role != "model"}


def public_set(name: str) -> PublicSet:
    """The public set of this name; DatasetError names the known ones."""
    if name not in fetchable():
        raise DatasetError(f"Unknown data set {name!r}: choose from {', '.join(fetchable())}.")
    return fetchable()[name]


def data_dir() -> Path:
    """Where the public sets lie: $DRCN_DATA_DIR, else `data/` in the project or, without one, right
    here.
    """
    project = Path(__file__).parents[2]
    home = project if (project / "pyproject.toml").exists() else Path()
    return Path(os.environ.get("DRCN_DATA_DIR") or home / "data")


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

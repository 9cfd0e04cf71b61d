"""Files written whole or not at all."""

import contextlib
import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

from .errors import StorageError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to, renamed to `path` at the end: readers see the old file or the new one.

    StorageError if there is no space or no permission; then the old file is as it was and nothing is left over.
    """
    path = Path(path)
    if not path.name:
        raise StorageError(f"{str(path)!r} names no file to write: choose a name.")
    beside = path.with_name(
        f".{path.name[:40]}.{os.getpid()}.part"
    )  # a name may be as long as names may be
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            with open(beside, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written ({error.strerror or error}); what was there before is "
            "untouched. Make room or choose another folder."
        ) from None


@contextlib.contextmanager
def alone(folder: str | Path) -> Iterator[None]:
    """Other processes that ask for the same folder wait until the block ends: for a file that is read, changed and
    written. Made if missing; StorageError if that fails. On Windows nobody waits.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        place = fcntl and os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise StorageError(
            f"{folder}: cannot be used ({error.strerror or error}). Choose another folder."
        ) from None
    try:
        if fcntl:
            fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        if fcntl:
            os.close(place)


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write a whole file by `replacing`."""
    with replacing(path) as beside:
        beside.write_bytes(content)


def write_csv(path: str | Path, rows: list[dict], columns: list[str] | None = None) -> None:
    """Write rows as a CSV file by `replacing`; columns: which, and their order (default: the last row's)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(rows[-1]), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode("utf-8", "backslashreplace"))

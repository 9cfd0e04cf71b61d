"""Files written whole or not at all."""

import contextlib
import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from .errors import StorageError


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to, renamed to `path` at the end.

    So readers see the old file or the new one. StorageError if there is no space or no permission;
    then the old file is as it was and nothing is left over.
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
def alone(folder: str | Path, wait: bool = True) -> Iterator[None]:
    """Inside the block no other process is in one of the same folder, which is made if missing.

    wait: until the other has ended; without, StorageError says so at once, as it does where the
    folder cannot be used. The system frees the lock of a process that was killed.
    """
    lock = FileLock(Path(folder) / ".lock", timeout=-1 if wait else 0)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise StorageError(
            f"{folder} is in use by another process: wait until it ends, or choose another folder."
        ) from None
    except OSError as error:
        raise StorageError(
            f"{folder}: cannot be used ({error.strerror or error}). Choose another folder."
        ) from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows does it while releasing
            os.unlink(lock.lock_file)
        lock.release()


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write a whole file by `replacing`."""
    with replacing(path) as beside:
        beside.write_bytes(content)


def write_csv(path: str | Path, rows: list[dict], columns: list[str] | None = None) -> None:
    """Write rows as a CSV file by `replacing`; columns: default those of the last."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(rows[-1]), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode("utf-8", "backslashreplace"))

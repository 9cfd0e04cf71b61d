"""Files written whole or not at all."""

import contextlib
import csv
import glob
import io
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from .errors import StorageError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to, renamed to `path` at the end: readers see the old file or
    the new one.

    StorageError if there is no space or no permission, before the block where that shows; then the
    old file is as it was and nothing is left over. What a killed process left there is removed.
    """
    path = Path(path)
    if not path.name:
        raise StorageError(f"{str(path)!r} names no file to write: choose a name.")
    start = f".{path.name[:40]}"  # a name may be as long as names may be
    beside = path.with_name(f"{start}.{os.getpid()}.part")
    made = []
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise StorageError(f"{path}: is no ordinary file, and nothing is put in its place.")
        made = _made(path.parent)
        _sweep(path.parent, start)
        with _living(beside):
            yield beside
            with open(beside, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(beside, path)
        made = []
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written ({error.strerror or error}); what was there before is "
            "untouched. Make room or choose another folder."
        ) from None
    finally:
        for folder in made:
            with contextlib.suppress(OSError):  # another has put something there
                folder.rmdir()


def _made(folder):
    """Make a folder, with those above it; returns the new ones, the deepest first."""
    new = []
    while not folder.exists() and folder != folder.parent:
        new.append(folder)
        folder = folder.parent
    if new:
        new[0].mkdir(parents=True, exist_ok=True)
    return new


@contextlib.contextmanager
def _living(beside):
    """The new file, locked while it is being written, by which others see that its writer lives."""
    with open(beside, "wb") as mark:
        try:
            if fcntl:
                with contextlib.suppress(OSError):  # file systems without locks
                    fcntl.flock(mark, fcntl.LOCK_EX)
            else:
                mark.close()  # Windows renames no open file
            yield
        finally:
            beside.unlink(missing_ok=True)


def _sweep(folder, start):
    """Remove what killed processes left of a file: their locks ended with them."""
    for left in folder.glob(f"{glob.escape(start)}.*.part") if fcntl else ():
        number = left.name[len(start) + 1 : -len(".part")]
        with contextlib.suppress(OSError):
            if number.isdigit() and left.is_file() and not left.is_symlink():
                with open(left, "rb+") as mark:
                    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    left.unlink()


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

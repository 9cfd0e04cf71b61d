"""The work on each picture, here: read, enlarged, written whole or not at all."""

import contextlib
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from .. import pictures
from ..errors import DRCNError, PictureError, StorageError, out_of_memory
from ..files import replacing
from ..upscaling import Chooser, told_by
from .jobs import STANDARD, Job, is_done


def enlarge(job: Job, chooser: Chooser, progress: bool = False) -> tuple[str, list[str]]:
    """Do one job; returns the line that says what was done, and those on what could not be kept.

    Raises DRCNErrors that name the file, those on the place of the result before the network is
    called.
    """
    start, s = time.perf_counter(), chooser.scale
    if job.resume and is_done(job, s):
        return f"{job.source}: {job.target} is there already; delete it to make it anew.", []
    source = sys.stdin.buffer.read() if job.source == STANDARD else job.source
    picture = pictures.read(source)
    if job.target == STANDARD:
        format = picture.format if picture.format in pictures.FORMATS.values() else "PNG"
    else:
        format = pictures.format_of(job.target)
    width, height = picture.size
    size = width * s, height * s
    deep = picture.pixels.dtype == "uint16"
    pictures.check_storable(picture.mode, deep, size, format, picture.name)
    try:
        with _opened(job.target) as file:
            upscaler, why = chooser(picture, told_by(source, picture))
            result = upscaler(picture, Path(picture.name).name if progress else None)
            lost = [*picture.lost, *pictures.encode(result, file, format, job.target)]
    except Exception as error:
        if out_of_memory(error):
            raise PictureError(
                f"{picture.name}: {size[0]}x{size[1]} pixels do not fit in the memory; "
                "try a smaller --tile."
            ) from None
        raise
    seconds = time.perf_counter() - start
    remarks = [f"{picture.name}: {picture.note}."] if picture.note else []
    if lost:
        remarks.append(f"{picture.name}: left out of the result: {', '.join(dict.fromkeys(lost))}.")
    return (
        f"{picture.name} {width}x{height} -> {job.target} {size[0]}x{size[1]}: "
        f"{upscaler.describe()}{why and f', as {why}'}, {seconds:.2f} s, "
        f"{size[0] * size[1] / 1e6 / seconds:.2f} megapixels/s"
    ), remarks


@contextlib.contextmanager
def _opened(target):
    """The file to write a result to, whole or not at all; for standard output, memory."""
    if target != STANDARD:
        with replacing(target) as beside, open(beside, "wb") as file:
            yield file
        return
    content = io.BytesIO()
    yield content
    try:
        sys.stdout.buffer.write(content.getvalue())
        sys.stdout.buffer.flush()
    except OSError as error:
        raise StorageError(f"Standard output: cannot be written ({error.strerror}).") from None


def attempt(job: Job, chooser: Chooser, progress: bool = False) -> tuple[bool, str, list[str]]:
    """Do one job as `enlarge`: whether it went well, and its lines. No picture ends the work on the
    others.
    """
    try:
        return True, *enlarge(job, chooser, progress)
    except DRCNError as error:
        return False, str(error), []
    except Exception as error:
        reason = f"{type(error).__name__}: {last_line(error)}"
        return False, f"{job.source}: cannot be enlarged ({reason}).", []


def one_by_one(jobs: list[Job], chooser: Chooser) -> Iterator[tuple[str, bool, str, list[str]]]:
    """Do the jobs here: for each its source, and what `attempt` says. Progress goes to standard
    error.
    """
    for job in tqdm(jobs, "pictures", delay=2, leave=False, disable=len(jobs) < 2 or None):
        yield job.source, *attempt(job, chooser, sys.stderr.isatty())


def last_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[-1]

"""From what the command line names to one job a picture, and whether it is done."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from .. import pictures
from ..errors import ConfigError
from ..pictures import size_of

STANDARD = "-"
STANDARD_OUTPUT = (STANDARD, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


@dataclass(frozen=True)
class Job:
    """One picture: from which file to which, "-" being standard input or output. resume: leave it
    if done.
    """

    source: str
    target: str
    resume: bool = False


def plan(
    sources: list[str], output: str | None, scale: int, resume: bool = False
) -> tuple[list[Job], list[tuple[str, str]]]:
    """The jobs of files and folders, and (source, line) for each that gives none.

    A file NAME.png becomes NAME_x2.png beside it, or `output`, or NAME.png in it if that is a
    folder, which it also is where it ends in / or in a dot and digits. A folder becomes FOLDER_x2
    or `output`, with its structure kept; what is there already is left as it is. Formats that are
    only read become PNG.
    """
    if output == "":
        raise ConfigError('-o "": name a file, a folder, or - for standard output.')
    if output in STANDARD_OUTPUT:
        output = STANDARD
    out = Path(output) if output not in (None, STANDARD) else None
    if len(sources) > 1 and STANDARD in (*sources, output):
        raise ConfigError("Standard input and output (-) take one picture at a time.")
    found, jobs, wrong, targets = [], [], [], {}
    for source in sources:
        try:
            for job in _jobs(source, output, out, scale, resume, len(sources) > 1):
                if isinstance(job, str):
                    wrong.append((source, job))
                else:
                    found.append(job)
        except OSError as error:
            wrong.append((source, f"{error.filename or source}: {error.strerror}."))
    inputs = {mark: job.source for job in found for mark in _marks(job.source)}
    for job in found:
        lost = {inputs[mark] for mark in _marks(job.target) if mark in inputs}
        first = targets.setdefault(os.path.realpath(job.target), job)
        if lost:
            named = "it" if job.source in lost else min(lost)
            line = f"the output would overwrite {named}; name another place with -o."
        elif first is not job:
            line = f"the output {job.target} is that of {first.source} already."
        else:
            jobs.append(job)
            continue
        wrong.append((job.source, f"{job.source}: {line}"))
    return jobs, wrong


def _jobs(source, output, out, scale, resume, several):
    path = Path(source)
    if not source:
        yield '"": no such file.'
    elif source == STANDARD or output == STANDARD:
        if path.is_dir():
            yield f"{source}: is a folder, and standard output takes one picture."
        else:
            yield Job(source, output or STANDARD)
    elif path.is_dir():
        yield from _jobs_of_folder(source, path, out, scale, several)
    else:
        suffix = path.suffix if path.suffix.lower() in pictures.FORMATS else ".png"
        if out is None:
            target = path.with_name(f"{path.stem}_x{scale}{suffix}")
        elif several or _means_folder(output, out):
            target = out / f"{path.stem}{suffix}"
        else:
            target = out
        yield Job(source, str(target), resume)


def _means_folder(output, out):
    """Whether -o names a folder, there already or not: results/, results or results.2024, but not
    x.gif.
    """
    ends = (os.sep, os.altsep) if os.altsep else (os.sep,)
    return output.endswith(ends) or out.suffix[1:].isdigit() or not out.suffix or out.is_dir()


def _jobs_of_folder(source, path, out, scale, several):
    folder = Path(os.path.abspath(path))
    if not folder.name and not out:
        yield f"{source}: has no name to call the output after; name a folder with -o."
        return
    root = folder.with_name(f"{folder.name}_x{scale}")
    if out:
        root = out / folder.name if several else out
    closed = []
    found = [
        file for file in pictures.pictures_in(path, closed.append) if not _inside(file, root, path)
    ]
    for file in found:
        target = root / file.relative_to(path)
        if file.suffix.lower() not in pictures.FORMATS:
            # a.gif becomes a.png, unless that is another picture's.
            alone = not file.with_suffix(".png").exists()
            target = target.with_suffix(".png") if alone else Path(f"{target}.png")
        yield Job(str(file), str(target), resume=True)
    for error in closed:
        yield f"{error.filename}: {error.strerror}."
    if not found and not closed:
        yield f"{source}: has no pictures ({', '.join(pictures.READABLE)})."


def _marks(path):
    """What two names of one file share: its real path, or with hard links its number."""
    marks = {os.path.realpath(path)}
    with contextlib.suppress(OSError):
        file = os.stat(path)
        marks.add((file.st_dev, file.st_ino))
    return marks if path != STANDARD else set()


def _inside(file, root, folder):
    """Whether a file lies in the output folder, where that is a folder of the input."""
    root = Path(os.path.realpath(root))
    return root != Path(os.path.realpath(folder)) and root in Path(os.path.realpath(file)).parents


def is_done(job: Job, scale: int) -> bool:
    """Whether the output is there, of the right size, and no older than the picture.

    Its header is enough, as results are written whole or not at all. Age is when a file came to
    be what it is at its place, not only the time it says: an archive or `cp -p` brings another
    picture under an old date.
    """
    try:
        source, target = os.stat(job.source), os.stat(job.target)
        replaced = os.name == "posix" and target.st_ctime < source.st_ctime
        if replaced or target.st_mtime < source.st_mtime:
            return False
        return sorted(size_of(job.target)) == [scale * side for side in sorted(size_of(job.source))]
    except Exception:  # then doing it will tell
        return False

"""Many pictures: from what the command line names to one job each, done one by one or on a Ray
cluster.
"""

import contextlib
import io
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tqdm import tqdm

from . import pictures
from ._quiet import quiet_stderr
from .errors import ConfigError, DRCNError, PictureError, StorageError, one_line, out_of_memory
from .files import replacing
from .pictures import size_of
from .upscaling import Upscaler

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


def enlarge(job: Job, upscaler: Upscaler, progress: bool = False) -> tuple[str, list[str]]:
    """Do one job; returns the line that says what was done, and those on what could not be kept.

    Raises DRCNErrors that name the file, those on the place of the result before the network is
    called.
    """
    start, s = time.perf_counter(), upscaler.scale
    if job.resume and is_done(job, s):
        return f"{job.source}: {job.target} is there already; delete it to make it anew.", []
    picture = pictures.read(sys.stdin.buffer.read() if job.source == STANDARD else job.source)
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
        f"{upscaler.describe()}, {seconds:.2f} s, "
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


def attempt(job: Job, upscaler: Upscaler, progress: bool = False) -> tuple[bool, str, list[str]]:
    """Do one job as `enlarge`: whether it went well, and its lines. No picture ends the work on the
    others.
    """
    try:
        return True, *enlarge(job, upscaler, progress)
    except DRCNError as error:
        return False, str(error), []
    except Exception as error:
        reason = f"{type(error).__name__}: {_last_line(error)}"
        return False, f"{job.source}: cannot be enlarged ({reason}).", []


def one_by_one(jobs: list[Job], upscaler: Upscaler) -> Iterator[tuple[str, bool, str, list[str]]]:
    """Do the jobs here: for each its source, and what `attempt` says. Progress goes to standard
    error.
    """
    for job in tqdm(jobs, "pictures", delay=2, leave=False, disable=len(jobs) < 2 or None):
        yield job.source, *attempt(job, upscaler, sys.stderr.isatty())


def _last_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[-1]


class _Worker:
    def __init__(self, options):
        self.upscaler = Upscaler(**options)

    def __call__(self, row):
        well, line, remarks = attempt(Job(**row), self.upscaler)
        return {"source": row["source"], "well": well, "line": line, "remarks": "\n".join(remarks)}


def on_ray(jobs: list[Job], options: dict) -> Iterator[tuple[str, bool, str, list[str]]]:
    """Do the jobs on a Ray cluster (RAY_ADDRESS, or this machine), as `one_by_one`.

    Files and this package must be visible on every machine. ConfigError if Ray is not installed, or
    gives up.
    """
    try:
        import ray.data
    except ImportError:
        raise ConfigError("--ray needs Ray: pip install 'drcn-book[ray]'.") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # it would tell its plan
    if not ray.is_initialized():
        home = str(Path(__file__).resolve().parents[1])  # workers import the package from here
        os.environ["PYTHONPATH"] = os.pathsep.join(
            filter(None, [home, os.environ.get("PYTHONPATH")])
        )
        os.environ.setdefault(
            "RAY_BACKEND_LOG_LEVEL", "fatal"
        )  # its C++ part would tell its worries later
        try:
            with quiet_stderr():
                ray.init(log_to_driver=False, logging_level="error")
        except Exception as error:  # Ray raises bare ones
            raise ConfigError(f"Ray cannot start here ({_last_line(error)}).") from None
    ray.data.DataContext.get_current().enable_progress_bars = sys.stderr.isatty()
    cluster = ray.cluster_resources()
    gpus = int(cluster.get("GPU", 0))
    need = {"num_gpus": 1} if gpus else {"num_cpus": min(2, int(cluster["CPU"]))}
    workers = gpus or max(1, int(cluster["CPU"]) // 2)
    weights = options.get("weights")
    if weights and Path(weights).exists():
        options = {**options, "weights": os.path.abspath(weights)}
    rows = [
        asdict(replace(job, source=os.path.abspath(job.source), target=os.path.abspath(job.target)))
        for job in jobs
    ]
    done = ray.data.from_items(rows, override_num_blocks=min(len(rows), 100 * workers)).map(
        _Worker,
        fn_constructor_args=(options,),
        **need,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
    )
    try:
        for row in done.iter_rows():
            yield row["source"], row["well"], row["line"], row["remarks"].splitlines()
    except ray.exceptions.RayError as error:
        raise ConfigError(
            f"Ray gave up ({_last_line(error)}); what is done is kept, and the same command goes "
            "on from there."
        ) from None


def upscale(sources: list[str], output: str | None = None, ray: bool = False, **options) -> int:
    """The command `drcn upscale`; returns its exit status. A line a picture, on standard error if
    it failed.
    """
    upscaler = Upscaler(**options)
    jobs, wrong = plan(sources, output, upscaler.scale, resume=ray)
    to_picture = any(job.target == STANDARD for job in jobs)
    if to_picture and sys.stdout.isatty():
        raise ConfigError(
            "A picture is not written to a terminal: name a file with -o or redirect it."
        )
    if to_picture and ray:
        raise ConfigError("--ray takes files and folders, not standard input and output.")
    left_out = [source for source, _ in wrong]
    for _, line in wrong:
        print(one_line(f"drcn: {line}"), file=sys.stderr)
    done = (on_ray(jobs, options) if ray else one_by_one(jobs, upscaler)) if jobs else ()
    for source, well, line, remarks in done:
        if not well:
            left_out.append(source)
        stream = sys.stderr if to_picture or not well else sys.stdout
        tqdm.write(one_line(line if well else f"drcn: {line}"), file=stream)
        for remark in remarks:
            tqdm.write(one_line(f"drcn: {remark}"), file=sys.stderr)
    total = len(jobs) + len(wrong)
    if left_out and total > 1:
        names = ", ".join(left_out)
        print(
            one_line(f"drcn: {total - len(left_out)} of {total} done; left out: {names}."),
            file=sys.stderr,
        )
    return 0 if not left_out else 2 if len(left_out) == total else 1

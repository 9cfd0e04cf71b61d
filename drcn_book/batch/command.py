"""The command `drcn upscale`."""

import sys

from tqdm import tqdm

from ..errors import ConfigError, one_line
from ..upscaling import Chooser
from .cluster import on_ray
from .jobs import STANDARD, plan
from .work import one_by_one


def upscale(sources: list[str], output: str | None = None, ray: bool = False, **options) -> int:
    """The command `drcn upscale`; returns its exit status. A line a picture, on standard error if
    it failed.
    """
    chooser = Chooser(**options)
    jobs, wrong = plan(sources, output, chooser.scale, resume=ray)
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
    done = (on_ray(jobs, options) if ray else one_by_one(jobs, chooser)) if jobs else ()
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

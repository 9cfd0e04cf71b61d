"""The same work on a Ray cluster."""

import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from .._quiet import quiet_stderr
from ..errors import ConfigError
from ..upscaling import Chooser
from .jobs import Job
from .work import attempt, last_line


class _Worker:
    def __init__(self, options):
        self.chooser = Chooser(**options)

    def __call__(self, row):
        well, line, remarks = attempt(Job(**row), self.chooser)
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
            raise ConfigError(f"Ray cannot start here ({last_line(error)}).") from None
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
            f"Ray gave up ({last_line(error)}); what is done is kept, and the same command goes "
            "on from there."
        ) from None

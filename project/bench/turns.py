"""Candidates that take turns, each in a process of its own, and what a row of the table says."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

import numpy as np

from project import ROOT

APART = ROOT / ".venv-backends" / "bin" / "python"  # the Python that has PyTorch
OURS = "this project"
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
TOLERANCES = {
    "float32": 1e-4,
    "mixed_bfloat16": 1e-2,
}  # of a result, relative to that of the reference
BUDGET, MOST = 30, 7  # seconds of taking turns in one case, and rounds at most


def python_path() -> str:
    """What lets another Python import this project and its package."""
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


class WorkerError(Exception):
    """A worker ended before it answered; the text is the last thing it said."""


class Worker:
    """A process of `workers.py`; calling it gives the seconds of one timed run.

    `facts` is what it said first.
    """

    def __init__(self, kind: str, environment: dict[str, str] | None = None, **options):
        python = str(APART) if kind.startswith("torch") else sys.executable
        with ExitStack() as opened:
            self._said = opened.enter_context(tempfile.TemporaryFile("w+"))
            self._closing = opened.pop_all()
        self._process = subprocess.Popen(
            [python, "-m", "project.bench.workers", json.dumps({"kind": kind, **options})],
            env={
                **os.environ,
                **(environment or {}),
                "PYTHONPATH": python_path(),
                "KERAS_BACKEND": "tensorflow",
            },
            text=True,
            bufsize=1,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        self.facts, self.peak_gb = {}, 0.0

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            self._said.seek(0)
            raise WorkerError(
                (self._said.read().strip().splitlines() or ["it ended without a word"])[-1]
            )
        return json.loads(line)

    def ready(self) -> "Worker":
        self.facts = self._answer()
        return self

    def __call__(self) -> float:
        with suppress(BrokenPipeError):  # of one that has died; its answer tells
            self._process.stdin.write("\n")
        answer = self._answer()
        self.peak_gb = answer["peak_gb"]
        return answer["seconds"]

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._closing.close()


def alternate(
    candidates: dict[str, Callable[[], float]], budget: float = BUDGET
) -> dict[str, list[float]]:
    """Let the candidates take turns, about `budget` seconds in all.

    Returns the seconds that each one returned, by its name.

    The first turn of each is not counted, unless it took the budget already. One that fails is left
    out.
    """
    left = dict(candidates)

    def turn():
        seconds = {}
        for name, run in list(left.items()):
            try:
                seconds[name] = run()
            except WorkerError as error:
                print(f"  {name} left out, it failed while timed: {error}", flush=True)
                del left[name]
        return seconds

    start = time.perf_counter()
    turns = [turn()]
    took = time.perf_counter() - start
    if took <= budget:
        turns = [turn() for _ in range(min(MOST, max(2, int(budget / took))))]
    return {name: [seconds[name] for seconds in turns] for name in left}


def row(
    case: str,
    candidate: str,
    seconds: list[float],
    per: float | None = None,
    unit: str = "MP/s",
    **more,
) -> dict:
    """A line of the table.

    per: the megapixels (or other units) of one run, for a rate instead of seconds.
    """
    values = [per / value for value in seconds] if per else seconds
    numbers = (
        {"median": np.median(values), "low": min(values), "high": max(values)} if values else {}
    )
    unit = unit if per else "s"
    print(
        f"  {candidate}: " + (f"{numbers['median']:.4g} {unit}" if numbers else more["note"]),
        flush=True,
    )
    return {
        "case": case,
        "candidate": candidate,
        "unit": unit,
        "rounds": len(values),
        **{name: f"{value:.4g}" for name, value in numbers.items()},
        **more,
    }


def compete(
    case: str, specs: dict[str, dict], per: float | None = None, budget: float = BUDGET
) -> list[dict]:
    """The rows of one case. specs: what makes each candidate's worker; "optional" ones may fail.

    The first spec's result is the reference of all that have a result, unless "other" says it is
    another network: the mean absolute difference, relative to the reference's mean, must be within
    the precision's tolerance.
    """
    print(case, flush=True)
    workers, reference = {}, None
    specs = {name: dict(spec) for name, spec in specs.items()}
    rules = {
        name: (spec.pop("optional", False), spec.pop("other", False))
        for name, spec in specs.items()
    }
    started = {
        name: Worker(**spec)
        for name, spec in specs.items()
        if APART.exists() or not spec["kind"].startswith("torch")
    }
    if len(started) < len(specs):
        print("  PyTorch left out: `make bench` installs it into .venv-backends", flush=True)
    try:
        for name, worker in started.items():
            optional, other = rules[name]
            try:
                result = np.array(worker.ready().facts.pop("result"))
            except WorkerError as error:
                if not optional:
                    sys.exit(f"STOP: {case}: {name}: {error}")
                print(f"  {name} left out: {error}", flush=True)
                continue
            workers[name] = worker
            reference = result if reference is None else reference
            if result.size and not other:
                difference = np.abs(result - reference).mean() / np.abs(reference).mean()
                if not difference <= TOLERANCES[specs[name]["precision"]]:
                    sys.exit(
                        f"STOP: {case}: {name} does not compute what {next(iter(workers))} does: "
                        f"the results differ by {difference:.1e}."
                    )
        times = alternate(workers, budget)
    finally:
        for worker in started.values():
            worker.close()
    rows = []
    for name, seconds in times.items():
        facts = workers[name].facts
        gflop = facts.pop("gflop", None)
        facts |= {"gflops": f"{gflop / np.median(seconds):.4g}"} if gflop else {}
        rows.append(row(case, name, seconds, per, peak_gb=f"{workers[name].peak_gb:.2f}", **facts))
    return rows

"""How a worker times one thing, and what it says of itself."""

import resource
import sys
import time
from pathlib import Path


def timed(step, least: float = 0.3):
    """A function that runs `step` often enough to last `least` seconds and returns the seconds of
    one run.
    """
    number = 1

    def repeat():
        nonlocal number
        start = time.perf_counter()
        for _ in range(number):
            step()
        seconds = (time.perf_counter() - start) / number
        number = max(1, round(least / seconds))
        return seconds

    return repeat


def peak_gb() -> float:
    """Peak memory of this process in GB, without what the process that started it had."""
    status = Path("/proc/self/status")
    if status.exists():
        return (
            next(
                int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line
            )
            * 1024
            / 1e9
        )
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        * (1 if sys.platform == "darwin" else 1024)
        / 1e9
    )


def tensorflow() -> str:
    import tensorflow as tf

    return f"TensorFlow {tf.__version__}"

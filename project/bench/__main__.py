"""Measure speed side by side with peers: python -m project.bench [SECTION ...]

Each section's rows replace those it had from the same machine in data/results/speed.csv. What
competes runs in processes of their own that take turns (A B C A B C), after one turn that is not
counted, and is first proved to compute the same. README.md tells the conditions.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from drcn_book._keras import hardware
from drcn_book.files import write_atomically
from project import RESULTS, ROOT

from .enlarging import upscale
from .peers import peers_psnr, peers_seconds
from .results import draw, merge
from .team import workers
from .training import flags, quality, step
from .waiting import chapters, project, reader

FIGURE = ROOT / "figures" / "speed.svg"
SECTIONS = {
    make.__name__.replace("_", "-"): make
    for make in (
        step,
        flags,
        quality,
        upscale,
        peers_psnr,
        peers_seconds,
        workers,
        reader,
        chapters,
        project,
    )
}
GROUPS = {"peers": ("peers-psnr", "peers-seconds")}


# The others take 5 to 30 minutes each, or need more than `make bench` installs.
STANDARD = ("step", "quality", "upscale", "workers", "reader")


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Measure speed side by side with peers.")
    parser.add_argument(
        "sections",
        nargs="*",
        metavar="SECTION",
        help=f"{', '.join((*SECTIONS, *GROUPS))} (default: {', '.join(STANDARD)})",
    )
    named = parser.parse_args(words).sections or STANDARD
    chosen = [section for name in named for section in GROUPS.get(name, [name])]
    for section in chosen:
        if section not in SECTIONS:
            sys.exit(f"STOP: no section is called {section}: choose from {', '.join(SECTIONS)}.")
    for section in chosen:
        conditions, rows = {"hardware": hardware(), "load": f"{os.getloadavg()[0]:.1f}"}, []
        print(f"{section}: {conditions['hardware']}, load average {conditions['load']}", flush=True)
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            for line in SECTIONS[section](Path(folder)):
                rows.append({**line, **conditions})
                merge(RESULTS / "speed.csv", section, rows)
        print(f"{section}: {time.perf_counter() - start:.0f} s", flush=True)
    if drawing := draw(RESULTS / "speed.csv"):
        write_atomically(FIGURE, drawing)


if __name__ == "__main__":
    main(sys.argv[1:])

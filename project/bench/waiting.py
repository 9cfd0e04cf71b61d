"""Sections reader, chapters and project: the seconds that a person waits."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import nbformat
from PIL import Image

from drcn_book import datasets
from project import ROOT, execute

from .turns import BUDGET, alternate, row


def clock(run: Callable[[], object]) -> Callable[[], float]:
    def seconds():
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    return seconds


def command(*words: str) -> Callable[[], float]:
    def run():
        done = subprocess.run(
            words, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if done.returncode:
            sys.exit(
                "\n".join(
                    [
                        *done.stdout.splitlines()[-30:],
                        f"STOP: `{' '.join(words)}` failed; see above.",
                    ]
                )
            )

    return clock(run)


def first_picture(path: Path) -> Callable[[], float]:
    """Executing a chapter, kernel included, up to the first cell that shows a picture."""
    notebook = nbformat.read(path, as_version=4)
    shows = ["image/png" in str(cell.get("outputs", "")) for cell in notebook.cells]
    notebook.cells = notebook.cells[: shows.index(True) + 1]
    return clock(lambda: execute.run(notebook, path.parent))


def reader(folder: Path, budget: float = BUDGET, pages: bool = True) -> Iterator[dict]:
    """Seconds that a reader waits for the package, the command, a picture, and the pages."""
    picture = folder / "picture.png"
    Image.fromarray(datasets.colour_pictures("Photos")["astronaut"]).resize((256, 256)).save(
        picture
    )
    drcn = (sys.executable, "-m", "drcn_book")
    found = alternate(
        {
            "an empty Python": command(sys.executable, "-c", ""),
            "import drcn_book": command(sys.executable, "-c", "import drcn_book"),
            "drcn --help": command(*drcn, "--help"),
            "drcn upscale, 256x256 pixels": command(
                *drcn, "upscale", str(picture), "-o", str(folder / "large.png")
            ),
            "first picture of chapter 1": first_picture(execute.chapters(["01"])[0]),
        },
        budget,
    )
    if pages:
        found["the pages of the book from saved outputs"] = [command("make", "pages")()]
    for name, seconds in found.items():
        yield row("waiting", name, seconds)


def project(folder: Path, commands=("make book", "make test")) -> Iterator[dict]:
    """Seconds of the project's own main commands, from what `make setup` leaves.

    Both run before a row is given, for the tests compare the tables with the file that the rows go
    to.
    """
    found = {name: [command(*name.split())()] for name in commands}
    for name, seconds in found.items():
        yield row("the whole project", name, seconds)


def run_chapter(path: Path) -> None:
    execute.run(nbformat.read(path, as_version=4), path.parent)


def chapters(folder: Path, starts=()) -> Iterator[dict]:
    """Seconds of executing each chapter, kernel included; nothing is saved."""
    for path in execute.chapters(list(starts)):
        yield row(
            "chapters",
            path.stem,
            [clock(partial(run_chapter, path))()],
        )

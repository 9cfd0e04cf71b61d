"""The drawings as SVG files: the same bytes on every run."""

import io
from collections.abc import Callable
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from ..files import write_atomically
from .ideas import data_parallel, gradient_flow, receptive_field, successors
from .look import STYLE
from .network import authors_wiring, network_rolled, network_unrolled

FOLDER = Path(__file__).parents[2] / "figures"

DRAWINGS = {
    draw.__name__: draw
    for draw in (
        network_rolled,
        network_unrolled,
        authors_wiring,
        receptive_field,
        gradient_flow,
        data_parallel,
        successors,
    )
}


def to_svg(draw: Callable[[], Figure]) -> bytes:
    """A figure as an SVG file: the same bytes on every run, with no date and no version."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        draw().savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def svg(name: str) -> bytes:
    """One of DRAWINGS as an SVG file."""
    return to_svg(DRAWINGS[name])


def main(folder: Path = FOLDER) -> None:
    """Write every drawing into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DRAWINGS:
        write_atomically(folder / f"{name}.svg", svg(name))
        print(folder / f"{name}.svg")

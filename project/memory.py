"""Measure what enlarging takes, process by process, and write data/results/memory.csv: python -m
project.memory

The pictures are the photograph "astronaut", repeated to 1, 10 and 100 megapixels of output at scale
2.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from drcn_book._keras import hardware
from drcn_book.files import write_csv
from project import RESULTS
from project.bench.turns import python_path


def measure(source: Path, tile: int | None) -> tuple[float, float]:
    """Peak memory in GB and seconds of one `drcn upscale`, in a process of its own."""
    script = (
        "import sys; from drcn_book.cli import main; from project.bench.timing import peak_gb; "
        "status = main(sys.argv[1:]);"
        "print(peak_gb()); sys.exit(status)"
    )
    command = [
        sys.executable,
        "-c",
        script,
        "upscale",
        str(source),
        "-o",
        str(source.with_name("large.png")),
    ]
    start = time.perf_counter()
    done = subprocess.run(
        command + (["--tile", str(tile)] if tile else []),
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": python_path()},
    )
    return float(done.stdout.split()[-1]), time.perf_counter() - start


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in (1, 10, 100):
            side = round((megapixels * 1e6) ** 0.5 / 2)
            source = Path(folder) / f"{megapixels}.png"
            Image.fromarray(
                np.tile(data.astronaut(), (side // 512 + 1, side // 512 + 1, 1))[:side, :side]
            ).save(source)
            for tile in (None, 512):
                memory, seconds = measure(source, tile)
                rows.append(
                    {
                        "megapixels": megapixels,
                        "tile": tile or "default",
                        "peak_gb": f"{memory:.2f}",
                        "seconds": round(seconds),
                        "weights": "compact-x2",
                        "hardware": hardware(),
                    }
                )
                print(rows[-1], flush=True)
    write_csv(RESULTS / "memory.csv", rows)


if __name__ == "__main__":
    main()

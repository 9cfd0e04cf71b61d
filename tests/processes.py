"""What the tests of backends and of workers share: processes with another backend, and a small
training.
"""

import functools
import importlib.util
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
APART = ROOT / ".venv-backends" / "bin" / "python"
# what a GPU machine with JAX and PyTorch may lack: blocked in every process but TensorFlow's own
LACKING = [
    "tensorflow",
    "tensorboard",
    "skimage",
    "matplotlib",
    "pooch",
    "tqdm",
    "ipywidgets",
    "IPython",
]
DRCN = "import sys\nfrom drcn_book.cli import main\nsys.exit(main(sys.argv[1:]))"
QUICK = [
    "--preset",
    "tiny",
    "--interval",
    "3",
    "--patch",
    "24",
    "--warmup",
    "2",
    "--precision",
    "float32",
    "--clip-norm",
    "0.1",
]


@functools.cache
def interpreter(backend: str) -> str:
    """The Python of `.venv-backends` if it has the backend, else this one; else the test is
    skipped.
    """
    if (
        backend != "tensorflow"
        and APART.exists()
        and not subprocess.run([APART, "-c", f"import {backend}"], capture_output=True).returncode
    ):
        return str(APART)
    if importlib.util.find_spec(backend):
        return sys.executable
    pytest.skip(f"{backend} is not installed: run `make test-backends`")


def start(backend: str, code: str, *args, folder: Path, **environment) -> subprocess.Popen:
    """Python code in a process of its own, in `folder`, with a backend on the processor."""
    if backend != "tensorflow":
        code = f"import sys\nsys.modules.update(dict.fromkeys({LACKING}))\n{code}"
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "PYTHONPATH": path}
    return subprocess.Popen(
        [interpreter(backend), "-u", "-c", code, *map(str, args)],
        env=env | environment,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(backend: str, code: str, *args, folder: Path, **environment) -> str:
    """What the process of `start` prints; the test fails unless it ends with status 0."""
    process = start(backend, code, *args, folder=folder, **environment)
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, f"{backend}: {out}{err}"
    return out


def write_pack(path: Path) -> Path:
    """A file as `drcn data pack` writes it, with two small training pictures and one validation
    picture.
    """
    draw = np.random.default_rng(1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, side in (("training/a", 60), ("training/b", 48), ("validation/c", 200)):
            small = Image.fromarray(draw.integers(16, 236, (side // 4, side // 4)).astype("uint8"))
            png = io.BytesIO()
            small.resize((side, side), Image.Resampling.BICUBIC).save(png, "PNG")
            archive.writestr(f"{name}.png", png.getvalue())
    return path

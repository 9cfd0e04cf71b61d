"""What `pip install` brings, without the project around it: every network, every table."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from book import ROOT

PARTS = ("drcn_book", "data", "pyproject.toml", "setup.py", "README.md", "LICENSE")
PROGRAM = """
import json
from pathlib import Path
from drcn_book import benchmark, weights
from drcn_book.cli import main

assert Path(benchmark.__file__).is_relative_to(Path.cwd()), benchmark.__file__
networks = {name: weights.load(name)[1].parameters for name in weights.shipped()}
tables = {path.stem: len(benchmark.results(path.stem)) for path in Path().rglob("*.csv")
          if path.parent.name in ("data", "results")}
print(json.dumps([networks, tables]))
main(["data", "list"])
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the wheel's content, built from a copy without any data set."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for part in PARTS:
        if (ROOT / part).is_dir():
            downloaded = shutil.ignore_patterns("__pycache__", "*.egg-info", "[A-Z]*")
            shutil.copytree(ROOT / part, source / part, ignore=downloaded)
        else:
            shutil.copy(ROOT / part, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    for words in (
        ["wheel", "-q", "--no-deps", "--no-build-isolation", "-w", source / "dist", source],
        ["install", "-q", "--no-deps", "--target", target, "--find-links", source / "dist"]
        + ["--no-index", "drcn-book"],
    ):
        done = subprocess.run([*pip, *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_an_installed_package_is_complete(installed):
    path = os.pathsep.join(filter(None, [str(installed), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=installed,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    networks, tables = json.loads(done.stdout.splitlines()[0])
    records = (ROOT / "drcn_book" / "shipped").glob("*.json")
    assert networks == {r.stem: json.loads(r.read_text())["parameters"] for r in records}
    files = [*(ROOT / "data").glob("*.csv"), *(ROOT / "data" / "results").glob("*.csv")]
    assert set(tables) == {file.stem for file in files} and all(tables.values())
    assert "BSDS200" in done.stdout


def test_an_installed_package_has_every_module_and_nothing_of_the_project(installed):
    def modules(folder):
        return {path.relative_to(folder) for path in (folder / "drcn_book").rglob("*.py")}

    assert modules(installed) == modules(ROOT)
    assert {path.name for path in installed.iterdir() if "." not in path.name} <= {
        "drcn_book",
        "bin",
    }

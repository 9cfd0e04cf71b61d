"""The words: spelling, and addresses that must agree."""

import re
import subprocess
import sys
from pathlib import Path

import yaml
from book import ROOT

PROSE = [
    "README.md",
    "intro.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "notebooks/text",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "notebooks").glob("*.md"))),
]


def test_spelling():
    command = [
        sys.executable,
        "-m",
        "codespell_lib",
        *PROSE,
        "drcn_book",
        "project",
        "tests",
        "_ext",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_address_of_the_repository():
    """Buttons, Colab cells and citation file name the repository that _config.yml names."""
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    files = [ROOT / "CITATION.cff", ROOT / "README.md", *(ROOT / "notebooks" / "text").glob("*.md")]
    named = re.findall(
        r"https://github\.com/[\w-]+/drcn-book\b", "".join(map(Path.read_text, files))
    )
    assert set(named) == {address}


def test_package_dependencies_are_those_of_the_book():
    """pyproject.toml asks for nothing that requirements.txt has not, in the same ranges."""
    import tomllib

    ranges = {
        line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert set(project["dependencies"]) | set(extras["cpu"]) | set(extras["onnx"]) <= ranges

"""The commands around the book: what they say when something is missing, and that pairs stay in
step.
"""

import ast
import os
import re
import shutil
import subprocess

import jupytext
import nbformat
import pytest
from book import ROOT

from project import execute

needs_make = pytest.mark.skipif(not shutil.which("make"), reason="no make on this machine")


def say(command, cwd=ROOT, **environment):
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment}
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_setup_without_a_fitting_python(tmp_path):
    status, text = say(
        ["sh", ROOT / "project" / "setup.sh"], cwd=tmp_path, PYTHON="python2.7 no-such-python"
    )
    assert status == 1 and text.startswith("STOP: Python 3.11, 3.12 or 3.13 is needed")
    assert len(text.splitlines()) == 1 and not any(tmp_path.iterdir())


@needs_make
@pytest.mark.parametrize(
    "sets, answer",
    [
        ([], "photographs that come with scikit-image"),
        (["Set5", "T91"], "public sets found in"),
        (None, "STOP"),
    ],
)
def test_the_data_in_use_is_named(tmp_path, sets, answer):
    folder = tmp_path / "sets"
    if sets is not None:
        folder.mkdir()
        for name in sets:
            (folder / name).mkdir()
    status, text = say(["make", "-s", "data-note"], DRCN_DATA_DIR=str(folder))
    assert answer in text and all(name in text for name in sets or [])
    assert (status != 0) == (sets is None)


@needs_make
def test_help_lists_the_commands():
    status, text = say(["make", "help"])
    assert status == 0 and all(
        f"make {name}" in text for name in ("book", "test", "lab", "pages", "execute")
    )


def test_a_changed_caption_is_a_change(pair):
    text = execute.twin(pair)
    text.write_text(
        text.read_text().replace(
            "ipython3\n", "ipython3\n---\nmystnb: {figure: {caption: Six}}\n---\n"
        )
    )
    os.utime(text, (pair.stat().st_atime, pair.stat().st_mtime + 5))
    assert execute.read_pair(pair).cells[1].metadata["mystnb"] == {"figure": {"caption": "Six"}}


def test_an_unknown_chapter_is_named():
    with pytest.raises(SystemExit, match="STOP: no chapter in _toc.yml starts with 99"):
        execute.chapters(["99"])


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A chapter of two cells that was run, and its twin."""
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    path = tmp_path / "x.ipynb"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell("print(6 * 7)")]
    )
    notebook.metadata.kernelspec = execute.KERNEL
    execute.run(notebook, tmp_path)
    execute.write(path, execute.settle(notebook))
    execute.write(execute.twin(path), jupytext.writes(notebook, fmt="md:myst"))
    return path


def test_a_second_run_writes_the_same_bytes(pair):
    before = pair.read_bytes()
    notebook = execute.read_pair(pair)
    execute.run(notebook, pair.parent)
    assert notebook.cells[1].outputs[0].text == "42\n" and notebook.cells[1].execution_count == 1
    assert execute.settle(notebook).encode() == before


def test_the_later_side_of_a_pair_gives_the_cells_and_keeps_outputs(pair):
    text = execute.twin(pair)
    text.write_text(text.read_text().replace("# Title", "# Another title"))
    os.utime(text, (pair.stat().st_atime, pair.stat().st_mtime + 5))
    notebook = execute.read_pair(pair)
    assert notebook.cells[0].source == "# Another title"
    assert notebook.cells[1].outputs[0].text == "42\n" and notebook.cells[1].execution_count == 1
    os.utime(text, (pair.stat().st_atime, pair.stat().st_mtime - 5))
    assert execute.read_pair(pair).cells[0].source == "# Title"


def test_widgets_are_numbered_in_the_order_they_were_made(pair):
    state = {
        name * 32: {"model_name": name, "state": {"child": "IPY_MODEL_" + "a" * 32}}
        for name in "ba"
    }
    notebook = nbformat.read(pair, as_version=4)
    notebook.metadata.widgets = nbformat.from_dict(
        {execute.WIDGETS: {"state": state, "version_major": 2}}
    )
    settled = nbformat.reads(execute.settle(notebook), as_version=4).metadata.widgets[
        execute.WIDGETS
    ]["state"]
    assert [settled[f"{n:032x}"]["model_name"] for n in range(2)] == ["b", "a"]
    assert settled[f"{0:032x}"]["state"]["child"] == f"IPY_MODEL_{1:032x}"


def test_lines_fit_the_screen():
    """The rule of CONTRIBUTING, for what people read as code."""
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("drcn_book", "project", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 120
    ]
    assert long == []


def module_map() -> dict[str, int]:
    """The package's modules as CONTRIBUTING lists them, each with its step on the way."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.split("| module | what it holds |", 1)[1].split("\n\n", 1)[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    return {name: step for step, row in enumerate(rows) for name in re.findall(r"`(\w+)/?`", row)}


def test_the_map_of_modules_is_complete_and_imports_run_along_it():
    package, steps = ROOT / "drcn_book", module_map()
    files = {
        path for path in package.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")
    }
    there = {path.relative_to(package).parts[0].removesuffix(".py") for path in files}
    assert set(steps) == there
    wrong = []
    for path in files:
        module = path.relative_to(package).parts[0].removesuffix(".py")
        inside = len(path.relative_to(package).parts) - 1
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.level == inside + 1:
                names = [node.module] if node.module else [alias.name for alias in node.names]
                wrong += [
                    f"{path.relative_to(package)} imports {name}"
                    for name in (name.split(".")[0] for name in names)
                    if name in steps and name != module and steps[name] > steps[module]
                ]
    assert wrong == []

"""The chapters as files: complete, run in order, in step with their text twins, and built alike."""

import base64
import re
import statistics

import jupytext
import nbformat
import pytest
from book import CHAPTERS, ROOT, toc_files

from project import execute

SKELETON = ["What you will be able to do", "Prerequisites", "Summary", "Exercises", "References"]
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def every_chapter_but(*numbers: str):
    """All chapters but those that are to follow."""
    kept = [path for path in CHAPTERS if path.stem[:2] not in numbers]
    return pytest.mark.parametrize("path", kept, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def headings(notebook, level: str = r"#{1,6}") -> list[str]:
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    prose = re.sub(r"^(```+|:::+).*?^\1\s*$", "", prose, flags=re.M | re.S)
    return re.findall(rf"^{level} +(.+?)\s*$", prose, re.M)


def test_table_of_contents_is_complete():
    assert [path for path in toc_files() if not path.exists()] == []
    on_disk = sorted(
        path for path in (ROOT / "notebooks").glob("*") if path.suffix in (".ipynb", ".md")
    )
    assert on_disk == sorted(path for path in toc_files() if path.parent.name == "notebooks")
    twins = sorted(path.stem for path in (ROOT / "notebooks" / "text").glob("*.md"))
    assert twins == [path.stem for path in CHAPTERS]


@every_chapter
def test_was_run_from_top_to_bottom(path):
    """nbval never compares a cell without an execution count: a stripped notebook would pass."""
    cells = code(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    shown = sum(bool(cell.outputs) for cell in cells)
    assert shown >= len(cells) / 2, f"only {shown} of {len(cells)} cells show a result"
    silent = [
        cell.source[:60]
        for cell in cells
        if "# NBVAL_CHECK_OUTPUT" in cell.source.splitlines() and not cell.outputs
    ]
    assert silent == [], "cells whose output is to be compared, and that have none"


@every_chapter
def test_outputs_are_clean(path):
    for cell in code(read(path)):
        for output in cell.outputs:
            assert output.output_type != "error", f"{path.name}: {output.evalue}"
            assert output.get("name") != "stderr", f"{path.name}: {output.text[:200]}"
            text = "".join(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
            noise = re.search(
                r"\[I?\d{4}|WARNING:|Warning:|/home/|/root/|/tmp/|\bat 0x[0-9a-f]{6}", text
            )
            assert not noise, f"{path.name}: a log line, path or address in an output: {text[:200]}"


@every_chapter
def test_pictures_are_described(path):
    for cell in code(read(path)):
        data = [output.get("data", {}) for output in cell.outputs]
        if any(
            ("image/png" in kinds or "image/svg+xml" in kinds) and "text/html" not in kinds
            for kinds in data
        ):
            alternative = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alternative) > 20, (
                f"{path.name}: no alternative text for the picture of\n{cell.source}"
            )


@every_chapter
def test_numbers_are_compared(path):
    """Numbers that the text quotes are checked by nbval on every run of the tests."""
    assert any("# NBVAL_CHECK_OUTPUT" in cell.source.splitlines() for cell in code(read(path)))


@every_chapter
def test_equals_its_text_twin(path):
    assert execute.cells(jupytext.read(execute.twin(path))) == execute.cells(read(path))


@every_chapter
def test_saved_form_is_settled(path):
    """Saved by project/execute.py: no time stamps, no random names, so that a second run changes
    nothing.
    """
    assert execute.settle(read(path)) == path.read_text(encoding="utf8"), (
        "save it with `make execute`"
    )


@every_chapter
def test_skeleton(path):
    notebook = read(path)
    assert len(headings(notebook, "#")) == 1, "one title"
    sections = headings(notebook, "##")
    found = [
        next((i for i, name in enumerate(sections) if name.startswith(part)), None)
        for part in SKELETON
    ]
    assert None not in found, (
        f"missing: {[part for part, i in zip(SKELETON, found, strict=True) if i is None]}"
    )
    assert found == sorted(found), f"sections out of order: {sections}"
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    opening = prose.split("## Prerequisites", 1)[1].split("\n## ", 1)[0]
    assert re.search(r"\d+ minutes", opening), "how many minutes it takes"
    flow = "\n".join(
        cell.source if cell.cell_type == "markdown" else f"[{cell.metadata.get('tags')}]"
        for cell in notebook.cells
    )
    parts = re.split(
        r"^#{2,3} ", flow.split("\n## Exercises", 1)[1].split("\n## ", 1)[0], flags=re.M
    )
    exercises = [part for part in parts if part.startswith("Exercise ")]
    assert len(exercises) >= 5, f"{len(exercises)} exercises"
    unsolved = [part.splitlines()[0] for part in exercises if "'hide-cell'" not in part]
    assert unsolved == [], "no code cell tagged hide-cell has the solution"


def solutions(notebook) -> list:
    """The code cells tagged hide-cell below the heading "Exercises"."""
    inside, found = False, []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for title in re.findall(r"^## (.+)", cell.source, re.M):
                inside = title.startswith("Exercises")
        elif cell.cell_type == "code" and inside and "hide-cell" in cell.metadata.get("tags", ()):
            found.append(cell)
    return found


@every_chapter
def test_jupyterlab_hides_the_solutions(path):
    """Tags fold a cell on the site; JupyterLab goes by metadata of its own, in both files of a
    pair.
    """
    for notebook in (read(path), jupytext.read(execute.twin(path))):
        found = solutions(notebook)
        assert len(found) >= 5
        open_ones = [
            cell.source[:60]
            for cell in found
            if cell.metadata.get("jupyter") != {"source_hidden": True, "outputs_hidden": True}
        ]
        assert open_ones == []
        shown = [cell for cell in code(notebook) if not cell.metadata.get("tags")]
        assert [cell.source[:60] for cell in shown if "jupyter" in cell.metadata] == []


@every_chapter
def test_figures_are_sharp(path):
    """Plots are vector drawings; figures with pictures in them have two pixels where a page has
    one.
    """
    kinds = []
    for cell in code(read(path)):
        for output in cell.outputs:
            data = output.get("data", {})
            if "text/html" in data:  # a widget, whose picture is for readers of plain notebooks
                continue
            if "image/png" in data:
                png = base64.b64decode(data["image/png"])
                shown = output.metadata["image/png"]["width"]
                assert abs(int.from_bytes(png[16:20]) - 2 * shown) < 2, cell.source[:60]
            kinds += [kind for kind in data if kind.startswith("image/")]
    assert kinds and set(kinds) <= {"image/png", "image/svg+xml"}


@every_chapter
def test_the_code_of_figures_is_folded(path):
    unfolded = [
        cell.source[:60]
        for cell in code(read(path))
        if "figure" in cell.metadata.get("mystnb", {})
        and "hide-input" not in cell.metadata.get("tags", ())
    ]
    assert unfolded == []


@every_chapter_but("05", "10")
def test_a_cell_that_asserts_says_what_it_found(path):
    silent = [
        cell.source[:60]
        for cell in code(read(path))
        if re.search(r"^ *assert |np\.testing\.assert", cell.source, re.M)
        and not cell.source.startswith("def ")
        and not cell.outputs
    ]
    assert silent == []


@every_chapter
def test_cells_are_small(path):
    lines = [len(cell.source.splitlines()) for cell in code(read(path))]
    assert statistics.median(lines) <= 10
    assert max(lines) <= 40, "a cell is taller than a screen"
    assert sum(count > 12 for count in lines) <= 0.25 * len(lines), "too many long cells"


@every_chapter_but("05", "07")
def test_lines_of_code_fit_the_page(path):
    """84 characters stand beside both sidebars of a window of 1280 pixels. The first cell, which
    installs the book on Colab, is folded.
    """
    lines = [line for cell in code(read(path))[1:] for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > 84] == []


@every_chapter
def test_colab_cell(path):
    """The first code cell installs the package on Colab, beside its TensorFlow, and does nothing
    elsewhere.
    """
    first, *others = code(read(path))
    lines = first.source.splitlines()
    assert 'if "google.colab" in sys.modules:' in lines and "cpu" not in first.source
    assert lines[-1].startswith('    %pip install -q "drcn-book') and not first.outputs
    assert ("drcn-book[onnx] @" in lines[-1]) == any("onnx" in cell.source for cell in others)


@every_chapter
def test_names_no_file_of_the_repository(path):
    """A chapter also runs where the package alone is installed: on Colab, and as a downloaded
    notebook.
    """
    own = re.compile(r"""__file__|\.\./|["'](data|figures|notebooks|project|drcn_book)/""")
    assert [cell.source for cell in code(read(path)) if own.search(cell.source)] == []


@every_chapter
def test_defines_nothing_that_the_package_has(path):
    """What a chapter builds for teaching under a name of the package, it compares with the
    package's own.
    """
    package = "\n".join(
        file.read_text(encoding="utf8") for file in (ROOT / "drcn_book").glob("*.py")
    )
    owned = set(re.findall(r"^(?:def|class) ([a-z]\w{5,})", package, re.M | re.I))
    source = "\n".join(cell.source for cell in code(read(path)))
    own = set(re.findall(r"^(?:def|class) (\w+)", source, re.M))
    assert [name for name in own & owned if not re.search(rf"\w\.{name}\b", source)] == []

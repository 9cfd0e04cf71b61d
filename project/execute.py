"""Run chapters, save their outputs, and keep each notebook and its text twin in step.

    python -m project.execute                 every chapter of _toc.yml
    python -m project.execute 03 05           only those whose file name starts so
    python -m project.execute --sync 03       bring notebook and twin into step without running

A chapter is a pair: notebooks/NAME.ipynb (with outputs) and notebooks/text/NAME.md (readable, easy
to edit and to compare). The one that was changed last gives the cells. A second run writes the same
bytes, unless a result has changed: time stamps are left out, and cells and widgets are not named by
chance.
"""

import argparse
import hashlib
import re
import sys
import time
from pathlib import Path

import jupytext
import nbformat
import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from drcn_book.files import write_atomically
from project import ROOT

WIDGETS = "application/vnd.jupyter.widget-state+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def chapters(starts: list[str]) -> list[Path]:
    """The notebooks of the table of contents, or those of them whose names start with one of
    `starts`.
    """
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = [ROOT / entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    found = [
        path
        for path in listed
        if path.suffix == ".ipynb" and path.name.startswith(tuple(starts) or "")
    ]
    if not found:
        sys.exit(f"STOP: no chapter in _toc.yml starts with {' or '.join(starts)}.")
    return found


def twin(path: Path) -> Path:
    return path.parent / "text" / f"{path.stem}.md"


def cells(notebook) -> list[tuple]:
    """What a notebook and its twin must agree on, cell by cell: kind, source, tags, what is folded
    in JupyterLab, and the figure's caption.
    """
    return [
        (
            cell.cell_type,
            cell.source,
            tuple(cell.metadata.get("tags", ())),
            cell.metadata.get("jupyter"),
            cell.metadata.get("mystnb"),
        )
        for cell in notebook.cells
    ]


def read_pair(path: Path):
    """The notebook, with the cells of whichever of the pair was changed last, and its saved
    outputs.
    """
    sides = [side for side in (path, twin(path)) if side.exists()]
    if not sides:
        sys.exit(f"STOP: {path.relative_to(ROOT)} and its text twin are both missing.")
    notebook = jupytext.read(max(sides, key=lambda side: side.stat().st_mtime))
    if path.exists():
        saved = jupytext.read(path)
        if cells(saved) == cells(notebook):
            return saved
        outputs = {cell.source: cell for cell in saved.cells if cell.cell_type == "code"}
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.source in outputs:
                cell.outputs = outputs[cell.source].outputs
                cell.execution_count = outputs[cell.source].execution_count
        notebook.metadata.update(widgets=saved.metadata.get("widgets", {}))
    return notebook


def run(notebook, folder: Path) -> None:
    notebook.metadata.pop("widgets", None)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(
        notebook, timeout=900, kernel_name="python3", resources=where, coalesce_streams=True
    ).execute()


def fold(notebook) -> None:
    """Say to JupyterLab, in its own words, what the tags say to the site: what is folded.

    Lab takes no notice of tags. A solution (hide-cell below "Exercises") hides source and outputs
    there too, a figure's code (hide-input) its source, a long output (hide-output) itself.
    """
    solutions = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for title in re.findall(r"^## +(.+)", cell.source, re.M):
                solutions = title.startswith("Exercises")
            continue
        tags = cell.metadata.get("tags", ())
        solution = solutions and "hide-cell" in tags
        hidden = {
            "source_hidden": solution or "hide-input" in tags,
            "outputs_hidden": solution or "hide-output" in tags,
        }
        cell.metadata.pop("jupyter", None)
        if any(hidden.values()):
            cell.metadata["jupyter"] = {name: True for name, value in hidden.items() if value}


def settle(notebook) -> str:
    """The notebook as text, folded as on the site, without what changes from run to run."""
    fold(notebook)
    seen = set()
    for cell in notebook.cells:
        name = hashlib.sha1(cell.source.encode()).hexdigest()[:8]
        while name in seen:
            name = hashlib.sha1(name.encode()).hexdigest()[:8]
        seen.add(name)
        cell.id = name
        cell.metadata.pop("execution", None)
    widgets = notebook.metadata.get("widgets")
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    )
    if widgets:
        notebook.metadata.widgets = widgets
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    if widgets:
        names = {name: f"{number:032x}" for number, name in enumerate(widgets[WIDGETS]["state"])}
        text = re.sub("|".join(names), lambda match: names[match[0]], text)
    return nbformat.writes(nbformat.reads(text, as_version=4)) + "\n"


def write(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf8") == text:
        return
    write_atomically(path, text.encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "starts", nargs="*", help="chapters, by the start of their names (default: all)"
    )
    parser.add_argument(
        "--sync", action="store_true", help="bring notebooks and twins into step only"
    )
    wanted = parser.parse_args()
    for path in chapters(wanted.starts):
        notebook, started = read_pair(path), time.perf_counter()
        if not wanted.sync:
            try:
                run(notebook, path.parent)
            except CellExecutionError as error:
                sys.exit(
                    f"{error}\nSTOP: {path.name} fails at the cell above. Its files are as they "
                    "were."
                )
        write(path, settle(notebook))
        write(twin(path), jupytext.writes(notebook, fmt="md:myst"))
        seconds = time.perf_counter() - started
        print(f"{path.name}: {'in step' if wanted.sync else f'{seconds:.0f} s'}", flush=True)


if __name__ == "__main__":
    main()

"""What the book needs from Sphinx beyond its configuration file.

* DRCN_EXECUTE=1 in the environment runs the chapters while building (`make book`); without it
  their saved outputs are shown (`make pages`). The notebooks themselves are never written.
* A folded cell below the heading "Exercises" is a solution, and is called so; so is the cell that
  installs on Colab. The marker by which nbval knows what to compare is not shown.
* A chapter that was run says at its top how long that took, and on how many cores.
* `{piece} NAME` puts a piece to touch (`drcn_book.pieces`) into a page.
* sphinx-thebe, which Jupyter Book always loads, would fetch scripts from another host and declare
  the same constant twice on each page: its event handlers are taken out.
"""

import os
from datetime import date
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.errors import ConfigError
from sphinx.util.docutils import SphinxDirective

MARKER = "# NBVAL_CHECK_OUTPUT\n"


def choose_execution(app, config):
    if not (Path(app.srcdir) / "_vendor" / "vendor").is_dir():
        raise ConfigError(
            "The scripts that the site serves itself are missing: run `make vendor` first."
        )
    if os.environ.get("DRCN_EXECUTE"):
        config.nb_execution_mode = "force"


def remove_thebe(app):
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            handler = listener.handler
            if handler.__module__ == "sphinx_thebe" and handler.__name__ != "st_static_path":
                app.disconnect(listener.id)


def name_folded_cells(app, doctree):
    for cell in doctree.findall(nodes.container):
        if "google.colab" in cell.astext():
            cell["prompt_show"], cell["prompt_hide"] = "On Colab: install", "Hide"
    for section in doctree.findall(nodes.section):
        if section[0].astext().startswith("Exercises"):
            for cell in section.findall(nodes.container):
                cell["prompt_show"], cell["prompt_hide"] = "Show the solution", "Hide the solution"


def hide_markers(app, doctree):
    for block in doctree.findall(nodes.literal_block):
        if block.astext().startswith(MARKER):
            text = block.astext().removeprefix(MARKER)
            block.rawsource, block.children = text, []
            block += nodes.Text(text)


def print_minutes(app, doctree, docname):
    measured = NbMetadataCollector.get_exec_data(app.env, docname)
    titles = list(doctree.findall(nodes.title))
    if not measured or not measured.get("runtime") or not titles:
        return
    seconds = measured["runtime"]
    length = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.1f} minutes"
    text = f"Measured: this chapter ran in {length} on {os.cpu_count()} CPU cores, {date.today()}."
    titles[0].parent.insert(1, nodes.paragraph(text, text, classes=["measured"]))


class Piece(SphinxDirective):
    """`{piece} NAME`: the block of HTML of `drcn_book.pieces.PIECES[NAME]`."""

    required_arguments = 1

    def run(self):
        from drcn_book.pieces import PIECES  # loads Keras, so only where a page has a piece

        (name,) = self.arguments
        if name not in PIECES:
            raise self.error(f"There is no piece {name!r}: choose from {', '.join(PIECES)}.")
        return [nodes.raw("", PIECES[name]().html, format="html")]


def setup(app):
    app.add_directive("piece", Piece)
    app.connect("config-inited", choose_execution)
    app.connect("builder-inited", remove_thebe, priority=100)
    app.connect("doctree-read", name_folded_cells)
    app.connect("doctree-read", hide_markers)
    app.connect("doctree-resolved", print_minutes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

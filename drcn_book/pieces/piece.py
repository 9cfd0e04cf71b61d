"""Pieces to touch: plain JavaScript with its data, in one block of HTML; no kernel, no network.

The sources are modules in `browser/`, tested under Node. Browsers load neither modules nor a
worker's script from a file:// page, so `bundle` makes one classic script of a module and those it
imports; a worker's script travels inside the page's and starts from a Blob.
"""

import base64
import io
import json
import re
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from ..metrics import quantise

BROWSER = Path(__file__).parents[1] / "browser"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.mjs";\n', re.MULTILINE)


def bundle(name: str, result: str = "") -> str:
    """A module of `browser/`, after all that it imports, as one expression for a classic script.

    result: what the expression gives, an exported name. Modules import names as they are, from
    files beside them; nothing else is understood. No two of them may declare the same name.
    """
    order = []

    def visit(module):
        source = (BROWSER / f"{module}.mjs").read_text("utf-8")
        for needed in IMPORT.findall(source):
            if needed not in [known for known, _ in order]:
                visit(needed)
        order.append((module, re.sub(r"^export ", "", IMPORT.sub("", source), flags=re.MULTILINE)))

    visit(name)
    ending = f"return {result};\n" if result else ""
    return '(() => {\n"use strict";\n' + "".join(code for _, code in order) + ending + "})()"


def packed(picture: np.ndarray) -> dict:
    """A luma picture (h, w), 0..255, for a page: its size, and its levels as bytes in base64."""
    data = base64.b64encode(quantise(picture).astype("uint8").tobytes()).decode()
    return {"height": picture.shape[0], "width": picture.shape[1], "data": data}


def png(picture: np.ndarray, name: str) -> str:
    """A luma picture (h, w), 0..255, as an image of HTML that is called `name`."""
    file = io.BytesIO()
    Image.fromarray(quantise(picture).astype("uint8")).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="{escape(name)}" src="data:image/png;base64,{data}">'


class Piece:
    """A block of HTML that lives. `name` is its class, its address, the directive's argument.

    A subclass gives `still`, what stands there where no script runs and says the key message;
    `script`, the module whose `show` is called; and `data`, what `show` is given, JSON-able.
    """

    name = script = title = ""

    @property
    def still(self) -> str:
        raise NotImplementedError

    @property
    def data(self) -> dict:
        raise NotImplementedError

    @property
    def html(self) -> str:
        style = (BROWSER / "piece.css").read_text("utf-8")
        data = json.dumps(self.data).replace("</", "<\\/")  # a string must not end the script
        return (
            f'<div class="drcn-piece drcn-{self.name}" role="group" '
            f'aria-label="{escape(self.title)}">'
            f'<style>{style}</style><div class="drcn-still">{self.still}</div>'
            f"<script>{bundle(self.script, 'show')}({data});</script></div>"
        )

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return self.title

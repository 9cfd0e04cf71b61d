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


def figure(inside: str, said: str) -> str:
    """What stands there without scripts: a picture or table, and the sentence that it shows."""
    return f"<figure>{inside}<figcaption>{escape(said)}</figcaption></figure>"


def table(header: list[str], rows: list[list]) -> str:
    """A table of HTML; the first cell of a row is its head."""
    head = "".join(f'<th scope="col">{escape(str(cell))}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{escape(str(first))}</th>'
        + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def plot(title: str, said: str, curves: list, levels, ends: tuple, band=None, sign="") -> str:
    """Curves as an SVG that takes the page's colours.

    curves: arrays (2, n) of x and y, the first's x reaching from end to end. levels: values of y
    that get a line and a number (`sign` "+" with their sign), the lowest and the highest first and
    last; zero's line is broken. ends: what stands below the ends of x. band: (x, least, greatest).
    """
    left, right = curves[0][0][0], curves[0][0][-1]
    low, high = levels[0], levels[-1]

    def points(x, y):
        across = 52 + 270 * (np.asarray(x) - left) / (right - left)
        down = 148 - 124 * (np.clip(y, low, high) - low) / (high - low)
        return [f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True)]

    ticks = "".join(
        f'<path class="{"grid" if value else "level"}" d="M52 {y:.1f}H322"/>'
        f'<text x="47" y="{y + 4:.1f}" text-anchor="end">{value:{sign if value else ""}g}</text>'
        for value in levels
        for y in [148 - 124 * (value - low) / (high - low)]
    )
    area = ""
    if band:
        x, least, greatest = band
        around = points(x, least) + points(x, greatest)[::-1]
        area = f'<polygon class="band" points="{" ".join(around)}"/>'
    drawn = "".join(
        f'<polyline class="line-{k}" points="{" ".join(points(*curve))}"/>'
        for k, curve in enumerate(curves)
    )
    return (
        f'<svg viewBox="0 0 330 170" role="img" aria-label="{escape(said)}">'
        f'<text x="8" y="12">{escape(title)}</text>{ticks}{area}{drawn}'
        f'<text x="52" y="165">{ends[0]}</text>'
        f'<text x="322" y="165" text-anchor="end">{ends[1]}</text></svg>'
    )

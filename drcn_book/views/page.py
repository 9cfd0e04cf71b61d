"""The player: HTML that needs a browser alone."""

import base64
import json
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from ..inspection import Inspection
from .frames import caption, encode, frame, numbers, view_names
from .sheets import contact_sheet

BROWSER = Path(__file__).parents[1] / "browser"
RECURSION, ENSEMBLE = "#d55e00", "#8f6bc9"  # legible on a light and on a dark page


def curve(seen: Inspection, i: int = 0) -> str:
    """An SVG of each frame's PSNR (or, where the truth is not known, its mean change), frame i
    marked.

    The marker carries the class `marker`, and the SVG the positions of all frames in `data-points`.
    """
    values = seen.psnr or seen.steps
    if not np.all(np.isfinite(values)):
        values = np.nan_to_num(values, posinf=100.0)
    low, high = min(values), max(values)
    low, high = (low, high) if high > low else (low - 1, high + 1)
    across = np.linspace(58, 330, len(values))
    points = [
        (round(x, 1), round(150 - 120 * (v - low) / (high - low), 1))
        for x, v in zip(across, values, strict=True)
    ]
    title = "PSNR in dB" if seen.psnr else "mean change in grey levels"
    ticks = "".join(
        f'<text x="50" y="{y + 4}" text-anchor="end">{v:.2f}</text>'
        f'<path d="M54 {y}H340" class="grid"/>'
        for v, y in ((high, 30), ((low + high) / 2, 90), (low, 150))
    )
    names = "".join(
        f'<text x="{x}" y="172" text-anchor="middle">{name}</text>'
        for (x, _), name in zip(points, [*range(seen.depth + 1), "all"], strict=True)
    )
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="3.5" '
        f'fill="{ENSEMBLE if k == len(points) - 1 else RECURSION}"/>'
        for k, (x, y) in enumerate(points)
    )
    line = " ".join(f"{x},{y}" for x, y in points[:-1])
    said = ", ".join(
        f"{label}: {value:.2f}" for label, value in zip(seen.labels, values, strict=True)
    )
    return (
        f'<svg viewBox="0 0 350 200" role="img" aria-label="{title} of each frame. {said}" '
        f'font-size="12" data-points="{json.dumps(points)}" '
        'style="width:100%;max-width:350px" fill="currentColor">'
        "<style>.grid{stroke:currentColor;stroke-opacity:.2}</style>"
        f'<text x="8" y="14">{title}</text>{ticks}{names}'
        '<text x="194" y="192" text-anchor="middle">recursion d (all: the ensemble)</text>'
        f'<polyline points="{line}" fill="none" stroke="{RECURSION}" stroke-width="2"/>{dots}'
        f'<circle class="marker" cx="{points[i][0]}" cy="{points[i][1]}" r="8" fill="none" '
        'stroke="currentColor" stroke-width="2"/></svg>'
    )


def _uri(picture: Image.Image, **options) -> str:
    return f"data:image/webp;base64,{base64.b64encode(encode(picture, 'WEBP', **options)).decode()}"


def player(seen: Inspection, start: int | None = None) -> str:
    """The slider as a piece of HTML: pictures, numbers, style and script inside, nothing fetched,
    no kernel needed.

    start: the frame shown first (default: the ensemble). Where scripts do not run, the contact
    sheet is seen.
    """
    views, everything = {}, range(len(seen.labels))
    for view in view_names(seen):  # channels are read by eye only; all else is kept exactly
        kind = (
            {"quality": 90}
            if view.startswith("channel")
            else {"lossless": True, "quality": 100, "method": 6}
        )
        views[view] = [
            _uri(frame(seen, view, i), **kind) for i in everything[: 1 if view == "truth" else None]
        ]
    state = {
        "labels": seen.labels,
        "start": everything[-1] if start is None else start,
        "views": views,
        "captions": {view: [caption(seen, view, i) for i in everything] for view in views},
        "numbers": [numbers(seen, i) for i in everything],
        "width": seen.x.shape[1],
    }
    data = json.dumps(state).replace("</", "<\\/")  # a string must not end the script
    sheet = _uri(
        contact_sheet(seen, [v for v in ("output", "error", "change") if v in views], 96),
        quality=70,
    )
    return (
        f'<div class="drcn-player"><style>{(BROWSER / "player.css").read_text("utf-8")}</style>'
        f'<img class="drcn-sheet" src="{sheet}" '
        f'alt="Contact sheet: {escape(", ".join(seen.labels))}" '
        f'style="max-width:100%"><div class="drcn-curve" hidden>{curve(seen, state["start"])}</div>'
        f"<script>({(BROWSER / 'player.js').read_text('utf-8').strip().rstrip(';')})"
        f"({data});</script></div>"
    )


def player_page(seen: Inspection, title: str) -> str:
    """The player as a whole HTML page that stands alone: one file to send to somebody."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>:root{color-scheme:light dark}body{font:16px/1.5 "
        "system-ui,sans-serif;max-width:60rem;"
        f"margin:2rem auto;padding:0 1rem}}</style></head><body><h1>{escape(title)}</h1>"
        f"{player(seen)}</body></html>\n"
    )

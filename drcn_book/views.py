"""An inspection as pictures: frames, contact sheet, animation, and a player that needs a browser
alone.
"""

import base64
import io
import json
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .files import write_atomically
from .inspection import Inspection
from .metrics import quantise

BROWSER = Path(__file__).parent / "browser"
TINTS = np.array(
    [[5, 48, 97], [67, 147, 195], [247, 247, 247], [214, 96, 77], [103, 0, 31]]
)  # dark to bright
STEPS = 31  # colours on each side of zero
RECURSION, ENSEMBLE = "#d55e00", "#8f6bc9"  # legible on a light and on a dark page


def view_names(seen: Inspection) -> list[str]:
    """What can be looked at: "output", "error" and "truth" (where it is known), "change", and the
    kept channels.
    """
    known = seen.truth is not None
    return [
        "output",
        *(["error"] if known else []),
        "change",
        *(f"channel {c}" for c in seen.channels),
        *(["truth"] if known else []),
    ]


def span(seen: Inspection, view: str) -> float:
    """The value, in grey levels, that the signed views "error" and "change" show in their deepest
    colour.

    One value for all frames of a view, so that they can be compared: the 99.5th percentile over all
    of them.
    """
    values = seen.errors if view == "error" else seen.changes
    return max(1.0, float(np.percentile(np.abs(values), 99.5)))


def _signed(values: np.ndarray, limit: float) -> Image.Image:
    """Blue where negative, white at zero, red where positive, as a palette picture."""
    knots = np.linspace(0, 2 * STEPS, len(TINTS))
    palette = np.stack(
        [np.interp(np.arange(2 * STEPS + 1), knots, tint) for tint in TINTS.T], axis=1
    )
    picture = Image.fromarray(
        (np.clip(np.round(values / limit * STEPS), -STEPS, STEPS) + STEPS).astype("uint8")
    )
    picture.putpalette(palette.round().astype("uint8").tobytes())
    return picture


def frame(seen: Inspection, view: str, i: int) -> Image.Image:
    """Frame i of a view, at the picture's own size: grey for pictures and channels, blue to red for
    differences.

    A channel has no ensemble; its last frame is H_D again. Its grey scale is the same for all
    frames.
    """
    if view == "output":
        return Image.fromarray(quantise(seen.frames[i]).astype("uint8"))
    if view == "truth":
        return Image.fromarray(quantise(seen.truth).astype("uint8"))
    if view in ("error", "change"):
        return _signed((seen.errors if view == "error" else seen.changes)[i], span(seen, view))
    maps = seen.features[..., seen.channels.index(int(view.removeprefix("channel ")))]
    low, high = maps.min(), np.percentile(maps, 99.8)  # a few border pixels would darken all others
    grey = 255 * (maps[..., min(i, seen.depth)] - low) / (high - low or 1)
    return Image.fromarray(quantise(grey).astype("uint8"))


def caption(seen: Inspection, view: str, i: int) -> str:
    """One line that says what frame i of a view shows: the picture's text for those who do not see
    it.
    """
    name = [
        "the bicubic input",
        *(f"recursion {d}" for d in range(1, seen.depth + 1)),
        "the ensemble",
    ]
    if view == "output":
        return name[i][0].upper() + name[i][1:] + (": the output" if i > 0 else "")
    if view == "error":
        return (
            f"{name[i]} minus the truth: red too bright, blue too dark, "
            f"full at {span(seen, view):.0f} levels"
        ).capitalize()
    if view == "change":
        return (
            "Nothing has changed yet"
            if i == 0
            else f"{name[i]} minus {name[i - 1]}: full at "
            f"{span(seen, view):.0f} grey levels".capitalize()
        )
    if view == "truth":
        return "The truth: the sharp picture all outputs are measured against"
    return f"Channel {view.removeprefix('channel ')} of the hidden state H_{min(i, seen.depth)}"


def numbers(seen: Inspection, i: int) -> dict[str, str]:
    """Frame i's numbers as text: PSNR and SSIM where the truth is known, mean change, and its
    ensemble weight.
    """
    weight = f"{seen.weights[i - 1]:.3f}" if 1 <= i <= seen.depth else "–"
    measured = (
        {}
        if seen.psnr is None
        else {"PSNR": f"{seen.psnr[i]:.2f} dB", "SSIM": f"{seen.ssim[i]:.4f}"}
    )
    return {
        **measured,
        "mean change": f"{seen.steps[i]:.2f} levels" if i else "–",
        "weight in the ensemble": weight,
    }


def _label(picture: Image.Image, lines: list[str], size: int) -> Image.Image:
    """The picture under a white strip with centred lines of text."""
    height = round(1.35 * size) * len(lines) + size // 3
    card = Image.new("RGB", (picture.width, picture.height + height), "white")
    card.paste(picture, (0, height))
    draw, font = ImageDraw.Draw(card), ImageFont.load_default(size)
    for k, line in enumerate(lines):
        draw.text(
            (picture.width / 2, size // 4 + round(1.35 * size) * k),
            line,
            "#222222",
            font,
            anchor="ma",
        )
    return card


def enlarge(picture: Image.Image, width: int) -> Image.Image:
    """Enlarged by a whole number of pixels to at least `width`, every pixel still a square."""
    times = max(1, -(-width // picture.width))
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)


def contact_sheet(
    seen: Inspection, views: list[str] | None = None, width: int = 160
) -> Image.Image:
    """All frames at once as one RGB picture: a column a frame, a row a view; each cell at least
    `width` wide.
    """
    views = views or [view for view in view_names(seen) if view != "truth"]
    count, gap, margin, font = len(seen.labels), 6, 28, ImageFont.load_default(15)
    cells = []
    for row, view in enumerate(views):
        for i, label in enumerate(seen.labels):
            lines = [label, *([f"{seen.psnr[i]:.2f} dB"] if seen.psnr else [])] if row == 0 else []
            picture = enlarge(frame(seen, view, i), width).convert("RGB")
            cells.append(_label(picture, lines, 15) if lines else picture)
    across, down = (
        cells[0].width + gap,
        [cells[row * count].height + gap for row in range(len(views))],
    )
    sheet = Image.new("RGB", (margin + count * across, sum(down) + gap), "white")
    for row, view in enumerate(views):
        top = gap + sum(down[:row])
        side = Image.new("RGB", (cells[-1].height, margin), "white")
        ImageDraw.Draw(side).text((side.width / 2, margin / 2), view, "#222222", font, anchor="mm")
        sheet.paste(side.rotate(90, expand=True), (0, top + down[row] - gap - side.width))
        for i in range(count):
            sheet.paste(cells[row * count + i], (margin + i * across, top))
    return sheet


def encode(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    """The picture as the bytes of a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def animation(seen: Inspection, view: str = "output", milliseconds: int = 800) -> bytes:
    """A GIF that runs through the frames of a view for ever, each under its name and PSNR; the last
    stays longer.
    """
    cards = []
    for i, label in enumerate(seen.labels):
        line = f"{label}   {seen.psnr[i]:.2f} dB" if seen.psnr else label
        cards.append(
            _label(enlarge(frame(seen, view, i), 240).convert("RGB"), [line], 16).convert("L")
        )
    return encode(
        cards[0],
        "GIF",
        save_all=True,
        append_images=cards[1:],
        loop=0,
        duration=[milliseconds] * (len(cards) - 1) + [2 * milliseconds],
    )


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


def save(seen: Inspection, folder: str | Path, name: str) -> list[Path]:
    """Write NAME-recursions.gif (animation), .png (contact sheet) and .html (player) into a folder;
    their paths.
    """
    files = {
        "gif": animation(seen),
        "png": encode(contact_sheet(seen), optimize=True),
        "html": player_page(seen, f"{name}, recursion by recursion").encode(
            "utf-8", "backslashreplace"
        ),
    }
    paths = [Path(folder) / f"{name}-recursions.{suffix}" for suffix in files]
    for path, content in zip(paths, files.values(), strict=True):
        write_atomically(path, content)
    return paths

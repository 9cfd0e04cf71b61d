"""All frames at once, and one after the other."""

from PIL import Image, ImageDraw, ImageFont

from ..inspection import Inspection
from .frames import encode, enlarge, frame, view_names


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

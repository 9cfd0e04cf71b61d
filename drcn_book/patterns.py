"""Synthetic patterns at the edge of what a grid of pixels can hold: to train with, and to test
brightness with.

Photographs have few one-pixel boards, dithers, halftones, hatchings and scanned screens, so a
network that has seen photographs alone may amplify them beyond white or black, and clipping then
moves their mean.
"""

import numpy as np
from PIL import Image, ImageDraw

BAYER = np.array([[0, 2], [3, 1]])
for _ in range(2):  # 8 x 8: each threshold is refined by the coarser matrix (Bayer, 1973)
    BAYER = np.block([[4 * BAYER, 4 * BAYER + 2], [4 * BAYER + 3, 4 * BAYER + 1]])


def _waves(side, scale, draw, count=2):
    """Phases (side, side) of `count` plane waves, 1 a period, whose directions share the right
    angle evenly.

    Half of them stand straight or at 45 degrees, with periods of whole large pixels, small ones
    preferred.
    """
    rows, columns = np.mgrid[:side, :side]
    if draw.random() < 0.5:
        eighth = draw.integers(4)
        angle = eighth * np.pi / 4
        # On a diagonal the period is that of whole pixels along a row.
        period = draw.integers(2, 4 * scale + 1) / (1, 2**0.5)[eighth % 2]
    else:
        angle, period = draw.uniform(0, np.pi), 2 * (8 * scale / 2) ** draw.random()
    shift = draw.uniform(0, 1, count) if draw.random() < 0.5 else draw.integers(2, size=count) / 2
    turns = angle + np.arange(count) * np.pi / count
    return [
        (np.cos(turn) * columns + np.sin(turn) * rows) / period + offset
        for turn, offset in zip(turns, shift.tolist(), strict=True)
    ]


def _stripes(side, scale, draw):
    (wave,) = _waves(side, scale, draw, 1)
    if draw.random() < 0.3:
        return 0.5 + 0.5 * np.cos(2 * np.pi * wave)
    return wave % 1 < draw.choice([0.5, draw.uniform(0.1, 0.9)]) - 1e-9


def _board(side, scale, draw):
    """A checkerboard. Half of them have cells of whole small pixels, the worst case of the small
    grid.
    """
    if draw.random() < 0.5:
        high, wide = draw.integers(1, 4, size=2) * scale
        # From where the small grid begins, or from anywhere.
        down, right = draw.integers(4, size=2) * draw.choice([1, scale])
        rows, columns = np.mgrid[:side, :side]
        return ((rows + down) // high + (columns + right) // wide) % 2
    first, second = _waves(side, scale, draw)
    return (first % 1 < 0.5 - 1e-9) ^ (second % 1 < 0.5 - 1e-9)


def _tone(side, draw):
    """A brightness in 0..1 that is even or runs across the patch."""
    start, end = draw.uniform(0, 1, 2)
    ramp = np.linspace(start, end if draw.random() < 0.7 else start, side)
    return np.broadcast_to(ramp, (side, side)) if draw.random() < 0.5 else ramp[:, None]


def _halftone(side, scale, draw):
    first, second = _waves(side, scale, draw)
    spot = np.cos(2 * np.pi * first) + np.cos(2 * np.pi * second)
    return spot / 4 + 0.5 < _tone(side, draw)


def _hatching(side, scale, draw):
    first, second = _waves(side, scale, draw)
    thickness = draw.uniform(0.1, 0.5)
    return (first % 1 < thickness) | (second % 1 < thickness * draw.integers(2))


def _dither(side, scale, draw):
    """An ordered or a random dither, its dots one large or one small pixel wide."""
    dot = draw.choice([1, scale])
    if draw.random() < 0.7:
        order = draw.choice([2, 4, 8])
        rank = BAYER[:order, :order] // (64 // order**2)
        cells = np.tile((rank + 0.5) / order**2, (side // order + 1,) * 2)
    else:
        cells = draw.random((side, side))
    return cells.repeat(dot, 0).repeat(dot, 1)[:side, :side] < _tone(side, draw)


def _drawing(side, paint):
    """What `paint` draws on a sheet, with smooth edges: drawn twice as large, and halved."""
    sheet = Image.new("L", (2 * side, 2 * side))
    paint(ImageDraw.Draw(sheet))
    return np.asarray(sheet.resize((side, side), Image.Resampling.BOX), "float32") / 255


def _glyphs(side, scale, draw):
    """Lines of text in no language: each sign joins a few of 3 x 4 points by strokes."""
    high = draw.integers(3 * scale, 10 * scale) * 2
    wide, width = high // 2, max(1, round(high * draw.uniform(0.06, 0.2)))

    def paint(pen):
        for top in range(0, 2 * side, int(1.5 * high)):
            for left in range(0, 2 * side, int(1.4 * wide)):
                if draw.random() < 0.85:  # else a space
                    points = draw.integers([3, 4], size=(draw.integers(3, 6), 2))
                    places = points * [wide / 2, high / 3] + [left, top]
                    pen.line([tuple(place) for place in places.tolist()], 255, width)

    return _drawing(side, paint)


def _line_art(side, scale, draw):
    def paint(pen):
        for _ in range(draw.integers(5, 40)):
            left, top, wide, high = draw.uniform(0, [2 * side, 2 * side, side, side]).tolist()
            width = int(draw.integers(1, 3 * scale))
            kind = draw.integers(3)
            if kind == 0:
                pen.line([left, top, *draw.uniform(0, 2 * side, 2).tolist()], 255, width)
            else:
                shape = (pen.ellipse, pen.rectangle)[kind - 1]
                shape([left, top, left + wide, top + high], outline=255, width=width)

    return _drawing(side, paint)


KINDS = (_stripes, _board, _halftone, _hatching, _dither, _glyphs, _line_art)


def pattern(side: int, scale: int, draw: np.random.Generator) -> np.ndarray:
    """A large picture, uint8 (side, side), of a random pattern of two greys, of every kind in
    `KINDS`.

    Periods run from one large pixel to about eight small ones, of `scale` large ones each, in every
    direction and phase; the greys, and which is which, are any two.
    """
    shape = KINDS[draw.integers(len(KINDS))](side, scale, draw)
    dark, light = draw.uniform(0, 255, 2)
    return np.rint(dark + (light - dark) * shape).astype("uint8")


def boards(side: int, dark: int, light: int) -> dict[str, np.ndarray]:
    """Small pictures uint8 (side, side) of two greys by name: checkerboards, stripes and dithers,
    each the finest that the grid can hold and some coarser ones.
    """
    rows, columns = np.mgrid[:side, :side]
    shapes = {}
    for cell in (1, 2, 3):
        shapes[f"board {cell}"] = (rows // cell + columns // cell) % 2
        shapes[f"rows {cell}"] = rows // cell % 2
        shapes[f"columns {cell}"] = columns // cell % 2
    shapes["diagonals"] = (rows + columns) // 2 % 2
    shapes["one row in three"] = rows % 3 == 0
    for share in (1, 2, 4, 6, 7):
        shapes[f"dither {share}/8"] = BAYER[rows % 8, columns % 8] < 8 * share
    shapes["dithered ramp"] = BAYER[rows % 8, columns % 8] < 64 * columns / side
    shapes["random dither"] = np.random.default_rng(0).random((side, side)) < 0.5
    return {name: np.where(shape, light, dark).astype("uint8") for name, shape in shapes.items()}

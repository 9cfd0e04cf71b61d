"""Plots of measured numbers, and pictures side by side."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from .look import COLOURS


def _figure(width, height, **axes):
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), **axes)


def show(
    pictures: dict[str, np.ndarray],
    columns: int | None = None,
    size: float = 2.0,
    limits: tuple[float, float] | None = (16, 235),
) -> Figure:
    """Luma pictures (h, w) side by side, each under its title; `limits` are the values shown black
    and white.

    size: width of one in inches. limits=None stretches each picture to its own smallest and largest
    value.
    """
    columns = columns or len(pictures)
    rows = -(-len(pictures) // columns)
    height, width = next(iter(pictures.values())).shape
    figure, axes = _figure(
        columns * size,
        rows * (size * height / width + 0.3),
        nrows=rows,
        ncols=columns,
        squeeze=False,
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        low, high = limits or (picture.min(), picture.max())
        axis.imshow(picture, vmin=low, vmax=high)
        axis.set_title(title)
    return figure


def crops(
    pictures: dict[str, np.ndarray], top: int, left: int, side: int, size: float = 1.7
) -> Figure:
    """The last picture whole, with a square marked, and that square of each picture magnified
    beside it.

    pictures: title -> luma (h, w), all of one size, the truth last. The square starts at (top,
    left).
    """
    *_, whole = pictures.values()
    figure, axes = _figure(size * (len(pictures) + 1), size + 0.4, ncols=len(pictures) + 1)
    axes[0].imshow(whole, vmin=16, vmax=235)
    axes[0].add_patch(
        Rectangle(
            (left - 0.5, top - 0.5),
            side,
            side,
            fill=False,
            linewidth=1.5,
            edgecolor=COLOURS["recursion"],
        )
    )
    for axis, (title, picture) in zip(axes[1:], pictures.items(), strict=True):
        axis.imshow(picture[top : top + side, left : left + side], vmin=16, vmax=235)
        axis.set_title(title.encode("utf-8", "backslashreplace").decode(), parse_math=False)
    for axis in axes:
        axis.axis("off")
    return figure


def quality_cost(
    measured: dict[str, tuple[float, float]],
    quoted: dict[str, tuple[float, float]],
    xlabel: str = "G multiply-adds for 1280x720",
    ylabel: str = "PSNR on Set5, x2 (dB)",
) -> Figure:
    """PSNR (dB) over cost on a logarithmic axis: measured methods filled, quoted ones as rings.

    measured, quoted: {name: (cost, PSNR)}. Each name stands where it covers no dot and no
    other name, with a thin line to its dot where that is not at once beside it.
    """
    figure, axis = _figure(5.6, 5.6)  # narrow, so that a phone shrinks it less
    groups = {"quoted from papers": quoted, "measured by this project": measured}
    _points(axis, *groups.items())
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.legend(loc="lower right")
    _named(figure, [axis], [(measured, quoted)])
    return figure


def quality_seconds(
    panels: dict[str, tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]],
    ylabel: str = "PSNR on Set5, x2 (dB)",
) -> Figure:
    """PSNR (dB) over seconds a megapixel, one panel below the other: {title: (ours, theirs)}, each
    {name: (seconds, PSNR)}. Names stand as in `quality_cost`.
    """
    figure, axes = _figure(5.6, 3.9 * len(panels), nrows=len(panels), sharex=True, squeeze=False)
    for axis, (title, (ours, theirs)) in zip(axes.flat, panels.items(), strict=True):
        _points(axis, ("others", theirs), ("this project's networks", ours))
        axis.set(title=title, ylabel=ylabel)
        axis.xaxis.set_major_formatter("{x:g}")
    axes.flat[-1].set(xlabel="seconds a megapixel")
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    _named(figure, axes.flat, list(panels.values()))
    return figure


def _points(axis, theirs, ours):
    """Dots over a logarithmic axis, ours filled and the others' as rings; each a label and
    {name: point}.
    """
    for (label, points), part, fill in ((theirs, "bicubic", "none"), (ours, "recursion", "full")):
        if points:
            style = {"color": COLOURS[part], "fillstyle": fill, "markersize": 5, "label": label}
            axis.plot(*zip(*points.values(), strict=False), "o", **style)
    axis.set(xscale="log")
    axis.margins(x=0.14, y=0.08)


def _named(figure, axes, panels):
    """Write the names of ours and theirs into each panel."""
    figure.canvas.draw()  # lays the axes out: only now do dots and names have a place in pixels
    for axis, (ours, theirs) in zip(axes, panels, strict=True):
        points = [
            (name, point, COLOURS[part])
            for group, part in ((ours, "recursion"), (theirs, "ink"))
            for name, point in group.items()
        ]
        dots = [axis.transData.transform(point) for _, point, _ in points]
        taken = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in dots]
        if legend := axis.get_legend():
            taken.append(legend.get_window_extent())
        for (name, point, colour), dot in zip(points, dots, strict=False):
            _place(axis, name, point, dot, colour, taken)


def _place(axis, name, point, dot, colour, taken):
    """Write the name at the nearest free place around its dot, which is then taken as well."""
    text = axis.annotate(
        name, point, (0, 0), textcoords="offset points", color=colour, fontsize=8, va="center"
    )
    text.set_in_layout(False)
    extent = text.get_window_extent()
    sheet = axis.get_window_extent()
    for distance in range(6, 160, 4):
        for angle in np.radians(np.arange(0, 360, 15)):
            across, up = np.cos(angle), np.sin(angle)
            left = distance * across + (across - 1) / 2 * extent.width
            bottom = (distance + extent.height / 2) * up - extent.height / 2
            box = Bbox.from_bounds(*(dot + (left, bottom)), extent.width, extent.height)
            free = not any(box.padded(2).overlaps(other) for other in taken)
            if free and sheet.contains(*box.min) and sheet.contains(*box.max):
                taken.append(box)
                offset = np.array([left, bottom + extent.height / 2])
                text.set_position(offset * 72 / axis.figure.dpi)
                if distance > 12:
                    end = np.clip(dot, box.min, box.max)
                    line = axis.transData.inverted().transform([dot, end])
                    axis.plot(*line.T, color=colour, linewidth=0.5, scalex=False, scaley=False)
                return
    raise ValueError(f"no free place for {name!r}")


def recursion_curve(
    single,
    ensemble: float | None = None,
    bicubic: float | None = None,
    label: str = "single outputs $\\hat{y}_d$",
    axis=None,
):
    """PSNR in dB of each recursion's output over d; the ensemble's and bicubic's as level lines.

    The axis.
    """
    axis = axis or _figure(5.2, 2.8)[1]
    depth = np.arange(1, len(single) + 1)
    axis.plot(depth, single, "o-", label=label)
    for value, name in ((ensemble, "ensemble"), (bicubic, "bicubic")):
        if value is not None:
            axis.axhline(value, color=COLOURS[name], linestyle="--", label=f"{name} {value:.2f} dB")
    axis.set(xlabel="recursion $d$", ylabel="PSNR (dB)", xticks=depth)
    axis.legend()
    return axis


def speed(sides: dict[str, dict[int, float]], recursions: dict[str, tuple[float, float]]) -> Figure:
    """Left: megapixels a second against the output's side, by method.

    Right: what each recursion costs and gives.

    sides: {method: {side in pixels: megapixels a second}}. recursions: {label: (seconds a
    megapixel, PSNR in dB)}, the label being d, or "ensemble".
    """
    figure, (left, right) = _figure(8.0, 4.0, ncols=2)
    for number, (method, rates) in enumerate(sides.items()):
        left.plot(
            *zip(*sorted(rates.items()), strict=True),
            "os^Dv*<>"[number % 8] + ("-" if number < 6 else "--"),
            label=method,
        )
    left.set_xscale("log", base=2)
    ticks = sorted({side for rates in sides.values() for side in rates})
    left.set_xticks(ticks, [str(side) for side in ticks])
    left.set(xlabel="side of the output (pixels)", ylabel="megapixels a second", ylim=(0, None))
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    single = {d: point for d, point in recursions.items() if d != "ensemble"}
    right.plot(
        *zip(*single.values(), strict=True),
        "o-",
        color=COLOURS["recursion"],
        label="one output, $\\hat{y}_d$",
    )
    for d, point in single.items():
        right.annotate(f"$d$ = {d}", point, (4, -10), textcoords="offset points", fontsize=7)
    if "ensemble" in recursions:
        right.plot(*recursions["ensemble"], "D", color=COLOURS["ensemble"], label="ensemble")
    right.margins(0.15)
    right.set(xlabel="seconds a megapixel", ylabel="PSNR on Set5, x2 (dB)")
    right.legend()
    return figure

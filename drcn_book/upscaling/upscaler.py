"""A picture enlarged: the luma by a network, the colour by bicubic, in tiles of flat memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter
from tqdm import tqdm

from .. import brightness
from ..choice import fitting
from ..degradation import resize
from ..errors import ConfigError, PictureError, WeightsError
from ..images import mean_over_views
from ..pictures import Picture, metadata
from ..pictures.colour import LUMA
from ..pictures.transparency import carried_outward
from ..weights import load, shipped, trained_on_damage
from .colour import REACH, smoothed_colour
from .network import fast_precision, inference_network
from .options import number, whole

PRECISIONS = ("auto", "float32", "mixed_bfloat16")
MEMORY = 1e9  # bytes that the network may take by default
BICUBIC = 2  # low-resolution pixels that Keys' kernel reaches to each side
SMALLEST = 4  # pixels it needs to find on each axis
GREY = np.array([219], "float32") / 255


def windows(length: int, core: int, margin: int) -> list[tuple[int, int, int, int]]:
    """Cut 0..length into windows of one size, (start, stop, first, last): read start:stop, keep
    first:last.

    What is kept lies at least `margin` inside the window, except at the ends of the picture, which
    stay ends.
    """
    count = max(1, -(-(length - 2 * margin) // core))
    size = min(length, -(-(length - 2 * margin) // count) + 2 * margin) if count > 1 else length
    starts = [min(i * (size - 2 * margin), length - size) for i in range(count)]
    edges = [0, *(start + margin for start in starts[1:]), length]
    return [
        (start, start + size, *kept) for start, *kept in zip(starts, edges, edges[1:], strict=False)
    ]


def shipped_names(scale: int, quality: str = "balanced") -> dict[str, str]:
    """The shipped weights by the pictures they are for: `choice.fitting`. WeightsError without any
    for clean ones.
    """
    names = fitting(quality, scale, shipped())
    if "clean" not in names:
        raise WeightsError(
            f"No weights for x{scale} come with the package, only "
            f"{', '.join(shipped()) or 'none'}: train them, and name the file with --weights."
        )
    return names


class Upscaler:
    """A network made ready to enlarge pictures; one serves for many. `Chooser` takes the one that
    fits each.

    scale: 2 (default), 3, 4, or that of `weights`, which is the name of shipped weights or a file;
    by default those of medium size for clean pictures.
    recursions: stop after that many, with the last one's output. skip_below: leave out recursions
    whose ensemble weight is at most that; only 0 is exact. self_ensemble: mean over 8 flips and
    turns.
    tile: side in output pixels of the squares that are computed at a time, which sets the memory;
    the result is the same with any. By default the side that takes about 1 GB: 1,344 for 32
    filters.
    precision: "float32", "mixed_bfloat16", or "auto", see `fast_precision`.
    Shipped weights for real pictures come with a smoother colour, see `colour`.
    Raises WeightsError or ConfigError for what does not exist or does not go together.
    """

    def __init__(
        self,
        scale: int | None = None,
        weights: str | Path | None = None,
        recursions: int | None = None,
        self_ensemble: bool = False,
        tile: int | None = None,
        precision: str = "auto",
        skip_below: float = 0.0,
    ):
        scale, tile = whole("--scale", scale), whole("--tile", tile)
        recursions, skip_below = whole("--recursions", recursions), number(skip_below)
        if precision not in PRECISIONS:
            raise ConfigError(
                f"precision {str(precision)[:40]!r}: choose one of {', '.join(PRECISIONS)}."
            )
        self.name = str(weights or shipped_names(scale or 2)["clean"])
        if tile is not None and tile < 16:
            raise ConfigError(f"--tile {tile}: must be at least 16.")
        network, config = load(self.name)
        if scale not in (None, config.scale):
            raise ConfigError(f"--scale {scale}: {self.name} was trained for x{config.scale}.")
        self.precision = fast_precision() if precision == "auto" else precision
        self.network = inference_network(network, config, recursions, skip_below, self.precision)
        if recursions:
            config = replace(config, recursions=recursions)
        self.config, self.scale, self.self_ensemble = config, config.scale, self_ensemble
        # four maps a filter, of float32, on a grid `fold` times coarser
        side = (MEMORY / (4 * 4 * config.filters)) ** 0.5 * config.fold
        self.tile = tile or max(64, int(side) // 64 * 64)
        self.smooths = trained_on_damage(self.name)
        # low-resolution pixels
        self.margin = max(-(-config.reach // self.scale), REACH) + brightness.REACH

    def describe(self) -> str:
        """The network in a few words, for people."""
        d = getattr(self.config, "recursions", 0)
        return (
            Path(self.name).stem
            + (f", {d} recursion{'s' if d > 1 else ''}" if d else "")
            + (", self-ensemble" if self.self_ensemble else "")
        )

    def sharpen(self, x: np.ndarray) -> np.ndarray:
        """The network's output for bicubic luma (h, w), 0..1, float32."""

        def once(x):
            return self.network.predict_on_batch(x[None, ..., None])[0, ..., 0]

        return mean_over_views(once, x) if self.self_ensemble else once(x)

    def __call__(self, picture: Picture, label: str | None = None) -> Picture:
        """Enlarge a picture. With a label, a progress bar of that name shows on standard error if
        it takes long.

        A region of one colour keeps exactly that colour. Under full transparency, the visible
        colours around take the place of hidden ones. Of the metadata, what counts in pixels is made
        true again. PictureError for less than 4 pixels on an axis.
        """
        width, height = picture.size
        if min(width, height) < SMALLEST:
            raise PictureError(
                f"{picture.name}: has {width}x{height} pixels; enlarging needs at least "
                f"{SMALLEST} on each axis."
            )
        s, (channels, kind) = self.scale, (picture.pixels.shape[2], picture.pixels.dtype)
        output = np.empty((height * s, width * s, channels), kind)
        form = "{l_bar}{bar}| {n:.1f}/{total:.1f} MP, {remaining} left"
        with tqdm(
            total=output.shape[0] * output.shape[1] / 1e6,
            desc=label,
            delay=2,
            leave=False,
            disable=label is None,
            bar_format=form,
        ) as bar:
            for place, window in self.enlarged(picture):
                output[place] = np.round(window * np.iinfo(kind).max)
                bar.update(window.shape[0] * window.shape[1] / 1e6)
        said = metadata.enlarged(picture.metadata, s)
        return replace(picture, pixels=output, metadata=said)

    def enlarged(self, picture: Picture) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
        """The result window by window: where it belongs, and its values (h, w, channels), float32
        in 0..1.
        """
        s, (width, height) = self.scale, picture.size
        core = max(1, self.tile // s)
        for top, bottom, first, last in windows(height, core, self.margin):
            for left, right, begin, end in windows(width, core, self.margin):
                window = self._enlarge(picture.pixels, picture.mode, top, bottom, left, right)
                yield (
                    np.s_[first * s : last * s, begin * s : end * s],
                    window[
                        (first - top) * s : (last - top) * s, (begin - left) * s : (end - left) * s
                    ],
                )

    def _enlarge(self, pixels, mode, top, bottom, left, right):
        """The window top:bottom, left:right (low-resolution pixels) enlarged: float32, 0..1."""
        s, peak = self.scale, np.iinfo(pixels.dtype).max
        height, width = pixels.shape[:2]
        above, before = min(top, BICUBIC), min(left, BICUBIC)
        rows = top - above, min(bottom + BICUBIC, height)
        columns = left - before, min(right + BICUBIC, width)
        wide = self._visible(pixels, mode, *rows, *columns)
        within = np.s_[above : above + bottom - top, before : before + right - left]
        inside = tuple(slice(part.start * s, part.stop * s) for part in within)
        channels = wide.shape[2]
        colour = channels - (mode in ("LA", "RGBA"))
        seen = wide[..., :colour]
        even = (maximum_filter(seen, (5, 5, 1)) == minimum_filter(seen, (5, 5, 1))).all(-1)
        flat = even.repeat(s, 0).repeat(s, 1)[inside]

        def bicubic(planes):
            return np.stack(
                [
                    resize(planes[..., c], planes.shape[0] * s, planes.shape[1] * s)
                    for c in range(planes.shape[2])
                ],
                -1,
            )[inside]

        low = wide.astype("float32") / peak
        if mode == "CMYK":
            low = 1 - low  # ink to light
        elif self.smooths and colour == 3:
            smooth = smoothed_colour(low[..., :3])
            low[..., :3] = np.where(even[..., None], low[..., :3], smooth)
        planes = low.copy()
        if colour < channels:
            planes[..., :colour] *= low[..., colour:]  # what is less visible counts less
        high = bicubic(planes)
        if colour < channels:
            alpha = high[..., colour:]
            seen = high[..., :colour] / np.maximum(alpha, 1 / 255)
            plain = flat[..., None] | (alpha <= 1 / 255)
            high[..., :colour] = np.where(plain, bicubic(low[..., :colour]), seen)

        groups = [(0, LUMA), (3, GREY)] if colour == 4 else [(0, LUMA if colour == 3 else GREY)]
        for first, weights in () if flat.all() else groups:
            part = np.s_[..., first : first + len(weights)]
            x = 16 / 255 + high[part] @ weights
            # Luma by the network, chroma bicubic: a change t of Y alone adds 255/219 t to R, G and
            # B.
            detail = (self.sharpen(x) - x) * np.float32(255 / 219)
            sharp = high[part] + np.where(flat, 0, detail)[..., None]
            for c, y in enumerate(np.moveaxis(sharp, -1, 0), first):
                high[..., c] = brightness.clipped(y, high[..., c], low[within][..., c])
        high = np.clip(high, 0, 1)
        return 1 - high if mode == "CMYK" else high

    def _visible(self, pixels, mode, top, bottom, left, right):
        """Pixels of a window, visible colours carried under the transparent as far as the network
        can see.
        """
        window = pixels[top:bottom, left:right]
        if mode not in ("LA", "RGBA") or window[..., -1].all():
            return window
        reach = self.margin + 2 * BICUBIC
        above, before = min(top, reach), min(left, reach)
        around = pixels[top - above : bottom + reach, left - before : right + reach]
        filled = carried_outward(around, reach)
        return filled[above : above + bottom - top, before : before + right - left]

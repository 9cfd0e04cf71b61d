"""What pictures of the real world go through: blurred, shrunk by any kernel, noisy, saved as JPEG.

A damage is a chain of steps in the order in which they happen, as text:
"blur 0.5, area, noise 5, jpeg 75".

    bicubic, area,       the shrinking, by Pillow in 8 bits, with kernels widened to the scale;
    bilinear, lanczos    there is exactly one
    blur S               before it: Gaussian with a standard deviation of S small pixels
    noise N              Gaussian, with a standard deviation of N levels of 255 in each of R, G, B
    shot N               that for white, less for darker pixels, by the root of the value, as where
                         photons are counted
    jpeg Q               libjpeg's quality Q, chroma subsampled 4:2:0
    clean                the field's protocol and nothing else: luma shrunk bicubic, not rounded
                         (`degradation.degrade`)

A step that stands before the shrinking works on the large picture. After each step the values are
whole numbers, as in files. Others train with such chains too: Zhang et al., "Designing a practical
degradation model for deep blind image super-resolution" (ICCV 2021), and Wang et al., "Real-ESRGAN"
(ICCVW 2021).
"""

import io
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from . import datasets
from .degradation import check_scale, resize
from .errors import ConfigError
from .images import luma
from .pictures.colour import LUMA

KERNELS = {  # Pillow's filter, and how many small pixels it reaches to each side
    "clean": (Image.Resampling.BICUBIC, 2),
    "bicubic": (Image.Resampling.BICUBIC, 2),
    "area": (Image.Resampling.BOX, 1),
    "bilinear": (Image.Resampling.BILINEAR, 1),
    "lanczos": (Image.Resampling.LANCZOS, 3),
}
STRENGTHS = {"blur": (0.05, 2), "noise": (0, 50), "shot": (0, 50), "jpeg": (1, 100)}
BLOCK = 16  # pixels: JPEG's blocks of 8 x 8 with the chroma halved
# R, G and B with independent noise of 1 make a full-range luma with this much.
GREY_NOISE = float(np.linalg.norm(LUMA) * 255 / 219)

# What training draws: the share of patches that stay clean, and of the others that have each step.
CLEAN_SHARE, BLURRED, NOISY, COMPRESSED, EARLY = 0.2, 0.3, 0.5, 0.7, 0.2
MOST_BLUR, MOST_NOISE, LEAST_QUALITY = 0.8, 12, 30
DRAWN = ("bicubic", "bicubic", "area", "bilinear", "lanczos")


@dataclass(frozen=True)
class Step:
    """A step of a chain. phase: where the first whole JPEG block begins, in rows and columns, 0 to
    15.
    """

    name: str
    strength: float = 0
    phase: tuple[int, int] = (0, 0)


CLEAN = (Step("clean"),)


def parse(text: str) -> tuple[Step, ...]:
    """The chain that a text such as "area, noise 5, jpeg 75" describes; ConfigError says what is
    wrong with it.
    """
    steps = []
    for part in text.split(","):
        name, *strength = part.split() or [""]
        if name in KERNELS and not strength:
            steps.append(Step(name))
            continue
        if name not in STRENGTHS:
            known = ", ".join([*KERNELS, *(f"{each} STRENGTH" for each in STRENGTHS)])
            raise ConfigError(f"Unknown damage {part.strip()!r} in {text!r}: choose from {known}.")
        low, high = STRENGTHS[name]
        try:
            (value,) = map(float, strength)
            if not low <= value <= high or name == "jpeg" and value % 1:
                raise ValueError
        except ValueError:
            kind = "a whole number" if name == "jpeg" else "a number"
            raise ConfigError(
                f"Damage {part.strip()!r} in {text!r}: {name} takes {kind} from {low} to {high}."
            ) from None
        steps.append(Step(name, value))
    shrinkings = [step.name for step in steps if step.name in KERNELS]
    if len(shrinkings) != 1:
        raise ConfigError(f"Damage {text!r}: name exactly one of {', '.join(KERNELS)}.")
    if shrinkings == ["clean"] and len(steps) > 1:
        raise ConfigError(f"Damage {text!r}: clean stands alone; shrink by bicubic instead.")
    return tuple(steps)


def draw_steps(draw: np.random.Generator) -> tuple[Step, ...]:
    """A chain for a training patch: `CLEAN`, or steps of random kinds, order, strength and JPEG
    phase.
    """
    if draw.random() < CLEAN_SHARE:
        return CLEAN
    early, late = [], []
    if draw.random() < BLURRED:
        early.append(Step("blur", draw.uniform(STRENGTHS["blur"][0], MOST_BLUR)))
    found = []
    if draw.random() < NOISY:
        found.append(
            Step(("noise", "noise", "shot")[draw.integers(3)], draw.uniform(0, MOST_NOISE))
        )
    if draw.random() < COMPRESSED:
        phase = tuple(draw.integers(BLOCK, size=2).tolist())
        found.append(Step("jpeg", int(draw.integers(LEAST_QUALITY, 101)), phase))
    if draw.random() < 0.5:
        found.reverse()
    for step in found:
        (early if draw.random() < EARLY else late).append(step)
    return (*early, Step(DRAWN[draw.integers(len(DRAWN))]), *late)


# A chain at work


def _shrink(part, step, scale, draw):
    kernel, _ = KERNELS[step.name]
    if step.name == "clean":
        return resize(part, part.shape[0] // scale, part.shape[1] // scale)
    size = part.shape[1] // scale, part.shape[0] // scale
    return np.asarray(Image.fromarray(part).resize(size, kernel))


def _blur(part, step, scale, draw):
    blur = ImageFilter.GaussianBlur(step.strength * scale)
    return np.asarray(Image.fromarray(part).filter(blur))


def _noise(part, step, scale, draw):
    noise = draw.standard_normal(part.shape, "float32")
    noise *= np.float32(step.strength * (1 if part.ndim == 3 else GREY_NOISE))
    if step.name == "shot":
        noise *= np.sqrt(part / np.float32(255))
    return np.clip(np.rint(part + noise), 0, 255).astype("uint8")


def _jpeg(part, step, scale, draw):
    file = io.BytesIO()
    Image.fromarray(part).save(file, "JPEG", quality=int(step.strength), subsampling="4:2:0")
    return np.asarray(Image.open(file))


WORK = {"blur": _blur, "noise": _noise, "shot": _noise, "jpeg": _jpeg}


def _source(step, start, stop, length, phase, scale):
    """The pixels start..stop of a step's result, along one axis, need these of the length pixels
    before it.

    Enough for the result to be that of the whole picture; ends of the picture stay ends.
    """
    if step.name in KERNELS:
        reach = KERNELS[step.name][1]
        start, stop = (start - reach) * scale, (stop + reach) * scale
    elif step.name == "blur":
        # Pillow's Gaussian is three box means, each of this radius and a part of a pixel more.
        box = ((4 * (step.strength * scale) ** 2 + 1) ** 0.5 - 1) / 2
        margin = int(np.ceil(3 * (box + 1)))
        start, stop = start - margin, stop + margin
    elif step.name == "jpeg":
        # Whole blocks; and a pixel more on each side, where libjpeg smooths the enlarged chroma
        # across blocks.
        start -= 1 + (start - 1 - phase) % BLOCK
        if start <= 0:
            start = phase = 0  # the blocks of a picture begin at its corner
        stop += 1 + (phase - stop - 1) % BLOCK
    return max(start, 0), min(stop, length)


def damage(
    picture: np.ndarray,
    steps: tuple[Step, ...],
    scale: int,
    draw: np.random.Generator,
    box: tuple[tuple[int, int], tuple[int, int]] | None = None,
) -> np.ndarray:
    """The small picture that a chain leaves of a large one, or the part of it inside a box.

    picture: uint8 (h, w) or (h, w, 3), h and w multiples of the scale; luma for "clean". A grey
    picture gets the noise that the luma of a coloured one would. box: ((top, bottom), (left,
    right)) in small pixels; what the steps need around it is taken from the picture, so that it has
    no borders of its own: all but the noise is as in the whole. Returns uint8, or for "clean"
    float32, of the box's size.
    """
    whole = np.array(picture.shape[:2])
    small = whole // scale
    boxes = [box or tuple((0, side) for side in small.tolist())]
    shrinking = next(i for i, step in enumerate(steps) if step.name in KERNELS)
    for i in range(len(steps) - 1, -1, -1):
        size = (whole if i <= shrinking else small).tolist()
        axes = zip(boxes[0], size, steps[i].phase, strict=True)
        boxes.insert(0, tuple(_source(steps[i], *ends, n, phase, scale) for ends, n, phase in axes))
    (top, bottom), (left, right) = boxes[0]
    part = picture[top:bottom, left:right]
    for step, ((top, _), (left, _)), needed in zip(steps, boxes, boxes[1:], strict=False):
        if step.name in KERNELS:
            part, top, left = _shrink(part, step, scale, draw), top // scale, left // scale
        else:
            part = WORK[step.name](part, step, scale, draw)
        (first, last), (begin, end) = needed
        part = part[first - top : last - top, begin - left : end - left]
    return part


# Pictures with their colour


@dataclass(frozen=True)
class Sample:
    """A picture in colour, which is damaged, and its luma, which is learned and measured.

    colour: uint8 (h, w, 3), or (h, w) if grey. luma: uint8 (h, w). full_range: a grey picture is
    the luma of a coloured one in the range 0..255, so that its studio luma is 16 + 219/255 of it;
    otherwise it is its own luma. shape: (h, w).
    """

    colour: np.ndarray
    luma: np.ndarray
    full_range: bool = False

    @classmethod
    def of(cls, picture: np.ndarray, full_range: bool = False) -> "Sample":
        """The sample of a picture as `datasets.colour_pictures` gives it."""
        if picture.ndim == 3:
            return cls(picture, luma(picture).astype("uint8"))
        if full_range:
            return cls(picture, np.rint(16 + 219 / 255 * picture).astype("uint8"), True)
        return cls(picture, picture)

    @property
    def shape(self) -> tuple[int, int]:
        return self.luma.shape

    def cropped(self, scale: int) -> "Sample":
        """Without the rows and columns beyond a multiple of the scale, as `degradation.modcrop`;
        nothing is copied.
        """
        height, width = (side - side % scale for side in self.luma.shape)
        return replace(self, colour=self.colour[:height, :width], luma=self.luma[:height, :width])

    def small_luma(self, steps, scale: int, draw, box=None) -> np.ndarray:
        """The luma of the damaged small picture, float32, 0..255, not rounded: see `damage`."""
        if steps == CLEAN:
            return damage(self.luma, steps, scale, draw, box)
        low = damage(self.colour, steps, scale, draw, box).astype("float32")
        if low.ndim == 3:
            return 16 + low @ LUMA
        return 16 + np.float32(219 / 255) * low if self.full_range else low


def samples(name: str | Path) -> dict[str, Sample]:
    """The pictures of a set or folder with their colour, by file stem: see `datasets.pictures`."""
    full_range = name == "DIV2Kgray"  # published as full-range luma
    found = datasets.colour_pictures(name)
    return {stem: Sample.of(picture, full_range) for stem, picture in found.items()}


def _with_colour(split):
    """A split whose pictures have no colour any more, as in a file of `drcn data pack`, is taken
    for the luma of coloured ones.
    """
    return {
        name: picture
        if isinstance(picture, Sample)
        else Sample.of(np.clip(np.rint((picture - 16) * (255 / 219)), 0, 255).astype("uint8"), True)
        for name, picture in split.items()
    }


def training_samples(split: str) -> dict[str, Sample]:
    """The pictures of `datasets.training_split` with their colour, by the same names."""
    return _with_colour(datasets.training_split(split, samples))


def validation_samples(split: str = "T91") -> dict[str, Sample]:
    """The pictures of `datasets.validation_split` with their colour, by the same names."""
    return _with_colour(datasets.validation_split(split, samples))


# The same damage every time, to measure on


def own_noise(name: str) -> np.random.Generator:
    """What draws a picture's noise, always the same: that of the last part of its name."""
    return np.random.default_rng([*name.rpartition("/")[2].encode("utf-8", "backslashreplace")])


def damaged_pair(
    sample: Sample, steps: tuple[Step, ...], scale: int, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """The pair (x, y) of `degradation.degrade`, x from the damaged picture of this name."""
    sample = sample.cropped(check_scale(scale))
    low, (height, width) = sample.small_luma(steps, scale, own_noise(name)), sample.luma.shape
    return resize(low, height, width), sample.luma.astype("float32")


def damaged_once(sample: Sample, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """`damaged_pair` by a chain of those that training draws, `CLEAN` excepted.

    The picture's own pixels are the seed, so that it is always the same one.
    """
    seed, steps = zlib.crc32(np.ascontiguousarray(sample.luma)), CLEAN
    draw = np.random.default_rng(seed)
    while steps == CLEAN:
        steps = draw_steps(draw)
    return damaged_pair(sample, steps, scale, str(seed))

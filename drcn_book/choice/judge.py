"""Which weights fit a picture, by what its file says and what its pixels show."""

from dataclasses import dataclass

import numpy as np

from .pixels import drawn, grey_of, jpeg_traces, noise_levels, tiles_of

SMALLEST = 32  # pixels on each axis; less shows nothing reliable


@dataclass(frozen=True)
class Limits:
    """From where on a picture is "real", in the units of `damage`: `python -m project.choices`
    measures where the other weights become the better ones.

    quality: of JPEG, or less. noise: levels in R, G and B, or more. luma_noise: levels seen in luma
    alone, where fine texture looks like noise: all there is in grey, and in JPEG, which smooths
    colour.
    """

    quality: int = 90
    noise: float = 1.75
    luma_noise: float = 4.5


LIMITS = Limits()


@dataclass(frozen=True)
class Choice:
    """kind: "clean" or "real". reason: why, in a few words that go after "because"."""

    kind: str
    reason: str


@dataclass(frozen=True)
class Seen:
    """What the pixels of a picture show.

    traces: the quality at which it was once saved as JPEG, if that shows. drawn: whether it has the
    even surfaces of a drawing. noise, luma_noise: levels, by `noise_levels`. grey: whether it has
    no colour.
    """

    traces: int | None
    drawn: bool
    noise: float
    luma_noise: float
    grey: bool


def look(pixels: np.ndarray, mode: str = "RGB") -> Seen | str:
    """What a picture shows, or why it cannot be judged: pixels (h, w, channels), uint8 or uint16,
    and its mode, as of a `pictures.Picture`.
    """
    if mode == "CMYK":
        return "CMYK is judged by what the file says alone"
    if min(pixels.shape[:2]) < SMALLEST:
        return "it is too small to show more"
    seen = pixels.astype("float32") * np.float32(255 / np.iinfo(pixels.dtype).max)
    if mode in ("LA", "RGBA"):  # what is transparent is not looked at
        seen = seen[..., :-1] * (seen[..., -1:] / 255)
    if seen.shape[2] == 3 and (seen == seen[..., :1]).all():
        seen = seen[..., :1]
    traces = jpeg_traces([grey_of(tile) for tile in tiles_of(seen)])
    return Seen(traces, drawn(seen), *noise_levels(seen), seen.shape[2] == 1)


def judge(told: tuple[str, int] | None, seen: Seen | str, limits: Limits = LIMITS) -> Choice:
    """The choice by what a file says (`told.file_quality`) and what its picture shows (`look`).

    The file goes before the picture, unless this is worse.
    """
    said = ""
    if told is not None:
        kind, quality = told
        said = f"its {kind} quality is {'about' if kind == 'JPEG' else 'like JPEG of'} {quality}"
        if quality <= limits.quality:
            return Choice("real", said)
        said += ", and "
    if isinstance(seen, str):
        return Choice("clean", said + seen)
    if seen.traces is not None and seen.traces <= limits.quality:
        return Choice("real", f"it shows traces of JPEG of a quality of about {seen.traces}")
    if seen.drawn:
        return Choice("clean", f"{said}it has the even surfaces of a drawing")
    smoothed = told is not None or seen.traces is not None or seen.grey
    if seen.noise >= limits.noise or smoothed and seen.luma_noise >= limits.luma_noise:
        level = seen.noise if seen.noise >= limits.noise else seen.luma_noise
        return Choice("real", f"it shows noise of about {level:.0f} levels")
    return Choice("clean", f"{said}it shows neither JPEG nor noise")


def choose(pixels: np.ndarray, mode: str = "RGB", told: tuple[str, int] | None = None) -> Choice:
    """The weights that fit a picture: see `look` and `judge`. CMYK is judged by its file alone, and
    a picture of less than 32 pixels is too small to be judged.
    """
    if told is not None and told[1] <= LIMITS.quality:  # then there is no need to look
        return judge(told, "")
    return judge(told, look(pixels, mode))

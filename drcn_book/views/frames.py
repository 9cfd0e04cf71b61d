"""What one frame of a view shows: its picture, its line of text, its numbers."""

import io

import numpy as np
from PIL import Image

from ..inspection import Inspection
from ..metrics import quantise

TINTS = np.array(
    [[5, 48, 97], [67, 147, 195], [247, 247, 247], [214, 96, 77], [103, 0, 31]]
)  # dark to bright
STEPS = 31  # colours on each side of zero


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


def enlarge(picture: Image.Image, width: int) -> Image.Image:
    """Enlarged by a whole number of pixels to at least `width`, every pixel still a square."""
    times = max(1, -(-width // picture.width))
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)


def encode(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    """The picture as the bytes of a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()

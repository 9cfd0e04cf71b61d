"""The page chooses the weights that Python chooses, for the same reason."""

import base64
import io
from dataclasses import astuple

import numpy as np
import pytest
from book import ROOT
from PIL import Image
from test_choice import SMALL, jpeg, through

from drcn_book import patterns
from drcn_book.choice import LIMITS, choose, file_quality
from project import node


def saved(picture, format="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format, **options)
    return file.getvalue()


def noisy(picture, level):
    noise = level * np.random.default_rng(3).standard_normal(picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype("uint8")


def files() -> dict[str, bytes]:
    """Files by name, of every kind of damage and of what tells of it."""
    coffee, cat, rocket = (SMALL[name] for name in ("coffee", "chelsea", "rocket"))
    grey = np.asarray(Image.fromarray(cat).convert("L"))
    soft = np.linspace(0, 255, coffee[..., 0].size).reshape(coffee.shape[:2] + (1,))
    compressed = np.asarray(Image.open(io.BytesIO(jpeg(coffee, 70))))
    drawing = patterns._glyphs(200, 2, np.random.default_rng(0))[..., None] * [150, 90, 180] + 40
    wide = np.tile(rocket, (2, 3, 1))
    return {
        **{f"jpeg {quality}": jpeg(cat, quality) for quality in (5, 40, 90, 91, 97, 100)},
        **{f"WebP {quality}": saved(cat, "WEBP", quality=quality) for quality in (50, 80, 88, 99)},
        **{f"noise {level}": saved(noisy(coffee, level)) for level in (1, 2, 4, 10)},
        "clean": saved(coffee),
        "progressive": jpeg(rocket, 95, progressive=True, subsampling=0),
        "odd tables": jpeg(rocket, 95, qtables=[[3] * 64, [9] * 64]),
        "ink": jpeg(coffee, 95, "CMYK"),
        "grey jpeg": jpeg(cat, 60, "L"),
        "noise in jpeg": jpeg(noisy(coffee, 9), 95),
        "noise in grey": saved(noisy(grey, 8)),
        "grey": saved(grey),
        "grey in three channels": saved(np.stack([noisy(grey, 8)] * 3, -1)),
        "lossless WebP": saved(cat, "WEBP", lossless=True),
        "saved again": saved(compressed),
        "cut and saved again": jpeg(compressed[3:, 5:], 96),
        "half transparent": saved(np.concatenate([compressed, soft.astype("uint8")], -1)),
        "hidden": saved(np.concatenate([noisy(coffee, 9), 0 * soft.astype("uint8")], -1)),
        "shrunk with noise": saved(through(cat, "noise 12, area, jpeg 85")),
        "small": saved(compressed[:31]),
        "drawing": saved(drawing.astype("uint8")),
        "large": saved(wide),
        "large, compressed": saved(np.asarray(Image.open(io.BytesIO(jpeg(wide, 55))))),
        "cut short": jpeg(cat, 60)[:40] + saved(cat),
    }


@pytest.fixture(scope="module")
def answers():
    """For each file: Python's choice and the page's; and the page's limits."""
    cases, ours = [], {}
    for name, content in files().items():
        start = max(content.find(b"\x89PNG"), 0)  # behind a cut header: the pixels are those of PNG
        image = Image.open(io.BytesIO(content[start:]))
        pixels = np.atleast_3d(np.asarray(image))
        found = choose(pixels, image.mode, file_quality(content))
        ours[name] = {"name": found.kind, "why": found.reason}
        rgba = np.asarray(image.convert("RGB").convert("RGBA") if image.mode == "CMYK" else image)
        rgba = np.asarray(Image.fromarray(rgba).convert("RGBA"))
        cases.append(
            {
                "width": image.width,
                "height": image.height,
                "pixels": base64.b64encode(rgba.tobytes()).decode(),
                "bytes": base64.b64encode(content).decode() if name != "saved again" else None,
            }
        )
    told = node.answer(ROOT / "tests" / "choice_runner.mjs", cases)
    return ours, dict(zip(ours, told["choices"], strict=True)), told["limits"]


def test_the_page_chooses_what_python_chooses_and_says_why(answers):
    ours, theirs, _ = answers
    assert len(ours) >= 30 and theirs == ours
    assert 10 < sum(choice["name"] == "real" for choice in ours.values()) < len(ours) - 8
    assert len({choice["why"].rstrip("0123456789") for choice in ours.values()}) >= 8


def test_the_limits_are_the_same(answers):
    assert tuple(answers[2].values()) == astuple(LIMITS)

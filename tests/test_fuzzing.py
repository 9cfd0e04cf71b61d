"""Whatever a header says: a picture of what it says, or one line."""

import time

import numpy as np
import pytest
from fuzzing import FORMATS, files

from drcn_book import pictures
from drcn_book.errors import PictureError

COUNTS = {"tiff": 1500, "png": 1200, "jpeg": 400, "webp": 250, "avif": 150}


@pytest.mark.parametrize("name", FORMATS)
def test_no_header_is_contradicted(name, capfd):
    said_by = FORMATS[name][1]
    read, refused, count = 0, 0, COUNTS.get(name, 400)
    for number, content in enumerate(files(name, count)):
        start = time.process_time()
        try:
            picture = pictures.read(content)
        except PictureError as error:
            text = str(error)
            assert "\n" not in text and text.startswith("Standard input: ") and len(text) < 300
            refused += 1
            continue
        finally:
            assert time.process_time() - start < 5, number
        read += 1
        width, height, channels, deep = said_by(content)
        pixels = picture.pixels
        assert picture.size == (width, height), (number, picture.size, width, height)
        channels = channels if isinstance(channels, tuple) else (channels,)
        assert channels == (None,) or pixels.shape[2] in channels, (number, pixels.shape, channels)
        assert deep is None or (pixels.dtype == np.uint16) == deep, (number, pixels.dtype, deep)
        assert pixels.shape[2] == len(picture.mode)
    assert read > count // 8 and refused > count // 50, (
        read,
        refused,
    )  # it is neither deaf nor blind
    assert capfd.readouterr() == ("", "")

"""The inspector as a running notebook drives it: without a browser, through its traits."""

import datetime
import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("ipywidgets")

from drcn_book import images, metrics, model, views
from drcn_book.config import preset
from drcn_book.widgets import LARGEST_UPLOAD, Inspector


@pytest.fixture(scope="module")
def face():
    from skimage import data

    return images.luma(data.astronaut())[100:164, 182:246]


@pytest.fixture
def inspector(face):
    config = preset("tiny")
    network = model.build(config)
    random = np.random.default_rng(3)
    network.set_weights([w + random.normal(0, 0.1, w.shape) for w in network.get_weights()])
    return Inspector(face, network, config)


def shown(inspector):
    return np.asarray(Image.open(io.BytesIO(inspector.picture.value)).convert("L"))


def upload(inspector, name, content):
    inspector.upload.value = (
        {
            "name": name,
            "type": "",
            "size": len(content),
            "content": memoryview(content),
            "last_modified": datetime.datetime.now(datetime.UTC),
        },
    )


def test_slider_changes_picture_numbers_and_marker(inspector):
    seen = inspector.seen
    assert inspector.view.value == "output", "shown before anything is touched"
    for i in (0, 3, 1, 4):
        inspector.d.value = i
        np.testing.assert_array_equal(shown(inspector)[::8, ::8], metrics.quantise(seen.frames[i]))
        assert f"{seen.psnr[i]:.2f} dB" in inspector.curve.value
        assert views.curve(seen, i) in inspector.curve.value
        assert seen.labels[i] in inspector.caption.value


def test_views_and_zoom(inspector):
    inspector.d.value = 2
    for view in ("error", "change", f"channel {inspector.seen.channels[1]}", "truth"):
        inspector.view.value = view
        want = np.asarray(views.frame(inspector.seen, view, 2).convert("L"))
        np.testing.assert_array_equal(shown(inspector)[::8, ::8], want)
    inspector.view.value, inspector.zoom.value = "output", 4
    inspector.left.value, inspector.top.value = 100, 0
    np.testing.assert_array_equal(
        shown(inspector)[::30, ::30], metrics.quantise(inspector.seen.frames[2])[:16, 48:]
    )


def test_a_move_computes_nothing_anew(inspector, monkeypatch):
    """The network runs and the frames are drawn once, when the picture is taken: a move only
    chooses and encodes.
    """

    def refuse(*_):
        raise AssertionError("a move of the slider computed an output again")

    monkeypatch.setattr(inspector, "_inspect", refuse)
    monkeypatch.setattr(views, "frame", refuse)
    for view in inspector.view.options:
        inspector.view.value = view
        pictures = set()
        for i in range(inspector.d.max + 1):
            inspector.d.value = i
            pictures.add(inspector.picture.value)
        assert len(pictures) > 1 or view == "truth"


def test_play_is_tied_to_the_slider(inspector):
    """The link lives in the browser, so here only its ends can be looked at."""
    assert (inspector.play.min, inspector.play.max) == (inspector.d.min, inspector.d.max) == (0, 4)


def test_upload_of_a_picture(inspector):
    from skimage import data

    cat = data.chelsea()
    inspector.view.value = "error"
    upload(inspector, "cat.png", views.encode(Image.fromarray(cat)))
    top, left = ((side - LARGEST_UPLOAD) // 2 for side in cat.shape[:2])
    middle = images.luma(cat)[top : top + LARGEST_UPLOAD, left : left + LARGEST_UPLOAD]
    np.testing.assert_array_equal(inspector.seen.truth, middle)
    assert "451x300 pixels" in inspector.message.value and "middle" in inspector.message.value
    inspector.kind.value = False
    upload(inspector, "small.png", views.encode(Image.fromarray(cat[:40, :60])))
    assert inspector.seen.truth is None and inspector.seen.x.shape == (80, 120)
    assert "error" not in inspector.view.options and inspector.view.value == "output"


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_upload_of_something_else_leaves_the_picture(inspector, content):
    before, seen = inspector.picture.value, inspector.seen
    tiny = views.encode(Image.fromarray(np.zeros((3, 3), "uint8")))
    upload(inspector, "<b>x</b>.png", tiny if content is None else content)
    assert (
        inspector.message.value
        and "/tmp" not in inspector.message.value
        and "<b>" not in inspector.message.value
    )
    assert inspector.picture.value == before and inspector.seen is seen


def test_saved_in_a_notebook_it_needs_no_kernel(inspector):
    bundle = inspector._repr_mimebundle_()
    assert set(bundle) >= {"application/vnd.jupyter.widget-view+json", "text/html", "image/png"}
    assert bundle["text/html"] == views.player(inspector.seen)
    assert Image.open(io.BytesIO(bundle["image/png"])).width > 5 * 128

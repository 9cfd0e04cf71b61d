"""The inspector for a running notebook; where no kernel runs, the same slider as plain HTML takes
its place.
"""

import tempfile
from html import escape
from pathlib import Path

import ipywidgets
import numpy as np

from . import views
from ._keras import keras
from .config import NetworkConfig
from .errors import DRCNError
from .images import read_luma
from .inspection import inspect

WIDTH = 480  # the picture is shown about this wide, in pixels of the screen
LARGEST_UPLOAD = (
    256  # of a larger picture the middle is taken, so that an answer comes within seconds
)


class Inspector(ipywidgets.VBox):
    """Slider and play button over the recursions of a network, for one luma picture (h, w), 0..255.

    Shows the output, its error, the change since the last recursion, or a channel of the hidden
    state, as a whole or a region of it, beside the curve of PSNR over d; a picture of the reader's
    own can be uploaded. Every frame is computed when the picture comes, so that a move of the
    slider only looks one up. `seen` holds the numbers.

    Saved in a notebook it also carries `views.player` and a contact sheet: they are what the
    published page, an untrusted notebook and a code host show.
    """

    def __init__(
        self,
        picture: np.ndarray,
        network: keras.Model,
        config: NetworkConfig,
        known: bool = True,
        channels=3,
    ):
        self._inspect = lambda luma, known: inspect(luma, network, config, known, channels)
        last = config.recursions + 1
        self.d = ipywidgets.IntSlider(
            0, 0, last, description="recursion", readout=False, continuous_update=True
        )
        self.play = ipywidgets.Play(
            min=0, max=last, interval=700, description="play the recursions", repeat=True
        )
        ipywidgets.jslink((self.play, "value"), (self.d, "value"))
        self.view = ipywidgets.Dropdown(description="show")
        self.zoom = ipywidgets.Dropdown(
            options=[("whole picture", 1), ("2x", 2), ("4x", 4)], description="zoom"
        )
        self.left = ipywidgets.IntSlider(50, 0, 100, description="across", readout=False)
        self.top = ipywidgets.IntSlider(50, 0, 100, description="down", readout=False)
        self.upload = ipywidgets.FileUpload(accept="image/*", description="Your picture")
        self.kind = ipywidgets.Dropdown(
            description="it is", options=[("sharp: degrade it", True), ("small: enlarge it", False)]
        )
        self.picture = ipywidgets.Image(format="png")
        self.caption, self.curve, self.message = (
            ipywidgets.HTML(),
            ipywidgets.HTML(),
            ipywidgets.HTML(),
        )
        self._take(picture, known)

        for control in (self.d, self.view, self.zoom, self.left, self.top):
            control.observe(self._show, "value")
        self.upload.observe(self._receive, "value")
        row = ipywidgets.Layout(flex_flow="row wrap")
        super().__init__(
            [
                ipywidgets.HBox([self.play, self.d, self.view], layout=row),
                ipywidgets.HBox([self.zoom, self.left, self.top], layout=row),
                ipywidgets.HBox(
                    [ipywidgets.VBox([self.picture, self.caption]), self.curve], layout=row
                ),
                ipywidgets.HBox([self.upload, self.kind, self.message], layout=row),
            ]
        )

    def _take(self, luma, known):
        self.seen = self._inspect(luma, known)
        self._frames = {
            view: [views.frame(self.seen, view, i) for i in range(self.d.max + 1)]
            for view in views.view_names(self.seen)
        }
        self.view.options = list(self._frames)
        self.view.value = "output"
        self._show()

    def _show(self, _=None):
        i, view, seen = self.d.value, self.view.value, self.seen
        if view is None:  # while its options are replaced
            return
        frame = self._frames[view][i]
        width, height = frame.width // self.zoom.value, frame.height // self.zoom.value
        left, top = (
            (frame.width - width) * self.left.value // 100,
            (frame.height - height) * self.top.value // 100,
        )
        part = views.enlarge(frame.crop((left, top, left + width, top + height)), WIDTH)
        rows = "".join(
            f"<tr><td>{name}&emsp;</td><td><b>{value}</b></td></tr>"
            for name, value in views.numbers(seen, i).items()
        )
        self.picture.value = views.encode(part, compress_level=1)
        self.caption.value = f"<b>{seen.labels[i]}</b>: {views.caption(seen, view, i)}."
        self.picture.alt_text = views.caption(seen, view, i)
        self.curve.value = (
            f'<div style="width:350px">{views.curve(seen, i)}</div><table>{rows}</table>'
        )

    def _receive(self, _):
        if not self.upload.value:
            return
        file = self.upload.value[0]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(file["name"]).name
            path.write_bytes(file["content"])
            try:
                luma = read_luma(path)
                height, width = luma.shape
                top, left = (
                    max(0, height - LARGEST_UPLOAD) // 2,
                    max(0, width - LARGEST_UPLOAD) // 2,
                )
                self._take(
                    luma[top : top + LARGEST_UPLOAD, left : left + LARGEST_UPLOAD], self.kind.value
                )
            except DRCNError as error:
                self.message.value = escape(str(error).replace(f"{folder}/", ""))
                return
        middle = (
            f" Its middle {LARGEST_UPLOAD}x{LARGEST_UPLOAD} pixels are shown."
            if top or left
            else ""
        )
        self.message.value = f"{escape(file['name'])}: {width}x{height} pixels.{middle}"

    def _repr_mimebundle_(self, **kwargs):
        rows = [view for view in ("output", "change") if view in self._frames]
        return {
            **super()._repr_mimebundle_(**kwargs),
            "text/html": views.player(self.seen),
            "image/png": views.encode(
                views.contact_sheet(self.seen, rows, 96).quantize(128), optimize=True
            ),
        }

"""Chapter 8 as a reader uses it: the slider and the network in the page, in a real browser without
the network.

The chapter is the built site's (see conftest.py); what the network does with pictures is tried in a
page with nothing else in it, made of the code as it is and opened once. Every other host is out of
reach.
"""

import base64
import contextlib
import hashlib
import io
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from book import ROOT, served, watched
from PIL import Image

from drcn_book import (
    choice,
    cli,
    config,
    degradation,
    images,
    inspection,
    model,
    patterns,
    pieces,
    upscaling,
    views,
    weights,
)

PAGE = "notebooks/08_inside.html"
PIXELS = """image => {
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const canvas = Object.assign(document.createElement('canvas'), {width, height});
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return [width, ...context.getImageData(0, 0, width, height).data.filter((_, i) => i % 4 == 0)];
}"""


@pytest.fixture(scope="module")
def compact():
    return weights.load("compact-x2")


@pytest.fixture(scope="module")
def seen(compact):
    from skimage import data

    return inspection.inspect(images.luma(data.astronaut())[84:212, 150:278], *compact, channels=3)


@pytest.fixture(scope="module")
def small_x2():
    return weights.load("small-x2")


@pytest.fixture(scope="module")
def cat():
    from skimage import data

    return data.chelsea()


@pytest.fixture(scope="module")
def chapter(chromium, site):
    """The chapter, opened once for what leaves no trace that `player` does not undo."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield watched(context, site, PAGE)
    context.close()


@pytest.fixture
def player(chapter):
    player = chapter.locator(".drcn-player")
    player.get_by_role("combobox", name="Show").select_option("output")
    yield player
    assert chapter.problems == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of pages that hold one piece each, with the network's engine beside them."""
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "vendor").symlink_to(ROOT / "_vendor" / "vendor")
    return folder


@pytest.fixture(scope="module")
def open_piece(chromium, folder):
    """A function that opens a page with a piece: `open_piece(piece)`."""
    with served(folder) as address:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})

        def opened(piece):
            name = f"{len(context.pages)}.html"
            head = "<!doctype html><html data-content_root='./'><meta charset='utf-8'>"
            icon = "<link rel='icon' href='data:,'>"
            (folder / name).write_text(f"{head}{icon}<body>{piece.html}", "utf-8")
            return watched(context, address, name)

        yield opened
        context.close()


@pytest.fixture(scope="module")
def opened(open_piece, cat):
    return open_piece(pieces.InPage(cat[:40, :40], "small-x2"))


@pytest.fixture
def page(opened):
    """A page with small-x2 alone, its engine loaded by the first who needs it."""
    opened.problems.clear()
    network(opened).get_by_role("combobox", name="Recursions").select_option("5")
    yield opened
    assert opened.problems == []


def pixels(player) -> np.ndarray:
    """The first channel of the picture that is shown now."""
    picture = player.locator("img.drcn-picture")
    picture.evaluate("image => image.decode()")
    width, *values = picture.evaluate(PIXELS)
    return np.reshape(values, (-1, width))


def slider(player):
    return player.get_by_role("slider", name="Recursion")


def marker(player) -> tuple[float, float]:
    ring = player.locator("circle.marker")
    return float(ring.get_attribute("cx")), float(ring.get_attribute("cy"))


def drag(page, handle, share: float) -> None:
    """Take the slider's thumb with the mouse and pull it to a share of its length."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    middle = box["y"] + box["height"] / 2
    here = (float(handle.input_value()) - 0) / float(handle.get_attribute("max"))
    page.mouse.move(box["x"] + 8 + here * (box["width"] - 16), middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 8 + share * (box["width"] - 16), middle, steps=6)
    page.mouse.up()


# ---- the slider


def test_dragging_the_slider(player, seen):
    assert player.count() == 1
    known = set()
    for i, share in ((0, 0.0), (3, 0.5), (6, 1.0), (1, 1 / 6)):
        drag(player.page, slider(player), share)
        assert slider(player).input_value() == str(i)
        shown = pixels(player)
        assert np.abs(shown - np.asarray(views.frame(seen, "output", i)).astype(int)).max() <= 1
        known.add(shown.tobytes())
        text = player.inner_text()
        assert f"{seen.psnr[i]:.2f} dB" in text and f"{seen.ssim[i]:.4f}" in text
        assert player.locator(".drcn-name").inner_text() == seen.labels[i]
        assert f"{seen.psnr[i]:.2f} dB" in slider(player).get_attribute("aria-valuetext")
        points = player.locator("svg[data-points]").evaluate(
            "svg => JSON.parse(svg.dataset.points)"
        )
        assert marker(player) == tuple(points[i])
    assert len(known) == 4, "four frames, four pictures"


def test_keys_move_the_slider(player, seen):
    slider(player).focus()
    for key, i in (
        ("Home", 0),
        ("ArrowRight", 1),
        ("ArrowUp", 2),
        ("ArrowLeft", 1),
        ("End", 6),
        ("ArrowRight", 6),
    ):
        slider(player).press(key)
        assert player.locator(".drcn-name").inner_text() == seen.labels[i]


def test_play_button_plays_and_stops(player):
    slider(player).press("Home")
    player.get_by_role("button", name="Play").press("Enter")
    name = player.locator(".drcn-name")
    first = name.inner_text()
    heard = {first}
    for _ in range(3):
        player.page.wait_for_function(
            "([node, before]) => node.textContent !== before",
            arg=[name.element_handle(), name.inner_text()],
            timeout=5000,
        )
        heard.add(name.inner_text())
    assert len(heard) == 4
    player.get_by_role("button", name="Stop").click()
    stopped = name.inner_text()
    player.page.wait_for_timeout(1500)
    assert name.inner_text() == stopped


def test_choice_of_view_and_zoom(player, seen):
    slider(player).press("Home")
    outputs = pixels(player)
    show, zoom = (
        player.get_by_role("combobox", name="Show"),
        player.get_by_role("combobox", name="Zoom"),
    )
    assert show.locator("option").all_inner_texts() == views.view_names(seen)
    for view in views.view_names(seen)[1:]:
        show.select_option(view)
        want = np.asarray(views.frame(seen, view, 0).convert("RGB")).astype(int)[..., 0]
        assert np.abs(pixels(player) - want).mean() < 1.5, (
            "as drawn (channels: but for what WebP loses)"
        )
        assert (pixels(player) != outputs).any()
        assert views.caption(seen, view, 0) in player.locator("img.drcn-picture").get_attribute(
            "alt"
        )
    for times in ("1", "6"):
        zoom.select_option(times)
        assert player.locator("img.drcn-picture").bounding_box()["width"] == 128 * int(times)
    frame = player.locator(".drcn-frame")
    assert frame.evaluate("f => f.scrollWidth > f.clientWidth"), (
        "the zoomed picture is scrolled inside its frame"
    )
    frame.focus()
    frame.press("ArrowRight")
    frame.evaluate("f => new Promise(done => setTimeout(() => done(f.scrollLeft), 500))")
    assert frame.evaluate("f => f.scrollLeft") > 0


@pytest.mark.parametrize("width, theme", [(1280, "light"), (390, "dark"), (320, "light")])
def test_fits_screen_and_theme(open_page, width, theme):
    page = open_page(PAGE, width)
    page.emulate_media(color_scheme=theme)
    page.locator(f"html[data-theme={theme}]").wait_for()
    for part in (".drcn-player", ".drcn-network"):
        outside = page.locator(part).evaluate("""part => [...part.querySelectorAll(
            'button, select, input, label, p, .drcn-frame, svg, table')]
            .filter(e => e.offsetParent &&
            e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))""")
        assert outside == []
        contrast = page.locator(part).evaluate("""part => {
            const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
                .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const numbers = text => text.match(/[\\d.]+/g).map(Number);
            let ground = part;
            while (ground && (numbers(getComputedStyle(ground).backgroundColor)[3] === 0))
                ground = ground.parentElement;
            const colours = [getComputedStyle(part).color,
                ground ? getComputedStyle(ground).backgroundColor : 'rgb(255,255,255)']
                .map(c => light(numbers(c)));
            return (Math.max(...colours) + 0.05) / (Math.min(...colours) + 0.05);
        }""")
        assert contrast > 4.5, f"text on its ground in the {theme} theme"


def test_every_control_has_a_name(chapter):
    nameless = chapter.evaluate("""[...document.querySelectorAll('.drcn-player, .drcn-network')]
        .flatMap(part =>
        [...part.querySelectorAll('button, select, input, canvas, progress, img, svg')]).filter(e =>
        !(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim()
            || e.alt || e.tagName === 'CANVAS'))
        .map(e => e.outerHTML.slice(0, 80))""")
    assert nameless == []


def test_contact_sheet_where_no_script_runs(chromium, site):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + PAGE)
    sheet = page.locator("img.drcn-sheet")
    assert sheet.is_visible() and sheet.bounding_box()["width"] > 400
    assert "needs a browser that runs scripts" in page.locator(".drcn-network").inner_text()
    context.close()


def test_linked_widgets_are_drawn_once_and_live(open_page):
    """The slider and the stack that the chapter ties by jslink, drawn by the site's own copy of the
    widget scripts.
    """
    page = open_page(PAGE)
    picture = page.locator(".cell_output img.widget-image")
    assert picture.count() == 0, "the widgets' script waits until they come near"
    page.evaluate(
        "document.querySelector('script[type$=\"widget-view+json\"]').parentElement.scrollIntoView()"
    )
    picture.wait_for()
    assert picture.count() == 1 and page.locator(".cell_output .widget-slider").count() == 1
    source, before = picture.get_attribute("src"), picture.evaluate(PIXELS)
    page.locator(".cell_output .widget-slider .noUi-handle").press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('img.widget-image').src !== before", arg=source
    )
    picture.evaluate("image => image.decode()")
    assert picture.evaluate(PIXELS) != before
    assert page.problems == []


def test_inspect_page_stands_alone(chromium, seen, compact, tmp_path):
    """The file that `drcn inspect` writes, opened from a folder: the slider moves and nothing is
    fetched.
    """
    seen = inspection.inspect(seen.truth[24:72, 24:72], *compact, channels=1)
    page = chromium.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    *_, path = views.save(seen, tmp_path, "face")
    page.goto(path.as_uri())
    player = page.locator(".drcn-player")
    before = pixels(player)
    slider(player).press("Home")
    assert (pixels(player) != before).any() and f"{seen.psnr[0]:.2f} dB" in player.inner_text()
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    page.close()


# ---- wipe, probe, and the page that stands alone


def test_dots_of_the_curve_lead_to_their_frame(player, seen):
    for i in (1, 4):
        player.locator("svg circle:not(.marker)").nth(i).click()
        assert player.locator(".drcn-name").inner_text() == seen.labels[i]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The page of a small folded network, and what it is about."""
    from skimage import data

    folder = tmp_path_factory.mktemp("alone")
    Image.fromarray(data.chelsea()[60:140, 120:216]).save(folder / "cat.png")
    path = folder / "page.html"
    argv = ["inspect", "--weights", "small-x2", str(folder / "cat.png"), "-o", str(path)]
    assert cli.main(argv) == 0
    network, configured = weights.load("small-x2")
    seen = inspection.inspect(images.read_luma(folder / "cat.png"), network, configured)
    return path, seen, network, configured


@pytest.fixture
def page_alone(chromium, alone):
    page = chromium.new_page(viewport={"width": 1000, "height": 900})
    page.asked, page.problems = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(alone[0].as_uri() + "#probe?d=3&probe=1")
    yield page
    scheme = ("data:", "blob:")
    assert [url for url in page.asked if not url.startswith(scheme)] == [page.url.split("#")[0]]
    assert page.problems == []
    page.close()


def test_probe_tells_value_error_field_and_sum(page_alone, alone):
    _, seen, network, configured = alone
    box = page_alone.locator(".drcn-probe")
    layer = box.locator(".drcn-layer")
    layer.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "Enter"):
        layer.press(key)
    x, y = 96 // 2 + 1, 80 // 2 + 2  # it begins in the middle
    assert f"Column {x}, row {y}" in box.locator(".drcn-told").inner_text()
    rows = [row.split("\t") for row in box.locator("tbody").first.inner_text().split("\n")]
    for row, label, frame in zip(rows, seen.labels, seen.frames, strict=True):
        assert row[0] == label and abs(float(row[1]) - np.clip(frame[y, x], 0, 255)) <= 0.55
        assert abs(float(row[2]) - (frame - seen.truth)[y, x]) <= 1.05
    side = {row[0]: int(row[3].split("×")[0]) for row in rows}
    # A pixel that the field of d = 3 leaves out changes nothing there; one inside does.
    half = side["d = 3"] // 2
    left = x - x % 2 - (half - 1)
    for column, moves in ((left - 1, False), (left, True)):
        other = seen.x.copy()
        other[:, column] += 50
        outputs = [
            model.infer(network, picture)[1][y // 2 * 2 : y // 2 * 2 + 2, x // 2 * 2, 2]
            for picture in (seen.x, other)
        ]
        assert (np.abs(outputs[1] - outputs[0]).max() > 1e-6) == moves
    layer_1 = network.get_layer("embedding_1")
    kernel, bias = (np.asarray(w) for w in layer_1.get_weights())
    top, first = (y // 2 - 1) * 2, (x // 2 - 1) * 2
    part = np.round(seen.x)[top : top + 6, first : first + 6] / 255
    cells = part.reshape(3, 2, 3, 2).transpose(0, 2, 1, 3).reshape(3, 3, 4)
    want = (cells * kernel[..., 0]).sum() + bias[0]
    said = box.get_by_text("Their sum and the bias").inner_text()
    assert abs(float(re.search(r"bias .*?: (-?\d+\.\d+)", said)[1]) - want) < 0.01


def test_network_of_a_page_that_stands_alone(page_alone, alone):
    """The book's own engine, from a folder: equal to Keras, tile by tile."""
    _, _, net, _ = alone
    page = page_alone
    network(page).get_by_role("button", name="Use the built-in picture").click()
    says(page, "Ready.* in about")
    enlarge(page)
    says(page, "Done", 120)
    *_, answer = frames(page)
    want, _ = model.infer(net, frames(page)[0])
    assert np.abs(answer - want).max() < 1e-3 * 255


# ---- the network in the page


def network(page):
    return page.locator(".drcn-network")


def says(page, text: str, seconds: int = 60) -> str:
    """Wait until the page's sentence contains a text, and return the sentence."""
    status = network(page).locator(".drcn-status")
    status.filter(has_text=re.compile(text)).wait_for(timeout=1000 * seconds)
    return status.inner_text()


def choose(page, name: str, content: bytes | np.ndarray, answer: str = "Ready") -> str:
    """Bring a picture, or its file, and return what the page says of it."""
    if isinstance(content, np.ndarray):
        content = views.encode(Image.fromarray(content))
    network(page).locator(".drcn-status").evaluate("status => { status.textContent = ''; }")
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    network(page).locator("input[type=file]").set_input_files(file)
    return says(page, f"{re.escape(name)}.*{answer}")


def enlarge(page) -> None:
    network(page).get_by_role("button", name="Enlarge").click()


def done(page, seconds: int = 60) -> np.ndarray:
    """Enlarge, and return the file that the page saves."""
    enlarge(page)
    says(page, "Done", seconds)
    return np.asarray(saved(page)).astype(int)


def frames(page) -> list[np.ndarray]:
    """The luma of every picture that the page has made: bicubic, each recursion, the ensemble."""
    width, lumas = page.evaluate("""() => {
        const {width, frames} = document.querySelector('.drcn-network').result;
        const text = luma => Array.from(new Uint8Array(luma.buffer), b => String.fromCharCode(b));
        return [width, frames.map(luma => btoa(text(luma).join('')))]; }""")
    return [np.frombuffer(base64.b64decode(luma), "<f4").reshape(-1, width) for luma in lumas]


def by_package(small: np.ndarray, name: str = "small-x2") -> np.ndarray:
    return upscaling.upscale(small, weights=name, precision="float32").astype(int)


def test_network_in_the_page_equals_the_package(page, small_x2, cat):
    """A picture of several tiles, chosen by the reader: luma as Keras gives it, and the file as
    `upscale` gives it.
    """
    small = cat[:150, :280]
    sent = []
    page.on("request", lambda request: sent.append(request))
    said = choose(page, "cat.png", small, "in about")
    assert said.startswith("cat.png: 280×150 pixels. Ready to become 560×300 in about ")
    assert "fits" not in said, "there is but one kind of network"
    enlarge(page)
    says(page, "Done: 560×300 pixels")

    got = frames(page)
    y = 16 + small.astype("float64") @ (np.array([65.481, 128.553, 24.966]) / 255)
    x = degradation.resize(y, 300, 560)
    ensemble, recursions = model.infer(small_x2[0], x)
    assert len(got) == 7
    for luma, want in zip(got, [x, *np.moveaxis(recursions, -1, 0), ensemble], strict=True):
        assert np.abs(luma - want).max() < 1e-3 * 255

    rows = network(page).locator(".drcn-times tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == [
        "bicubic",
        *(f"recursion {d}" for d in range(1, 6)),
        "ensemble",
    ]
    assert all(re.search(r"\d ms", row) for row in rows)
    with page.expect_download() as download:
        network(page).get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "cat-small-x2.png"
    got = np.asarray(Image.open(download.value.path())).astype(int)
    assert np.abs(got - by_package(small)).max() <= 1
    assert not network(page).get_by_role("button", name="Compare").is_visible()
    assert all(request.method == "GET" and not request.post_data for request in sent), (
        "nothing leaves the page"
    )


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_folded_network_in_the_page_equals_the_package(open_piece, cat, tmp_path, scale):
    """Several tiles of a consistent network folded by the scale, cut between its cells."""
    configured = config.preset("tiny", "authors", scale=scale, fold=scale, consistent=True)
    network, rng = configured.build(), np.random.default_rng(scale)
    for weight in network.weights:
        weight.assign(weight.numpy() + rng.normal(0, 0.05, weight.shape))
    path = tmp_path / f"folded-x{scale}.safetensors"
    weights.save_weights(path, network, configured)
    page = open_piece(pieces.InPage(cat[:20, :20], path))
    small = cat[: 300 // scale, : 550 // scale]
    choose(page, "cat.png", small)
    enlarge(page)
    says(page, "Done")
    *recursions, answer = frames(page)[1:]
    y = 16 + small.astype("float64") @ (np.array([65.481, 128.553, 24.966]) / 255)
    x = degradation.resize(y, small.shape[0] * scale, small.shape[1] * scale)
    ensemble, y_d = model.infer(network, x)
    assert np.abs(ensemble - x).mean() > 1, "the network does something"
    for luma, want in zip([*recursions, answer], [*np.moveaxis(y_d, -1, 0), ensemble], strict=True):
        assert np.abs(luma - want).max() < 1e-3 * 255


def test_recursions_are_chosen_and_compared(open_page):
    """The built-in picture, two recursions, by keyboard; then the slider looks back at the bicubic
    input.
    """
    page = open_page(PAGE, 390)
    box = network(page)
    box.get_by_role("button", name="Use the built-in picture").press("Enter")
    says(page, "built-in picture.*Ready")
    box.get_by_role("combobox", name="Recursions").select_option("2")
    box.get_by_role("button", name="Enlarge").press("Enter")
    says(page, "Done")
    assert (
        box.locator(".drcn-times tbody tr").count() == 3
        and "ensemble" not in box.locator(".drcn-times tbody").inner_text()
    )
    canvas = box.locator(".drcn-wipe canvas").nth(1)
    assert "recursion 2" in canvas.get_attribute("aria-label")
    sharp = canvas.evaluate("c => c.toDataURL()")
    look = box.get_by_role("slider", name="Recursion shown")
    look.press("Home")
    assert (
        "bicubic" in canvas.get_attribute("aria-label")
        and canvas.evaluate("c => c.toDataURL()") != sharp
    )
    assert look.get_attribute("aria-valuetext") == "bicubic"
    look.press("End")
    assert canvas.evaluate("c => c.toDataURL()") == sharp
    assert page.problems == []


def test_flat_colours_stay_as_they_are(page):
    logo = np.full((40, 60, 3), (200, 30, 90), "uint8")
    logo[10:30, 20:40] = 255
    choose(page, "logo.png", logo)
    got = done(page)
    assert (got[:12, :30] == (200, 30, 90)).all() and (got[28:52, 48:72] == 255).all()
    assert np.abs(got - by_package(logo)).max() <= 1


def test_stop(page, cat):
    """Within a second; controls rest while it runs, and a second run gives what it always gives."""
    choose(page, "cat.png", np.tile(cat, (3, 3, 1)), "Ready to become 2706×1800")
    enlarge(page)
    says(page, r"\d+ of \d+ tiles, about .* left")
    network_choice = network(page).get_by_role("combobox", name="Network")
    assert network_choice.is_disabled()
    assert network(page).locator("input[type=file]").is_disabled()
    network(page).get_by_role("button", name="Stop").click()
    assert re.search(r"Stopped after \d+ of \d+ tiles", says(page, "Stopped", 1))
    assert network_choice.is_enabled()
    choose(page, "cat.png", cat[:40, :40], "Ready to become 80×80")
    assert np.abs(done(page) - by_package(cat[:40, :40])).max() <= 1


def saved(page) -> Image.Image:
    with page.expect_download() as download:
        network(page).get_by_role("button", name="Download").click()
    return Image.open(download.value.path())


def boards() -> np.ndarray:
    """The finest pattern at the edge of white, over two tiles, which clipping would darken."""
    board = np.tile(patterns.boards(48, 128, 255)["board 1"], (1, 7))
    return np.stack([board, board, board // 2], -1)


@pytest.mark.parametrize("picture", ["photograph", "board"])
def test_transparency_and_brightness_are_kept(page, cat, picture):
    """As the package keeps them: half transparent, and fully, with nothing hidden shining through;
    fine patterns as bright as before.
    """
    colour = cat[:60, :90] if picture == "photograph" else boards()
    height, width = colour.shape[:2]
    alpha = np.abs(np.add.outer(4 * np.arange(height), 2 * np.arange(width))) - 120
    for small in (np.dstack([colour, np.clip(alpha, 0, 255).astype("uint8")]), colour):
        choose(page, "cut.png", small)
        got = done(page)
        assert got.shape == (2 * height, 2 * width, small.shape[2])
        assert np.abs(got - by_package(small)).max() <= 1
    if picture == "board":
        assert abs(got[..., 0].mean() - colour[..., 0].mean()) < 3


def test_sharp_picture_is_degraded_and_measured(page, cat, small_x2):
    sharp = cat[20:111, 60:180]  # an odd side is cut by the protocol
    choose(page, "cat.png", sharp)
    network(page).get_by_role("combobox", name="The picture is").select_option("sharp")
    network(page).get_by_role("button", name="Degrade and enlarge").click()
    says(page, "Done: 120×90")
    seen = inspection.inspect(images.luma(sharp), *small_x2, channels=0)
    psnr = page.evaluate("document.querySelector('.drcn-network').result.psnr")
    np.testing.assert_allclose(psnr, seen.psnr, atol=1e-3)
    told = network(page).locator(".drcn-times tbody tr").all_inner_texts()
    assert [row.split("\t")[3] for row in told] == [f"{value:.2f} dB" for value in psnr]
    for got, want in zip(frames(page), seen.frames, strict=True):
        assert np.abs(got - want).max() < 1e-3 * 255
    network(page).get_by_role("combobox", name="Show").select_option("error")
    network(page).get_by_label("Probe a pixel").check()
    layer = network(page).locator(".drcn-layer")
    box = layer.bounding_box()
    layer.click(position={"x": (21.5) / 120 * box["width"], "y": 33.5 / 90 * box["height"]})
    said = network(page).locator(".drcn-told").inner_text()
    assert f"Column 21, row 33, truth {seen.truth[33, 21]:.1f}" in said
    errors = [
        row.split("\t")[2]
        for row in network(page).locator("table:has-text('This pixel') tbody tr").all_inner_texts()
    ]
    want = [frame[33, 21] - seen.truth[33, 21] for frame in seen.frames]
    np.testing.assert_allclose([float(text) for text in errors], want, atol=0.06)
    network(page).get_by_label("Probe a pixel").uncheck()


def test_the_network_that_fits_is_chosen_and_compared(
    open_piece, small_x2, cat, tmp_path, monkeypatch
):
    """With a network for real pictures in the page: what `upscale` chooses, for the same reason,
    with the same smoothed colour; and the other's result beside it.
    """
    configured, draw = small_x2[1], np.random.default_rng(0)
    other = configured.build()
    for weight, ours in zip(other.weights, small_x2[0].weights, strict=True):
        weight.assign(ours.numpy() * draw.uniform(0.9, 1.1, ours.shape))
    for name, net in (("small-x2", small_x2[0]), ("real-x2", other)):
        path = tmp_path / f"{name}.safetensors"
        weights.save_weights(path, net, configured)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        recipe = {"damage": "real" if name == "real-x2" else "none"}
        path.with_suffix(".json").write_text(json.dumps({"sha256": sha256, "recipe": recipe}))
    monkeypatch.setattr(weights, "SHIPPED", tmp_path)
    page = open_piece(pieces.InPage(cat[:20, :20], ["small-x2", "real-x2"]))
    clean = np.asarray(Image.fromarray(cat[:240, :320]).resize((160, 120)))
    noisy = np.clip(clean + draw.normal(0, 8, clean.shape), 0, 255).astype("uint8")
    noisy[40:60, 40:60] = (200, 30, 40)  # an even surface stays

    said = choose(page, "noisy.png", noisy)
    reason = choice.choose(noisy, "RGB").reason
    assert f"real-x2 fits it, because {reason}" in said
    assert network(page).get_by_label("Network").locator(":checked").inner_text().startswith("real")
    first = done(page)
    assert np.abs(first - by_package(noisy, "real-x2")).max() <= 1
    canvas = network(page).locator(".drcn-wipe canvas")
    shown = canvas.nth(1).evaluate("c => c.toDataURL()")
    network(page).get_by_role("button", name="Compare with small-x2").press("Enter")
    says(page, "Done")
    page.wait_for_function("document.querySelector('.drcn-wipe canvas').ariaLabel.includes('real')")
    assert canvas.nth(0).evaluate("c => c.toDataURL()") == shown
    assert np.abs(np.asarray(saved(page)).astype(int) - by_package(noisy)).max() <= 1
    assert not network(page).get_by_role("button", name="Compare").is_visible()

    said = choose(page, "clean.png", clean)
    assert f"small-x2 fits it, because {choice.choose(clean, 'RGB').reason}" in said
    said = choose(page, "a.jpg", views.encode(Image.fromarray(clean), "JPEG", quality=40))
    assert "real-x2 fits it, because its JPEG quality is about 40" in said
    assert page.problems == []


def test_wipe_by_pointer_and_keys_zoom_for_both(page, cat):
    choose(page, "cat.png", cat[:60, :80])
    enlarge(page)
    says(page, "Done")
    left, right = (network(page).locator(".drcn-wipe canvas").nth(i) for i in (0, 1))
    range_ = network(page).get_by_role("slider", name="Wipe")
    box = left.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 20, steps=3)
    page.mouse.up()
    assert range_.input_value() == "25"
    range_.press("ArrowRight")
    assert "26%" in right.evaluate("c => c.style.clipPath")
    frame = network(page).locator(".drcn-frame")
    before = left.bounding_box()["width"]
    frame.press("+")
    assert left.bounding_box() == right.bounding_box()
    assert left.bounding_box()["width"] > before


def test_the_page_stays_free_and_is_fast(chromium, page, cat, tmp_path):
    """1024x768 within 3 s of two cores that do nothing else, and no task of the page's thread takes
    a tenth of a second, whatever a reader does. What other work takes is not counted: it is the
    processors' time that is bounded.
    """
    path = tmp_path / "cat.png"
    Image.fromarray(cat).resize((512, 384)).save(path)
    box = network(page)

    def uses():
        box.locator("input[type=file]").set_input_files(path)
        says(page, "512×384.* in about")
        before = processors()
        enlarge(page)
        says(page, "Done: 1024×768", 120)
        spent.append(processors() - before)
        for key in ("Home", "ArrowRight", "End"):
            box.get_by_role("slider", name="Recursion shown").press(key)
        saved(page)
        box.get_by_role("combobox", name="The picture is").select_option("sharp")
        box.get_by_role("button", name="Degrade and enlarge").click()
        says(page, "Done: 512×384", 120)
        box.get_by_role("combobox", name="Show").select_option("error")
        box.get_by_role("combobox", name="Left of").select_option("truth")

    spent = []
    page_tasks = tasks(chromium, page, uses)
    assert spent[0] < 2 * 3
    assert len(page_tasks) > 100 and max(page_tasks) < 0.1, sorted(page_tasks)[-5:]


def tasks(chromium, page, act) -> list[float]:
    """Seconds of processor that each task of the pages' threads takes while `act` runs."""
    chromium.start_tracing(page=page, categories=["toplevel"])
    try:
        act()
    finally:
        events = json.loads(chromium.stop_tracing())["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event["tdur"] / 1e6
        for event in events
        if event["name"].endswith("RunTask")
        and "tdur" in event
        and (event["pid"], event["tid"]) in threads
    ]


def processors() -> float:
    """Seconds of processor that the browser of these tests has taken so far."""
    parents, spent = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rsplit(")", 1)[1].split()
            pid = int(stat.parent.name)
            parents[pid], spent[pid] = int(fields[1]), int(fields[11]) + int(fields[12])

    def ours(pid):
        return pid == os.getpid() or pid in parents and ours(parents[pid])

    ticks = sum(spent[pid] for pid in spent if pid != os.getpid() and ours(pid))
    return ticks / os.sysconf("SC_CLK_TCK")


# ---- the quiz


def test_quiz_by_keys(open_piece, seen):
    names = {"d = 3": 3, "bicubic": 0, "d = 1": 1}
    patch = np.s_[20:48, 30:58]
    shown = {name: seen.frames[i][patch] for name, i in names.items()}
    page = open_piece(pieces.Quiz(shown, seen.truth[patch]))
    box = page.locator(".drcn-quiz")
    choices = [box.get_by_role("combobox", name=f"{letter} is") for letter in "ABC"]
    assert choices[0].locator("option").all_inner_texts() == ["?", "bicubic", "d = 1", "d = 3"]
    for control, letters in zip(choices, ("d = 3", "b", "b"), strict=True):
        control.focus()
        page.keyboard.type(letters)
    box.get_by_role("button", name="Check").press("Enter")
    status = box.locator(".drcn-status")
    assert status.inner_text() == "2 of 3 are right: A, B."
    captions = box.locator(".drcn-cards figcaption").all_inner_texts()
    assert captions[::2] == ["A: right", "B: right", "C: not yet"]
    choices[2].select_option("d = 1")
    assert status.inner_text() == ""
    box.get_by_role("button", name="Check").click()
    assert status.inner_text() == "3 of 3 are right: A, B, C."
    box.get_by_role("button", name="Show the answers").click()
    assert [control.input_value() for control in choices] == list(names)
    level = (
        box.locator("canvas")
        .nth(1)
        .evaluate("c => c.getContext('2d').getImageData(5, 7, 1, 1).data[0]")
    )
    error = (seen.frames[3] - seen.truth)[patch][7, 5]
    assert abs(level - np.clip(127.5 + 127.5 * error / 16, 0, 255)) <= 0.51
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.problems == []


# ---- what cannot be done is said


def test_no_picture(open_page):
    page = open_page(PAGE)
    enlarge(page)
    says(page, "There is no picture yet")
    network(page).locator(".drcn-drop").evaluate(
        "zone => zone.dispatchEvent(new DragEvent('drop', {dataTransfer: new DataTransfer(), "
        "cancelable: true}))"
    )
    says(page, "No picture was dropped")


@pytest.mark.parametrize("content", [b"", b"a letter", b"\x89PNG\r\n\x1a\n broken"])
def test_no_picture_at_all(page, content):
    choose(page, "letter.png", content, "cannot be read as a picture. Choose a PNG, JPEG or WebP")
    enlarge(page)
    says(page, "There is no picture yet")


def test_a_dropped_picture_is_taken(page, cat):
    content = list(views.encode(Image.fromarray(cat[:30, :20])))
    network(page).locator(".drcn-drop").evaluate(
        """(zone, content) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(
            new File([new Uint8Array(content)], 'dropped.png', {type: 'image/png'}));
        zone.dispatchEvent(new DragEvent('drop', {dataTransfer, cancelable: true}));
    }""",
        content,
    )
    says(page, "dropped.png: 20×30 pixels. Ready")


def test_a_large_picture_is_told_of_and_can_be_made_smaller(page):
    """The whole is taken, the time is told before; made smaller, as Pillow does, every recursion is
    kept.
    """
    photo = Image.new("RGB", (1500, 1100), (10, 20, 30))
    photo.paste((200, 100, 50), (490, 590, 900, 800))
    sentence = choose(page, "photo.png", views.encode(photo), "in about")
    assert sentence.startswith("photo.png: 1500×1100 pixels.")
    assert re.search("to become 3000×2200 in about .*make it smaller first", sentence)
    network(page).get_by_role("combobox", name="Take").select_option("fit")
    says(page, "made smaller to 597×438 first, to become 1194×876")
    network(page).get_by_role("combobox", name="Recursions").select_option("1")
    enlarge(page)
    says(page, "Done: 1194×876", 120)
    y = images.luma(np.asarray(photo.resize((597, 438), Image.Resampling.BICUBIC)))
    assert np.abs(frames(page)[0] - degradation.resize(y, 876, 1194)).max() < 1


def test_the_time_is_measured_on_this_computer(page, cat):
    """Twelve times the pixels take some twelve times as long, and one recursion less than five."""

    def seconds(sentence):
        number, unit = re.search(r"in about (\d+) (s|minutes)", sentence).groups()
        return int(number) * (1 if unit == "s" else 60)

    large = np.tile(cat, (7, 7, 1))
    told = seconds(choose(page, "large.png", large, "in about"))
    assert 3 <= told <= 600
    assert told < seconds(choose(page, "larger.png", np.tile(large, (2, 1, 1)), "in about"))
    network(page).get_by_role("combobox", name="Recursions").select_option("1")
    says(page, "larger.png")
    assert seconds(network(page).locator(".drcn-status").inner_text()) < 2 * told


def test_a_picture_too_large_to_keep_is_written_tile_by_tile(page, cat):
    large = np.tile(cat, (2, 2, 1))[:420, :640]
    choose(page, "large.png", large, "Only the result is kept")
    got = done(page, 180)
    assert got.shape[:2] == (840, 1280)
    assert not network(page).get_by_role("slider", name="Recursion shown").is_visible()
    assert np.abs(got[..., :3] - by_package(large)).max() <= 1


def test_transparent_and_single_pixels(page):
    choose(page, "dot.png", np.zeros((1, 1, 4), "uint8"))
    got = done(page)
    assert got.shape == (2, 2, 4) and got[0, 0, 3] == 0


def test_browser_without_simd(open_page):
    page = open_page(PAGE)
    page.evaluate("WebAssembly.validate = () => false")
    network(page).get_by_role("button", name="Use the built-in picture").click()
    says(page, "Ready")
    enlarge(page)
    says(page, "no WebAssembly SIMD")


def test_engine_that_does_not_load(open_page):
    page = open_page(PAGE)
    page.route("**/vendor/onnxruntime/**", lambda route: route.abort())
    network(page).get_by_role("button", name="Use the built-in picture").click()
    says(page, "Ready")
    enlarge(page)
    says(page, "could not run here")
    assert network(page).get_by_role("button", name="Enlarge").is_enabled()


def test_page_opened_from_a_file(chromium, built, seen):
    """The slider works there; the network says why it cannot, and what to do."""
    page = chromium.new_page()
    page.goto((built / PAGE).as_uri())
    player = page.locator(".drcn-player")
    slider(player).press("Home")
    assert f"{seen.psnr[0]:.2f} dB" in player.inner_text()
    says(page, "opened from a file.*make serve")
    page.close()


def test_page_carries_the_shipped_weights(open_page, small_x2):
    """The graphs inside the page hold the same numbers as the weights file."""
    import onnx

    page = open_page(PAGE)
    script = page.locator(".drcn-network script").first.text_content()
    held = {}
    for part in re.findall(r'"(?:embed|step)": "([^"]+)"', script)[:2]:  # small-x2 comes first
        model_file = onnx.load(io.BytesIO(base64.b64decode(part)))
        held |= {
            tensor.name: onnx.numpy_helper.to_array(tensor)
            for tensor in model_file.graph.initializer
        }
    layers = {layer.name: layer for layer in small_x2[0].layers}
    assert {name.split(".")[0] for name in held} == {
        "embedding_1",
        "embedding_2",
        "recursion",
        "reconstruction_1",
        "reconstruction_2",
    }
    for name in {name.split(".")[0] for name in held}:
        kernel, bias = layers[name].get_weights()
        np.testing.assert_array_equal(held[f"{name}.kernel"], kernel.transpose(3, 2, 0, 1))
        np.testing.assert_array_equal(held[f"{name}.bias"], bias)

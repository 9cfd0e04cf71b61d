"""Chapter 8 as a reader uses it: the slider and the network in the page, in a real browser without the network.

All of it happens on the built site (see conftest.py), with every other host out of reach.
"""

import io
import re

import numpy as np
import pytest
from PIL import Image

from drcn_book import (
    config,
    degradation,
    images,
    inspection,
    model,
    onnx_export,
    upscaling,
    views,
    weights,
)

PAGE = "notebooks/08_inside.html"
PIXELS = """image => {
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const context = Object.assign(document.createElement('canvas'), {width, height}).getContext('2d');
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
def cat():
    from skimage import data

    return data.chelsea()


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


def test_dragging_the_slider(open_page, seen):
    page = open_page(PAGE)
    player = page.locator(".drcn-player")
    assert player.count() == 1
    known = set()
    for i, share in ((0, 0.0), (3, 0.5), (6, 1.0), (1, 1 / 6)):
        drag(page, slider(player), share)
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
    assert page.problems == []


def test_keys_move_the_slider(open_page, seen):
    player = open_page(PAGE).locator(".drcn-player")
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


def test_play_button_plays_and_stops(open_page):
    page = open_page(PAGE)
    player = page.locator(".drcn-player")
    player.get_by_role("button", name="Play").press("Enter")
    name = player.locator(".drcn-name")
    first = name.inner_text()
    heard = {first}
    for _ in range(3):
        page.wait_for_function(
            "([node, before]) => node.textContent !== before",
            arg=[name.element_handle(), name.inner_text()],
            timeout=5000,
        )
        heard.add(name.inner_text())
    assert len(heard) == 4
    player.get_by_role("button", name="Stop").click()
    stopped = name.inner_text()
    page.wait_for_timeout(1500)
    assert name.inner_text() == stopped and page.problems == []


def test_choice_of_view_and_zoom(open_page, seen):
    player = open_page(PAGE).locator(".drcn-player")
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
            'button, select, input, label, p, .drcn-frame, svg, table')].filter(e => e.offsetParent &&
            e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))""")
        assert outside == []
        contrast = page.locator(part).evaluate("""part => {
            const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 :
                ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const numbers = text => text.match(/[\\d.]+/g).map(Number);
            let ground = part;
            while (ground && (numbers(getComputedStyle(ground).backgroundColor)[3] === 0))
                ground = ground.parentElement;
            const colours = [getComputedStyle(part).color,
                ground ? getComputedStyle(ground).backgroundColor : 'rgb(255,255,255)'].map(c => light(numbers(c)));
            return (Math.max(...colours) + 0.05) / (Math.min(...colours) + 0.05);
        }""")
        assert contrast > 4.5, f"text on its ground in the {theme} theme"


def test_every_control_has_a_name(open_page):
    page = open_page(PAGE)
    nameless = page.evaluate("""[...document.querySelectorAll('.drcn-player, .drcn-network')].flatMap(part =>
        [...part.querySelectorAll('button, select, input, canvas, progress, img, svg')]).filter(e =>
        !(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim() || e.alt || e.tagName === 'CANVAS'))
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
    """The slider and the stack that the chapter ties by jslink, drawn by the site's own copy of the widget scripts."""
    page = open_page(PAGE)
    picture = page.locator(".cell_output img.widget-image")
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


def test_inspect_page_stands_alone(chromium, seen, tmp_path):
    """The file that `drcn inspect` writes, opened from a folder: the slider moves and nothing is fetched."""
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


# ---- the network in the page


def network(page):
    return page.locator(".drcn-network")


def says(page, text: str, seconds: int = 60) -> str:
    """Wait until the page's sentence contains a text, and return the sentence."""
    status = network(page).locator(".drcn-status")
    status.filter(has_text=re.compile(text)).wait_for(timeout=1000 * seconds)
    return status.inner_text()


def choose(page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    network(page).locator("input[type=file]").set_input_files(file)


def enlarge(page) -> None:
    network(page).get_by_role("button", name="Enlarge").click()


def frames(page) -> list[np.ndarray]:
    """The luma of every picture that the page has made: bicubic, each recursion, the ensemble."""
    result = page.evaluate("""() => { const {width, frames} = document.querySelector('.drcn-network').result;
        return [width, frames.map(luma => Array.from(luma))]; }""")
    return [np.reshape(luma, (-1, result[0])) for luma in result[1]]


def test_network_in_the_page_equals_the_package(open_page, compact, cat, tmp_path):
    """A picture of several tiles, chosen by the reader: luma as Keras gives it, and the file as `upscale` gives it."""
    small = cat[:150, :280]
    page = open_page(PAGE)
    sent = []
    page.on("request", lambda request: sent.append(request))
    choose(page, "cat.png", views.encode(Image.fromarray(small)))
    assert says(page, "Ready") == "cat.png: 280×150 pixels. Ready: press Enlarge."
    enlarge(page)
    says(page, "Done: 280×150 became 560×300 pixels")

    got = frames(page)
    y = 16 + small.astype("float64") @ (np.array([65.481, 128.553, 24.966]) / 255)
    x = degradation.resize(y, 300, 560)
    ensemble, recursions = model.infer(compact[0], x)
    assert len(got) == 7
    for luma, want in zip(got, [x, *np.moveaxis(recursions, -1, 0), ensemble]):
        assert np.abs(luma - want).max() < 1e-3 * 255

    rows = network(page).locator("tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == [
        "bicubic",
        *(f"recursion {d}" for d in range(1, 6)),
        "ensemble",
    ]
    assert all(re.search(r"\d ms", row) for row in rows)
    with page.expect_download() as download:
        network(page).get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "cat-x2.png"
    download.value.save_as(tmp_path / "cat-x2.png")
    wanted = upscaling.upscale(small, weights="compact-x2", precision="float32")
    saved = np.asarray(Image.open(tmp_path / "cat-x2.png").convert("RGB")).astype(int)
    assert np.abs(saved - wanted).max() <= 1
    assert page.problems == []
    assert all(request.method == "GET" and not request.post_data for request in sent), (
        "nothing leaves the page"
    )


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_folded_network_in_the_page_equals_the_package(open_page, built, cat, tmp_path, scale):
    """Several tiles of a consistent network folded by the scale, cut between its cells."""
    configured = config.preset("tiny", "authors", scale=scale, fold=scale, consistent=True)
    network, rng = configured.build(), np.random.default_rng(scale)
    for weight in network.weights:
        weight.assign(weight.numpy() + rng.normal(0, 0.05, weight.shape))
    path = tmp_path / f"folded-x{scale}.safetensors"
    weights.save_weights(path, network, configured)
    piece = onnx_export.InPage(path, cat[:20, :20]).html
    page_file = built / f"folded-x{scale}.html"
    page_file.write_text(f'<html data-content_root="./"><body>{piece}</body></html>', "utf-8")
    try:
        small = cat[: 300 // scale, : 550 // scale]
        page = open_page(page_file.name)
        choose(page, "cat.png", views.encode(Image.fromarray(small)))
        says(page, "Ready")
        enlarge(page)
        says(page, "Done")
        *recursions, answer = frames(page)[1:]
    finally:
        page_file.unlink()
    y = 16 + small.astype("float64") @ (np.array([65.481, 128.553, 24.966]) / 255)
    x = degradation.resize(y, small.shape[0] * scale, small.shape[1] * scale)
    ensemble, y_d = model.infer(network, x)
    assert np.abs(ensemble - x).mean() > 1, "the network does something"
    for luma, want in zip([*recursions, answer], [*np.moveaxis(y_d, -1, 0), ensemble], strict=True):
        assert np.abs(luma - want).max() < 1e-3 * 255


def test_recursions_are_chosen_and_compared(open_page):
    """The built-in picture, two recursions, by keyboard; then the slider looks back at the bicubic input."""
    page = open_page(PAGE, 390)
    box = network(page)
    box.get_by_role("button", name="Use the built-in picture").press("Enter")
    says(page, "built-in picture.*Ready")
    box.get_by_label("Recursions").select_option("2")
    box.get_by_role("button", name="Enlarge").press("Enter")
    says(page, "Done")
    assert (
        box.locator("tbody tr").count() == 3 and "ensemble" not in box.locator("tbody").inner_text()
    )
    canvas = box.locator("canvas")
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


def test_flat_colours_stay_as_they_are(open_page, tmp_path):
    page = open_page(PAGE)
    logo = np.full((40, 60, 3), (200, 30, 90), "uint8")
    logo[10:30, 20:40] = 255
    choose(page, "logo.png", views.encode(Image.fromarray(logo)))
    enlarge(page)
    says(page, "Done")
    with page.expect_download() as download:
        network(page).get_by_role("link", name="Download").click()
    saved = np.asarray(Image.open(download.value.path()).convert("RGB")).astype(int)
    assert (saved[:12, :30] == (200, 30, 90)).all() and (saved[28:52, 48:72] == 255).all()
    assert (
        np.abs(saved - upscaling.upscale(logo, weights="compact-x2", precision="float32")).max()
        <= 1
    )


def test_stop(open_page, cat):
    page = open_page(PAGE)
    choose(page, "cat.png", views.encode(Image.fromarray(cat)))
    enlarge(page)
    says(page, "Recursion 1 of 5")
    network(page).get_by_role("button", name="Stop").click()
    says(page, r"Stopped after \d of 5 recursions")
    assert network(page).get_by_role("button", name="Enlarge").is_enabled() and page.problems == []


# ---- what cannot be done is said


def test_no_picture(open_page):
    page = open_page(PAGE)
    enlarge(page)
    says(page, "There is no picture yet")
    network(page).locator(".drcn-drop").evaluate(
        "zone => zone.dispatchEvent(new DragEvent('drop', {dataTransfer: new DataTransfer(), cancelable: true}))"
    )
    says(page, "No picture was dropped")


@pytest.mark.parametrize("content", [b"", b"a letter", b"\x89PNG\r\n\x1a\n broken"])
def test_no_picture_at_all(open_page, content):
    page = open_page(PAGE)
    choose(page, "letter.png", content)
    says(page, "letter.png cannot be read as a picture. Choose a PNG, JPEG or WebP file")
    enlarge(page)
    says(page, "There is no picture yet")
    assert page.problems == []


def test_a_dropped_picture_is_taken(open_page, cat):
    page = open_page(PAGE)
    content = list(views.encode(Image.fromarray(cat[:30, :20])))
    network(page).locator(".drcn-drop").evaluate(
        """(zone, content) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(content)], 'dropped.png', {type: 'image/png'}));
        zone.dispatchEvent(new DragEvent('drop', {dataTransfer, cancelable: true}));
    }""",
        content,
    )
    says(page, "dropped.png: 20×30 pixels. Ready")


def test_twenty_megapixels(open_page):
    """The middle is taken, and the page says so; the whole is the command's work."""
    page = open_page(PAGE)
    photo = Image.new("RGB", (5000, 4000), (10, 20, 30))
    photo.paste((200, 100, 50), (2490, 1990, 2510, 2010))
    choose(page, "photo.png", views.encode(photo))
    sentence = says(page, "photo.png has 5000×4000 pixels")
    assert (
        "20.0 megapixels" in sentence
        and "its middle, 684×547, is taken" in sentence
        and "drcn upscale" in sentence
    )
    assert page.problems == []


def test_transparent_and_single_pixels(open_page):
    page = open_page(PAGE)
    choose(page, "dot.png", views.encode(Image.new("RGBA", (1, 1), (0, 0, 0, 0))))
    enlarge(page)
    says(page, "Done: 1×1 became 2×2")
    corner = (
        network(page)
        .locator("canvas")
        .evaluate("c => [...c.getContext('2d').getImageData(0, 0, 1, 1).data]")
    )
    assert corner == [255, 255, 255, 255], "transparent shows as white"


def test_browser_without_simd(open_page):
    page = open_page(PAGE)
    page.evaluate("WebAssembly.validate = () => false")
    network(page).get_by_role("button", name="Use the built-in picture").click()
    enlarge(page)
    says(page, "no WebAssembly SIMD")


def test_engine_that_does_not_load(open_page):
    page = open_page(PAGE)
    page.route("**/vendor/onnxruntime/**", lambda route: route.abort())
    network(page).get_by_role("button", name="Use the built-in picture").click()
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


def test_page_carries_the_shipped_weights(open_page, compact):
    """The graphs inside the page hold the same numbers as the weights file."""
    import base64

    import onnx

    page = open_page(PAGE)
    script = page.locator(".drcn-network script").text_content()
    held = {}
    for part in re.findall(r'"(?:embed|step)": "([^"]+)"', script):
        model_file = onnx.load(io.BytesIO(base64.b64decode(part)))
        held |= {
            tensor.name: onnx.numpy_helper.to_array(tensor)
            for tensor in model_file.graph.initializer
        }
    layers = {layer.name: layer for layer in compact[0].layers}
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

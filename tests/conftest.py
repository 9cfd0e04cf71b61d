"""Fixtures that several test files share."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from book import ROOT, served, watched
from PIL import Image


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of three small pictures to train on."""
    folder = tmp_path_factory.mktemp("pictures")
    for i in range(3):
        noise = np.random.default_rng(i).integers(0, 256, (12, 16, 3), dtype="uint8")
        Image.fromarray(noise).resize((64, 48)).save(folder / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def no_public_sets(tmp_path_factory):
    """Validation pictures are the embedded photographs, whatever is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRCN_DATA_DIR", str(tmp_path_factory.mktemp("no-data")))
        yield


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built site: every page made anew from the saved outputs, warnings being
    errors.
    """
    done = subprocess.run(["make", "pages"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, (
        f"`make pages` fails:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    )
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def site(built):
    """The address of the built site, served on this machine's loopback."""
    with served(built) as address:
        yield address


@pytest.fixture(scope="session")
def chromium():
    """Debian's (or another system's) Chromium, without a display and without any traffic of its
    own.
    """
    from playwright.sync_api import sync_playwright

    path = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not path:
        pytest.skip(
            "no browser: the built site was not looked at. Install one: apt install chromium"
        )
    quiet = (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[*quiet.split(), "--disable-component-update", "--disable-sync"],
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, site):
    """A function that opens a page of the site in a fresh window, see `watched`."""
    contexts = []

    def opened(name: str, width: int = 1280):
        context = chromium.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        return watched(context, site, name)

    yield opened
    for context in contexts:
        context.close()

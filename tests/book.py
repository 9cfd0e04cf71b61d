"""The book's files, for the tests: its pages and its chapters, and how they are served."""

import contextlib
import functools
import http.server
import threading
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def toc_files() -> list[Path]:
    """The book's pages in reading order: the root, then each chapter of each part."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [ROOT / f"{toc['root']}.md"] + [ROOT / file for file in files]


CHAPTERS = [path for path in toc_files() if path.suffix == ".ipynb"]
PAGES = [path.relative_to(ROOT).with_suffix(".html").as_posix() for path in toc_files()]


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder: Path):
    """The address of a folder, served on this machine's loopback."""
    handler = functools.partial(Silent, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def watched(context, site: str, address: str):
    """A new page at an address of a site. Requests to any other host are cut off.

    The page carries `problems`: the console errors, script errors and foreign requests so far.
    """
    page = context.new_page()
    page.problems = problems = []

    def decide(route):
        if route.request.url.startswith((site, "blob:", "data:")):
            route.continue_()
        else:
            problems.append(f"foreign request: {route.request.url}")
            route.abort()

    page.route("**/*", decide)
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    page.on(
        "console", lambda note: note.type == "error" and problems.append(f"console: {note.text}")
    )
    page.goto(site + address, wait_until="load")
    return page

"""The book's files, for the tests: its pages and its chapters."""

import http.server
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

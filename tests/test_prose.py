"""The words: spelling, and addresses that must agree."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from book import CHAPTERS, ROOT

PROSE = [
    "README.md",
    "intro.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "notebooks/text",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "notebooks").glob("*.md"))),
]


def test_spelling():
    command = [
        sys.executable,
        "-m",
        "codespell_lib",
        *PROSE,
        "drcn_book",
        "project",
        "tests",
        "_ext",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# The pages whose sentences name chapters by their number ("Chapter 1"), not by a title that breaks
# them.
NUMBERED = [
    "intro.md",
    "notebooks/notation.md",
    "notebooks/glossary.md",
    *(f"notebooks/text/{path.stem}.md" for path in CHAPTERS),
]


def chapter_links(text: str) -> list[tuple[str, str]]:
    """The words and the number of the file of each link to a chapter."""
    return re.findall(r"\{doc\}`(?:([^`<]*?)\s*<)?(?:notebooks/)?(\d\d)_\w+>?`", text)


@pytest.mark.parametrize("page", NUMBERED)
def test_links_to_chapters_read_as_numbers(page):
    links = chapter_links((ROOT / page).read_text(encoding="utf8"))
    assert [
        link for link in links if link[0] not in (f"Chapter {int(link[1])}", str(int(link[1])))
    ] == []


@pytest.mark.parametrize("page", sorted((ROOT / "notebooks").glob("**/*.md")), ids=lambda p: p.stem)
def test_a_numbered_link_leads_to_that_chapter(page):
    wrong = [
        (words, number)
        for words, number in chapter_links(page.read_text(encoding="utf8"))
        if re.search(r"[Cc]hapter \d", words) and int(re.search(r"\d+", words)[0]) != int(number)
    ]
    assert wrong == []


def test_one_address_of_the_repository():
    """Buttons, Colab cells and citation file name the repository that _config.yml names."""
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    files = [ROOT / "CITATION.cff", ROOT / "README.md", *(ROOT / "notebooks" / "text").glob("*.md")]
    named = re.findall(
        r"https://github\.com/[\w-]+/drcn-book\b", "".join(map(Path.read_text, files))
    )
    assert set(named) == {address}


def test_package_dependencies_are_those_of_the_book():
    """pyproject.toml asks for nothing that requirements.txt has not, in the same ranges."""
    import tomllib

    ranges = {
        line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert set(project["dependencies"]) | set(extras["cpu"]) | set(extras["onnx"]) <= ranges

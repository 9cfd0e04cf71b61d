"""The built site as a reader meets it: in a real browser, with every other host out of reach."""

import html
import re
from urllib.parse import unquote

import pytest
from book import PAGES

RAW = re.compile(
    r"```|\{(figure|math|note|cite|eq|ref|numref|doc|admonition|dropdown)\}|:::|\$\$|\\begin\{"
)


def raw_markup(page) -> list[str]:
    """Markup that reached the reader as text, outside of code and formulas."""
    text = page.evaluate("""() => {
        const copy = document.querySelector('article').cloneNode(true);
        copy.querySelectorAll('pre, code, mjx-container, script, style, .math')
            .forEach(e => e.remove());
        return copy.textContent;
    }""")
    return [text[max(0, hit.start() - 30) : hit.end() + 30] for hit in RAW.finditer(text)]


def settle(page) -> None:
    """Wait until the page's formulas are set."""
    page.wait_for_function("!document.querySelector('.math') || window.MathJax?.startup?.promise")
    page.evaluate("window.MathJax?.startup?.promise")


def alternative_texts_missing(page) -> list[str]:
    """Pictures without a text of their own (myst-nb writes the file's path where a cell gives
    none).
    """
    return page.evaluate("""() => [...document.querySelectorAll('article img')]
        .filter(i => !i.closest('.jupyter-widgets')
            && (!i.alt.trim() || /\\.(png|svg|jpe?g)$/.test(i.alt)))
        .map(i => i.src.slice(-60))""")


def overflow(page) -> int:
    """By how many pixels the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def cut_off(page) -> list[str]:
    """Code that is wider than its box, so that a reader would have to scroll it sideways."""
    return page.evaluate("""() => [...document.querySelectorAll('article .cell_input pre')]
        .filter(p => p.checkVisibility() && p.scrollWidth > p.clientWidth)
        .map(p => p.textContent.slice(0, 60))""")


def tables_cut_off(page) -> list[str]:
    """Tables wider than the box they stand in, where that box neither scrolls nor makes room."""
    return page.evaluate("""() => [...document.querySelectorAll('article table')].filter(table => {
        if (!table.checkVisibility()) return false;
        for (let box = table.parentElement; box.tagName !== 'ARTICLE'; box = box.parentElement)
            if (/auto|scroll/.test(getComputedStyle(box).overflowX)) return false;
        return table.getBoundingClientRect().right >
        document.querySelector('article').getBoundingClientRect().right;
    }).map(table => table.textContent.trim().slice(0, 60))""")


def broken_options(page) -> list[str]:
    """Options of commands that stand on two lines, broken at a hyphen."""
    return page.evaluate("""() => [...document.querySelectorAll('article code .pre')]
        .filter(word => word.textContent.startsWith('-') && word.getClientRects().length > 1)
        .map(word => word.textContent)""")


def weight(page) -> int:
    """Bytes that the page has loaded so far, as they are on disk."""
    return page.evaluate("""() => [...performance.getEntriesByType('navigation'),
        ...performance.getEntriesByType('resource')]
        .reduce((sum, entry) => sum + entry.decodedBodySize, 0)""")


@pytest.mark.parametrize("name", PAGES)
def test_page(open_page, name):
    page = open_page(name)
    settle(page)
    # What a page loads before its reader asks for more.
    assert 1e6 < weight(page) <= (4e6 if name == "notebooks/08_inside.html" else 3e6)
    assert page.locator("article h1").count() == 1
    assert raw_markup(page) == []
    formulas = page.locator("article .math").count()
    assert page.locator("article mjx-container").count() >= formulas, "a formula was not set"
    assert page.locator("article mjx-merror").count() == 0, "a formula has an error"
    assert page.locator("article .system-message, article .output.stderr").count() == 0
    assert alternative_texts_missing(page) == []
    broken = page.evaluate(
        "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    )
    assert broken == []
    assert cut_off(page) == []
    for width, theme in [(1280, "light"), (390, "dark")]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        page.locator(f"html[data-theme={theme}]").wait_for()
        assert overflow(page) <= 0, f"wider than a screen of {width} pixels"
        assert tables_cut_off(page) == []
        assert broken_options(page) == []
    assert page.problems == []


def test_icons_are_drawn(open_page):
    """By the icon font alone: the theme's script that draws them again is not loaded."""
    page = open_page("notebooks/01_problem.html")
    page.evaluate("document.fonts.ready")
    icon = page.locator(".theme-switch-button i:visible, button i.fa-solid:visible").first
    assert "Font Awesome" in icon.evaluate("i => getComputedStyle(i, '::before').fontFamily")
    assert page.evaluate("document.fonts.check('900 16px \"Font Awesome 6 Free\"')")
    assert page.locator("svg.svg-inline--fa").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_formulas_are_as_large_as_the_text(open_page, width):
    page = open_page("notebooks/03_network.html", width)
    settle(page)
    text, inline, display = page.evaluate(
        """() => ['article p', 'article p mjx-container', 'article div.math mjx-container']
        .map(where => parseFloat(getComputedStyle(document.querySelector(where)).fontSize))"""
    )
    assert 1 <= inline / text <= 1.1 and 1 <= display / text <= 1.1


def test_headings_grow_lighter_and_smaller_downwards(open_page):
    page = open_page("notebooks/03_network.html")
    looks = page.evaluate(
        """() => ['h2', 'h3'].map(name => getComputedStyle(document.querySelector('article ' +
        name))) .map(style => [parseFloat(style.fontSize), parseFloat(style.fontWeight)])"""
    )
    (size, weight), (size_below, weight_below) = looks
    assert size > 1.2 * size_below and weight >= weight_below


def test_figures_on_a_phone_keep_a_readable_size(open_page):
    """Plots fit the screen; drawings and pictures side by side scroll in their box, not the
    page.
    """
    page = open_page("notebooks/03_network.html", 390)
    settle(page)
    widths = page.evaluate(
        """() => ['figure > img[src$=".svg"]', 'figure > a > img'].map(where =>
        [...document.querySelectorAll('article ' + where)].map(i =>
        i.getBoundingClientRect().width))"""
    )
    plots, wide = widths
    assert len(plots) >= 1 and min(plots) >= 300 and max(plots) <= 390
    assert len(wide) >= 6 and min(wide) >= 450 and overflow(page) <= 0


def test_ways_in(open_page):
    """A chapter offers Colab, Binder, and itself as a notebook to download."""
    page = open_page("notebooks/01_problem.html")
    links = page.evaluate(
        "[...document.querySelectorAll('.article-header-buttons a')].map(a => a.href)"
    )
    assert any(link.startswith("https://colab.research.google.com/") for link in links)
    assert any(link.startswith("https://mybinder.org/") for link in links)
    notebook = next(
        link for link in links if link.endswith("01_problem.ipynb") and "_sources" in link
    )
    assert page.request.get(notebook).json()["nbformat"] == 4


def test_links_within_the_book_lead_somewhere(built):
    pages = {page: page.read_text(encoding="utf8") for page in built.rglob("*.html")}
    names = {
        page: set(re.findall(r'\b(?:id|name)="([^"]+)"', text)) for page, text in pages.items()
    }
    lost = []
    for page, text in pages.items():
        for link in re.findall(r'<a\b[^>]*\bhref="([^"]+)"', text):
            path, _, anchor = html.unescape(link).partition("#")
            anchor = anchor.partition("?")[0]  # what follows are a piece's settings
            if re.match(r"[a-z]+:", path):
                continue
            target = (page.parent / unquote(path)).resolve() if path else page
            if (
                not target.exists()
                or anchor
                and target in names
                and unquote(anchor) not in names[target]
            ):
                lost.append(f"{page.relative_to(built)}: {link}")
    assert lost == []


def test_site_serves_its_own_scripts(built):
    for file in (
        "ipywidgets/embed.js",
        "mathjax/startup.js",
        "mathjax/core.js",
        "mathjax/input/tex.js",
        "mathjax/output/chtml.js",
        "onnxruntime/ort.wasm.min.js",
        "onnxruntime/ort-wasm-simd-threaded.mjs",
        "onnxruntime/ort-wasm-simd-threaded.wasm",
    ):
        assert (built / "vendor" / file).stat().st_size > 10_000
    loads = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(https?://[^"]+)')
    pages = "".join(page.read_text(encoding="utf8") for page in built.rglob("*.html"))
    assert loads.findall(pages) == []

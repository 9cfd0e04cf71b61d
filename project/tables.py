"""Write the tables of the README and the chapters from the CSV files: python -m project.tables

A table stands between `<!-- table:NAME -->` and `<!-- /table -->`; what is between them is
replaced. After `<!-- table:NAME: CAPTION -->` it is numbered and can be referred to as `tab-NAME`.
The records of the shipped weights get their results from the same files, and so do the figures of
quality against operations and against seconds.
"""

import re
from pathlib import Path

import nbformat

from drcn_book import benchmark, weights
from drcn_book.files import write_atomically
from drcn_book.protocol import RUNGS
from project import RESULTS, ROOT, speed_tables
from project.bench.results import draw_costs, draw_peers
from project.execute import settle
from project.ship import add_results

SETS = ["Set5", "Set14", "B100", "Urban100"]
BLOCK = re.compile(r"(<!-- table:([\w-]+)(?:: (.+?))? -->\n).*?(<!-- /table -->)", re.DOTALL)
SHORT = {  # what chapter 7 shows at once, ten rows at most: measured ones by the name of their size
    "measured": ("bicubic", "compact", "standard", "small", "medium", "large"),
    "quoted": ("SRCNN (9-5-5)", "FSRCNN", "DRCN", "SwinIR-light"),
}
QUOTED = "† quoted (`data/quoted.csv` says whence); the other rows are measured."
STARRED = (
    "\\* the table quoted prints bicubic interpolation 0.2 to 0.3 dB higher than the others do: "
    "its protocol differs somewhat."
)


def _benchmark(scale, methods=None, measured=lambda name: True, **how):
    """Measured rows, and the quoted ones of these methods (all)."""
    rows = [row for row in benchmark.read(RESULTS / "benchmark.csv") if measured(row["method"])] + [
        row
        for row in benchmark.read(ROOT / "data" / "quoted.csv")
        if row["method"] != "bicubic" and (methods is None or row["method"] in methods)
    ]
    return benchmark.table(rows, scale, SETS, **how)


def _short(scale):
    """The rows of SHORT, PSNR only, with what each was trained on."""
    chosen = {"bicubic", *(f"{size}-x{scale}" for size in SHORT["measured"])}
    table = _benchmark(
        scale, SHORT["quoted"], chosen.__contains__, facts=("train_set",), with_ssim=False
    )
    return f"{table}\n\n{QUOTED}"


def _size(row):
    """A method without the scale that its row has anyway: small-x2 at x2 is small."""
    return row["method"].removesuffix(f"-x{row['scale']}")


def _summary():
    """A line a method: what it costs at x2, and its PSNR on Set5 at each scale and on Urban100.

    Measured networks by the name of their size, and two that are quoted for comparison.
    """
    rows = [
        *benchmark.read(RESULTS / "benchmark.csv"),
        *(
            row
            for row in benchmark.read(ROOT / "data" / "quoted.csv")
            if row["method"] != "bicubic"
        ),
    ]
    found = {}
    for row in rows:
        name = _size(row)
        chosen = SHORT["measured"] if row["source"] == "measured" else ("SRCNN (9-5-5)", "DRCN")
        if name in chosen:
            mark = "" if row["source"] == "measured" else " †"
            found.setdefault(name + mark, {})[row["scale"], row["dataset"]] = row
    columns = [(2, "Set5"), (3, "Set5"), (4, "Set5"), (2, "Urban100")]
    seconds, conditions = speed_tables.peer_seconds(2)

    def line(name, cells):
        first = cells.get((2, "Set5"), {})
        facts = [first.get(fact) for fact in ("parameters", "gmacs")]
        told = [benchmark.FACTS[fact][1](value) if value else "" for fact, value in
                zip(("parameters", "gmacs"), facts, strict=True)]  # fmt: skip
        told.append(f"{seconds[first['method']]:.2f}" if first.get("method") in seconds else "–")
        return [name, *told, *(f"{cells[c]['psnr']:.2f}" if c in cells else "" for c in columns)]

    ordered = sorted(found, key=lambda name: found[name].get((2, "Set5"), {}).get("psnr", 0))
    costs = ["parameters", "GMAC, x2", "s a megapixel, x2"]
    table = benchmark.markdown(
        ["PSNR, dB", *costs, *(f"{dataset} x{s}" for s, dataset in columns)],
        [line(name, found[name]) for name in ordered],
    )
    return "\n\n".join([table, QUOTED, *[f"Seconds: float32; {conditions}"] * bool(seconds)])


def _peers(dataset):
    """A line a method, two columns a scale: PSNR (dB) on pictures shrunk by the protocol's bicubic
    and by OpenCV's.
    """
    rows = [row for row in benchmark.read(RESULTS / "peers.csv") if row["dataset"] == dataset]
    columns = list(dict.fromkeys((row["scale"], row["change"]) for row in rows))
    found = {}
    for row in rows:
        found.setdefault(_size(row), {})[row["scale"], row["change"]] = f"{row['psnr']:.2f}"
    return benchmark.markdown(
        [dataset, *(f"x{scale}, {change}" for scale, change in columns)],
        [[name, *(cells.get(c, "") for c in columns)] for name, cells in found.items()],
    )


def _full(scale):
    """Every row, with PSNR and SSIM."""
    table = _benchmark(scale, facts=())
    return "\n\n".join([table, QUOTED, *[STARRED] * ("†*" in table)])


def _costs():
    """A line a quoted method: its parameters and multiply-adds at the scales that are known."""
    found = {}
    for row in benchmark.read(ROOT / "data" / "quoted.csv"):
        found.setdefault(row["method"], {})[row["scale"]] = row

    def joined(scales, fact):
        shown = {scale: row[fact] and benchmark.FACTS[fact][1](row[fact]) for scale, row in scales}
        if len(set(shown.values())) == 1:
            return next(iter(shown.values()))
        return ", ".join(f"{value} (x{scale})" for scale, value in shown.items() if value)

    return benchmark.markdown(
        ["method", *(title for title, _ in benchmark.FACTS.values())],
        [
            [method, *(joined(scales.items(), fact) for fact in benchmark.FACTS)]
            for method, scales in found.items()
            if next(iter(scales.values()))["parameters"]
        ],
    )


def _ladder(rows):
    """A line a change, a column a method and set: PSNR (dB), and in brackets the step from the
    protocol's.
    """
    columns = list(dict.fromkeys((row["method"], row["dataset"]) for row in rows))
    columns.sort(key=lambda column: SETS.index(column[1]))
    found = {(row["method"], row["dataset"], row["change"]): row["psnr"] for row in rows}

    def cell(column, change):
        if (*column, change) not in found:
            return ""
        step = found[*column, change] - found[*column, "the protocol"]
        return f"{found[*column, change]:.2f}" + (
            f" ({step:+z.2f})".replace("+0.00", "0.00") if change != "the protocol" else ""
        )

    return benchmark.markdown(
        ["x2", *(f"{dataset}, {method}" for method, dataset in columns)],
        [[change, *(cell(column, change) for column in columns)] for change in RUNGS],
    )


def _consistency():
    """A line a network and set: PSNR (dB) without and with the last step, which makes the answer
    consistent with the small picture, and what it gains.
    """
    found = {}
    for row in benchmark.read(RESULTS / "recursions.csv"):
        key = (row["method"], row["scale"], row["dataset"])
        found.setdefault(key, {})[row["output"]] = row["psnr"]
    return benchmark.markdown(
        ["PSNR, dB", "scale", "set", "without", "with", "gain"],
        [
            [*key, f"{without:.2f}", f"{cells['final']:.2f}", f"{cells['final'] - without:+.3f}"]
            for key, cells in found.items()
            if (without := cells.get("uncorrected"))
        ],
    )


def _plain(name):
    rows = benchmark.read(RESULTS / f"{name}.csv")
    return benchmark.markdown(list(rows[0]), [list(row.values()) for row in rows])


TABLES = {
    **speed_tables.TABLES,
    **{f"benchmark-x{scale}": lambda scale=scale: _short(scale) for scale in (2, 3, 4)},
    **{f"benchmark-all-x{scale}": lambda scale=scale: _full(scale) for scale in (2, 3, 4)},
    "summary": _summary,
    "peers": lambda: _peers("Set5"),
    "quoted-costs": _costs,
    "networks": lambda: benchmark.facts_table(benchmark.read(RESULTS / "benchmark.csv")),
    "recursions": lambda: benchmark.recursion_table(benchmark.read(RESULTS / "recursions.csv")),
    "consistency": _consistency,
    "ladder": lambda: _ladder(benchmark.read(RESULTS / "ladder.csv")),
    "ablations": lambda: benchmark.ablation_table(benchmark.read(RESULTS / "ablations.csv")),
}


def render(name: str) -> str:
    """The Markdown of a table: one of TABLES, or `data/results/NAME.csv` as it is."""
    return TABLES[name]() if name in TABLES else _plain(name)


def rewrite(text: str) -> str:
    """The text with every marked table written anew."""

    def anew(block):
        start, name, caption, end = block.groups()
        table, _, below = render(name).partition("\n\n")
        if caption and table != speed_tables.UNMEASURED:
            table = f":::{{table}} {caption}\n:name: tab-{name}\n\n{table}\n:::"
        return "\n\n".join(filter(None, [f"{start}{table}", below])) + f"\n{end}"

    return BLOCK.sub(anew, text)


def documents() -> list[Path]:
    """The files that may hold tables: README, pages and chapters, with their text twins."""
    return [
        *ROOT.glob("*.md"),
        *ROOT.glob("notebooks/*.md"),
        *ROOT.glob("notebooks/*.ipynb"),
        *ROOT.glob("notebooks/text/*.md"),
        ROOT / "project" / "bench" / "README.md",
    ]


def updated(path: Path) -> str:
    """The content the file should have."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return rewrite(text)
    notebook = nbformat.reads(text, as_version=4)
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    before = [cell.source for cell in prose]
    for cell in prose:
        cell.source = rewrite(cell.source)
    return text if [cell.source for cell in prose] == before else settle(notebook)


def results(name: str) -> dict[str, dict]:
    """What the record of shipped weights should say: {set: {"psnr", "ssim"}} of their rows."""
    return {
        row["dataset"]: {"psnr": row["psnr"], "ssim": row["ssim"]}
        for row in benchmark.read(RESULTS / "benchmark.csv")
        if row["method"] == name
    }


FIGURES = {"cost": draw_costs, "peers": draw_peers}


def figure(name: str) -> Path:
    """Where one of FIGURES lies."""
    return ROOT / "figures" / f"{name}.svg"


def main() -> None:
    for name in weights.shipped():
        if weights.record(name)["results"] != results(name):
            add_results(name, results(name))
            print(f"record of {name}")
    for document in documents():
        text = updated(document)
        if text != document.read_text(encoding="utf-8"):
            write_atomically(document, text.encode())
            print(document.relative_to(ROOT))
    for name, draw in FIGURES.items():
        drawing = draw()
        if drawing and not (figure(name).exists() and figure(name).read_bytes() == drawing):
            write_atomically(figure(name), drawing)
            print(figure(name).relative_to(ROOT))


if __name__ == "__main__":
    main()

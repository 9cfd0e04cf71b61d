"""Write the tables of the README and the chapters from the CSV files: python tools/tables.py

A table stands between `<!-- table:NAME -->` and `<!-- /table -->`; what is between them is replaced. After
`<!-- table:NAME: CAPTION -->` it is numbered and can be referred to as `tab-NAME`. The records of the shipped weights
get their results from the same files.
"""

import re
import sys
from pathlib import Path

import nbformat

from drcn_book import benchmark, weights
from drcn_book.files import write_atomically
from drcn_book.protocol import RUNGS

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from execute import settle  # noqa: E402: a script beside this one

RESULTS = ROOT / "data" / "results"
SETS = ["Set5", "Set14", "B100", "Urban100"]
FAMILIAR = (
    "A+",
    "SelfExSR",
    "SRCNN (9-5-5)",
    "VDSR",
    "DRCN",
    "DRRN",
    "c-DCSCN",
    "DCSCN",
    "deeply-recursive-cnn-tf",
)
BLOCK = re.compile(r"(<!-- table:([\w-]+)(?:: (.+?))? -->\n).*?(<!-- /table -->)", re.DOTALL)
QUOTED = "† quoted (`data/quoted.csv` says whence); the other rows are measured."


def _benchmark(scale, methods=None):
    """Measured rows, and the quoted ones of these methods (all)."""
    quoted = [
        row
        for row in benchmark.read(ROOT / "data" / "quoted.csv")
        if row["method"] != "bicubic" and (methods is None or row["method"] in methods)
    ]
    return benchmark.table(benchmark.read(RESULTS / "benchmark.csv") + quoted, scale, SETS)


def _ladder(rows):
    """A line a change, a column a method and set: PSNR (dB), and in brackets the step from the protocol's."""
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


def _plain(name):
    rows = benchmark.read(RESULTS / f"{name}.csv")
    return benchmark.markdown(list(rows[0]), [list(row.values()) for row in rows])


def _speed(section, make, chosen=lambda row: True):
    """`make` of the rows of a section of data/results/speed.csv, machine by machine, each with its conditions below."""
    rows = [
        row
        for row in benchmark.read(RESULTS / "speed.csv")
        if row["section"] == section and chosen(row)
    ]
    parts = []
    for machine in dict.fromkeys(row["hardware"] for row in rows):
        mine = [row for row in rows if row["hardware"] == machine]
        rounds = sorted({int(row["rounds"]) for row in mine} - {0})
        runs = " to ".join(dict.fromkeys((str(rounds[0]), str(rounds[-1])))) if rounds else "0"
        measured = "One run of each" if runs == "1" else f"Median of {runs} runs, taking turns"
        software = sorted({row["software"] for row in mine} - {""})
        parts += [
            make(mine),
            "; ".join(
                [
                    measured,
                    machine,
                    f"load average before {mine[0]['load']}",
                    *[", ".join(software)] * bool(software),
                ]
            )
            + ".",
        ]
    return "\n\n".join(parts) or UNMEASURED


def _grid(corner, column=lambda row: row["median"]):
    """A line a candidate, a column a case."""

    def make(rows):
        cases = list(dict.fromkeys(row["case"] for row in rows))
        found = {(row["candidate"], row["case"]): row for row in rows}
        return benchmark.markdown(
            [corner, *cases],
            [
                [
                    name,
                    *(column(found[name, case]) if (name, case) in found else "" for case in cases),
                ]
                for name in dict.fromkeys(row["candidate"] for row in rows)
            ],
        )

    return make


def _against(corner):
    """A line a case; for each number type this project, the best of the peers, and how many times as fast we are."""

    def make(rows):
        lines, power = [], 1 if rows[0]["unit"] == "MP/s" else -1
        for case in dict.fromkeys(row["case"] for row in rows):
            line = [case]
            for precision in ("float32", "bfloat16"):
                typed = {
                    row["candidate"].removesuffix(f", {precision}"): row["median"]
                    for row in rows
                    if row["case"] == case and row["candidate"].endswith(f", {precision}")
                }
                per_second = {name: float(median) ** power for name, median in typed.items()}
                peers = (
                    [name for name in typed if not name.startswith("this project")]
                    if "this project" in typed
                    else []
                )
                best = max(peers, key=per_second.get, default=None)
                ratio = best and per_second["this project"] / per_second[best]
                line += [
                    typed.get("this project", ""),
                    *((f"{typed[best]} ({best})", f"{ratio:.2f}x") if best else ("", "")),
                ]
            lines.append(line)
        return benchmark.markdown(
            [corner, "float32", "best peer", "", "bfloat16", "best peer", ""], lines
        )

    return make


def _is_plain(row):
    return row["candidate"].startswith(("plain", "matrix"))


def _is_step(row):
    return not _is_plain(row)


def _has_side(row):
    return not row["case"].startswith("recursions")


def _rates(rows):
    """GFLOP/s of the steps and of plain operations; in brackets the share of the plain convolution of that type."""
    plain = {
        (row["case"], row["candidate"].split(", ")[-1]): float(row["gflops"])
        for row in rows
        if row["candidate"].startswith("plain")
    }

    def cell(row):
        rate, convolution = (
            float(row["gflops"]),
            plain.get((row["case"], row["candidate"].split(", ")[-1])),
        )
        return f"{rate:.0f}" + (
            "" if _is_plain(row) or not convolution else f" ({rate / convolution:.0%})"
        )

    return _grid("GFLOP/s", cell)(rows)


def output_psnr(folder: Path) -> dict[str, float]:
    """PSNR (dB) of compact-x2 on Set5 in `folder`/recursions.csv, by the output: "1", "2", ..., "ensemble"."""
    return {
        row["output"].replace("final", "ensemble"): row["psnr"]
        for row in benchmark.read(folder / "recursions.csv")
        if (row["method"], row["dataset"]) == ("compact-x2", "Set5")
    }


def _recursion_costs(rows):
    psnr = output_psnr(RESULTS)
    return benchmark.markdown(
        ["recursions", "seconds a megapixel", "PSNR on Set5, x2"],
        [
            [row["candidate"], f"{1 / float(row['median']):.2f}", f"{psnr[row['candidate']]:.2f}"]
            for row in rows
        ],
    )


def _workers(rows):
    alone = {
        row["case"]: float(row["median"]) for row in rows if row["candidate"].startswith("1 worker")
    }
    return benchmark.markdown(
        ["network", "workers and their patches", "patches/s", "of one worker's"],
        [
            [
                row["case"],
                row["candidate"],
                row["median"],
                f"{float(row['median']) / alone[row['case']]:.2f}x",
            ]
            for row in rows
            if row["case"] in alone
        ],
    )


def _seconds(header):
    def make(rows):
        noted = any(row["note"] for row in rows)
        return benchmark.markdown(
            header,
            [
                [
                    *([row["case"]] * noted),
                    row["candidate"],
                    row["median"] or "not passed",
                    *([row["note"]] * noted),
                ]
                for row in rows
            ],
        )

    return make


UNMEASURED = "(Not measured yet: `make bench` does.)"
TABLES = {
    "speed-step": lambda: _speed("step", _grid("seconds a step"), _is_step),
    "speed-step-summary": lambda: _speed("step", _against("seconds a step"), _is_step),
    "speed-rate": lambda: _speed("step", _rates),
    "speed-flags": lambda: _speed("flags", _grid("seconds a step")),
    "speed-upscale": lambda: _speed("upscale", _grid("megapixels/s"), _has_side),
    "speed-upscale-summary": lambda: _speed("upscale", _against("megapixels/s"), _has_side),
    "speed-memory": lambda: _speed(
        "upscale", _grid("peak memory, GB", lambda row: row["peak_gb"]), _has_side
    ),
    "speed-recursions": lambda: _speed("upscale", _recursion_costs, lambda row: not _has_side(row)),
    "speed-quality": lambda: _speed(
        "quality", _seconds(["passed", "recipe", "seconds of training", ""])
    ),
    "speed-workers": lambda: _speed("workers", _workers),
    "speed-reader": lambda: _speed("reader", _seconds(["what", "seconds"])),
    "speed-chapters": lambda: _speed("chapters", _seconds(["chapter", "seconds to run"])),
    "speed-project": lambda: _speed("project", _seconds(["command", "seconds"])),
    "benchmark": lambda: "\n\n".join(
        [*(_benchmark(scale, FAMILIAR) for scale in (2, 3, 4)), QUOTED]
    ),
    **{
        f"benchmark-x{scale}": lambda scale=scale: f"{_benchmark(scale)}\n\n{QUOTED}"
        for scale in (2, 3, 4)
    },
    "networks": lambda: benchmark.facts_table(benchmark.read(RESULTS / "benchmark.csv")),
    "recursions": lambda: benchmark.recursion_table(benchmark.read(RESULTS / "recursions.csv")),
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
        if caption and table != UNMEASURED:
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
        ROOT / "benchmarks" / "README.md",
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


if __name__ == "__main__":
    for name in weights.shipped():
        if weights.record(name)["results"] != results(name):
            weights.add_results(name, results(name))
            print(f"record of {name}")
    for document in documents():
        text = updated(document)
        if text != document.read_text(encoding="utf-8"):
            write_atomically(document, text.encode())
            print(document.relative_to(ROOT))

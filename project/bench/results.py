"""What was measured: the table's file, and the figure drawn of it."""

from pathlib import Path

from drcn_book import benchmark, figures
from drcn_book.files import write_csv
from project import RESULTS, ROOT, speed_tables

RECURSIVE = ("small", "medium", "large", "compact", "standard")  # this project's own networks
SECTIONS = (
    "step",
    "flags",
    "quality",
    "upscale",
    "peers-seconds",
    "workers",
    "reader",
    "chapters",
    "project",
)
COLUMNS = (
    "section",
    "case",
    "candidate",
    "unit",
    "median",
    "low",
    "high",
    "rounds",
    "gflops",
    "peak_gb",
    "note",
    "software",
    "hardware",
    "load",
)


def merge(path: Path, section: str, rows: list[dict]) -> None:
    """Put a section's rows in the place of those it had from the same machine; the others stay."""
    machines = {new["hardware"] for new in rows}
    kept = [
        old
        for old in benchmark.read(path)
        if old["section"] != section or old["hardware"] not in machines
    ]
    merged = sorted(
        [*kept, *({"section": section, **new} for new in rows)],
        key=lambda line: SECTIONS.index(line["section"]),
    )
    write_csv(path, merged, COLUMNS)


def draw(path: Path) -> bytes | None:
    """The figure of the book as an SVG file: rate against size, time against quality.

    Of the machine that was measured first; None before one was.
    """
    rows = [line for line in benchmark.read(path) if line["section"] == "upscale"]
    sides, deep = {}, {}
    for line in [line for line in rows if line["hardware"] == rows[0]["hardware"]]:
        if line["case"].startswith("recursions"):
            deep[line["candidate"]] = 1 / float(line["median"])
        elif "tile" not in line["candidate"]:
            sides.setdefault(line["candidate"], {})[int(line["case"].split("x")[0])] = float(
                line["median"]
            )
    quality = speed_tables.output_psnr(RESULTS)
    return (
        figures.to_svg(
            lambda: figures.speed(sides, {d: (seconds, quality[d]) for d, seconds in deep.items()})
        )
        if rows
        else None
    )


def draw_costs() -> bytes:
    """PSNR on Set5 at x2 over multiply-adds, measured and quoted, as an SVG file."""
    measured = benchmark.costs(benchmark.read(RESULTS / "benchmark.csv"))
    quoted = benchmark.costs(benchmark.read(ROOT / "data" / "quoted.csv"))
    return figures.to_svg(lambda: figures.quality_cost(measured, quoted))


def draw_peers() -> bytes | None:
    """PSNR on Set5 at x2 over seconds, on pictures shrunk in both ways, as an SVG file; None before
    the seconds were measured.
    """
    seconds, _ = speed_tables.peer_seconds(2)
    panels = {}
    for row in benchmark.read(RESULTS / "peers.csv"):
        name = row["method"]
        if (row["scale"], row["dataset"]) == (2, "Set5") and name in seconds:
            ours, theirs = panels.setdefault(f"pictures shrunk by {row['change']}", ({}, {}))
            group = ours if name.removesuffix("-x2") in RECURSIVE else theirs
            group[name] = seconds[name], row["psnr"]
    return figures.to_svg(lambda: figures.quality_seconds(panels)) if panels else None

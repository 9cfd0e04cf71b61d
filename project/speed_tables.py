"""The tables of data/results/speed.csv, machine by machine."""

import re
from pathlib import Path

from drcn_book import benchmark
from project import RESULTS

UNMEASURED = "(Not measured yet: `make bench` does.)"


def _speed(section, make, chosen=lambda row: True):
    """`make` of the rows of a section of data/results/speed.csv, machine by machine, each with its
    conditions below.
    """
    rows = [
        row
        for row in benchmark.read(RESULTS / "speed.csv")
        if row["section"] == section and chosen(row)
    ]
    parts = []
    for machine in dict.fromkeys(row["hardware"] for row in rows):
        mine = [row for row in rows if row["hardware"] == machine]
        parts += [make(mine), _conditions(mine)]
    return "\n\n".join(parts) or UNMEASURED


def _conditions(rows):
    """How these rows of one machine were measured, in a line."""
    rounds = sorted({int(row["rounds"]) for row in rows} - {0})
    runs = " to ".join(dict.fromkeys((str(rounds[0]), str(rounds[-1])))) if rounds else "0"
    measured = "One run of each" if runs == "1" else f"Median of {runs} runs, taking turns"
    software = sorted({row["software"] for row in rows} - {""})
    parts = [measured, rows[0]["hardware"], f"load average before {rows[0]['load']}"]
    return "; ".join([*parts, *[", ".join(software)] * bool(software)]) + "."


def peer_seconds(scale: int) -> tuple[dict[str, float], str]:
    """{candidate of the section peers-seconds: seconds a megapixel} at this scale, on the machine
    that was measured first, and the conditions in a line; nothing before one was.
    """
    rows = [
        row
        for row in benchmark.read(RESULTS / "speed.csv")
        if row["section"] == "peers-seconds" and row["case"].startswith(f"x{scale},")
    ]
    rows = [row for row in rows if row["hardware"] == rows[0]["hardware"]]
    found = {row["candidate"]: 1 / float(row["median"]) for row in rows}
    return found, _conditions(rows) if rows else ""


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
    """A line a case; for each number type this project, the best of the peers, and how many times
    as fast we are.
    """

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
    """GFLOP/s of the steps and of plain operations; in brackets the share of the plain convolution
    of that type.
    """
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
    """PSNR (dB) of compact-x2 on Set5 in `folder`/recursions.csv, by the output: "1", "2", ...,
    "ensemble".
    """
    return {
        row["output"].replace("final", "ensemble"): row["psnr"]
        for row in benchmark.read(folder / "recursions.csv")
        if (row["method"], row["dataset"]) == ("compact-x2", "Set5")
    }


def _seconds_a_megapixel(row):
    return f"{1 / float(row['median']):.2f}"


def _recursion_costs(rows):
    psnr = output_psnr(RESULTS)
    return benchmark.markdown(
        ["recursions", "seconds a megapixel", "PSNR on Set5, x2"],
        [
            [row["candidate"], _seconds_a_megapixel(row), f"{psnr[row['candidate']]:.2f}"]
            for row in rows
        ],
    )


def _peers(rows):
    """A line a method, a column a scale: this project's networks by the name of their size."""
    sized = [{**row, "candidate": re.sub(r"-x\d$", "", row["candidate"])} for row in rows]
    return _grid("seconds a megapixel", _seconds_a_megapixel)(sized)


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
    "speed-peers": lambda: _speed("peers-seconds", _peers),
    "speed-quality": lambda: _speed(
        "quality", _seconds(["passed", "recipe", "seconds of training", ""])
    ),
    "speed-workers": lambda: _speed("workers", _workers),
    "speed-reader": lambda: _speed("reader", _seconds(["what", "seconds"])),
    "speed-chapters": lambda: _speed("chapters", _seconds(["chapter", "seconds to run"])),
    "speed-project": lambda: _speed("project", _seconds(["command", "seconds"])),
}

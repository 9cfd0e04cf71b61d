"""Rows of results as Markdown tables."""

import numpy as np


def markdown(header: list[str], rows: list[list]) -> str:
    """A Markdown table with padded columns, so that it reads well in a terminal too."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    width = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, width, strict=True)) + " |"
        for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in width) + "|", *lines[1:]])


FACTS = {  # columns that `table` can show beside the sets
    "parameters": ("parameters", lambda value: f"{int(value):,}"),
    "gmacs": ("GMAC at 1280x720", lambda value: f"{float(value):,}"),
    "train_set": ("trained on", str),
}


def table(
    rows: list[dict],
    scale: int,
    sets: list[str] | None = None,
    facts: tuple[str, ...] = ("parameters",),
    with_ssim: bool = True,
) -> str:
    """Methods down, sets across, PSNR (dB) / SSIM in each cell, of the rows with this scale, in
    order of the first set's PSNR; sets: which columns (default: all there are). A quoted method is
    marked by a dagger, and by its remark if it has one. facts: keys of FACTS, a column each.
    """
    rows = [
        row for row in rows if row["scale"] == scale and (sets is None or row["dataset"] in sets)
    ]
    sets = sets or list(dict.fromkeys(row["dataset"] for row in rows))
    methods = {}
    for row in rows:
        methods.setdefault((row["method"], row["source"] != "measured"), {})[row["dataset"]] = row
    before = [fact for fact in facts if fact != "train_set"]
    after = [fact for fact in facts if fact == "train_set"]  # words: behind the numbers
    lines = []
    for (method, quoted), cells in sorted(methods.items(), key=lambda item: _psnr(item[1], sets)):

        def shown(fact, cells=cells):
            value = next((row[fact] for row in cells.values() if row.get(fact)), None)
            return FACTS[fact][1](value) if value else ""

        remark = next(iter(cells.values())).get("remark") or ""
        lines.append(
            [
                f"{method} †{remark}" if quoted else method,
                *map(shown, before),
                *(_cell(cells[name], with_ssim) if name in cells else "" for name in sets),
                *map(shown, after),
            ]
        )
    titles = {fact: title for fact, (title, _) in FACTS.items()}
    return markdown([f"x{scale}", *map(titles.get, before), *sets, *map(titles.get, after)], lines)


def _psnr(cells, sets):
    return [cells[name]["psnr"] if name in cells else 0.0 for name in sets]


def _decibels(psnr):
    return "exact" if np.isinf(psnr) else f"{psnr:.2f}"


def _cell(row, with_ssim=True):
    ssim = f" / {row['ssim']:.4f}" if row["ssim"] and with_ssim else ""
    return _decibels(row["psnr"]) + ssim


def facts_table(rows: list[dict]) -> str:
    """How each measured network was made: a line a network, from the rows that carry its facts."""
    networks = {row["method"]: row for row in rows if row.get("minutes")}
    return markdown(
        [
            "network",
            "parameters",
            "GMAC at 1280x720",
            "trained on",
            "validated on",
            "minutes",
            "hardware",
        ],
        [
            [
                name,
                f"{int(row['parameters']):,}",
                f"{float(row['gmacs']):,}",
                row["train_set"],
                row["validation"],
                row["minutes"],
                row["hardware"],
            ]
            for name, row in networks.items()
        ],
    )


def recursion_table(rows: list[dict]) -> str:
    """One line a network, scale and set: PSNR (dB) of each recursion, of the ensemble and, where
    some correct it, of that.
    """
    keys = list(dict.fromkeys((row["method"], row["scale"], row["dataset"]) for row in rows))
    lines = [
        {
            str(row["output"]): _decibels(row["psnr"])
            for row in rows
            if (row["method"], row["scale"], row["dataset"]) == key
        }
        for key in keys
    ]
    outputs = sorted({int(d) for line in lines for d in line if d.isdecimal()})
    corrected = ["corrected"] * any("uncorrected" in line for line in lines)

    def cells(line):
        ensemble = line.get("uncorrected", line["final"])
        last = [line["final"] if "uncorrected" in line else ""] * len(corrected)
        return [*(line.get(str(d), "") for d in outputs), ensemble, *last]

    return markdown(
        ["PSNR", "scale", "set", *outputs, "ensemble", *corrected],
        [[*key, *cells(line)] for key, line in zip(keys, lines, strict=True)],
    )


def ablation_table(rows: list[dict]) -> str:
    """A line an arm: PSNR (dB) on Set5 and on the validation pictures, each with its spread over
    the seeds (greatest minus least) and its difference to the question's first arm over the same
    seeds.
    """
    lines = []
    for question in dict.fromkeys(row["question"] for row in rows):
        arms = {}
        for row in rows:
            if row["question"] == question:
                arms.setdefault(row["arm"], {})[row["seed"]] = row
        reference = next(iter(arms.values()))
        for arm, runs in arms.items():
            line = [question, arm, len(runs)]
            for column in ("psnr", "validation_psnr"):
                psnrs = [float(row[column]) for row in runs.values()]
                paired = [
                    float(row[column]) - float(reference[seed][column])
                    for seed, row in runs.items()
                    if seed in reference
                ]
                line += [
                    f"{np.mean(psnrs):.2f}",
                    f"{max(psnrs) - min(psnrs):.2f}" if len(runs) > 1 else "",
                    "" if runs is reference else f"{np.mean(paired):+.2f}",
                ]
            lines.append(line)
    return markdown(
        [
            "question",
            "arm",
            "seeds",
            "Set5",
            "spread",
            "difference",
            "validation",
            "spread",
            "difference",
        ],
        lines,
    )


def speed_table(rows: list[dict]) -> str:
    """A line a method and machine: parameters, GMAC at 1280x720, seconds a megapixel."""
    return markdown(
        ["method", "parameters", "GMAC at 1280x720", "s / megapixel", "hardware"],
        [
            [
                row["method"],
                f"{int(row['parameters']):,}",
                f"{float(row['gmacs']):,}",
                row["seconds_per_megapixel"],
                row["hardware"],
            ]
            for row in rows
        ],
    )

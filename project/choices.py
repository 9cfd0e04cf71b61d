"""How often the weights chosen for a picture are the better ones: python -m project.choices [SETS]

Damages the pictures of sets (default: the held-out ones) by every cell of data/degradations.csv and
measures what the clean and the real weights make of them, beside what the choice goes by: rows of
data/results/choices.csv, from which the printed lines and `choice.LIMITS` follow. A picture that
was saved as JPEG last stands there twice: as that file, which tells its quality, and as PNG.
"""

import argparse
from collections.abc import Iterable
from dataclasses import asdict, replace

import numpy as np
from tqdm import tqdm

from drcn_book import benchmark, robustness, weights
from drcn_book.choice import LIMITS, Limits, Seen, fitting, judge, look
from drcn_book.damage import CLEAN, damage, damaged_pair, own_noise, parse
from drcn_book.errors import ConfigError, one_line
from drcn_book.files import write_csv
from drcn_book.metrics import psnr
from project import ROOT

TABLE = ROOT / "data" / "results" / "choices.csv"
COLUMNS = [
    *("scale", "dataset", "picture", "damage", "told", "traces", "drawn", "noise", "luma_noise"),
    *("grey", "unseen", "clean", "real"),
]
KINDS = ("clean", "real")
TIE = 0.02  # dB: of two results that near each other neither is a mistake
# Where the limits are looked for.
CANDIDATES = {
    "quality": range(50, 99),
    "noise": np.arange(0.5, 5.01, 0.125).tolist(),
    "luma_noise": np.arange(1.5, 12.01, 0.25).tolist(),
}


def table() -> list[dict]:
    """The rows of `TABLE`."""
    return [{**row, **{kind: float(row[kind]) for kind in KINDS}} for row in benchmark.read(TABLE)]


def networks(scale: int) -> dict[str, benchmark.Method]:
    """The shipped networks of balanced quality for clean and for real pictures."""
    names = fitting("balanced", scale, weights.shipped())
    if "real" not in names:
        raise ConfigError(f"No weights for real pictures at x{scale} are shipped: no choice yet.")
    return {kind: benchmark.network_method(name) for kind, name in names.items()}


def measure(dataset: str, scale: int, methods: dict[str, benchmark.Method]) -> list[dict]:
    """The rows of one set: what each damaged picture tells and shows, and the PSNR (dB) by both
    kinds of weights.
    """
    label, found = robustness.pictures(dataset)
    cells = [cell["damage"] for cell in robustness.cells() if scale in cell["scales"]]
    rows = []
    for text in tqdm(cells, f"{label} x{scale}", leave=False, disable=None):
        steps = parse(text)
        if steps == CLEAN:  # no file: its values are not whole numbers
            continue
        for name, sample in found.items():
            low = damage(sample.cropped(scale).colour, steps, scale, own_noise(name))
            seen = look(np.atleast_3d(low), "RGB" if low.ndim == 3 else "L")
            x, y = damaged_pair(sample, steps, scale, name)
            row = {"scale": scale, "dataset": label, "picture": name, "damage": text}
            row |= asdict(seen) if isinstance(seen, Seen) else {"unseen": seen}
            row |= {
                kind: round(psnr(y, method.run(x)[0], scale), 4) for kind, method in methods.items()
            }
            rows.append({**row, "told": ""})
            if steps[-1].name == "jpeg":
                rows.append({**row, "told": int(steps[-1].strength)})
    return rows


def chosen(row: dict, limits: Limits = LIMITS) -> str:
    """The kind of weights that a row's picture gets."""
    told = ("JPEG", int(row["told"])) if row["told"] != "" else None
    if row["unseen"]:
        return judge(told, row["unseen"], limits).kind
    traces = int(row["traces"]) if row["traces"] else None
    drawn, grey = (str(row[name]) == "True" for name in ("drawn", "grey"))
    seen = Seen(traces, drawn, float(row["noise"]), float(row["luma_noise"]), grey)
    return judge(told, seen, limits).kind


def loss(rows: Iterable[dict], limits: Limits = LIMITS) -> np.ndarray:
    """How much worse, in dB, the chosen weights are than the better ones, for each row."""
    return np.array(
        [max(row["clean"], row["real"]) - row[chosen(row, limits)] for row in rows], "float64"
    )


def best_limits(rows: list[dict], limits: Limits = LIMITS) -> Limits:
    """The limits with the least mean loss: one after the other, until none moves."""
    before = None
    while limits != before:
        before = limits
        for name, values in CANDIDATES.items():
            losses = [loss(rows, replace(limits, **{name: value})).mean() for value in values]
            best = np.flatnonzero(np.isclose(losses, min(losses), rtol=0, atol=1e-6))
            # Of equally good ones, the middle.
            limits = replace(limits, **{name: values[int(best[len(best) // 2])]})
    return limits


def shown(rows: list[dict]) -> str:
    """A line for each scale, set and damage: how often the real weights were chosen, how often a
    mistake, and the mean losses of the choice and of either kind for all.
    """
    lines = []
    for key in dict.fromkeys((row["scale"], row["dataset"], row["damage"]) for row in rows):
        cell = [row for row in rows if (row["scale"], row["dataset"], row["damage"]) == key]
        lost, better = loss(cell), [max(row["clean"], row["real"]) for row in cell]
        always = [np.mean(better) - np.mean([row[kind] for row in cell]) for kind in KINDS]
        real = sum(chosen(row) == "real" for row in cell)
        lines.append(
            [
                f"x{key[0]}, {key[1]}: {key[2]}",
                f"{real} of {len(cell)}",
                int((lost > TIE).sum()),
                *(f"{value:.3f}" for value in (lost.mean(), *always)),
            ]
        )
    header = ["damage", "real", "mistakes", "lost, dB", *(f"always {kind}" for kind in KINDS)]
    return benchmark.markdown(header, lines)


def main(sets: list[str], scales: list[int]) -> None:
    rows = table()
    for scale in scales:
        methods = networks(scale)
        for dataset in sets:
            found = measure(dataset, scale, methods)
            key = (scale, found[0]["dataset"])
            rows = [row for row in rows if (row["scale"], row["dataset"]) != key] + found
            write_csv(TABLE, rows, COLUMNS)
    rows = [row for row in table() if row["scale"] in scales]
    print(shown(rows))
    right = (loss(rows) <= TIE).mean()
    print(f"\nThe better weights, or as good ones: {right:.1%} of {len(rows)}; {LIMITS}")
    held_out = [row for row in rows if row["dataset"].startswith(robustness.HELD_OUT)]
    if held_out:
        best = best_limits(held_out)
        print(
            f"On held-out pictures {best} would lose least: {loss(held_out, best).mean():.4f} dB, "
            f"and the present ones lose {loss(held_out).mean():.4f} dB."
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("sets", nargs="*", default=[robustness.HELD_OUT], help="sets or folders")
    parser.add_argument("--scale", nargs="+", type=int, default=[2, 3, 4])
    args = parser.parse_args()
    try:
        main(args.sets, args.scale)
    except ConfigError as error:
        raise SystemExit(one_line(f"STOP: {error}")) from None

"""Train a network of data/runs/plan.toml by cycles: python -m project.cycles NAME

Takes up where it stopped. A cycle is a run in data/runs/NAME/1, 2, ... with the files of any run;
one that took all its steps needs no checkpoint any more. A cycle that gains too little is the last.
"""

import argparse
import os
import time
import tomllib
from pathlib import Path

from drcn_book.benchmark import read
from drcn_book.config import Recipe, preset
from drcn_book.training import Run
from project import ROOT

RUNS = ROOT / "data" / "runs"
LOW_RESOLUTION = 48  # pixels of a patch's side before it is enlarged
# dB on the held-out pictures: a cycle as long as all before it that gains less is the last
ENOUGH = 0.02


def finished(folder: Path, steps: int) -> float | None:
    """The best held-out PSNR of a cycle that took all its steps, by its log; None if it did not."""
    rows = read(folder / "log.csv")
    done = rows and int(rows[-1]["step"]) >= steps
    return max(float(row["psnr"]) for row in rows) if done else None


def main(name: str, max_minutes: float | None = None, cycles: int | None = None) -> None:
    plan = tomllib.loads((RUNS / "plan.toml").read_text())
    entry = plan[name]
    network = preset(entry["preset"], "authors", scale=entry["scale"])
    deadline = time.monotonic() + 60 * max_minutes if max_minutes else None
    steps, best, start, cycle = entry["steps"], 0.0, entry.get("start"), 1
    while not cycles or cycle <= cycles:
        folder = RUNS / name / str(cycle)
        reached = finished(folder, steps)
        if reached is None:
            options = plan["recipe"] | entry.get("recipe", {})
            if cycle > 1:
                options |= plan["later"] | entry.get("later", {})
            options |= {"steps": steps, "patch": LOW_RESOLUTION * network.scale, "seed": cycle - 1}
            run = Run(network, Recipe.from_dict(options), folder, start)
            left = (deadline - time.monotonic()) / 60 if deadline else None
            run.train(left and max(left, 0.01))
            if run.step < steps:
                return
            reached = run.best
        print(f"{name}: cycle {cycle} of {steps} steps reached {reached:.3f} dB", flush=True)
        gained = reached - best
        if gained > 0:
            best, start = reached, os.path.relpath(folder / "best.safetensors")  # no machine's path
        if cycle > 1 and gained < ENOUGH:
            print(f"{name}: it gained {gained:.3f} dB, less than {ENOUGH}: done.", flush=True)
            return
        steps = steps if cycle == 1 else 2 * steps
        cycle += 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Train a network by cycles; goes on where it stopped."
    )
    parser.add_argument("name", help="of an entry in data/runs/plan.toml")
    parser.add_argument(
        "--max-minutes", type=float, help="stop with a checkpoint after this many minutes"
    )
    parser.add_argument("--cycles", type=int, help="stop after this many cycles in all")
    args = parser.parse_args()
    main(args.name, args.max_minutes, args.cycles)

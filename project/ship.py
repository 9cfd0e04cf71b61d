"""Make the best weights of a training run part of the package: python -m project.ship RUN NAME"""

import argparse
import csv
import hashlib
import json
import re
import sys
from pathlib import Path

from drcn_book import weights
from drcn_book._keras import hardware
from drcn_book.errors import DRCNError, WeightsError, one_line
from drcn_book.files import write_atomically, write_csv


def read_run(run: Path) -> tuple[Path, dict, list[dict]]:
    """The folder of a run with its best weights, the run's record, and its log.

    A folder of cycles (1, 2, ..., see `project.cycles`) is one long run: the log names the cycle
    of each row, and its seconds go on. WeightsError if there is no run with validated weights.
    """
    logs = sorted(run.glob("[0-9]*/log.csv"), key=lambda path: int(path.parent.name))
    cycles = [path.parent for path in logs]
    rows, before, best = [], 0.0, (0.0, run)
    try:
        for folder in cycles or [run]:
            with open(folder / "log.csv", newline="", encoding="utf-8") as file:
                found = list(csv.DictReader(file))
            best = max(best, *((float(row["psnr"]), folder) for row in found))
            for row in found:
                row["seconds"] = f"{before + float(row['seconds']):.1f}"
            before = float(found[-1]["seconds"])
            rows += [{"cycle": folder.name, **row} for row in found] if cycles else found
        return best[1], json.loads((best[1] / "run.json").read_text("utf-8")), rows
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise WeightsError(
            f"{run}: not the folder of a training run with validated weights ({error})."
        ) from None


def ship(run: str | Path, name: str, half: bool = False) -> dict:
    """Make the best weights of a training run part of the package, under `name`; returns their
    record.

    run: the folder of a run, or of its cycles. Writes `shipped/NAME.safetensors`, its record
    `NAME.json` (network, recipe, command, steps, minutes, hardware, validation PSNR, sha256) and
    the run's log `NAME.csv`. half stores float16.
    WeightsError if the folder is no run with validated weights.
    """
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise WeightsError(f"{name!r} cannot be a name: use letters, digits, dots and dashes.")
    folder, made, rows = read_run(Path(run))
    best = max(rows, key=lambda row: float(row["psnr"]))
    network, config = weights.load(folder / "best.safetensors")
    path = weights.SHIPPED / f"{name}.safetensors"
    weights.save_weights(path, network, config, half)
    entry = {
        "name": name,
        "parameters": config.parameters,
        "network": config.to_dict(),
        **({"cycle": int(best["cycle"])} if "cycle" in best else {}),
        "steps": int(best["step"]),
        "minutes": round(float(rows[-1]["seconds"]) / 60, 1),
        "validation_psnr": {
            key: round(float(value), 3)
            for key, value in best.items()
            if key.startswith("psnr") and value
        },
        "hardware": hardware(),
        **{key: value for key, value in made.items() if key != "network"},
        "command": re.sub(r"\S*/", "", made["command"]),
        "stored": "float16" if half else "float32",
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "results": {},
    }
    write_csv(weights.SHIPPED / f"{name}.csv", rows)
    _write_record(entry)
    return entry


def add_results(name: str, results: dict) -> None:
    """Put test-set results, such as {"Set5": {"psnr": 36.9, "ssim": 0.95}}, into the record of
    shipped weights.
    """
    entry = weights.record(name)
    entry["results"].update(results)
    _write_record(entry)


def _write_record(entry):
    write_atomically(
        weights.SHIPPED / f"{entry['name']}.json", (json.dumps(entry, indent=1) + "\n").encode()
    )


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("folder", help="the run's folder")
    parser.add_argument("name", help="what to call them, such as compact-x2")
    parser.add_argument("--half", action="store_true", help="store float16: half the size")
    args = parser.parse_args(words)
    try:
        entry = ship(args.folder, args.name, args.half)
    except DRCNError as error:
        sys.exit(one_line(f"STOP: {error}"))
    print(
        f"{args.name}: {entry['bytes']:,} bytes, {entry['validation_psnr']['psnr']:.3f} dB on the "
        f"validation pictures at step {entry['steps']}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])

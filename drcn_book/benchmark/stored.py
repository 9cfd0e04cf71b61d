"""Rows of results in CSV files: those that come with the book, and those that are measured."""

import csv
from pathlib import Path

from ..errors import ConfigError, StorageError
from ..files import alone, write_csv

COLUMNS = (
    "question",
    "arm",
    "seed",
    "method",
    "source",
    "scale",
    "dataset",
    "damage",
    "picture",
    "output",
    "change",
    "images",
    "psnr",
    "ssim",
    "gain",
    "gain_low",
    "gain_high",
    "validation_psnr",
    "outputs",
    "parameters",
    "gmacs",
    "train_set",
    "validation",
    "seconds",
    "minutes",
    "hardware",
    "weights_sha256",
)
KEYS = {
    "benchmark": ("method", "scale", "dataset"),
    "pictures": ("method", "scale", "dataset", "picture"),
    "recursions": ("method", "scale", "dataset", "output"),
    "ablations": ("question", "arm", "seed"),
    "ladder": ("method", "scale", "dataset", "change"),
    "degradation": ("method", "scale", "dataset", "damage"),
    "peers": ("method", "scale", "dataset", "change"),
}
DECIBELS = ("psnr", "ssim", "gain", "gain_low", "gain_high")  # saved with four digits


def read(path: str | Path) -> list[dict]:
    """The rows of a results CSV: scale an int, `DECIBELS` floats, the rest text; none without the
    file.
    """
    if not Path(path).is_file():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    kinds = {"scale": int, **dict.fromkeys(DECIBELS, float)}
    return [
        {key: kinds[key](value) if key in kinds and value else value for key, value in row.items()}
        for row in rows
    ]


def results(name: str) -> list[dict]:
    """The rows of a table that comes with the book, as `read` gives them: "quoted" (what other
    papers print, each line with its source), "degradations" (the damages that are measured), or one
    that was measured, such as "benchmark", "pictures" or "ablations".

    They lie in the project's `data/`; an installed package brings its copy. ConfigError names the
    known tables.
    """
    project = Path(__file__).parents[2]
    home = project if (project / "pyproject.toml").exists() else Path(__file__).parents[1]
    tables = {
        path.stem: path
        for path in (*sorted(home.glob("data/*.csv")), *sorted(home.glob("data/results/*.csv")))
    }
    if name not in tables:
        raise ConfigError(f"There is no table {name!r}: choose from {', '.join(tables) or 'none'}.")
    return read(tables[name])


def save(tables: dict[str, list], folder: str | Path) -> None:
    """Merge rows into `folder`/NAME.csv for each table (a key of KEYS): a row measured again
    replaces the old one, the others stay, and so do those that another process saves meanwhile.
    StorageError if a file is no such table, when none is changed, or cannot be written.
    """
    with alone(folder):
        merged = {name: _merged(folder, name, rows) for name, rows in tables.items() if rows}
        for name, rows in merged.items():
            columns = [column for column in COLUMNS if any(column in row for row in rows)]
            write_csv(Path(folder) / f"{name}.csv", rows, columns)


def check(folder: str | Path) -> None:
    """StorageError if a file in `folder` is no table that `save` can merge rows into."""
    for name in KEYS:
        _merged(folder, name, [])


def _merged(folder, name, rows):
    path = Path(folder) / f"{name}.csv"
    try:
        found = {
            tuple(str(row[column]) for column in KEYS[name]): {
                column: f"{v:.4f}" if column in DECIBELS and v != "" else v
                for column, v in row.items()
            }
            for row in [*read(path), *rows]
        }
        if not {column for row in found.values() for column in row} <= set(COLUMNS):
            raise ValueError("unknown columns")
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"{path}: no table of results ({error}); move it away or choose another folder."
        ) from None
    return list(found.values())

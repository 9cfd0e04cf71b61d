"""What rows say together: gains with their interval, costs and who is best at each cost."""

import numpy as np

from ..errors import ConfigError

RESAMPLES = 10_000  # of the bootstrap


def interval(gains) -> tuple[float, float]:
    """The 95 % interval of the mean of gains over pictures, by the bootstrap (Efron, 1979)."""
    gains = np.asarray(gains)
    picked = np.random.default_rng(0).integers(0, len(gains), (RESAMPLES, len(gains)))
    low, high = np.percentile(gains[picked].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def paired(rows: list[dict], ours: str, theirs: str, scale: int, dataset: str) -> dict:
    """What `ours` gains over `theirs` in dB: {"mean", "low", "high", "better", "images"}.

    rows: of the table "pictures". The mean difference; the limits of its 95 % interval, by the
    bootstrap (Efron, 1979): the differences, not the PSNRs, are drawn again with repetition; and on
    how many of the pictures `ours` is better. It says how much the choice of *pictures* moves the
    mean; of another seed of the training it knows nothing. ConfigError unless both have rows of
    the same pictures.
    """
    found = {
        method: {
            row["picture"]: float(row["psnr"])
            for row in rows
            if (row["method"], row["scale"], row["dataset"]) == (method, scale, dataset)
        }
        for method in (ours, theirs)
    }
    if not found[ours] or found[ours].keys() != found[theirs].keys():
        raise ConfigError(
            f"{ours} and {theirs} have no rows of the same pictures of {dataset} at x{scale}."
        )
    gains = np.array([psnr - found[theirs][name] for name, psnr in found[ours].items()])
    low, high = interval(gains)
    return {
        "mean": float(gains.mean()),
        "low": low,
        "high": high,
        "better": int((gains > 0).sum()),
        "images": len(gains),
    }


def costs(
    rows: list[dict], scale: int = 2, dataset: str = "Set5", cost: str = "gmacs"
) -> dict[str, tuple[float, float]]:
    """{method: (cost, PSNR in dB)} of the rows that know this cost ("gmacs" or "parameters").

    The cheapest first. A quoted method's remark follows its name, as in `table`; self-ensembles are
    left out: they are no networks.
    """
    found = {
        row["method"] + (row.get("remark") or ""): (float(row[cost]), row["psnr"])
        for row in rows
        if (row["scale"], row["dataset"]) == (scale, dataset)
        and row.get(cost)
        and "+ self-ensemble" not in row["method"]
    }
    return dict(sorted(found.items(), key=lambda item: item[1]))


def frontier(points: dict[str, tuple[float, float]]) -> list[str]:
    """Of {name: (cost, quality)}, those that nothing as cheap equals or exceeds, cheapest first."""
    best, names = float("-inf"), []
    for name, (_, quality) in sorted(points.items(), key=lambda item: (item[1][0], -item[1][1])):
        if quality > best:
            best = quality
            names.append(name)
    return names

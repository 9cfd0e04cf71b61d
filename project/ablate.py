"""Train and measure the ablations of data/ablations/ablations.toml: python -m project.ablate
[QUESTION ...]

Takes up where it stopped. Every arm of a question of HEADLINES runs with all its seeds. Of the
others every arm runs once; arms within CLOSE dB of the first arm of their question run with SEEDS
seeds, and so does that arm, but for the questions of ONCE. Two arms that are the same network and
recipe share one run. The results go to data/results/ablations.csv, each run's log to
data/ablations/logs/.
"""

import argparse
import hashlib
import json
import tomllib

from drcn_book import benchmark
from drcn_book._keras import keras
from drcn_book.config import NetworkConfig, Recipe
from drcn_book.training import Run
from project import RESULTS, ROOT

LOGS = ROOT / "data" / "ablations" / "logs"
DATASET, CLOSE, SEEDS = "Set5", 0.3, 3  # two seeds of one arm differ by up to 0.6 dB
HEADLINES = {"fold": 10, "short": 10, "authors": 3, "batch": 3}  # seeds, fixed beforehand
ONCE = {"recipe", "trials"}  # many arms, or long ones; those of "trials" vary little with the seed


def questions() -> dict[str, dict[str, tuple[NetworkConfig, dict]]]:
    """{question: {arm: (network, recipe options)}} of the configuration file."""
    sections = tomllib.loads((ROOT / "data" / "ablations" / "ablations.toml").read_text())
    base = sections.pop("base")

    def options(kind, *changes):
        return {
            name: value
            for change in (base, *changes)
            for name, value in change.get(kind, {}).items()
        }

    return {
        name: {
            arm: (
                NetworkConfig.from_dict(options("network", section, changes)),
                options("recipe", section, changes),
            )
            for arm, changes in section["arms"].items()
        }
        for name, section in sections.items()
    }


def measure(question: str, arm: str, network: NetworkConfig, options: dict) -> float:
    """Train and measure what is not yet; returns the PSNR of the network's output on Set5, dB."""
    key = {"question": question, "arm": arm, "seed": str(options.get("seed", 0))}
    for row in benchmark.read(RESULTS / "ablations.csv"):
        if all(row[name] == value for name, value in key.items()):
            return row["psnr"]
    recipe = Recipe.from_dict(options)
    keras.utils.clear_session()
    name = hashlib.sha256(json.dumps([network.to_dict(), recipe.to_dict()]).encode()).hexdigest()[
        :12
    ]
    run = Run(network, recipe, ROOT / "runs" / "ablations" / name).open()
    if run.step < recipe.steps:
        run.train(show=lambda told: print(f"{question}/{arm}/{recipe.seed}  {told}", flush=True))
    method = benchmark.network_method(run.folder / "best.safetensors")
    found = benchmark.mean(benchmark.measure(method, DATASET, network.scale, recursions=True))
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / f"{question}-{arm}-{recipe.seed}.csv").write_bytes(
        (run.folder / "log.csv").read_bytes()
    )
    row = {
        **key,
        "parameters": network.parameters,
        "validation_psnr": f"{run.best:.3f}",
        "psnr": found["final"]["psnr"],
        "ssim": found["final"]["ssim"],
        "seconds": round(run.seconds),
        "outputs": " ".join(
            f"{row['psnr']:.2f}" for output, row in found.items() if output != "final"
        ),
    }
    benchmark.save({"ablations": [row]}, RESULTS)
    print(
        f"{question}/{arm}/{recipe.seed}  {DATASET} {row['psnr']:.3f} dB ({row['outputs']})",
        flush=True,
    )
    return row["psnr"]


def main(chosen: list[str]) -> None:
    for question, arms in questions().items():
        if chosen and question not in chosen:
            continue
        for seed in range(HEADLINES.get(question, 0)):
            for arm, (network, recipe) in arms.items():
                measure(question, arm, network, {**recipe, "seed": seed})
        if question in HEADLINES:
            continue
        first = {
            arm: measure(question, arm, network, recipe) for arm, (network, recipe) in arms.items()
        }
        reference = next(iter(arms))
        close = [
            arm for arm in arms if arm != reference and abs(first[arm] - first[reference]) < CLOSE
        ]
        for arm in [reference, *close] if close and question not in ONCE else []:
            network, recipe = arms[arm]
            for seed in range(1, SEEDS):
                measure(question, arm, network, {**recipe, "seed": seed})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Train and measure the ablations; takes up where it stopped."
    )
    parser.add_argument("questions", nargs="*", help="which (default: all)")
    main(parser.parse_args().questions)

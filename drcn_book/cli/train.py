"""drcn train: a network from a preset, a file or flags, and a recipe."""

import argparse
from dataclasses import fields
from pathlib import Path

from ..config import NetworkConfig, Recipe, preset, read_config
from ..errors import ConfigError
from ..files import alone

HELP = "train a network"


def add(parser):
    parser.set_defaults(run_command=run)
    argument = parser.add_argument
    argument(
        "--preset",
        help="tiny, compact (default), standard or paper; or a baseline: srcnn, dcscn",
    )
    argument("--variant", help="wiring: paper, or authors (default; measured better)")
    argument(
        "--config",
        help="TOML or JSON file with the sections network and recipe; flags go before it",
    )
    argument(
        "--start",
        help="weights to start from, a shipped name or a file: what fits is taken, a narrower "
        "network's put into the corners of this one's, and the rest begins afresh",
    )
    argument(
        "--run", help="folder of the run (default runs/PRESET-xSCALE); an existing one is resumed"
    )
    argument(
        "--workers",
        metavar="HOST:PORT,HOST",
        help="train on several machines, by JAX: the same command on each; they meet at the first "
        "one's port",
    )
    argument("--worker", type=int, help="which of them this is, from 0; 0 keeps the run's folder")
    argument("--max-minutes", type=float, help="stop with a checkpoint after this many minutes")
    group = parser.add_argument_group("network (default: that of preset and variant)")
    add_options(group, NetworkConfig)
    add_options(parser.add_argument_group("recipe"), Recipe)


def add_options(group, record):
    """A flag for every field of a record: --filters 96, --scales 2 3, --feedback, --no-feedback."""
    for entry in fields(record):
        kind = record.kinds()[entry.name]
        options = {"help": entry.metadata["help"], "default": None}
        if kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        elif kind == tuple[int, ...]:
            options |= {"type": int, "nargs": "+"}
        else:
            options |= {"type": kind, "choices": entry.metadata.get("choices")}
        group.add_argument("--" + entry.name.replace("_", "-"), **options)


def given(args, record, more=()):
    """The flags of a record that were given, by the names of its fields."""
    known = (*record.kinds(), *more)
    return {name: vars(args)[name] for name in known if vars(args)[name] is not None}


def run(args):
    network, recipe = read_config(args.config) if args.config else ({}, {})
    network |= given(args, NetworkConfig, ("preset", "variant"))
    recipe |= given(args, Recipe)
    size, variant = network.pop("preset", "compact"), network.pop("variant", None)
    if size in ("srcnn", "dcscn"):
        if variant:
            raise ConfigError(f"--variant {variant}: {size} has one wiring.")
        from ..baselines import BASELINES

        base = BASELINES[size]
        config, recipe = base.from_dict({**base.to_dict(), **network}), {**base.recipe, **recipe}
    else:
        config = preset(size, variant or "authors", **network)

    folder = args.run or f"runs/{size}-x{config.scale}"
    if not args.worker and Path(folder).is_dir():
        with alone(folder, wait=False):  # refuses a second training before Keras takes its seconds
            pass

    from ..distribution import join
    from ..training import Run

    team = join(args.workers, args.worker)
    Run(config, Recipe.from_dict(recipe), folder, args.start, team).train(args.max_minutes)

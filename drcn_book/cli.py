"""The command `drcn`: data, train, evaluate, upscale, inspect."""

import argparse
import json
import sys
from dataclasses import replace

from .errors import ConfigError, DRCNError


def train(args):
    from .baselines import BASELINES
    from .model import preset
    from .training import Recipe, Run

    given = {name: value for name, value in vars(args).items()
             if value is not None and name in Recipe.__dataclass_fields__}
    if args.preset in BASELINES:
        config = replace(BASELINES[args.preset], scale=args.scale)
    else:
        config = preset(args.preset, args.variant, scale=args.scale)
    Run(config, replace(Recipe(), **given), args.run or f"runs/{args.preset}-x{args.scale}", args.start).train(
        args.max_minutes)


def evaluate(args):
    from . import benchmark, datasets, weights

    names = weights.shipped() if args.weights == ["all"] else args.weights
    networks = [benchmark.network_method(name) for name in names]
    if args.self_ensemble:
        networks += [benchmark.self_ensemble(network) for network in networks]
    scales = args.scale or sorted({network.scale for network in networks}) or [2, 3, 4]
    for network in networks:
        if network.scale not in scales and args.weights != ["all"]:
            raise ConfigError(f"{network.name} was trained for x{network.scale}: add --scale {network.scale}.")
    present = [name for name in datasets.TEST_SETS if (datasets.data_dir() / name).is_dir()]
    sets = list(datasets.TEST_SETS) if args.dataset == ["all"] else args.dataset or present[:1] or ["Photos"]
    tables = benchmark.evaluate([benchmark.BICUBIC, *networks], sets, scales, args.recursions)
    print("\n\n".join(benchmark.table(tables["benchmark"], scale) for scale in scales))
    if tables["recursions"]:
        print("\n" + benchmark.recursion_table(tables["recursions"]))
    if args.save:
        benchmark.save(tables, args.save)
        print(f"\nSaved in {args.save}.")


def weights(args):
    from . import weights

    if args.action == "list":
        for name in weights.shipped():
            entry = weights.record(name)
            network = entry["network"]
            size = ", ".join(f"{network[key]} {key}" for key in ("filters", "recursions", "layers") if key in network)
            print(f"{name:24} x{network['scale']}  {size}, {entry['parameters']:,} parameters, "
                  f"{entry['minutes']} minutes of training")
    elif args.action == "show":
        print(json.dumps(weights.record(args.name), indent=1))
    else:
        entry = weights.ship(args.folder, args.name, args.half)
        print(f"{args.name}: {entry['bytes']:,} bytes, {entry['validation_psnr']['psnr']:.3f} dB on the validation "
              f"pictures at step {entry['steps']}")


def _parser():
    parser = argparse.ArgumentParser(prog="drcn", description="Deeply-recursive super-resolution.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    add = commands.add_parser("train", help="train a network").add_argument
    commands.choices["train"].set_defaults(run_command=train)
    add("--preset", default="compact", help="tiny, compact (default), standard or paper; or a baseline: srcnn, dcscn")
    add("--variant", default="authors", help="wiring: paper, or authors (default; measured better)")
    add("--scale", type=int, default=2, help="enlargement (default 2)")
    add("--start", help="weights to start from: a shipped name or a file")
    add("--run", help="folder of the run (default runs/PRESET-xSCALE); an existing one is resumed")
    add("--max-minutes", type=float, help="stop with a checkpoint before this many minutes have passed")
    add("--train-set", help="set names joined by +, or a folder (default T91)")
    for name, kind in (("steps", int), ("batch", int), ("patch", int), ("interval", int), ("seed", int),
                       ("warmup", int), ("learning_rate", float), ("alpha_floor", float), ("alpha_share", float),
                       ("alpha_start", float), ("clip_norm", float), ("ema", float), ("beta", float)):
        add("--" + name.replace("_", "-"), type=kind, help="see Recipe in drcn_book/training.py")
    add("--loss", help="l1, l2 or charbonnier")
    add("--precision", help="auto, float32, mixed_bfloat16 or mixed_float16")

    add = commands.add_parser("evaluate", help="measure PSNR and SSIM on whole sets").add_argument
    commands.choices["evaluate"].set_defaults(run_command=evaluate)
    add("--weights", nargs="+", default=[], metavar="NAME",
        help="shipped names, weights files, or all (the shipped ones); without it: bicubic alone")
    add("--dataset", nargs="+", help="Set5, Set14, B100, Urban100, all (the four), Photos, or folders "
        "(default Set5 where it is, else Photos)")
    add("--scale", nargs="+", type=int, help="enlargements (default: those of the weights)")
    add("--recursions", action="store_true", help="a second table: the output of every recursion")
    add("--self-ensemble", action="store_true", help="a further row a network: mean over 8 flips and turns")
    add("--save", nargs="?", const="data/results", metavar="FOLDER", help="merge into CSV files (default data/results)")

    actions = commands.add_parser("weights", help="list, show or add the weights of the package").add_subparsers(
        dest="action", required=True, metavar="action")
    commands.choices["weights"].set_defaults(run_command=weights)
    actions.add_parser("list", help="one line for each shipped network")
    actions.add_parser("show", help="the record of one").add_argument("name")
    add = actions.add_parser("ship", help="make the best weights of a run part of the package").add_argument
    add("folder", help="the run's folder")
    add("name", help="what to call them, such as compact-x2")
    add("--half", action="store_true", help="store float16: half the size")
    return parser


def main(argv=None) -> int:
    """Run the command line; the exit status is 0, or 2 after one line about what is wrong."""
    args = _parser().parse_args(argv)
    try:
        return args.run_command(args) or 0
    except DRCNError as error:
        print(f"drcn: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("drcn: interrupted.", file=sys.stderr)
        return 130

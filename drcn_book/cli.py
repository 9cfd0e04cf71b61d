"""The command `drcn`: data, train, evaluate, upscale, inspect."""

import argparse
import sys
from dataclasses import replace

from .errors import DRCNError


def train(args):
    from .model import preset
    from .training import Recipe, Run

    given = {name: value for name, value in vars(args).items()
             if value is not None and name in Recipe.__dataclass_fields__}
    config = preset(args.preset, args.variant, scale=args.scale)
    Run(config, replace(Recipe(), **given), args.run or f"runs/{args.preset}-x{args.scale}", args.start).train(
        args.max_minutes)


def _parser():
    parser = argparse.ArgumentParser(prog="drcn", description="Deeply-recursive super-resolution.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    add = commands.add_parser("train", help="train a network").add_argument
    commands.choices["train"].set_defaults(run_command=train)
    add("--preset", default="compact", help="tiny, compact (default), standard or paper")
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

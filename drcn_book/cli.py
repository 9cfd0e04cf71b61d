"""The command `drcn`: data, train, evaluate, upscale, inspect."""

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path

from .config import NetworkConfig, Recipe
from .errors import ConfigError, DatasetError, DRCNError, one_line


def data(args):
    from . import datasets

    known = datasets.registry()
    if args.action == "list":
        print(f"{'set':12} {'role':9} {'pictures':>8} {'MB':>6}  {'here':11}  licence")
        for name, public in known.items():
            total = len(public.files)
            right = total - len(datasets.faults(name))
            here = {0: "no", total: "complete"}.get(right, f"{right} of {total}")
            print(
                f"{name:12} {public.role:9} {total:8} {public.bytes / 1e6:6.1f}  {here:11}  "
                f"{public.licence} ({public.paper})"
            )
        print(
            f"\n{datasets.note()}\nAlways here: Photos, {len(datasets.PHOTOGRAPHS)} photographs in scikit-image."
        )
    elif args.action == "fetch":
        names = list(known) if args.sets == ["all"] else args.sets
        for name in names:
            datasets.public_set(name)
        for name in names:
            folder = datasets.fetch(name)
            print(f"{name}: {len(known[name].files)} pictures, all as published, in {folder}")
    elif args.action == "verify":
        names = args.sets or datasets.present()
        wrong = {name: datasets.faults(name) for name in names}
        for name in names:
            total = len(known[name].files)
            print(f"{name}: {total - len(wrong[name])} of {total} pictures as published")
            for file, fault in wrong[name].items():
                print(f"  {name}/{file}: {fault}")
        if any(wrong.values()):
            raise DatasetError(
                f"{sum(map(len, wrong.values()))} pictures in {datasets.data_dir()} are missing "
                f"or wrong: `drcn data fetch {' '.join(n for n in names if wrong[n])}`."
            )
        if not names:
            print(datasets.note())
    elif args.action == "pack":
        path = datasets.pack(args.split, args.file)
        print(
            f"{path}: {path.stat().st_size / 1e6:.1f} MB; use it with `drcn train --train-set {path}`"
        )
    else:
        count = datasets.augment(args.set, args.folder)
        print(
            f"{args.folder}: {count} pictures, eight views of each in {args.set}; "
            f"use them with `drcn train --train-set {args.folder}`"
        )


def train(args):
    from .config import preset, read_config

    network, recipe = read_config(args.config) if args.config else ({}, {})
    network.update(_given(args, NetworkConfig, ("preset", "variant")))
    recipe.update(_given(args, Recipe))
    size, variant = network.pop("preset", "compact"), network.pop("variant", None)
    if size in ("srcnn", "dcscn"):
        if variant:
            raise ConfigError(f"--variant {variant}: {size} has one wiring.")
        from .baselines import BASELINES

        base = BASELINES[size]
        config, recipe = base.from_dict({**base.to_dict(), **network}), {**base.recipe, **recipe}
    else:
        config = preset(size, variant or "authors", **network)

    from .distribution import join
    from .training import Run

    team = join(args.workers, args.worker)
    Run(
        config,
        Recipe.from_dict(recipe),
        args.run or f"runs/{size}-x{config.scale}",
        args.start,
        team,
    ).train(args.max_minutes)


def _given(args, record, more=()):
    return {
        name: value
        for name, value in vars(args).items()
        if value is not None and (name in record.__dataclass_fields__ or name in more)
    }


def _add_options(parser, record):
    """A flag for every field of a record: --filters 96, --scales 2 3, --feedback or --no-feedback."""
    for name, entry in record.__dataclass_fields__.items():
        kind = (
            {"action": argparse.BooleanOptionalAction}
            if entry.type is bool
            else {"type": entry.type}
        )
        if entry.type == tuple[int, ...]:
            kind = {"type": int, "nargs": "+"}
        parser.add_argument(
            "--" + name.replace("_", "-"),
            help=entry.metadata["help"],
            default=None,
            choices=entry.metadata.get("choices"),
            **kind,
        )


def evaluate(args):
    from . import benchmark, datasets, weights

    if args.method and args.weights:
        raise ConfigError(
            f"--method {args.method} needs no --weights, and bicubic stands beside each network anyway."
        )
    names = weights.shipped() if args.weights == ["all"] else args.weights
    networks = [benchmark.network_method(name) for name in names]
    if args.self_ensemble:
        networks += [benchmark.self_ensemble(network) for network in networks]
    scales = args.scale or sorted({network.scale for network in networks}) or [2, 3, 4]
    for network in networks:
        if network.scale not in scales and args.weights != ["all"]:
            raise ConfigError(
                f"{network.name} was trained for x{network.scale}: add --scale {network.scale}."
            )
    present = [name for name in datasets.TEST_SETS if (datasets.data_dir() / name).is_dir()]
    named = args.dataset or present[:1] or ["Photos"]
    sets = [name for entry in named for name in (datasets.TEST_SETS if entry == "all" else [entry])]
    if args.save:
        benchmark.check(args.save)
    tables = benchmark.evaluate([benchmark.BICUBIC, *networks], sets, scales, args.recursions)
    print("\n\n".join(benchmark.table(tables["benchmark"], scale) for scale in scales))
    if tables["recursions"]:
        print("\n" + benchmark.recursion_table(tables["recursions"]))
    if args.speed:
        print("\n" + benchmark.speed_table([benchmark.speed(network) for network in networks]))
    if args.save:
        benchmark.save(tables, args.save)
        print(f"\nSaved in {args.save}.")


def weights(args):
    from . import weights

    if args.action == "list":
        for name in weights.shipped():
            entry = weights.record(name)
            network = entry["network"]
            size = ", ".join(
                f"{network[key]} {key}"
                for key in ("filters", "recursions", "layers")
                if key in network
            )
            print(
                f"{name:24} x{network['scale']}  {size}, {entry['parameters']:,} parameters, "
                f"{entry['minutes']} minutes of training"
            )
    elif args.action == "show":
        print(json.dumps(weights.record(args.name), indent=1))
    elif args.action == "import":
        from .original import import_checkpoint

        config = import_checkpoint(
            args.checkpoint, args.file, args.scale, args.skip, args.output_relu
        )
        print(
            f"{args.file}: {config.filters} filters, {config.recursions} recursions, skip {config.skip}, "
            f"{config.parameters:,} parameters; use it with `drcn upscale --weights {args.file}`"
        )
    else:
        entry = weights.ship(args.folder, args.name, args.half)
        print(
            f"{args.name}: {entry['bytes']:,} bytes, {entry['validation_psnr']['psnr']:.3f} dB on the validation "
            f"pictures at step {entry['steps']}"
        )


def inspect(args):
    from . import images, inspection, views
    from . import weights as stored

    network, config = stored.load(args.weights)
    picture = images.read_luma(args.picture)
    if args.region:
        left, top, width, height = args.region
        bottom, right = picture.shape
        if not (0 <= left < left + width <= right and 0 <= top < top + height <= bottom):
            raise ConfigError(
                f"The region {','.join(map(str, args.region))} does not lie inside the picture of "
                f"{picture.shape[1]}x{picture.shape[0]} pixels (LEFT,TOP,WIDTH,HEIGHT)."
            )
        picture = picture[top : top + height, left : left + width]
    seen = inspection.inspect(picture, network, config, not args.small, args.channels)
    for path in views.save(seen, args.output or ".", Path(args.picture).stem):
        print(path)
    for label, quality, step in zip(
        seen.labels, seen.psnr or [None] * len(seen.labels), seen.steps
    ):
        measured = "" if quality is None else f"{quality:6.2f} dB  "
        print(f"{label:9} {measured}mean change {step:5.2f} levels")


def export(args):
    from . import onnx_export

    path = onnx_export.export(args.weights, args.output)
    print(
        f"{path}: {path.stat().st_size:,} bytes; x (batch, 1, h, w), luma in 0..1 -> recursions, ensemble"
    )


def _numbers(count=None):
    def numbers(text):
        values = tuple(int(part) for part in text.split(","))
        if count and len(values) != count:
            raise ValueError
        return values

    return numbers


def compare(args):
    from . import benchmark, datasets, images
    from .files import replacing

    if args.hardest < 1:
        raise ConfigError(f"--hardest {args.hardest} leaves no picture of a set: choose 1 or more.")
    networks = [benchmark.network_method(name) for name in args.weights]
    scale = networks[0].scale
    if any(network.scale != scale for network in networks):
        raise ConfigError("Networks side by side must be of one scale.")
    chosen = [(Path(name).stem, images.read_luma(name)) for name in args.pictures]
    for name in args.dataset or []:
        found = datasets.pictures(name)
        rows = sorted(
            benchmark.measure(benchmark.BICUBIC, name, scale), key=lambda row: row["psnr"]
        )
        chosen += [
            (f"{Path(name).name}-{row['picture']}", found[row["picture"]])
            for row in rows[: args.hardest]
        ]
    if not chosen:
        raise ConfigError("Nothing to compare: name pictures, or a --dataset.")
    ((name, times),) = Counter(name for name, _ in chosen).most_common(1)
    if times > 1:
        raise ConfigError(
            f"{times} of the pictures would be drawn as {name}-x{scale}.png: compare them one at a time, "
            "each with its own --output."
        )

    import matplotlib

    matplotlib.use("Agg")
    from . import figures

    figures.style()
    for name, picture in chosen:
        top, left = benchmark.hardest(picture, scale, args.side)
        pictures = benchmark.side_by_side(picture, [benchmark.BICUBIC, *networks], scale)
        path = Path(args.output) / f"{name}-x{scale}.png"
        with replacing(path) as beside:
            figures.crops(pictures, top, left, args.side).savefig(beside, format="png", dpi=150)
        print(path)


def upscale(args):
    from . import batch

    return batch.upscale(
        args.picture,
        args.output,
        args.ray,
        scale=args.scale,
        weights=args.weights,
        recursions=args.recursions,
        skip_below=args.skip_below,
        self_ensemble=args.self_ensemble,
        tile=args.tile,
    )


def _parser():
    parser = argparse.ArgumentParser(prog="drcn", description="Deeply-recursive super-resolution.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    actions = commands.add_parser(
        "data", help="list, fetch, verify, pack or augment the data sets"
    ).add_subparsers(dest="action", required=True, metavar="action")
    commands.choices["data"].set_defaults(run_command=data)
    actions.add_parser("list", help="the public sets, their licences, and which are here")
    actions.add_parser("fetch", help="download sets, without what is here already").add_argument(
        "sets", nargs="+", metavar="SET", help="Set5, T91, ... or all"
    )
    actions.add_parser("verify", help="check every file against its sha256").add_argument(
        "sets", nargs="*", metavar="SET", help="(default: those that are here)"
    )
    add = actions.add_parser(
        "pack", help="training and validation pictures in one file"
    ).add_argument
    add("split", help="T91, T91+BSDS200, large, Photos, or a folder")
    add("file", help="the zip file to write")
    add = actions.add_parser(
        "augment", help="write a set in its eight flips and quarter turns"
    ).add_argument
    add("set", help="a set's name or a folder")
    add("folder", help="the new folder to write")

    command = commands.add_parser("train", help="train a network")
    command.set_defaults(run_command=train)
    command.add_argument(
        "--preset", help="tiny, compact (default), standard or paper; or a baseline: srcnn, dcscn"
    )
    command.add_argument("--variant", help="wiring: paper, or authors (default; measured better)")
    command.add_argument(
        "--config",
        help="TOML or JSON file with the sections network and recipe; flags go before it",
    )
    command.add_argument("--start", help="weights to start from: a shipped name or a file")
    command.add_argument(
        "--run", help="folder of the run (default runs/PRESET-xSCALE); an existing one is resumed"
    )
    command.add_argument(
        "--workers",
        metavar="HOST:PORT,HOST",
        help="train on several machines, by JAX: the same "
        "command on each; they meet at the first one's port",
    )
    command.add_argument(
        "--worker", type=int, help="which of them this is, from 0; 0 keeps the run's folder"
    )
    command.add_argument(
        "--max-minutes", type=float, help="stop with a checkpoint after this many minutes"
    )
    _add_options(
        command.add_argument_group("network (default: that of preset and variant)"), NetworkConfig
    )
    _add_options(command.add_argument_group("recipe"), Recipe)

    add = commands.add_parser("evaluate", help="measure PSNR and SSIM on whole sets").add_argument
    commands.choices["evaluate"].set_defaults(run_command=evaluate)
    add(
        "--weights",
        nargs="+",
        default=[],
        metavar="NAME",
        help="shipped names, weights files, or all (the shipped ones); without it: bicubic alone",
    )
    add("--method", choices=["bicubic"], help="the method without weights, alone")
    add(
        "--dataset",
        nargs="+",
        help="Set5, Set14, B100, Urban100, all (the four), Photos, or folders "
        "(default Set5 where it is, else Photos)",
    )
    add("--scale", nargs="+", type=int, help="enlargements (default: those of the weights)")
    add("--recursions", action="store_true", help="a second table: the output of every recursion")
    add(
        "--self-ensemble",
        action="store_true",
        help="a further row a network: mean over 8 flips and turns",
    )
    add(
        "--speed",
        action="store_true",
        help="a further table: seconds a megapixel on this machine (never saved)",
    )
    add(
        "--save",
        nargs="?",
        const="data/results",
        metavar="FOLDER",
        help="merge into CSV files (default data/results)",
    )

    add = commands.add_parser(
        "compare", help="draw the hardest detail of pictures side by side"
    ).add_argument
    commands.choices["compare"].set_defaults(run_command=compare)
    add("pictures", nargs="*", metavar="PICTURE", help="files that serve as the truth")
    add("--dataset", nargs="+", help="also the hardest pictures of these sets or folders")
    add("--hardest", type=int, default=3, metavar="N", help="how many of each set (default 3)")
    add("--weights", nargs="+", default=["compact-x2"], metavar="NAME", help="(default compact-x2)")
    add("--side", type=int, default=64, help="side of the square in pixels (default 64)")
    add(
        "-o",
        "--output",
        default="figures/compare",
        metavar="FOLDER",
        help="(default figures/compare)",
    )

    actions = commands.add_parser(
        "weights", help="list, show, add or import weights"
    ).add_subparsers(dest="action", required=True, metavar="action")
    commands.choices["weights"].set_defaults(run_command=weights)
    actions.add_parser("list", help="one line for each shipped network")
    actions.add_parser("show", help="the record of one").add_argument("name")
    add = actions.add_parser(
        "ship", help="make the best weights of a run part of the package"
    ).add_argument
    add("folder", help="the run's folder")
    add("name", help="what to call them, such as compact-x2")
    add("--half", action="store_true", help="store float16: half the size")
    add = actions.add_parser(
        "import", help="bring a checkpoint of jiny2001/deeply-recursive-cnn-tf over"
    ).add_argument
    add("checkpoint", help="the TensorFlow checkpoint, such as model.ckpt")
    add("file", help="the weights file to write, such as original-x2.safetensors")
    add(
        "--scale",
        type=int,
        default=2,
        help="enlargement it was trained for, which it does not say (default 2)",
    )
    add(
        "--skip",
        choices=("add", "concat", "none"),
        help="how the input reaches the output (default: by the shapes, concat or add)",
    )
    add(
        "--no-output-relu",
        dest="output_relu",
        action="store_false",
        help="its last convolution has no ReLU",
    )

    add = commands.add_parser(
        "inspect", help="see what every recursion makes of a picture"
    ).add_argument
    commands.choices["inspect"].set_defaults(run_command=inspect)
    add(
        "picture",
        help="a sharp picture: it is degraded first, and every output is measured against it",
    )
    add("--weights", default="compact-x2", help="shipped name or weights file (default compact-x2)")
    add(
        "-o",
        "--output",
        metavar="FOLDER",
        help="where to write PICTURE-recursions.gif, .png, .html (default: here)",
    )
    add(
        "--small",
        action="store_true",
        help="the picture is a small one: enlarge it, nothing can be measured",
    )
    add(
        "--region",
        type=_numbers(4),
        metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="look at this part only, in pixels",
    )
    add(
        "--channels",
        type=_numbers(),
        default=4,
        metavar="C,C,...",
        help="feature maps to show (default: 4 lively)",
    )

    add = commands.add_parser("export", help="write a network as an ONNX file").add_argument
    commands.choices["export"].set_defaults(run_command=export)
    add("weights", help="shipped name or weights file")
    add("output", help="the .onnx file to write")

    add = commands.add_parser(
        "upscale", help="enlarge pictures, files or whole folders"
    ).add_argument
    commands.choices["upscale"].set_defaults(run_command=upscale)
    add(
        "picture",
        nargs="+",
        help="a file, - for standard input, or a folder, which is resumed: what is there "
        "already is left as it is, whatever the options",
    )
    add(
        "-o",
        "--output",
        metavar="OUT",
        help="a file, a folder, or - for standard output (default: NAME_x2.png beside "
        "NAME.png, FOLDER_x2 beside FOLDER)",
    )
    add("--scale", type=int, help="enlargement: 2 (default), 3, 4, or that of the weights")
    add(
        "--weights",
        metavar="NAME|FILE",
        help="shipped name or weights file (default compact-xSCALE)",
    )
    add(
        "--recursions",
        type=int,
        metavar="D",
        help="stop after D recursions, with the output of that one",
    )
    add(
        "--skip-below",
        type=float,
        default=0.0,
        metavar="W",
        help="leave out recursions whose weight in the "
        "ensemble is at most W (default 0, which changes nothing)",
    )
    add(
        "--self-ensemble", action="store_true", help="mean over 8 flips and turns: 8 times the time"
    )
    add(
        "--tile",
        type=int,
        metavar="N",
        help="compute in squares of N output pixels: less needs less memory, the "
        "result is the same (default: about 1 GB)",
    )
    add(
        "--ray",
        action="store_true",
        help="spread the pictures over a Ray cluster; a rerun does what is missing",
    )
    return parser


def _open_standard_streams():
    """Where a caller closed standard output or error, the null device: else the next file would get its number,
    and with it whatever is said.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        try:
            os.fstat(number)
        except OSError:
            while os.open(os.devnull, os.O_RDWR) < number:
                pass
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def main(argv=None) -> int:
    """Run the command line. The exit status: 0; 2 after one line about what is wrong; 1 where only some of the
    pictures could be enlarged; 130 interrupted; 141 where nobody reads any more.
    """
    _open_standard_streams()
    args = _parser().parse_args(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    try:
        return args.run_command(args) or 0
    except DRCNError as error:
        print(one_line(f"drcn: {error}"), file=sys.stderr)
        return 2
    except BrokenPipeError:  # as in `drcn ... | head -1`; nothing is left to write when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(one_line(f"drcn: {where}{error.strerror or error}."), file=sys.stderr)
        return 2
    except MemoryError as error:
        print(
            one_line(f"drcn: this does not fit in the memory ({error}); ask for less at once."),
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("drcn: interrupted.", file=sys.stderr)
        return 130

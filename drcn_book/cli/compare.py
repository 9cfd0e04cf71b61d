"""drcn compare: the hardest detail of pictures, as each method gives it."""

from collections import Counter
from pathlib import Path

from ..errors import ConfigError

HELP = "draw the hardest detail of pictures side by side"


def add(parser):
    parser.set_defaults(run_command=run)
    argument = parser.add_argument
    argument("pictures", nargs="*", metavar="PICTURE", help="files that serve as the truth")
    argument("--dataset", nargs="+", help="also the hardest pictures of these sets or folders")
    argument("--hardest", type=int, default=3, metavar="N", help="how many of each set (default 3)")
    argument(
        "--weights", nargs="+", default=["compact-x2"], metavar="NAME", help="(default compact-x2)"
    )
    argument("--side", type=int, default=64, help="side of the square in pixels (default 64)")
    argument(
        "-o",
        "--output",
        default="figures/compare",
        metavar="FOLDER",
        help="(default figures/compare)",
    )


def chosen(args, scale):
    """(name, picture) of those named, and of the sets' pictures with the lowest bicubic PSNR."""
    from .. import benchmark, datasets, images

    found = [(Path(name).stem, images.read_luma(name)) for name in args.pictures]
    for name in args.dataset or []:
        pictures = datasets.pictures(name)
        rows = benchmark.measure(benchmark.BICUBIC, name, scale)
        rows = sorted(rows, key=lambda row: row["psnr"])[: args.hardest]
        found += [(f"{Path(name).name}-{row['picture']}", pictures[row["picture"]]) for row in rows]
    if not found:
        raise ConfigError("Nothing to compare: name pictures, or a --dataset.")
    ((name, times),) = Counter(name for name, _ in found).most_common(1)
    if times > 1:
        raise ConfigError(
            f"{times} of the pictures would be drawn as {name}-x{scale}.png: compare them one at a "
            "time, each with its own --output."
        )
    return found


def run(args):
    from .. import benchmark
    from ..files import replacing

    if args.hardest < 1:
        raise ConfigError(f"--hardest {args.hardest} leaves no picture of a set: choose 1 or more.")
    networks = [benchmark.network_method(name) for name in args.weights]
    scale = networks[0].scale
    if any(network.scale != scale for network in networks):
        raise ConfigError("Networks side by side must be of one scale.")
    pictures = chosen(args, scale)

    import matplotlib

    matplotlib.use("Agg")
    from .. import figures

    figures.style()
    for name, picture in pictures:
        top, left = benchmark.hardest(picture, scale, args.side)
        views = benchmark.side_by_side(picture, [benchmark.BICUBIC, *networks], scale)
        path = Path(args.output) / f"{name}-x{scale}.png"
        with replacing(path) as beside:
            figures.crops(views, top, left, args.side).savefig(beside, format="png", dpi=150)
        print(path)

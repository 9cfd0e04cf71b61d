"""drcn upscale: pictures, files or whole folders."""

HELP = "enlarge pictures, files or whole folders"
OPTIONS = ("scale", "quality", "weights", "recursions", "skip_below", "self_ensemble", "tile")


def add(parser):
    parser.set_defaults(run_command=run)
    argument = parser.add_argument
    argument(
        "picture",
        nargs="+",
        help="a file, - for standard input, or a folder, which is resumed: what is there "
        "already is left as it is, whatever the options",
    )
    argument(
        "-o",
        "--output",
        metavar="OUT",
        help="a file, a folder, or - for standard output (default: NAME_x2.png beside "
        "NAME.png, FOLDER_x2 beside FOLDER)",
    )
    argument("--scale", type=int, help="enlargement: 2 (default), 3, 4, or that of the weights")
    argument(
        "--weights",
        metavar="NAME|FILE",
        default="auto",
        help="auto (default): those for clean or real pictures, as each picture calls for; or a "
        "shipped name or weights file for all, whatever the quality",
    )
    argument(
        "--quality",
        choices=("fast", "balanced", "best"),
        default="balanced",
        help="the size of the network: small, medium (default), or the largest that is shipped",
    )
    argument(
        "--recursions",
        type=int,
        metavar="D",
        help="stop after D recursions, with the output of that one",
    )
    argument(
        "--skip-below",
        type=float,
        default=0.0,
        metavar="W",
        help="leave out recursions whose weight in the ensemble is at most W (default 0, which "
        "changes nothing)",
    )
    argument(
        "--self-ensemble", action="store_true", help="mean over 8 flips and turns: 8 times the time"
    )
    argument(
        "--tile",
        type=int,
        metavar="N",
        help="compute in squares of N output pixels: less needs less memory, the "
        "result is the same (default: about 1 GB)",
    )
    argument(
        "--ray",
        action="store_true",
        help="spread the pictures over a Ray cluster; a rerun does what is missing",
    )


def run(args):
    from .. import batch

    options = {name: getattr(args, name) for name in OPTIONS}
    return batch.upscale(args.picture, args.output, args.ray, **options)

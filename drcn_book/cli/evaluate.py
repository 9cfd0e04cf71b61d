"""drcn evaluate: networks on whole sets, by the protocol of the tables."""

from ..errors import ConfigError

HELP = "measure PSNR and SSIM on whole sets"


def add(parser):
    parser.set_defaults(run_command=run)
    argument = parser.add_argument
    argument(
        "--weights",
        nargs="+",
        default=[],
        metavar="NAME",
        help="shipped names, weights files, or all (the shipped ones); without it: bicubic alone",
    )
    argument("--method", choices=["bicubic"], help="the method without weights, alone")
    argument(
        "--dataset",
        nargs="+",
        help="Set5, Set14, B100, Urban100, all (the four), Photos, or folders "
        "(default Set5 where it is, else Photos)",
    )
    argument("--scale", nargs="+", type=int, help="enlargements (default: those of the weights)")
    argument(
        "--degradation",
        nargs="*",
        metavar="CHAIN",
        help="another table: gains over bicubic on damaged pictures; chains such as "
        "'area, noise 5, jpeg 75' (default: all in data/degradations.csv), on held-out pictures "
        "where no --dataset is named",
    )
    argument(
        "--recursions", action="store_true", help="a second table: the output of every recursion"
    )
    argument(
        "--self-ensemble",
        action="store_true",
        help="a further row a network: mean over 8 flips and turns",
    )
    argument(
        "--speed",
        action="store_true",
        help="a further table: seconds a megapixel on this machine (never saved)",
    )
    argument(
        "--save",
        nargs="?",
        const="data/results",
        metavar="FOLDER",
        help="merge into CSV files (default data/results)",
    )


def run(args):
    from .. import benchmark, datasets, weights

    if args.method and args.weights:
        raise ConfigError(
            f"--method {args.method} needs no --weights, and bicubic stands beside each network "
            "anyway."
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
    held_out = ["held-out"] if args.degradation is not None else []
    named = args.dataset or held_out or present[:1] or ["Photos"]
    sets = [name for entry in named for name in (datasets.TEST_SETS if entry == "all" else [entry])]
    if args.save:
        benchmark.check(args.save)
    if args.degradation is not None:
        return degradation(args, networks, sets, scales)
    tables = benchmark.evaluate([benchmark.BICUBIC, *networks], sets, scales, args.recursions)
    print("\n\n".join(benchmark.table(tables["benchmark"], scale) for scale in scales))
    if tables["recursions"]:
        print("\n" + benchmark.recursion_table(tables["recursions"]))
    if args.speed:
        print("\n" + benchmark.speed_table([benchmark.speed(network) for network in networks]))
    if args.save:
        benchmark.save(tables, args.save)
        print(f"\nSaved in {args.save}.")


def degradation(args, networks, sets, scales):
    """The other table: gains over bicubic on damaged pictures."""
    from .. import benchmark, robustness

    rows = robustness.evaluate(networks, sets, scales, args.degradation)
    shown = dict.fromkeys((row["scale"], row["dataset"]) for row in rows)
    print("\n\n".join(robustness.table(rows, *each) for each in shown))
    if args.save:
        benchmark.save({"degradation": rows}, args.save)

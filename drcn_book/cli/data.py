"""drcn data: the public data sets, copies of them, and the networks of others."""

from ..errors import DatasetError

HELP = "list, fetch, verify, pack or augment the data sets"


def add(parser):
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")

    def action(run, name, what):
        found = actions.add_parser(name, help=what)
        found.set_defaults(run_command=run)
        return found.add_argument

    action(show, "list", "what can be fetched, its licence, and what is here")
    argument = action(fetch, "fetch", "download sets, without what is here already")
    argument(
        "sets",
        nargs="+",
        metavar="SET",
        help="Set5, T91, ..., all of pictures, or peers, the networks of others",
    )
    argument = action(verify, "verify", "check every file against its sha256")
    argument("sets", nargs="*", metavar="SET", help="(default: those that are here)")
    argument = action(pack, "pack", "training and validation pictures in one file")
    argument("split", help="T91, T91+BSDS200, public, Photos, or a folder")
    argument("file", help="the zip file to write")
    argument = action(augment, "augment", "write a set in its eight flips and quarter turns")
    argument("set", help="a set's name or a folder")
    argument("folder", help="the new folder to write")


def show(args):
    from .. import datasets

    print(f"{'set':12} {'role':9} {'files':>8} {'MB':>6}  {'here':11}  licence")
    for name, public in datasets.fetchable().items():
        total = len(public.files)
        right = total - len(datasets.faults(name))
        here = {0: "no", total: "complete"}.get(right, f"{right} of {total}")
        print(
            f"{name:12} {public.role:9} {total:8} {public.bytes / 1e6:6.1f}  {here:11}  "
            f"{public.licence} ({public.paper})"
        )
    print(
        f"\n{datasets.note()}\n"
        f"Always here: Photos, {len(datasets.PHOTOGRAPHS)} photographs in scikit-image."
    )


def fetch(args):
    from .. import datasets

    known = datasets.fetchable()
    names = list(datasets.registry()) if args.sets == ["all"] else args.sets
    for name in names:
        datasets.public_set(name)
    for name in names:
        folder = datasets.fetch(name)
        print(f"{name}: {len(known[name].files)} files, all as published, in {folder}")


def verify(args):
    from .. import datasets

    here = [name for name in datasets.fetchable() if (datasets.data_dir() / name).is_dir()]
    names = args.sets or here
    wrong = {name: datasets.faults(name) for name in names}
    for name, faults in wrong.items():
        total = len(datasets.public_set(name).files)
        print(f"{name}: {total - len(faults)} of {total} files as published")
        for file, fault in faults.items():
            print(f"  {name}/{file}: {fault}")
    if any(wrong.values()):
        raise DatasetError(
            f"{sum(map(len, wrong.values()))} files in {datasets.data_dir()} are missing "
            f"or wrong: `drcn data fetch {' '.join(n for n in names if wrong[n])}`."
        )
    if not names:
        print(datasets.note())


def pack(args):
    from .. import datasets

    path = datasets.pack(args.split, args.file)
    size = path.stat().st_size / 1e6
    print(f"{path}: {size:.1f} MB; use it with `drcn train --train-set {path}`")


def augment(args):
    from .. import datasets

    count = datasets.augment(args.set, args.folder)
    print(
        f"{args.folder}: {count} pictures, eight views of each in {args.set}; "
        f"use them with `drcn train --train-set {args.folder}`"
    )

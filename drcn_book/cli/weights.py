"""drcn weights: the networks that came with the package, and those of another program."""

import json

HELP = "list, show or import weights"


def add(parser):
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")

    def action(run, name, what):
        found = actions.add_parser(name, help=what)
        found.set_defaults(run_command=run)
        return found.add_argument

    action(names, "list", "one line for each shipped network, and which serve each quality")
    action(show, "show", "the record of one")("name")
    argument = action(
        bring, "import", "bring a checkpoint of jiny2001/deeply-recursive-cnn-tf over"
    )
    argument("checkpoint", help="the TensorFlow checkpoint, such as model.ckpt")
    argument("file", help="the weights file to write, such as original-x2.safetensors")
    argument(
        "--scale",
        type=int,
        default=2,
        help="enlargement it was trained for, which it does not say (default 2)",
    )
    argument(
        "--skip",
        choices=("add", "concat", "none"),
        help="how the input reaches the output (default: by the shapes, concat or add)",
    )
    argument(
        "--no-output-relu",
        dest="output_relu",
        action="store_false",
        help="its last convolution has no ReLU",
    )


def names(args):
    from .. import weights
    from ..choice import QUALITIES, fitting

    for name in weights.shipped():
        entry = weights.record(name)
        network = entry["network"]
        sizes = [
            f"{network[key]} {key}" for key in ("filters", "recursions", "layers") if key in network
        ]
        print(
            f"{name:24} x{network['scale']}  {', '.join(sizes)}, {entry['parameters']:,} "
            f"parameters, {entry['minutes']} minutes of training"
        )
    for quality in QUALITIES:
        found = [fitting(quality, scale, weights.shipped()) for scale in (2, 3, 4)]
        print(
            f"--quality {quality:14} {', '.join(name for each in found for name in each.values())}"
        )


def show(args):
    from .. import weights

    print(json.dumps(weights.record(args.name), indent=1))


def bring(args):
    from ..original import import_checkpoint

    config = import_checkpoint(args.checkpoint, args.file, args.scale, args.skip, args.output_relu)
    print(
        f"{args.file}: {config.filters} filters, {config.recursions} recursions, "
        f"skip {config.skip}, {config.parameters:,} parameters; use it with "
        f"`drcn upscale --weights {args.file}`"
    )

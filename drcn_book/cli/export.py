"""drcn export: a network as an ONNX file."""

HELP = "write a network as an ONNX file"


def add(parser):
    parser.set_defaults(run_command=run)
    parser.add_argument("weights", help="shipped name or weights file")
    parser.add_argument("output", help="the .onnx file to write")


def run(args):
    from .. import onnx_export

    path = onnx_export.export(args.weights, args.output)
    print(
        f"{path}: {path.stat().st_size:,} bytes; x (batch, 1, h, w), luma in 0..1 -> recursions, "
        "ensemble"
    )

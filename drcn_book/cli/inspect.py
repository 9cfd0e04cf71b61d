"""drcn inspect: what every recursion makes of a picture."""

from pathlib import Path

from ..errors import ConfigError

HELP = "see what every recursion makes of a picture"


def numbers(count=None):
    """A type of argument: whole numbers joined by commas, `count` of them."""

    def numbers(text):
        values = tuple(int(part) for part in text.split(","))
        if count and len(values) != count:
            raise ValueError
        return values

    return numbers


def add(parser):
    parser.set_defaults(run_command=run)
    argument = parser.add_argument
    argument(
        "picture",
        help="a sharp picture: it is degraded first, and every output is measured against it",
    )
    argument(
        "--weights", default="compact-x2", help="shipped name or weights file (default compact-x2)"
    )
    argument(
        "-o",
        "--output",
        metavar="FOLDER|PAGE.html",
        help="where to write PICTURE-recursions.gif, .png, .html (default: here); or one page with "
        "slider, probe and the network itself, to send to somebody",
    )
    argument(
        "--small",
        action="store_true",
        help="the picture is a small one: enlarge it, nothing can be measured",
    )
    argument(
        "--region",
        type=numbers(4),
        metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="look at this part only, in pixels",
    )
    argument(
        "--channels",
        type=numbers(),
        default=4,
        metavar="C,C,...",
        help="feature maps to show (default: 4 lively)",
    )


def region(picture, box):
    """The part (left, top, width, height) of a picture; ConfigError if it lies outside."""
    left, top, width, height = box
    bottom, right = picture.shape
    if not (0 <= left < left + width <= right and 0 <= top < top + height <= bottom):
        raise ConfigError(
            f"The region {','.join(map(str, box))} does not lie inside the picture of "
            f"{right}x{bottom} pixels (LEFT,TOP,WIDTH,HEIGHT)."
        )
    return picture[top : top + height, left : left + width]


def example(path, box, shrink):
    """The picture, or its region, as 8-bit RGB (h, w, 3) for the page: made smaller by `shrink`,
    and to no more than 256 pixels a side.
    """
    import numpy as np
    from PIL import Image

    from .. import pictures

    picture = pictures.to_pillow(pictures.read(path)).convert("RGB")
    if box:
        left, top, width, height = box
        picture = picture.crop((left, top, left + width, top + height))
    sides = [max(1, side // shrink) for side in picture.size]
    picture = picture.resize(sides, Image.Resampling.BICUBIC)
    picture.thumbnail((256, 256))
    return np.asarray(picture)


def run(args):
    from .. import images, inspection, views, weights

    network, config = weights.load(args.weights)
    picture = images.read_luma(args.picture)
    if args.region:
        picture = region(picture, args.region)
    seen = inspection.inspect(picture, network, config, not args.small, args.channels)
    output = Path(args.output or ".")
    if output.suffix.lower() == ".html":
        from ..files import write_atomically
        from ..pieces.alone import whole_page

        small = example(args.picture, args.region, 1 if args.small else config.scale)
        page = whole_page(seen, network, config, Path(args.weights).stem, small)
        write_atomically(output, page.encode("utf-8", "backslashreplace"))
        print(output)
    else:
        for path in views.save(seen, output, Path(args.picture).stem):
            print(path)
    qualities = seen.psnr or [None] * len(seen.labels)
    for label, quality, step in zip(seen.labels, qualities, seen.steps, strict=True):
        measured = "" if quality is None else f"{quality:6.2f} dB  "
        print(f"{label:9} {measured}mean change {step:5.2f} levels")

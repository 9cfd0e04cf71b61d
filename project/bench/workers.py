"""One thing to time, in a process of its own: python -m project.bench.workers SPEC

SPEC is JSON; its "kind" names a function here. The worker prepares it and prints a line with what
it is, then times it once for every line it reads, and sleeps in between. So several workers can
take turns without disturbing each other, and each one's peak memory is its own.
"""

import json
import os
import sys

from .enlargers import (
    bicubic_upscaler,
    onnx_upscaler,
    opencv_upscaler,
    original_upscaler,
    torch_upscaler,
    upscaler,
)
from .steps import convolution, keras_step, matrix_product, torch_step
from .timing import peak_gb

KINDS = {
    make.__name__: make
    for make in (
        keras_step,
        torch_step,
        convolution,
        matrix_product,
        upscaler,
        torch_upscaler,
        onnx_upscaler,
        original_upscaler,
        bicubic_upscaler,
        opencv_upscaler,
    )
}


def main(spec: dict) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    repeat, result, facts = KINDS[spec.pop("kind")](**spec)
    print(json.dumps({"result": result, **facts}), file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": repeat(), "peak_gb": peak_gb()}), file=answers, flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

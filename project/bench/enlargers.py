"""Enlarging a grey picture (h, w), 8 bits. The result is the enlarged square in its middle."""

from pathlib import Path

import numpy as np

from .timing import tensorflow, timed

CROP = 48  # side of the low-resolution square whose enlargement is compared
THREADS = 2  # of OpenCV and of TensorFlow, where their networks are compared


def enlarging(enlarge, picture: str):
    """What each of the following does with its `enlarge`: (h, w) -> (h s, w s), both uint8."""
    low = np.load(picture)
    top, left = (max(0, side - CROP) // 2 for side in low.shape)
    enlarge(low[: CROP // 2, : CROP // 3])  # another size first, so that sizes become free
    return timed(lambda: enlarge(low)), enlarge(
        low[top : top + CROP, left : left + CROP]
    ).ravel().tolist()


def around(sharpen, scale: int = 2):
    """`enlarge` with only what must stand around a network (bicubic luma (h, w), 0..1 -> the same):
    for peers.
    """
    from drcn_book import brightness
    from drcn_book.degradation import resize

    def enlarge(low):
        low = low.astype("float32") / 255
        x = resize(low, low.shape[0] * scale, low.shape[1] * scale)
        y = (255 * sharpen((16 + 219 * x) / 255) - 16) / 219
        return np.round(brightness.clipped(y, x, low) * 255).astype("uint8")

    return enlarge


def upscaler(
    weights: str,
    picture: str,
    precision: str,
    tile: int | None = None,
    recursions: int | None = None,
):
    from drcn_book import pictures
    from drcn_book.upscaling import Upscaler

    ours = Upscaler(weights=weights, precision=precision, tile=tile, recursions=recursions)
    return *enlarging(lambda low: ours(pictures.from_array(low)).pixels[..., 0], picture), {
        "software": tensorflow()
    }


def torch_upscaler(weights: str, picture: str, precision: str, layout: str):
    import torch

    from .torch_drcn import DRCN

    layout = getattr(torch, layout)
    network = DRCN(weights).to(memory_format=layout)
    if precision != "float32":
        network.bfloat16()

    def sharpen(x):
        return network.ensemble(torch.from_numpy(x)[None, None].contiguous(memory_format=layout))[
            0, 0
        ].numpy()

    return *enlarging(around(sharpen), picture), {
        "software": f"PyTorch {torch.__version__.split('+')[0]}"
    }


def onnx_upscaler(model: str, picture: str, precision: str):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry(
        "session.force_spinning_stop", "1"
    )  # between runs, while others are timed
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def sharpen(x):
        return session.run(["ensemble"], {"x": x[None, None]})[0][0, 0]

    return *enlarging(around(sharpen), picture), {
        "software": f"ONNX Runtime {onnxruntime.__version__}"
    }


def original_upscaler(weights: str, picture: str, precision: str):
    """The original's graph in TensorFlow of today: the whole picture at once, every recursion
    reconstructed.
    """
    from drcn_book._keras import keras
    from drcn_book.weights import load

    network, _ = load(weights, precision)
    network = keras.Model(network.input, network.output["ensemble"])
    return *enlarging(
        around(lambda x: network.predict_on_batch(x[None, ..., None])[0, ..., 0]), picture
    ), {"software": tensorflow()}


def bicubic_upscaler(picture: str, scale: int):
    return *enlarging(around(lambda x: x, scale), picture), {"software": "Pillow"}


def opencv_network(model: str | Path):
    """The network of an OpenCV model file: luma (h, w), 0..1 from black to white -> (h s, w s)."""
    import cv2

    cv2.setNumThreads(THREADS)
    # Making one teaches cv2.dnn the operation DepthToSpace, without which it loads none of them.
    cv2.dnn_superres.DnnSuperResImpl_create()
    network = cv2.dnn.readNetFromTensorflow(str(model))
    names = network.getUnconnectedOutLayersNames()

    def enlarge(low):
        network.setInput(low[None, None].astype("float32"))
        # LapSRN gives a picture after each of its steps, the largest being its answer.
        return max(network.forward(names), key=np.size)[0, 0]

    return enlarge


def opencv_upscaler(model: str, picture: str):
    import cv2

    network = opencv_network(model)

    def enlarge(low):
        return np.round(np.clip(network(low / 255), 0, 1) * 255).astype("uint8")

    return *enlarging(enlarge, picture), {"software": f"OpenCV {cv2.__version__}"}

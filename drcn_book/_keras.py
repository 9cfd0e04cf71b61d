"""Keras, imported once and quietly.

TensorFlow's C++ runtime writes time stamps and process ids to file descriptor 2 while it starts,
below Python's reach, and they would end up in the notebooks' outputs. So the descriptor points at
the null device until the backend has run one operation.
"""

import importlib.util
import logging
import os
import platform
import re
from pathlib import Path

from ._quiet import quiet_stderr
from .errors import ConfigError

BACKENDS = {"tensorflow": "tensorflow-cpu", "jax": "jax", "torch": "torch"}


os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

backend = os.environ["KERAS_BACKEND"]
if backend not in BACKENDS:
    raise ConfigError(
        f"KERAS_BACKEND={backend!r} is not supported: choose one of {', '.join(BACKENDS)}."
    )
if importlib.util.find_spec(backend) is None:
    raise ConfigError(
        f"The backend {backend} is not installed: `pip install {BACKENDS[backend]}`, "
        "or set KERAS_BACKEND to an installed one."
    )

with quiet_stderr():
    import keras
    from keras import ops

    # A reader's ~/.keras/keras.json may say otherwise; shapes and shipped weights here are of
    # these.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    if backend == "tensorflow":
        ops.convert_to_numpy(ops.add(1.0, 1.0))

logging.getLogger("tensorflow").setLevel(
    logging.ERROR
)  # of its warnings, none is about what a reader did


def accelerators() -> list[str]:
    """Names of the GPUs or other devices beside the processor that the backend sees."""
    if backend == "tensorflow":
        import tensorflow as tf

        return [
            tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
            for gpu in tf.config.list_physical_devices("GPU")
        ]
    if backend == "jax":
        import jax

        return [device.device_kind for device in jax.local_devices() if device.platform != "cpu"]
    import torch

    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]


def hardware() -> str:
    """The processor, its cores this process may use, and any accelerators: "AMD EPYC, 2 cores;
    NVIDIA T4".
    """
    cpuinfo = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpu = f"{named[1] if named else platform.machine()}, {cores} core{'s' if cores > 1 else ''}"
    return "; ".join([cpu, *accelerators()])


__all__ = ["accelerators", "backend", "hardware", "keras", "ops"]

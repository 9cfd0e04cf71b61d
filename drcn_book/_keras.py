"""Keras, imported once and quietly.

TensorFlow's C++ runtime writes time stamps and process ids to file descriptor 2 while it starts, below Python's
reach, and they would end up in the notebooks' outputs. So the descriptor points at the null device until the
backend has run one operation.
"""

import contextlib
import importlib.util
import os

from .errors import ConfigError

BACKENDS = {"tensorflow": "tensorflow-cpu", "jax": "jax", "torch": "torch"}


@contextlib.contextmanager
def _quiet_stderr():
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

backend = os.environ["KERAS_BACKEND"]
if backend not in BACKENDS:
    raise ConfigError(f"KERAS_BACKEND={backend!r} is not supported: choose one of {', '.join(BACKENDS)}.")
if importlib.util.find_spec(backend) is None:
    raise ConfigError(f"The backend {backend} is not installed: `pip install {BACKENDS[backend]}`, "
                      "or set KERAS_BACKEND to an installed one.")

with _quiet_stderr():
    import keras
    from keras import ops

    ops.convert_to_numpy(ops.add(1.0, 1.0))

__all__ = ["backend", "keras", "ops"]

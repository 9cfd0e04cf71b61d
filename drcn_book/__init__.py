"""Deeply-recursive super-resolution: the package behind the book.

>>> import drcn_book
>>> sharp = drcn_book.upscale(picture)      # a Pillow picture or a path

Everything is imported when first used, so `import drcn_book` takes milliseconds.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "upscale": "upscaling",
    "Upscaler": "upscaling",
    "Chooser": "upscaling",
    "load": "weights",
    "build": "model",
    "preset": "config",
    "NetworkConfig": "config",
    "Recipe": "config",
    "Run": "training",
    "DRCNError": "errors",
}


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_HOME])

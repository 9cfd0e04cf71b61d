"""Every error a reader can mend.

The message is one line: what is wrong, and what to do about it.
"""

import re


class DRCNError(Exception):
    """Base of the package's errors; the command prints its message and exits with status 2."""


class PictureError(DRCNError):
    """A file is no picture that can be read, or a picture cannot be used as asked."""


class DatasetError(DRCNError):
    """A data set is unknown, missing, incomplete, or does not match its checksum."""


class ConfigError(DRCNError):
    """A configuration value, preset, or backend is unknown or out of range."""


class WeightsError(DRCNError):
    """A weights file or checkpoint is missing, damaged, or belongs to another network."""


class StorageError(DRCNError):
    """A file cannot be written: no space left, or no permission."""


class TrainingError(DRCNError):
    """Training cannot start, or had to stop."""


def out_of_memory(error: Exception) -> bool:
    """Whether an error of Python or of any backend says that the memory is full."""
    return type(error).__name__ in (
        "MemoryError",
        "ResourceExhaustedError",
        "OutOfMemoryError",
    ) or "RESOURCE_EXHAUSTED" in str(error)


def one_line(text: str) -> str:
    """A line to print: control characters, which names of files may have, are escaped."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda found: repr(found[0])[1:-1], text)

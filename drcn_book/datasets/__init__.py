"""Which pictures: the public sets, the embedded photographs, any folder, and the named splits.

Every file of a public set is checked against its sha256 before it is used. public says which sets
there are and where they lie, fetching downloads them, loading reads pictures, splits says what is
trained on and held out, copies finds and makes copies.
"""

from ..errors import DatasetError
from .copies import augment, leaks
from .fetching import PATIENCE, fetch
from .loading import PHOTOGRAPHS, colour_pictures, files, photographs, pictures, say_once
from .public import (
    TEST_SETS,
    PublicSet,
    data_dir,
    faults,
    fetchable,
    note,
    present,
    public_set,
    registry,
)
from .splits import (
    HELD_OUT,
    SPLITS,
    pack,
    training_split,
    validation_split,
)

__all__ = [
    "DatasetError",
    "HELD_OUT",
    "PATIENCE",
    "PHOTOGRAPHS",
    "PublicSet",
    "SPLITS",
    "TEST_SETS",
    "augment",
    "colour_pictures",
    "data_dir",
    "faults",
    "fetch",
    "fetchable",
    "files",
    "leaks",
    "note",
    "pack",
    "photographs",
    "pictures",
    "present",
    "public_set",
    "registry",
    "say_once",
    "training_split",
    "validation_split",
]

"""Anyone's picture: read and written with its depth, transparency, colour profile and metadata.

One way through: a file's bytes -> `reader` (one decoder a format: png, tiff, bmp, netpbm, deep,
else Pillow) -> `picture.Picture` -> `writer`. What files say beside the pixels goes by one table,
in `metadata`.
"""

from .formats import FORMATS, READABLE, check_storable, format_of, pictures_in
from .picture import MODES, Picture, from_array, to_pillow
from .reader import from_pillow, read, read_light, read_luma, size_of
from .writer import encode, write

__all__ = [
    "FORMATS",
    "MODES",
    "READABLE",
    "Picture",
    "check_storable",
    "encode",
    "format_of",
    "from_array",
    "from_pillow",
    "pictures_in",
    "read",
    "read_light",
    "read_luma",
    "size_of",
    "to_pillow",
    "write",
]

"""Which weights fit a picture: those for clean pictures, or those for real ones.

`told` reads what a JPEG or WebP file says of itself, `pixels` sees what the picture of any file
shows, `judge` decides by both; `names` are those of the weights.
"""

from .judge import LIMITS, Choice, Limits, Seen, choose, judge, look
from .names import QUALITIES, fitting
from .pixels import jpeg_traces, noise_levels
from .told import file_quality, quantisation, standard_steps, table_quality, webp_quantiser

__all__ = [
    "LIMITS",
    "QUALITIES",
    "Choice",
    "Limits",
    "Seen",
    "choose",
    "file_quality",
    "fitting",
    "jpeg_traces",
    "judge",
    "look",
    "noise_levels",
    "quantisation",
    "standard_steps",
    "table_quality",
    "webp_quantiser",
]

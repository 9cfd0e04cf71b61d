"""What a network is and how it is trained: two frozen records that travel with the weights.

They need no network library, so the command line makes its options from them without loading one.
"""

from .network import Config, NetworkConfig
from .options import Options, option
from .presets import PRESETS, VARIANTS, preset, read_config
from .recipe import Recipe

__all__ = [
    "Config",
    "NetworkConfig",
    "Options",
    "PRESETS",
    "Recipe",
    "VARIANTS",
    "option",
    "preset",
    "read_config",
]

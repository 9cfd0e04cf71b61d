"""Named sizes and wirings, and configuration files."""

import json
import tomllib
from pathlib import Path

from ..errors import ConfigError
from .network import NetworkConfig

PRESETS = {
    "tiny": NetworkConfig(filters=8, recursions=3),
    "compact": NetworkConfig(filters=32, recursions=5),
    "standard": NetworkConfig(filters=96, recursions=9),
    "paper": NetworkConfig(filters=256, recursions=16),
    # On the folded grid, which at scale s is s times coarser: `preset` folds by the scale.
    "small": NetworkConfig(filters=16, recursions=5, fold=2, consistent=True),
    "medium": NetworkConfig(filters=32, recursions=6, fold=2, consistent=True),
    "large": NetworkConfig(filters=96, recursions=6, fold=2, consistent=True),
}

VARIANTS = {
    "paper": {},
    "authors": {
        "feedback": True,
        "reconstruction_relu": False,
        "identity_start": "all",
        "output_start": 0.001,
    },
}


def preset(size: str, /, variant: str = "paper", **changes) -> NetworkConfig:
    """A named size in the wiring of "paper" or of the "authors" (their code).

    size: "tiny", "compact", "standard" and "paper" work on the pixels, as in the paper; "small",
    "medium" and "large" on the grid folded by the scale. Further fields may be changed by keyword.
    ConfigError for an unknown name.
    """
    for value, known, what in ((size, PRESETS, "preset"), (variant, VARIANTS, "variant")):
        if value not in list(known):
            raise ConfigError(f"Unknown {what} {value!r}: choose one of {', '.join(known)}.")
    fields = PRESETS[size].to_dict()
    if fields["fold"] > 1 and "scale" in changes:
        fields["fold"] = changes["scale"]
    return NetworkConfig.from_dict({**fields, **VARIANTS[variant], **changes})


def read_config(path: str | Path) -> tuple[dict, dict]:
    """The sections `network` (with `preset` and `variant` besides NetworkConfig's fields) and
    `recipe` of a file.

    TOML, or JSON where the name ends in .json. ConfigError if it cannot be read or has another
    section.
    """
    path = Path(path)
    try:
        text = path.read_text()
        sections = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a readable configuration file ({error}).") from None
    if not isinstance(sections, dict) or not all(
        name in ("network", "recipe") and isinstance(values, dict)
        for name, values in sections.items()
    ):
        raise ConfigError(
            f"{path}: a configuration file has the sections network and recipe, and nothing else."
        )
    return sections.get("network", {}), sections.get("recipe", {})

"""An inspection as files."""

from pathlib import Path

from ..files import write_atomically
from ..inspection import Inspection
from .frames import encode
from .page import player_page
from .sheets import animation, contact_sheet


def save(seen: Inspection, folder: str | Path, name: str) -> list[Path]:
    """Write NAME-recursions.gif (animation), .png (contact sheet) and .html (player) into a folder;
    their paths.
    """
    files = {
        "gif": animation(seen),
        "png": encode(contact_sheet(seen), optimize=True),
        "html": player_page(seen, f"{name}, recursion by recursion").encode(
            "utf-8", "backslashreplace"
        ),
    }
    paths = [Path(folder) / f"{name}-recursions.{suffix}" for suffix in files]
    for path, content in zip(paths, files.values(), strict=True):
        write_atomically(path, content)
    return paths

"""An inspection as pictures: frames, contact sheet, animation, and a player that needs a browser
alone.
"""

from .frames import STEPS, TINTS, caption, encode, enlarge, frame, numbers, span, view_names
from .page import BROWSER, ENSEMBLE, RECURSION, curve, player, player_page
from .saved import save
from .sheets import animation, contact_sheet

__all__ = [
    "BROWSER",
    "ENSEMBLE",
    "RECURSION",
    "STEPS",
    "TINTS",
    "animation",
    "caption",
    "contact_sheet",
    "curve",
    "encode",
    "enlarge",
    "frame",
    "numbers",
    "player",
    "player_page",
    "save",
    "span",
    "view_names",
]

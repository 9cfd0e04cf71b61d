"""The command `drcn`: one file a command, with its arguments (`add`) and what it does (`run`).

No file loads Keras before its command runs, so asking for help takes no time.
"""

from .main import main, parser

__all__ = ["main", "parser"]

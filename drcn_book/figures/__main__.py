"""Write every drawing: python -m drcn_book.figures [FOLDER]."""

import sys
from pathlib import Path

from .drawings import main

main(*map(Path, sys.argv[1:]))

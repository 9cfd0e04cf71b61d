"""What only the project needs, run as modules from its root: `python -m project.NAME`.

execute runs chapters, tables and opening bring pages and pictures up to date, ship makes a run part
of the package; ablate, ladder, memory and bench measure; vendor and freeze keep what the site and
the environment are made of. setup.sh makes the environment. The installed package has none of it.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "data" / "results"

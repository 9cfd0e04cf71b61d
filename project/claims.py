"""What chapters say of trainings, held against the runs behind it.

`data/ablations/claims.toml` has a claim a section: what it says, the question of
`ablations.toml` and the two arms it compares. A sentence of a chapter names its claim in a comment,
`<!-- claim: NAME -->`. Whatever is measured here comes from the logs, on the held-out pictures.
"""

import csv
import re
import tomllib
from dataclasses import dataclass

import numpy as np

from drcn_book.benchmark import markdown
from project import ROOT

FILE = ROOT / "data" / "ablations" / "claims.toml"
LOGS = FILE.parent / "logs"
NAMED = re.compile(r"<!-- claim: ([\w-]+) -->")
MANY = 10  # so many seeds may disagree once; fewer must be of one mind


@dataclass(frozen=True)
class Claim:
    """`arm` is better than `than` at nearly every seed and by `by` dB in the mean, or, if they are
    `level`, neither is. Compared is the answer, or the single output of recursion `output`.
    """

    says: str
    question: str
    arm: str
    than: str
    level: bool = False
    output: int = 0
    by: float = 0.0


def claims() -> dict[str, Claim]:
    """By name, as the file has them."""
    return {name: Claim(**entry) for name, entry in tomllib.loads(FILE.read_text()).items()}


def held_out(question: str, arm: str, output: int = 0) -> dict[int, float]:
    """PSNR in dB by seed: where the answer was best, that of the answer or of one output."""
    found = {}
    for path in LOGS.glob(f"{question}-{arm}-*.csv"):
        if seed := re.fullmatch(r"\d+", path.stem.removeprefix(f"{question}-{arm}-")):
            with path.open(newline="") as file:
                best = max(csv.DictReader(file), key=lambda row: float(row["psnr"]))
            found[int(seed[0])] = float(best[f"psnr_{output}" if output else "psnr"])
    return found


def differences(claim: Claim, psnr=held_out) -> list[float]:
    """`arm` less `than`, dB, at each seed that both have."""
    arm, than = (psnr(claim.question, name, claim.output) for name in (claim.arm, claim.than))
    return [arm[seed] - than[seed] for seed in sorted(set(arm) & set(than))]


def holds(claim: Claim, found: list[float]) -> bool:
    """Whether these differences are what the claim says."""
    against = 1 if len(found) >= MANY else 0
    better, worse = (sum(sign * gain <= 0 for gain in found) <= against for sign in (1, -1))
    if claim.level:
        return not better and not worse
    return better and np.mean(found) >= claim.by


def table() -> str:
    """The claims with their seeds, as chapter 4 shows them."""
    rows = []
    for claim in claims().values():
        found = differences(claim)
        ahead = sum(gain > 0 for gain in found)
        rows.append(
            [
                claim.says,
                f"{np.mean(found):+.2f}",
                f"{min(found):+.2f} to {max(found):+.2f}",
                f"{ahead} of {len(found)}",
            ]
        )
    return markdown(["what is said", "mean, dB", "from, to", "seeds with a gain"], rows)

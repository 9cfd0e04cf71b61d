"""How often the fitting weights are chosen: python -m project.choices [SET [SCALE]]

A line for every cell of data/degradations.csv, on the pictures of a set (default: the held-out
ones, x2), damaged as in the table of damages: what the cell calls for by its strengths, and for how
many pictures `choice.choose` says "real". No file tells its quality here: the pixels decide.
"""

import sys

from tqdm import tqdm

from drcn_book import benchmark, choice, robustness
from drcn_book.damage import CLEAN, KERNELS, damage, own_noise, parse


def wanted(steps, scale: int) -> str:
    """Real from JPEG quality 90 down or from 2 levels of noise up, of which shrinking leaves a
    part.
    """
    shrinking = next(i for i, step in enumerate(steps) if step.name in KERNELS)
    damaged = [
        step.name == "jpeg" and i > shrinking and step.strength <= 90
        or step.name in ("noise", "shot") and step.strength / (1 if i > shrinking else scale) >= 2
        for i, step in enumerate(steps)
    ]  # fmt: skip
    return "real" if any(damaged) else "clean"


def main(dataset: str = robustness.HELD_OUT, scale: str = "2") -> None:
    label, found = robustness.pictures(dataset)
    rows, right = [], []
    for text in tqdm([cell["damage"] for cell in robustness.cells()], leave=False, disable=None):
        steps = parse(text)
        if steps == CLEAN:  # no file: its values are not whole numbers
            continue
        kinds = []
        for name, sample in found.items():
            if sample.colour.ndim == 3:
                colour = sample.cropped(int(scale)).colour
                low = damage(colour, steps, int(scale), own_noise(name))
                kinds.append(choice.choose(low).kind)
        right += [kind == wanted(steps, int(scale)) for kind in kinds]
        rows.append([text, wanted(steps, int(scale)), f"{kinds.count('real')} of {len(kinds)}"])
    print(benchmark.markdown([f"x{scale}, {label}", "calls for", "real"], rows))
    print(f"\nAs called for: {sum(right)} of {len(right)}")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What the network that trains in the page reaches: the page's own modules, run under Node.

    python -m project.page_training        # about 15 minutes of one core

Two questions, told apart by the picture that is measured on and never learned from. "coffee":
which rate serves best, three seeds each; the piece has the answer as its default. "camera", the
page's own: what ten seeds reach at the default settings, and five without the skip connection or
with He's start. Writes data/results/page_training.csv: the ensemble's PSNR in dB every 25 steps,
and the processor's time a step. What stands there is not measured again: delete the file to begin
anew.
"""

from drcn_book.benchmark import read
from drcn_book.files import write_csv
from drcn_book.pieces import Training, half
from project import RESULTS, ROOT, node

TABLE = RESULTS / "page_training.csv"
EVERY = 25
RATES = {f"rate {rate}": {"rate": rate} for rate in (0.002, 0.004, 0.008, 0.016)}
WITHOUT = {"no skip": {"skip": "none"}, "He start": {"start": "he"}}
QUESTIONS = [
    ("camera", {"default": {}}, range(10)),
    ("camera", WITHOUT, range(5)),
    ("coffee", RATES, range(3)),
]


def train(
    changes: dict, pictures: dict, until: int = Training.RECIPE["steps"], every=EVERY
) -> dict:
    """One training by the page's modules, of `until` steps: what page_training.mjs says of it.

    changes: of the default recipe. pictures: as `Training.pictures` gives them.
    """
    settings = {**Training.RECIPE, **changes}
    case = {
        "plan": Training.plan(settings["recursions"], settings["skip"], settings["start"]),
        "settings": settings,
        "every": every,
        "until": until,
        **{
            name: {"height": p.shape[0], "width": p.shape[1], "data": p.ravel().tolist()}
            for name, p in pictures.items()
        },
    }
    return node.answer(ROOT / "project" / "page_training.mjs", case)


def main():
    rows = read(TABLE)
    there = {(row["picture"], row["arm"], row["seed"]) for row in rows}
    for picture, arms, seeds in QUESTIONS:
        pictures = Training.pictures()
        if picture == "coffee":
            pictures["unseen"] = half("coffee")[36:164, 86:214]
        for arm, changes in arms.items():
            for seed in seeds:
                if (picture, arm, str(seed)) in there:
                    continue
                told = train({**changes, "seed": seed}, pictures)
                rows += [
                    {
                        "picture": picture,
                        "arm": arm,
                        "seed": seed,
                        "step": look["step"],
                        "psnr": round(look["outputs"][-1], 3),
                        "bicubic": round(told["bicubic"], 3),
                        "milliseconds": round(told["milliseconds"]),
                    }
                    for look in told["seen"]
                ]
                print(*rows[-1].values(), sep=", ", flush=True)
                write_csv(TABLE, rows)


if __name__ == "__main__":
    main()

"""Chapter 4's pieces: the ways of the gradient, and the ablations seed by seed."""

from pathlib import Path

import numpy as np

from ..benchmark import read, results
from .piece import Piece, figure, plot, table


def flow(gain: float, weights, alpha: float) -> np.ndarray:
    """What each use of the shared weight gets, (D,), in the chain on a line, h_d = gain h_{d-1}.

    weights: w_1 ... w_D of the ensemble. All outputs err alike, as they do at the start, so the
    loss alpha l_1 + (1 - alpha) l_2 pulls at output d with alpha / D + (1 - alpha) w_d. Use d has
    the signal gain^(d-1), and all later outputs pull at it, each over the way back to it.
    """
    depth = len(weights)
    errors = alpha / depth + (1 - alpha) * np.asarray(weights)
    d = np.arange(depth)
    way_back = np.triu(float(gain) ** np.abs(d - d[:, None]))
    return gain**d * (way_back @ errors)


class Gradients(Piece):
    """The ways there and back, with sliders for the gain, alpha, a recursion and its weight."""

    name = script = "gradients"
    title = "The ways of the gradient"
    DEPTH = 8

    @property
    def data(self) -> dict:
        return {"depth": self.DEPTH}

    @property
    def still(self) -> str:
        last = np.eye(self.DEPTH)[-1]
        d = np.arange(1, self.DEPTH + 1)
        alone, supervised = flow(0.6, last, 0), flow(0.6, last, 1)
        said = (
            f"Of a gain of 0.6 and {self.DEPTH} recursions each use of the weight gets "
            f"{alone[0]:.3f} where only the last output is compared (whole line); where every "
            f"output is, the first gets {supervised[0]:.3f} and the last {supervised[-1]:.3f} "
            "(dashes)."
        )
        drawn = plot(
            "what each use gets",
            said,
            [(d, alone), (d, supervised)],
            (0, 0.1, 0.2, 0.3),
            ("use 1", f"use {self.DEPTH}"),
        )
        return figure(drawn, f"{said} In the page, where scripts run, sliders change all of it.")


class Seeds(Piece):
    """The curves of the ablations that were trained with several seeds, one seed at a time."""

    name = script = "seeds"
    title = "The ablations, seed by seed"
    ARMS = 4  # so many curves can be told apart

    @staticmethod
    def logs() -> Path:
        """The folder of the logs, in the project or in an installed package."""
        places = (parent / "data" / "ablations" / "logs" for parent in Path(__file__).parents[1:3])
        return next(folder for folder in places if folder.is_dir())

    @classmethod
    def curves(cls) -> dict[str, dict[str, dict[str, list[float]]]]:
        """PSNR in dB on the held-out pictures at each validation: question -> arm -> seed -> list.

        Of each question the first arms that have all of the first arm's seeds, three or more.
        """
        found, seeds = {}, {}
        for row in results("ablations"):
            seeds.setdefault((row["question"], row["arm"]), []).append(row["seed"])
        for (question, arm), have in seeds.items():
            wanted = next(theirs for (other, _), theirs in seeds.items() if other == question)
            if len(wanted) < 3 or have != wanted or len(found.get(question, {})) == cls.ARMS:
                continue
            found.setdefault(question, {})[arm] = {
                seed: [
                    round(float(row["psnr"]), 3)
                    for row in read(cls.logs() / f"{question}-{arm}-{seed}.csv")
                ]
                for seed in have
            }
        return {question: arms for question, arms in found.items() if len(arms) > 1}

    @classmethod
    def steps(cls) -> list[int]:
        return [int(row["step"]) for row in read(cls.logs() / "supervision-supervised-0.csv")]

    @property
    def data(self) -> dict:
        return {"steps": self.steps(), "questions": self.curves()}

    @property
    def still(self) -> str:
        first, other = list(self.curves()["supervision"].items())[:2]
        rows = [
            [f"Seed {seed}", *(f"{arm[seed][-1]:.2f} dB" for _, arm in (first, other))]
            for seed in first[1]
        ]
        wins = sum(first[1][seed][-1] > other[1][seed][-1] for seed in first[1])
        said = (
            f'"{first[0]}" ends above "{other[0]}" in {wins} of {len(rows)} seeds (PSNR on 20 '
            f"held-out pictures after {self.steps()[-1]} steps): one training is no measurement. "
            "In the page, where scripts run, other questions and their curves can be chosen."
        )
        return figure(table(["", first[0], other[0]], rows), said)

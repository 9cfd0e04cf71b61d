"""Chapter 7's piece: quality against cost, with the networks one can pick."""

from ..benchmark import costs, frontier, results
from ..datasets import TEST_SETS
from .piece import Piece, figure, table


class Cost(Piece):
    """Measured and quoted networks at scale 2: cost and PSNR, and what one has for the other."""

    name = script = "cost"
    title = "Quality against cost"
    COSTS = ("gmacs", "parameters")

    @classmethod
    def points(cls, dataset: str, cost: str) -> dict[str, list]:
        """Of each network its cost, its PSNR in dB, and whether this project measured it."""
        quoted, measured = results("quoted"), results("benchmark")
        return {
            name: [*point, mine]
            for rows, mine in ((quoted, False), (measured, True))
            for name, point in costs(rows, dataset=dataset, cost=cost).items()
        }

    @classmethod
    def frontier(cls, dataset: str, cost: str) -> list[str]:
        """Those that nothing as cheap equals or exceeds, the cheapest first."""
        points = cls.points(dataset, cost)
        return frontier({name: (price, psnr) for name, (price, psnr, _) in points.items()})

    @property
    def data(self) -> dict:
        return {
            dataset: {
                cost: {
                    "points": self.points(dataset, cost),
                    "frontier": self.frontier(dataset, cost),
                }
                for cost in self.COSTS
            }
            for dataset in TEST_SETS
        }

    @property
    def still(self) -> str:
        points = self.points("Set5", "gmacs")
        rows = [
            [name, f"{points[name][0]:,.1f} G", f"{points[name][1]:.2f} dB"]
            for name in self.frontier("Set5", "gmacs")
        ]
        said = (
            f"Of {len(points)} networks these {len(rows)} give the most for their multiply-adds "
            "(for an output of 1280×720 pixels; PSNR on Set5 at scale 2). In the page, where "
            "scripts run, each can be held against each."
        )
        return figure(table(["Network", "Cost", "PSNR"], rows), said)

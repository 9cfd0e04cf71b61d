"""What a network of one scale can do at another: the shipped table, a row of it measured anew."""

import pytest

from drcn_book import benchmark, weights
from project import transfer


def test_a_row_measured_anew():
    row = next(row for row in benchmark.results("transfer") if row["dataset"] == "Photos")
    found = transfer.measure(row["size"], int(row["scale"]), "Photos")
    for name in ("bicubic", "untrained", "trained"):
        assert found.get(name, "") == pytest.approx(row[name] and float(row[name]), abs=2e-3)


def test_most_of_the_gain_is_there_before_training():
    """Chapter 11, on Set5 and on the photographs; on Set5 training adds the rest."""
    rows = benchmark.results("transfer")
    cells = {(row["size"], int(row["scale"]), row["dataset"]) for row in rows}
    assert cells == {cell for cell in transfer.CELLS if f"{cell[0]}-x2" in weights.shipped()}
    for row in rows:
        bicubic, untrained, trained = (
            float(row[name]) for name in ("bicubic", "untrained", "trained")
        )
        assert untrained - bicubic > 0.75 * (trained - bicubic) > 0
        assert trained > untrained or row["dataset"] != "Set5"

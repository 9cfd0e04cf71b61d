"""What a network of one scale can do at another: the shipped table, a row of it measured anew."""

import pytest

from drcn_book import benchmark, weights
from project import transfer


def test_a_row_measured_anew():
    row = next(row for row in benchmark.results("transfer") if row["size"] == "small")
    found = transfer.measure(row["size"], int(row["scale"]))
    for name in ("bicubic", "untrained", "trained"):
        assert found.get(name, "") == pytest.approx(row[name] and float(row[name]), abs=2e-3)


def test_every_scale_gains_before_it_is_trained():
    """Chapter 11: most of what training gains over bicubic is there at once."""
    rows = benchmark.results("transfer")
    cells = {(row["size"], int(row["scale"])) for row in rows}
    assert cells == {cell for cell in transfer.CELLS if f"{cell[0]}-x2" in weights.shipped()}
    for row in rows:
        bicubic, untrained, trained = (
            float(row[name] or "nan") for name in ("bicubic", "untrained", "trained")
        )
        assert untrained > bicubic + 0.5
        if row["trained"]:
            assert trained > untrained > (bicubic + trained) / 2

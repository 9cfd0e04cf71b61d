"""Bounds and models of costs, beside sums by hand and beside what was measured."""

import pytest

from drcn_book import benchmark, costs
from drcn_book.config import NetworkConfig, preset


def test_a_convolution_is_counted():
    flop, size = costs.convolution(filters=2, pixels=10, number="float32")
    assert flop == 2 * 9 * 2 * 2 * 10
    assert size == 4 * (2 * 10 + 2 * 10 + 9 * 2 * 2)
    assert costs.convolution(2, 10, "bfloat16") == (flop, size / 2)


def test_the_roofline_has_a_roof_for_each_type_and_a_slope():
    machine = costs.Machine({"float32": 10.0, "bfloat16": 20.0}, bandwidth=2.0)
    assert costs.roofline(machine, "float32", flop=100, size=10) == 10  # the arithmetic
    assert costs.roofline(machine, "bfloat16", flop=100, size=10) == 5  # 100 / 20 = 10 / 2
    assert costs.roofline(machine, "bfloat16", flop=100, size=30) == 15  # the memory
    late = costs.Machine(machine.flops, machine.bandwidth, call=3)
    assert costs.roofline(late, "float32", 100, 10) == 13


def test_what_fits_the_cache_does_not_travel():
    machine = costs.Machine({"float32": 10.0}, bandwidth=1.0, cache=50)
    assert costs.roofline(machine, "float32", flop=100, size=50) == 10
    assert costs.roofline(machine, "float32", flop=100, size=51) == 51


def test_a_ring_sends_nearly_twice_the_gradient():
    assert costs.ring(1, size=100, bandwidth=10, latency=1) == 0
    assert costs.ring(2, size=100, bandwidth=10, latency=0) == pytest.approx(10)
    assert costs.ring(1000, size=100, bandwidth=10, latency=0) == pytest.approx(20, rel=2e-3)
    assert costs.ring(4, size=0, bandwidth=10, latency=1) == 6
    assert costs.parallel_step(5, 2, 100, 10, 0) == pytest.approx(15)


def test_a_ring_adds_up():
    """The messages of n devices, played through: each ends with the sum of all."""
    n = 5
    parts = [[{device} for _ in range(n)] for device in range(n)]
    for turn in range(2 * (n - 1)):
        sent = [parts[device][(device - turn) % n] for device in range(n)]
        for device in range(n):
            place = (device - 1 - turn) % n
            parts[device][place] = parts[device][place] | sent[device - 1]
    assert all(part == set(range(n)) for device in parts for part in device)


@pytest.mark.parametrize("number", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["compact", "standard"])
def test_memory_of_a_training_step_is_near_what_was_measured(name, number):
    """What the process grew by from 16 to 64 patches of 41x41, on each machine of speed.csv."""
    peaks = {}
    for row in benchmark.results("speed"):
        if row["section"] == "step" and row["candidate"] == f"this project, {number}":
            peaks.setdefault(row["hardware"], {})[row["case"]] = float(row["peak_gb"])
    kept = costs.features(preset(name, "authors"), 48 * 41**2, number) / 1e9
    for peak in peaks.values():
        grown = peak[f"{name}, 64"] - peak[f"{name}, 16"]
        assert 1.5 < grown / kept < costs.IN_TRAINING
    assert len(peaks) == 2


def test_a_folded_network_keeps_fewer_features():
    plain, folded = (NetworkConfig(16, 3, fold=fold) for fold in (1, 2))
    assert costs.features(plain, 400) == 4 * 8 * 16 * 400 == 4 * costs.features(folded, 400)

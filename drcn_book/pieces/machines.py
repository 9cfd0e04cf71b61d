"""Chapter 6's pieces: the roofline of a convolution, and a step of data parallelism."""

from dataclasses import asdict

import numpy as np

from ..config import preset
from ..costs import BYTES, MACHINES, convolution, parallel_step, roofline
from .piece import Piece, figure, plot, table


class Roofline(Piece):
    """A 3x3 convolution on a GPU of a data sheet: filters, patches, fold and number type chosen."""

    name = script = "roofline"
    title = "The roofline of a convolution"
    SIDE = 64  # pixels of a patch

    @property
    def data(self) -> dict:
        machines = {name: asdict(machine) for name, machine in MACHINES.items()}
        return {"machines": machines, "bytes": BYTES, "side": self.SIDE}

    @property
    def still(self) -> str:
        machine, number = MACHINES["A100"], "bfloat16"
        peak, rows, shares = machine.flops[number], [], {}
        for filters in (8, 32, 96, 256):
            flop, size = convolution(filters, 8 * self.SIDE**2, number)
            least = roofline(machine, number, flop, size)
            shares[filters] = flop / least / peak
            cells = f"{flop / size:.0f}", f"{1e6 * least:.1f} µs", f"{shares[filters]:.0%}"
            rows.append([filters, *cells])
        said = (
            f"A 3×3 convolution over 8 patches of {self.SIDE}×{self.SIDE} on an A100, in {number} "
            f"and by its data sheet: with 8 filters at most {shares[8]:.0%} of the peak, with 256 "
            f"{shares[256]:.0%}. In the page, where scripts run, all of it can be chosen."
        )
        return figure(table(["Filters", "FLOP a byte", "At least", "Of the peak"], rows), said)


class Parallel(Piece):
    """A step of data parallelism: devices, their wire, and what they have to send, chosen."""

    name = script = "parallel"
    title = "A step on several devices"
    MOST = 64  # devices
    EXPONENTS = {  # of ten: least, most, and at first; bytes a second, and seconds
        "parameters": (3.5, 8, 5.4),
        "bandwidth": (7.5, 12, 10.1),
        "latency": (-6.5, -3, -4.7),
        "computing": (-4, 1, -2),
    }

    @property
    def data(self) -> dict:
        return {"most": self.MOST, "exponents": self.EXPONENTS}

    @property
    def still(self) -> str:
        devices, computing = np.arange(1, self.MOST + 1), 0.01
        size, wire = 4 * preset("standard", "authors").parameters, 12.5e9
        curves = {
            latency: computing / parallel_step(computing, devices, size, wire, latency)
            for latency in (0, 2e-5)
        }
        at = {latency: share[7] for latency, share in curves.items()}
        said = (
            f"A step that computes for {1e3 * computing:.0f} ms and sums the standard network's "
            f"gradients over {8 * wire / 1e9:.0f} Gbit/s: 8 devices compute {at[0]:.1%} of the "
            f"time without latency (dashes), {at[2e-5]:.1%} with 20 µs for each part (whole "
            f"line); 64 devices {curves[0][-1]:.1%} and {curves[2e-5][-1]:.1%}."
        )
        lines = [(devices, curves[latency]) for latency in (2e-5, 0)]
        ends = ("1 device", f"{self.MOST} devices")
        drawn = plot("share that is computing", said, lines, (0, 0.5, 1), ends)
        return figure(drawn, f"{said} In the page, where scripts run, all of it can be chosen.")

"""What computing costs on a machine of which a few numbers are known: bounds and models, nothing
is measured here. Chapter 6 holds them against what was.
"""

from dataclasses import dataclass

from .config import NetworkConfig

BYTES = {"float32": 4, "tf32": 4, "bfloat16": 2, "float16": 2}  # TF32 lies in memory as float32
# Of a training, in all, for each byte of features: what two processors took (speed.csv) was 1.6 to
# 1.9 times the features alone, as gradients and the library's copies come on top.
IN_TRAINING = 2


@dataclass(frozen=True)
class Machine:
    """flops: operations a second by number type, a key of BYTES; bandwidth: bytes a second to and
    from memory; cache: bytes that stay beside the arithmetic; call: seconds to start an operation.
    """

    flops: dict[str, float]
    bandwidth: float
    cache: float = 0
    call: float = 0


# The peaks of NVIDIA's data sheets, without sparsity; the caches are the second level's. Nobody
# reaches these numbers. A call takes some microseconds from Python's side of the bus.
CALL = 5e-6
MACHINES = {
    "T4": Machine({"float32": 8.1e12, "float16": 65e12}, 320e9, 4e6, CALL),
    "A100": Machine(
        {"float32": 19.5e12, "tf32": 156e12, "bfloat16": 312e12, "float16": 312e12},
        2.039e12,
        40e6,
        CALL,
    ),
    "H100": Machine(
        {"float32": 67e12, "tf32": 494e12, "bfloat16": 989e12, "float16": 989e12},
        3.35e12,
        50e6,
        CALL,
    ),
}


def convolution(filters: int, pixels: int, number: str) -> tuple[float, float]:
    """Operations of a 3x3 convolution from F to F filters over n pixels, 18 F^2 n, and the bytes of
    its input, its output and its kernel, b (2 F n + 9 F^2), in a number type of b bytes.
    """
    return 18 * filters**2 * pixels, BYTES[number] * (2 * filters * pixels + 9 * filters**2)


def roofline(machine: Machine, number: str, flop: float, size: float) -> float:
    """The fewest seconds for an operation on so many bytes: those of its arithmetic or those of
    its memory, whichever are more (Williams, Waterman and Patterson, 2009), and those of its call.

    The arithmetic is that of the number type: each has a roof of its own. What fits into the cache
    need not travel. A program that does several operations in one call can be faster than the sum
    of their bounds.
    """
    moved = size if size > machine.cache else 0
    return machine.call + max(flop / machine.flops[number], moved / machine.bandwidth)


def features(config: NetworkConfig, pixels: int, number: str = "float32") -> int:
    """Bytes of the features that the way back needs: the outputs of the convolutions to F filters,
    two of the embedding and two for each recursion, over so many pixels of a batch.
    """
    layers = 2 + 2 * config.recursions
    return BYTES[number] * layers * config.filters * pixels // config.fold**2


def ring(devices: int, size: float, bandwidth: float, latency: float) -> float:
    """Seconds for devices in a ring to have the sum of their arrays of `size` bytes.

    Each of n sends 2 (n - 1) parts of size / n (Patarasuk and Yuan, 2009), at `bandwidth` bytes a
    second, and each part takes `latency` seconds however small it is.
    """
    return 2 * (devices - 1) * (latency + size / devices / bandwidth)


def parallel_step(computing: float, devices: int, size: float, bandwidth: float, latency: float):
    """Seconds of a step of data parallelism in which each device computes for `computing` seconds,
    then all exchange gradients of `size` bytes in a ring, and nothing overlaps.

    The share of it that is computing is the efficiency: how many of n devices are at work.
    """
    return computing + ring(devices, size, bandwidth, latency)

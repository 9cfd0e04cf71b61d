"""What a training tells while it goes on: records of numbers, each of which prints as one line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Opened:
    """Before the first step. bicubic: mean PSNR of the validation pictures' input, dB."""

    bicubic: float
    pictures: int
    patches: int
    precision: str

    def __str__(self):
        return (
            f"bicubic {self.bicubic:.2f} dB on {self.pictures} validation pictures; "
            f"{self.patches:,} patches; {self.precision}"
        )


@dataclass(frozen=True)
class Uncorrected:
    """Before the first step, where the network asked for would correct its answers."""

    def __str__(self):
        return (
            "trained on damage, so answers are not corrected to shrink back to the damaged picture "
            "(consistent = false)"
        )


@dataclass(frozen=True)
class Started:
    """What became of each tensor of the network that did not begin at random: see `start`."""

    source: str
    taken: list[str]
    resampled: list[str]
    widened: list[str]
    fresh: list[str]

    def __str__(self):
        parts = {
            "taken": self.taken,
            "resampled": self.resampled,
            "widened": self.widened,
            "afresh": self.fresh,
        }
        said = (f"{what}: {', '.join(names)}" for what, names in parts.items() if names)
        return f"start from {self.source}: {'; '.join(said)}"


@dataclass(frozen=True)
class Validated:
    """After each interval. row: that of the log; steps: how many there will be; best: so far."""

    row: dict
    steps: int
    best: bool
    minutes_left: float

    def __str__(self):
        row = self.row
        single = " ".join(f"{row[name]:.2f}" for name in row if name.startswith("psnr_"))
        if "undamaged_psnr" in row:
            single += f"; undamaged {row['undamaged_psnr']:.3f}"
        return (
            f"step {row['step']:6d}/{self.steps}  loss {row['loss']:.5f}  alpha {row['alpha']:.2f}"
            f"  lr {row['learning_rate']:.1e}  PSNR {row['psnr']:.3f}{'*' if self.best else ' '} "
            f"({single})  {row['patches_per_second']:.0f} patches/s  "
            f"{self.minutes_left:.0f} min left"
        )


@dataclass(frozen=True)
class Stopped:
    """Where a training ended early, and why: "after 5 minutes" or "by a signal"."""

    why: str
    step: int

    def __str__(self):
        return f"Stopped {self.why} at step {self.step}; the same command goes on from there."


@dataclass(frozen=True)
class Done:
    """Nothing was left to do."""

    step: int
    best: float

    def __str__(self):
        return f"All {self.step} steps were done before; best PSNR {self.best:.3f}."


@dataclass(frozen=True)
class Speed:
    """Of the median step; plain: GFLOP/s of a plain 3x3 convolution of so many filters."""

    patches_per_second: float
    gflops: float
    plain: float
    filters: int
    precision: str

    def __str__(self):
        return (
            f"median step: {self.patches_per_second:.0f} patches/s, {self.gflops:.0f} GFLOP/s, "
            f"{self.gflops / self.plain:.0%} of a plain 3x3 convolution of {self.filters} filters "
            f"({self.plain:.0f} GFLOP/s, {self.precision})"
        )

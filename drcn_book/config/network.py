"""What a network is."""

from dataclasses import dataclass

from ..errors import ConfigError
from ..recursion import convolutions, count
from .options import Options, option


class Config(Options):
    """A record that names a network: its `build` makes it, `architecture` is its kind in a file."""

    section = "network"
    fold = 1
    consistent = False

    @property
    def reach(self) -> int:
        """How many input pixels on each side of a pixel can change it."""
        return self.receptive_field // 2


@dataclass(frozen=True)
class NetworkConfig(Config):
    """What a network is; it travels inside its weights file. By default it is the paper's."""

    architecture = "drcn"

    filters: int = option(32, "filters F of each convolution", low=1, high=4096)
    recursions: int = option(5, "recursions D", low=1, high=256)
    scale: int = option(2, "enlargement it is trained for", low=2)
    fold: int = option(
        1,
        "grid it works on: fold x fold pixels are the channels of one (paper: 1; divides the "
        "scale)",
        low=1,
    )
    skip: str = option(
        "add",
        "how x reaches the output: added (paper), to the last convolution's input, or not",
        choices=("add", "concat", "none"),
    )
    feedback: bool = option(
        False,
        "the next recursion takes the reconstruction's hidden layer as its input, "
        "as the authors' code does",
    )
    reconstruction_relu: bool = option(True, "the ReLU of H_{D+1}; the authors' code has none")
    output_relu: bool = option(
        False, "a ReLU on the last convolution, as jiny2001's TensorFlow code has"
    )
    residual: bool = option(
        False, "H_d = f(H_{d-1}) + H_0, the recursion of DRRN (Tai et al., CVPR 2017)"
    )
    shared: bool = option(True, "one convolution for all recursions; without, each has its own")
    ensemble: bool = option(
        True, "the output is the learned sum of the recursions' outputs; without, the last one"
    )
    identity_start: str = option(
        "recursion",
        "which F x F convolutions start as the identity: the recursion "
        "(paper), all (authors' code), none (He everywhere)",
        choices=("recursion", "all", "none"),
    )
    output_start: float = option(
        1.0, "factor on the start of the last convolution; the authors' code uses 0.001", low=0
    )
    consistent: bool = option(
        False, "the answer is corrected so that, shrunk again, it gives the small picture back"
    )

    def __post_init__(self):
        super().__post_init__()
        if self.scale % self.fold:
            raise ConfigError(
                f"fold = {self.fold}: must divide the scale {self.scale}, "
                f"so 1 or {self.scale} will do."
            )

    @property
    def parameters(self) -> int:
        """Weights, biases and ensemble weights: 1,775,121 for the paper's F = 256, D = 16."""
        kinds = convolutions(self).values()
        return sum(9 * kind.inputs * kind.outputs + kind.outputs for kind in kinds) + (
            self.recursions if self.ensemble else 0
        )

    @property
    def macs_per_pixel(self) -> int | float:
        """Multiply-accumulates an output pixel, every recursion reconstructed as in the paper."""
        macs, cell = count(self)[0].macs, self.fold**2
        return macs // cell if macs % cell == 0 else macs / cell

    @property
    def receptive_field(self) -> int:
        """Side in pixels of the input square that can change one output pixel.

        At fold 1 the pixel is its centre; a folded network sees whole cells of fold x fold pixels,
        and its field is centred on the pixel's cell.
        """
        return 2 * self.reach + self.fold

    @property
    def reach(self) -> int:
        """How many input pixels on each side of a cell of fold x fold can change its pixels."""
        return self.fold * count(self)[1]

    def build(self, dtype: str = "float32", seed: int = 0):
        """The Keras network with random weights: see `drcn_book.model.build`."""
        from ..model import build

        return build(self, dtype, seed)

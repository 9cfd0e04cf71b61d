"""Training: the paper's loss and schedule, in runs that can be cut anywhere and resumed.

A run is a folder: `run.json` (command, network, recipe, machines), `log.csv`, `tensorboard/` (where
it is installed), `checkpoint.safetensors` (everything needed to go on) and `best.safetensors` (the
weights with the best validation PSNR).

loss, schedule, precision, validation and batches are the parts; start says what is taken from other
weights, checkpoint and log what is written, progress what is told; run puts them together.
"""

from .batches import Batches
from .loss import LOSSES, Trainer
from .precision import PRECISIONS, choose_precision, convolution_rate
from .progress import Validated
from .run import Run
from .schedule import optimizer
from .validation import Validation

__all__ = [
    "Batches",
    "LOSSES",
    "PRECISIONS",
    "Run",
    "Trainer",
    "Validated",
    "Validation",
    "choose_precision",
    "convolution_rate",
    "optimizer",
]

"""How the weights are changed: the optimiser and the course of its learning rate."""

from .._keras import keras
from ..config import Recipe


def optimizer(recipe: Recipe, precision: str) -> keras.optimizers.Optimizer:
    """Adam, or SGD with Nesterov momentum: linear warm-up, then a cosine to zero."""
    peak, warmup = recipe.learning_rate, recipe.warmup
    rate = keras.optimizers.schedules.CosineDecay(
        peak / warmup if warmup else peak,
        max(1, recipe.steps - warmup),
        warmup_target=peak if warmup else None,
        warmup_steps=warmup,
    )
    options = {"name": recipe.optimizer, "global_clipnorm": recipe.clip_norm or None}
    if recipe.optimizer == "adam":
        chosen = keras.optimizers.Adam(rate, **options)
    else:
        chosen = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, **options)
    # float16 has no numbers below 6e-8, so gradients are computed of a loss that is many times as
    # large, and divided by that factor again.
    if precision == "mixed_float16":
        chosen = keras.optimizers.LossScaleOptimizer(chosen, name="loss_scale")
    return chosen

"""The paper's loss, and the Keras model that trains a network with it."""

import numpy as np

from .._keras import accelerators, backend, keras, ops
from ..config import Recipe
from .schedule import optimizer

LOSSES = {
    "l1": ops.abs,
    "l2": ops.square,
    "charbonnier": lambda error: ops.sqrt(ops.square(error) + 1e-6),
}


class Trainer(keras.Model):
    """The network with the paper's loss: L = alpha l_1 + (1 - alpha) l_2 + beta ||theta||^2.

    l_1: mean error of the recursions' outputs y_d; l_2: error of the ensemble y. alpha depends on
    `taken`, the number of steps taken, which is part of the state, so a resumed run goes on where
    it stopped.
    """

    def __init__(self, network: keras.Model, recipe: Recipe):
        super().__init__(name="trainer")
        self.network, self.recipe = network, recipe
        self.taken = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
        )
        self.l_1, self.l_2 = keras.metrics.Mean("l_1"), keras.metrics.Mean("l_2")

    def call(self, x, training=None):
        return self.network(x, training=training)

    def alpha(self, step):
        """The weight of l_1 after so many steps: it falls on a line, then stays at its floor."""
        r = self.recipe
        progress = ops.minimum(ops.cast(step, "float32") / max(1.0, r.alpha_share * r.steps), 1.0)
        return r.alpha_start + (r.alpha_floor - r.alpha_start) * progress

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        error = LOSSES[self.recipe.loss]
        # The truth y has one channel, so it is compared with each of the D outputs y_d.
        l_1 = ops.mean(error(y_pred["recursions"] - y))
        l_2 = ops.mean(error(y_pred["ensemble"] - y))
        alpha = self.alpha(self.taken)
        loss = alpha * l_1 + (1 - alpha) * l_2
        if self.recipe.beta:
            loss += self.recipe.beta * sum(
                ops.sum(ops.square(w)) for w in self.network.trainable_weights
            )
        self.taken.assign(self.taken + 1)
        self.l_1.update_state(l_1)
        self.l_2.update_state(l_2)
        return loss

    def state(self) -> list:
        """Every variable that the next step depends on, once an optimiser is compiled in."""
        return [*self.network.variables, self.taken, *self.optimizer.variables]

    def values(self) -> dict[str, np.ndarray]:
        """The values of `state` by name."""
        return {v.path: ops.convert_to_numpy(v) for v in self.state()}


def compiled(network: keras.Model, recipe: Recipe, precision: str) -> Trainer:
    """The network with its loss and its optimiser, ready to `fit`.

    On a processor TensorFlow is slower through XLA; JAX knows no other way.
    """
    trainer = Trainer(network, recipe)
    xla = "auto" if accelerators() else backend == "jax"
    trainer.compile(optimizer(recipe, precision), jit_compile=xla)
    trainer.optimizer.build(trainer.trainable_variables)
    return trainer

"""An optimizer at work on one flat vector of parameters, with its memories and the penalties."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.optimizers import SGD, Memories, Pace
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings


class Descent:
    """Moves parameters; ``slots`` is what the optimizer remembers, each as long as the parameters.

    Args:
        settings: the optimizer, penalties, and whether biases are trained.
        biases: which of the parameters are biases.
    """

    def __init__(self, settings: TrainingSettings, biases: NDArray[np.bool_]) -> None:
        self._optimizer = optimizer = settings.optimizer
        method = optimizer.method
        self._numbers = method.numbers
        self._biases, self._weights = biases, (~biases).astype(np.float64)
        self._frozen = not settings.train_biases
        self._plain = not (self._frozen or optimizer.weight_decay or optimizer.l1)
        self.slots: tuple[Floats, ...] = tuple(np.zeros(len(biases)) for _ in range(memories_of(optimizer)))
        self._pace = Pace(optimizer.learning_rate, 0, optimizer.momentum, optimizer.nesterov)
        self._move: Callable[..., None] = _FastSgd(self._pace) if method.update is SGD.update else method.update

    def set_rate(self, rate: float) -> None:
        """Go on with another learning rate."""
        self._pace.eta = rate

    def update(self, theta: Floats, gradient: Floats, step: int) -> None:
        """Move ``theta`` by one step; ``step`` counts updates from 1. ``gradient`` is overwritten."""
        self._pace.step = step
        if not self._plain:
            self._penalise(theta, gradient)
        kept = theta[self._biases] if self._frozen else None
        self._move(theta, gradient, self.slots, self._pace, *self._numbers)
        if kept is not None:
            theta[self._biases] = kept  # memories from before they were frozen would move them on

    def _penalise(self, theta: Floats, gradient: Floats) -> None:
        optimizer = self._optimizer
        if self._frozen:
            np.copyto(gradient, 0.0, where=self._biases)  # a product would leave NaN where it is NaN
        signs = np.sign(theta) if optimizer.l1 else None
        if optimizer.weight_decay:
            decay = optimizer.weight_decay * theta * self._weights
            if optimizer.method.decoupled:
                theta -= self._pace.eta * decay
            else:
                gradient += decay
        if signs is not None:
            gradient += optimizer.l1 * signs * self._weights


def memories_of(optimizer: OptimizerSettings) -> int:
    """Return how many memories of the parameters' shape an optimizer keeps: none without momentum where it has that."""
    return len(optimizer.method.memories) if optimizer.momentum or not optimizer.method.momentum else 0


class _FastSgd:
    """What ``SGD.update`` does, a little faster for few parameters."""

    def __init__(self, pace: Pace) -> None:
        self._eta, self._minus_eta, self._mu = pace.eta, np.array(-pace.eta), np.array(pace.momentum)

    def __call__(self, theta: Floats, gradient: Floats, memories: Memories, pace: Pace) -> None:
        if pace.eta != self._eta:
            self._eta, self._minus_eta = pace.eta, np.array(-pace.eta)
        np.multiply(gradient, self._minus_eta, gradient)
        if not memories:
            np.add(theta, gradient, theta)
            return
        (velocity,) = memories
        np.multiply(velocity, self._mu, velocity)
        np.add(velocity, gradient, velocity)
        if pace.nesterov:
            np.add(theta, gradient, theta)
            np.multiply(velocity, self._mu, gradient)
            np.add(theta, gradient, theta)
        else:
            np.add(theta, velocity, theta)

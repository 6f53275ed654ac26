"""Optimizers: each turns a gradient into a step on one flat vector of parameters, in place.

Their formulas and constants are those of PyTorch's optimizers of the same names, so that runs can be compared;
sgd writes its momentum as v <- mu v - eta g, theta <- theta + v, the same for a constant learning rate.
"""

from typing import Protocol

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.settings import OptimizerSettings

RMSPROP_DECAY, RMSPROP_EPSILON = 0.99, 1e-8
ADAGRAD_EPSILON = 1e-10
ADAM_BETA_1, ADAM_BETA_2, ADAM_EPSILON = 0.9, 0.999, 1e-8


class Optimizer(Protocol):
    """Updates ``theta`` from ``gradient``, both flat and of one length; ``slots`` is what it remembers."""

    slots: tuple[Floats, ...]

    def set_rate(self, rate: float) -> None:
        """Go on with another learning rate."""
        ...

    def update(self, theta: Floats, gradient: Floats, step: int) -> None:
        """Move ``theta`` by one step; ``step`` counts updates from 1. ``gradient`` may be overwritten."""
        ...


class Sgd:
    """Gradient descent, with classical or Nesterov momentum where mu is above 0."""

    def __init__(self, settings: OptimizerSettings, size: int) -> None:
        self._minus_eta = np.array(-settings.learning_rate)
        self._mu = np.array(settings.momentum)
        self._nesterov = settings.nesterov
        self.slots: tuple[Floats, ...] = (np.zeros(size),) if settings.momentum else ()

    def set_rate(self, rate: float) -> None:
        """Go on with another learning rate."""
        self._minus_eta = np.array(-rate)

    def update(self, theta: Floats, gradient: Floats, step: int) -> None:
        """theta <- theta - eta g; with momentum v <- mu v - eta g, theta <- theta + v."""
        del step
        np.multiply(gradient, self._minus_eta, gradient)
        if self.slots:
            (velocity,) = self.slots
            np.multiply(velocity, self._mu, velocity)
            np.add(velocity, gradient, velocity)
            if self._nesterov:
                np.add(theta, gradient, theta)
                np.multiply(velocity, self._mu, gradient)
                np.add(theta, gradient, theta)
            else:
                np.add(theta, velocity, theta)
        else:
            np.add(theta, gradient, theta)


class _Adaptive:
    """What the optimizers share that scale each parameter's step by memories of its gradients."""

    memories = 1

    def __init__(self, settings: OptimizerSettings, size: int) -> None:
        self._eta = settings.learning_rate
        self.slots: tuple[Floats, ...] = tuple(np.zeros(size) for _ in range(self.memories))

    def set_rate(self, rate: float) -> None:
        """Go on with another learning rate."""
        self._eta = rate


class RmsProp(_Adaptive):
    """Divides by a running root mean square: s <- .99 s + .01 g^2, theta <- theta - eta g / (sqrt(s) + eps)."""

    def update(self, theta: Floats, gradient: Floats, step: int) -> None:
        """Take one step, see the class."""
        del step
        (square,) = self.slots
        square *= RMSPROP_DECAY
        square += (1.0 - RMSPROP_DECAY) * gradient * gradient
        theta -= self._eta * gradient / (np.sqrt(square) + RMSPROP_EPSILON)


class Adagrad(_Adaptive):
    """Divides by the root of the sum of squares: s <- s + g^2, theta <- theta - eta g / (sqrt(s) + eps)."""

    def update(self, theta: Floats, gradient: Floats, step: int) -> None:
        """Take one step, see the class."""
        del step
        (square,) = self.slots
        square += gradient * gradient
        theta -= self._eta * gradient / (np.sqrt(square) + ADAGRAD_EPSILON)


class Adam(_Adaptive):
    """Kingma and Ba (2015), algorithm 1: bias-corrected first and second moments of the gradient."""

    memories = 2

    def update(self, theta: Floats, gradient: Floats, step: int) -> None:
        """Take one step, see the class."""
        first, second = self.slots
        first *= ADAM_BETA_1
        first += (1.0 - ADAM_BETA_1) * gradient
        second *= ADAM_BETA_2
        second += (1.0 - ADAM_BETA_2) * gradient * gradient
        rate = self._eta / (1.0 - ADAM_BETA_1**step)
        theta -= rate * first / (np.sqrt(second / (1.0 - ADAM_BETA_2**step)) + ADAM_EPSILON)


_MAKERS: dict[str, type[Sgd] | type[RmsProp] | type[Adagrad] | type[Adam]] = {
    "sgd": Sgd,
    "rmsprop": RmsProp,
    "adagrad": Adagrad,
    "adam": Adam,
}


def make_optimizer(settings: OptimizerSettings, size: int) -> Optimizer:
    """Return a fresh optimizer for a flat vector of ``size`` parameters."""
    return _MAKERS[settings.name](settings, size)

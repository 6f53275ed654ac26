"""Losses: a sum over the outputs j of a term in y_j and t_j, per sample.

A batch's loss is the mean over its samples, whatever the reduction of the gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.arrays import Floats

_HALF = np.array(0.5)
_ONE = np.array(1.0)
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True)
class Loss:
    """L = scale * sum_j term(y_j, t_j), where scale is 1, or 1 / outputs where ``averaged``.

    ``term`` and ``slope`` (its derivative by y) work on arrays of any one shape. ``fused`` names the output
    activation with which dL/da is exactly y - t before scaling, so that saturated outputs lose nothing.
    ``probabilities``: outputs and targets must lie between 0 and 1.
    """

    name: str
    term: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]
    averaged: bool
    fused: str | None = None
    probabilities: bool = False

    def scale(self, outputs: int) -> float:
        """Return the factor before the sum for a network with that many outputs."""
        return 1.0 / outputs if self.averaged else 1.0

    def value(self, y: Floats, t: Floats) -> float:
        """Return the loss of one sample; y and t are (outputs,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.term(y, t).sum()) * self.scale(y.shape[-1])

    def gradient(self, y: Floats, t: Floats) -> Floats:
        """Return dL/dy of one sample; all are (outputs,)."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return self.slope(y, t) * self.scale(y.shape[-1])

    def output_delta(self, activation: Activation, y: Floats, t: Floats) -> Floats:
        """Return the output layer's delta, dL/da = dL/dy dy/da; y and t are (..., outputs)."""
        if self.fused == activation.name:
            total = t.sum(axis=-1, keepdims=True) if activation.slope is None else 1.0
            return (y * total - t) * self.scale(y.shape[-1])
        return activation.pull_back(self.gradient(y, t), y)


def _square(y: Floats, t: Floats) -> Floats:
    return np.square(y - t)


def _huber_term(y: Floats, t: Floats) -> Floats:
    error = np.abs(y - t)
    return np.where(error <= 1.0, _HALF * error * error, error - _HALF)


def _log(p: Floats) -> Floats:
    return np.log(np.maximum(p, _TINY))


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss("half_sse", lambda y, t: _HALF * _square(y, t), lambda y, t: y - t, averaged=False),
        Loss("mse", _square, lambda y, t: 2.0 * (y - t), averaged=True),
        Loss("mae", lambda y, t: np.abs(y - t), lambda y, t: np.sign(y - t), averaged=True),
        Loss("huber", _huber_term, lambda y, t: np.clip(y - t, -1.0, 1.0), averaged=True),
        Loss(
            "binary_cross_entropy",
            lambda y, t: -(t * _log(y) + (_ONE - t) * _log(_ONE - y)),
            lambda y, t: (y - t) / np.maximum(y * (_ONE - y), _TINY),
            averaged=True,
            fused="sigmoid",
            probabilities=True,
        ),
        Loss(
            "cross_entropy",
            lambda y, t: -t * _log(y),
            lambda y, t: -t / np.maximum(y, _TINY),
            averaged=False,
            fused="softmax",
            probabilities=True,
        ),
    )
}
"""Every loss by its name in session files."""

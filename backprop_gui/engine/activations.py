"""Activation functions, each with its slope written in terms of its own output.

The article's sigmoid derivative, sigma'(a) = y (1 - y), needs only the output y. Every elementwise function
here can be written that way, so training keeps outputs and forgets pre-activations.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.arrays import Floats

LEAK = 0.01
"""Slope of leaky ReLU for negative pre-activations."""

_ONE = np.array(1.0)
_LEAK = np.array(LEAK)
_ZERO = np.array(0.0)

Elementwise = Callable[[Floats, Floats], Floats]
"""``f(values, out) -> out``: writes into ``out`` (which may be ``values`` itself) and returns it."""


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation y = f(a).

    ``value(a, out)`` writes f(a); ``slope(y, out)`` writes dy/da given the output y. Any shape goes, both keep
    it. ``slope`` is ``None`` for softmax, whose outputs each depend on every pre-activation: use ``pull_back``.
    """

    name: str
    value: Elementwise
    slope: Elementwise | None

    def __call__(self, a: Floats) -> Floats:
        """Return f(a) as a new array; softmax runs over the last axis."""
        with np.errstate(over="ignore", under="ignore"):
            return self.value(a, np.empty_like(a))

    def pull_back(self, upstream: Floats, y: Floats) -> Floats:
        """Return dL/da given upstream = dL/dy and the outputs y, both (..., units)."""
        if self.slope is None:
            return y * (upstream - (upstream * y).sum(axis=-1, keepdims=True))
        return upstream * self.slope(y, np.empty_like(y))


def _linear(a: Floats, out: Floats) -> Floats:
    if out is not a:
        np.copyto(out, a)
    return out


def _linear_slope(y: Floats, out: Floats) -> Floats:
    del y
    out.fill(1.0)
    return out


def _sigmoid(a: Floats, out: Floats) -> Floats:
    np.negative(a, out)
    np.exp(out, out)  # overflows to inf for a < -709, and 1 / inf is the right limit
    np.add(out, _ONE, out)
    return np.reciprocal(out, out)


def _sigmoid_slope(y: Floats, out: Floats) -> Floats:
    np.subtract(_ONE, y, out)
    return np.multiply(out, y, out)


def _tanh(a: Floats, out: Floats) -> Floats:
    return np.tanh(a, out)


def _tanh_slope(y: Floats, out: Floats) -> Floats:
    np.multiply(y, y, out)
    return np.subtract(_ONE, out, out)


def _relu(a: Floats, out: Floats) -> Floats:
    return np.maximum(a, _ZERO, out=out)


def _relu_slope(y: Floats, out: Floats) -> Floats:
    return np.greater(y, _ZERO, out, casting="unsafe")  # 0 at the kink a = 0


def _leaky_relu(a: Floats, out: Floats) -> Floats:
    return np.maximum(a, a * _LEAK, out=out)


def _leaky_relu_slope(y: Floats, out: Floats) -> Floats:
    np.copyto(out, np.where(y > 0, 1.0, LEAK))
    return out


def _softplus(a: Floats, out: Floats) -> Floats:
    return np.logaddexp(a, _ZERO, out)


def _softplus_slope(y: Floats, out: Floats) -> Floats:
    np.negative(y, out)
    np.expm1(out, out)  # sigma(a) = 1 - exp(-y)
    return np.negative(out, out)


def _softmax(a: Floats, out: Floats) -> Floats:
    np.subtract(a, a.max(axis=-1, keepdims=True), out)
    np.exp(out, out)
    return np.divide(out, out.sum(axis=-1, keepdims=True), out)


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("linear", _linear, _linear_slope),
        Activation("sigmoid", _sigmoid, _sigmoid_slope),
        Activation("tanh", _tanh, _tanh_slope),
        Activation("relu", _relu, _relu_slope),
        Activation("leaky_relu", _leaky_relu, _leaky_relu_slope),
        Activation("softplus", _softplus, _softplus_slope),
        Activation("softmax", _softmax, None),
    )
}
"""Every activation by its name in session files."""

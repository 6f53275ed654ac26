"""Fast twins of the common activations: they write in place, and take slopes from outputs.

A card that has none, such as one that another package adds, is asked itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.arrays import Floats

Elementwise = Callable[[Floats, Floats], Floats]
"""``f(values, out) -> out``: writes into ``out``, which a twin also takes as ``values``, and returns it."""

_ONE = np.array(1.0)
_ZERO = np.array(0.0)


@dataclass(frozen=True, slots=True)
class Twin:
    """``value(a, out)`` writes f(a), ``slope(y, out)`` writes dy/da."""

    value: Elementwise
    slope: Elementwise


def value_of(card: Activation) -> Elementwise:
    """Return what writes f(a) of (units, samples)."""
    twin = _twin(card)

    def own(a: Floats, out: Floats) -> Floats:
        return _write(out, card.f(a, *card.numbers))

    if card.whole_layer:  # the layer is the last axis: hand it the transpose
        whole = _softmax if card.f is ACTIVATIONS["softmax"].f else own
        return lambda a, out: whole(a.T, out.T).T
    return twin.value if twin else own


def slope_of(card: Activation, a: Floats) -> Elementwise:
    """Return what writes dy/da for the outputs; ``a`` holds the pre-activations where the card needs them."""
    twin = _twin(card)
    if twin:
        return twin.slope
    if card.from_output:
        return lambda y, out: _write(out, card.df(y, y, *card.numbers))
    return lambda y, out: _write(out, card.df(a, y, *card.numbers))


def is_straight(card: Activation) -> bool:
    """Tell whether the slope is 1 everywhere."""
    twin = _twin(card)
    return twin is not None and twin.slope is _linear_slope


def _twin(card: Activation) -> Twin | None:
    known = card.name in _TWINS and card.f is ACTIVATIONS[card.name].f
    return _TWINS[card.name](*card.numbers) if known else None


def _write(out: Floats, found: Floats) -> Floats:
    out[...] = found
    return out


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


def _leaky_relu(slope: float) -> Twin:
    low = np.array(slope)

    def value(a: Floats, out: Floats) -> Floats:
        return np.maximum(a, a * low, out=out)

    def slopes(y: Floats, out: Floats) -> Floats:
        return _write(out, np.where(y > 0.0, 1.0, slope))

    return Twin(value, slopes)


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


_TWINS: dict[str, Callable[..., Twin]] = {
    "linear": lambda: Twin(_linear, _linear_slope),
    "sigmoid": lambda: Twin(_sigmoid, _sigmoid_slope),
    "tanh": lambda: Twin(_tanh, _tanh_slope),
    "relu": lambda: Twin(_relu, _relu_slope),
    "leaky_relu": _leaky_relu,
    "softplus": lambda: Twin(_softplus, _softplus_slope),
}

"""Numeric gradients, to hold the analytic ones against."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import Network, ParameterRef, Parameters, WeightRef
from backprop_gui.engine.trace import forward, trace

AGREEMENT = 1e-6
"""A relative error up to this is agreement."""
_ROUNDING = 16 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Check:
    """Analytic and numeric gradient of one parameter.

    ``relative_error`` is |analytic - numeric| over the larger of the two. ``rounding`` is what subtracting two nearly
    equal losses may cost at this epsilon: no difference below it tells anything. ``kink``: within epsilon of the
    parameter's value an activation or loss has a kink, so that there is no one slope to compare with.
    """

    ref: ParameterRef
    analytic: float
    numeric: float
    rounding: float
    kink: bool

    @property
    def relative_error(self) -> float:
        """The difference relative to the larger gradient; 0 where both are 0."""
        larger = max(abs(self.analytic), abs(self.numeric))
        return abs(self.analytic - self.numeric) / larger if larger else 0.0

    @property
    def agrees(self) -> bool:
        """Whether the two are equal as far as this epsilon can tell."""
        return self.relative_error <= AGREEMENT or abs(self.analytic - self.numeric) <= self.rounding


def loss_along(
    network: Network,
    parameters: Parameters,
    ref: ParameterRef,
    x: Floats,
    t: Floats,
    loss: Loss,
    masks: tuple[Floats, ...] = (),
) -> Callable[[float], float]:
    """Return L as a function of the value of one parameter, all others and dropout's masks held, for one (x, t)."""

    def at(value: float) -> float:
        outputs, pre_activations = forward(network, parameters.replace(ref, value), x, masks)
        return loss.of(network.layers[-1].activation, pre_activations[-1], outputs[-1], t)

    return at


def numeric_gradient(loss_at: Callable[[float], float], value: float, epsilon: float = 1e-6) -> float:
    """Return the central difference (L(w + eps) - L(w - eps)) / 2 eps at w = ``value``."""
    return (loss_at(value + epsilon) - loss_at(value - epsilon)) / (2.0 * epsilon)


def check_gradients(
    network: Network,
    parameters: Parameters,
    refs: Iterator[ParameterRef],
    x: Floats,
    t: Floats,
    loss: Loss,
    epsilon: float,
    masks: tuple[Floats, ...] = (),
) -> Iterator[Check]:
    """Yield the check of each of ``refs`` for one sample (x, t); dropout's masks stay as given."""
    analytic = trace(network, parameters, x, t, loss, masks).gradients
    moved = Parameters(tuple(w.copy() for w in parameters.weights), tuple(b.copy() for b in parameters.biases))

    def at(ref: ParameterRef, value: float) -> tuple[float, tuple[Floats, ...], Floats]:
        if isinstance(ref, WeightRef):
            moved.weights[ref.layer][ref.source, ref.target] = value
        else:
            moved.biases[ref.layer][ref.unit] = value
        outputs, pre_activations = forward(network, moved, x, masks)
        value = loss.of(network.layers[-1].activation, pre_activations[-1], outputs[-1], t)
        return value, pre_activations, outputs[-1]

    for ref in refs:
        value = parameters[ref]
        with np.errstate(all="ignore"):
            above, a_above, y_above = at(ref, value + epsilon)
            below, a_below, y_below = at(ref, value - epsilon)
        at(ref, value)
        kink = _crosses_kink(network, a_above, a_below) or _loss_kink(loss, y_above - t, y_below - t)
        rounding = _ROUNDING * max(abs(above), abs(below), 1e-300) / epsilon
        yield Check(ref, analytic[ref], (above - below) / (2.0 * epsilon), rounding, kink)


def _crosses_kink(network: Network, above: tuple[Floats, ...], below: tuple[Floats, ...]) -> bool:
    """Tell whether any pre-activation passes a kink between the two passes."""
    return any(
        bool(((one >= kink) != (other >= kink)).any())
        for layer, one, other in zip(network.layers, above, below, strict=True)
        for kink in layer.activation.kinks
    )


def _loss_kink(loss: Loss, above: Floats, below: Floats) -> bool:
    return any(bool(((above > kink) != (below > kink)).any()) for kink in loss.kinks(*loss.numbers))

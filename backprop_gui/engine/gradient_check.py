"""Numeric gradients, to hold the analytic ones against."""

from collections.abc import Callable

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.backprop import forward
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Network, ParameterRef, Parameters


def loss_along(
    network: Network, parameters: Parameters, ref: ParameterRef, x: Floats, t: Floats, loss: str
) -> Callable[[float], float]:
    """Return L as a function of the value of one parameter, all others held, for one sample (x, t)."""

    def at(value: float) -> float:
        outputs, _ = forward(network, parameters.replace(ref, value), x)
        return LOSSES[loss].value(outputs[-1], t)

    return at


def numeric_gradient(loss_at: Callable[[float], float], value: float, epsilon: float = 1e-6) -> float:
    """Return the central difference (L(w + eps) - L(w - eps)) / 2 eps at w = ``value``."""
    return (loss_at(value + epsilon) - loss_at(value - epsilon)) / (2.0 * epsilon)

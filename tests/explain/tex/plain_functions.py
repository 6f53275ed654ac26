"""Activations and losses as textbooks define them, one number at a time, apart from the program's own."""
# A table of formulas in one line each.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false

import math
from collections.abc import Callable


def sigma(a: float) -> float:
    """Return the logistic function."""
    return 1 / (1 + math.exp(-a)) if a > -700 else 0.0


def normal(a: float) -> float:
    """Return the distribution function of the standard normal distribution."""
    return 0.5 * math.erfc(-a / math.sqrt(2))


def _density(a: float) -> float:
    return math.exp(-a * a / 2) / math.sqrt(2 * math.pi)


Function = Callable[..., float]
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "linear": (lambda a: a, lambda _a: 1.0),
    "sigmoid": (sigma, lambda a: sigma(a) * sigma(-a)),
    "tanh": (math.tanh, lambda a: 1 / math.cosh(a) ** 2),
    "relu": (lambda a: max(0.0, a), lambda a: float(a > 0)),
    "leaky_relu": (lambda a, slope=0.01: a if a > 0 else slope * a, lambda a, slope=0.01: 1.0 if a > 0 else slope),
    "softplus": (lambda a: max(a, 0.0) + math.log1p(math.exp(-abs(a))), sigma),
    "elu": (
        lambda a, alpha=1.0: a if a > 0 else alpha * math.expm1(a),
        lambda a, alpha=1.0: 1.0 if a > 0 else alpha * math.exp(a),
    ),
    "silu": (lambda a: a * sigma(a), lambda a: sigma(a) + a * sigma(a) * sigma(-a)),
    "gelu": (lambda a: a * normal(a), lambda a: normal(a) + a * _density(a)),
    "softsign": (lambda a: a / (1 + abs(a)), lambda a: (1 + abs(a)) ** -2),
    "hard_sigmoid": (lambda a: min(1.0, max(0.0, a / 6 + 0.5)), lambda a: 1 / 6 if -3 < a < 3 else 0.0),
    "sine": (math.sin, math.cos),
    "step": (lambda a: float(a > 0), lambda _a: 0.0),
}
"""f(a) and f'(a) by name, each with the numbers the function has after a."""

LOSS_SLOPES: dict[str, tuple[Function, bool]] = {
    "half_sse": (lambda y, t: y - t, False),
    "mse": (lambda y, t: 2 * (y - t), True),
    "mae": (lambda y, t: float((y > t) - (y < t)), True),
    "huber": (lambda y, t, delta=1.0: max(-delta, min(delta, y - t)), True),
    "binary_cross_entropy": (lambda y, t: (1 - t) / (1 - y) - t / y, True),
    "cross_entropy": (lambda y, t: -t / y, False),
}
"""dL/dy of one output by name, before any 1/n, and whether that 1/n is there."""

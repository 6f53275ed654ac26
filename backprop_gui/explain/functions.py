"""Activations and losses as formulas: symbolic and with numbers, values and derivatives.

``s`` stands for symbols (LaTeX strings), ``n`` for the writer of numbers.
"""

from collections.abc import Callable

import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import LOSSES
from backprop_gui.explain.formula import Formula, Part, Tint, Writer, formula

LEAK = 0.01

VALUES: dict[str, Callable[[str], str]] = {
    "linear": lambda a: a,
    "sigmoid": lambda a: rf"\frac{{1}}{{1+e^{{-{a}}}}}",
    "tanh": lambda a: rf"\tanh({a})",
    "relu": lambda a: rf"\max(0,\,{a})",
    "leaky_relu": lambda a: rf"\max({LEAK}\cdot{a},\,{a})",
    "softplus": lambda a: rf"\ln(1+e^{{{a}}})",
}
for _name in ACTIVATIONS.keys() - VALUES.keys():
    VALUES[_name] = lambda a, name=_name: rf"\mathrm{{{name}}}({a})"
"""f(a) for the LaTeX of a; softmax depends on its whole layer: see ``softmax_value``."""

SLOPES: dict[str, Callable[[str, str], str]] = {
    "linear": lambda _y, _a: "1",
    "sigmoid": lambda y, _a: rf"{y}\,(1-{y})",
    "tanh": lambda y, _a: rf"1-{y}^{{2}}",
    "relu": lambda _y, a: rf"1\text{{ if }}{a}>0,\ 0\text{{ else}}",
    "leaky_relu": lambda _y, a: rf"1\text{{ if }}{a}>0,\ {LEAK}\text{{ else}}",
    "softplus": lambda y, _a: rf"1-e^{{-{y}}}",
}
for _name in ACTIVATIONS.keys() - SLOPES.keys():
    SLOPES[_name] = lambda _y, a, name=_name: rf"\mathrm{{{name}}}'({a})"
"""dy/da for the LaTeX of y and a, the way the engine computes it: from the output."""


def softmax_value(symbol: str, k_symbol: str) -> str:
    """Return softmax of one pre-activation."""
    return rf"\frac{{e^{{{symbol}}}}}{{\sum_{{k}}e^{{{k_symbol}}}}}"


def value_numbers(activation: str, a: float, layer: Floats, n: Writer) -> Formula:
    """Return f(a) with numbers in; ``layer`` are all pre-activations of the layer, for softmax."""
    written = n.factor(a).latex
    if activation == "softmax":
        total = float(np.exp(layer - layer.max()).sum())
        shift = n.factor(float(layer.max())).latex
        return formula(Part(rf"\frac{{e^{{{n.number(a).latex}-{shift}}}}}{{{n.number(total).latex}}}", a))
    return formula(Part(VALUES[activation](written), a))


def slope_numbers(activation: str, y: float, n: Writer) -> Formula:
    """Return dy/da with numbers in; not for softmax."""
    match activation:
        case "sigmoid":
            return formula(n.factor(y, tint=Tint.SLOPE), r"\cdot", "(", "1", "-", n.factor(y, tint=Tint.SLOPE), ")")
        case "tanh":
            return formula(Part(rf"1-({n.number(y).latex})^{{2}}", y))
        case "softplus":
            return formula(Part(rf"1-e^{{-{n.number(y).latex}}}", y))
        case _:
            return formula(n.number(float(ACTIVATIONS[activation].slopes(np.array([y]), np.array([y]))[0])))


def slope_reason(activation: str, a: float) -> str:
    """Return why a slope with a kink is what it is, or nothing."""
    if activation not in ("relu", "leaky_relu"):
        return ""
    low = "0" if activation == "relu" else str(LEAK)
    if a == 0:
        return f"a is exactly 0, where the function has a kink and no slope; {low} is taken, as is usual."
    return f"a is {'above 0, so the slope is 1' if a > 0 else f'below 0, so the slope is {low}'}."


def loss_scale(loss: str, outputs: int) -> str:
    """Return the 1/n before a loss's sum over n outputs, or nothing."""
    return rf"\frac{{1}}{{{outputs}}}" if LOSSES[loss].averaged and outputs > 1 else ""


def loss_term(loss: str, y: str, t: str) -> str:
    """Return one output's part of the loss, before any 1/n."""
    return {
        "half_sse": rf"\frac{{1}}{{2}}({y}-{t})^{{2}}",
        "mse": rf"({y}-{t})^{{2}}",
        "mae": rf"|{y}-{t}|",
        "huber": rf"\mathrm{{huber}}({y}-{t})",
        "binary_cross_entropy": rf"-({t}\ln {y}+(1-{t})\ln(1-{y}))",
        "cross_entropy": rf"-{t}\ln {y}",
    }[loss]


def loss_sum(loss: str, outputs: int, terms: Formula) -> Formula:
    """Return the factor before the sum over the outputs, and the sum."""
    scale = loss_scale(loss, outputs)
    return formula(scale, "(", terms, ")") if scale else terms


def loss_slope(loss: str, y: str, t: str, outputs: int, error: float) -> str:
    """Return dL/dy of one output; ``error`` = y - t chooses the branch of huber."""
    scale = loss_scale(loss, outputs)
    if loss == "huber":
        return rf"{scale}\,({y}-{t})" if abs(error) <= 1 else rf"{scale}\,\mathrm{{sign}}({y}-{t})"
    return {
        "half_sse": f"({y}-{t})",
        "mse": (rf"\frac{{2}}{{{outputs}}}\," if outputs > 1 else r"2\,") + f"({y}-{t})",
        "mae": rf"{scale}\,\mathrm{{sign}}({y}-{t})",
        "binary_cross_entropy": rf"{scale}\,\frac{{{y}-{t}}}{{{y}\,(1-{y})}}",
        "cross_entropy": rf"-\frac{{{t}}}{{{y}}}",
    }[loss]


LOSS_REMARKS = {
    "huber": "huber(e) is ½e² up to |e| = 1 and |e| − ½ beyond, so its slope never exceeds 1.",
    "mae": "At y = t the absolute value has a kink; the slope taken there is 0.",
}

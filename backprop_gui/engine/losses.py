"""Losses, as cards: a sum over the outputs j of a term in y_j and t_j, per sample.

A batch's loss is the mean over its samples, whatever the reduction of the gradient. Where a loss belongs together
with an output activation (``pairs``), both its terms and dL/da are computed from the pre-activations, which stays
exact where outputs are as close to 0 or 1 as float64 can say.
"""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false
# Cards have any count of numbers: what their functions take has no one type.

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import Card, Registry, Setting
from backprop_gui.engine.expression import Cases, Constant, Expression, absolute, ln, sign
from backprop_gui.engine.pairs import (
    CROSS_ENTROPY_OF_SIGMOID,
    CROSS_ENTROPY_OF_SOFTMAX,
    ENTROPY_OF_SIGMOID,
    ENTROPY_OF_SOFTMAX,
    Pair,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss(Card):
    """L = scale * sum_j term(y_j, t_j), where scale is 1, or 1 / outputs where ``averaged``.

    ``term(y, t, *numbers)`` and its derivative by y, ``slope(y, t, *numbers)``, are plain NumPy on arrays of one
    shape; ``value`` and ``gradient`` are the same as formulas. ``pairs`` holds, by the output activation's name, what
    replaces both. ``probabilities``: outputs and targets must lie between 0 and 1. ``kinks(*numbers)`` are the y - t
    where the slope bends or jumps. ``remark`` is a sentence in which {y}, {t} stand for the symbols.
    """

    term: Callable[..., Floats] = field(compare=False, repr=False)
    slope: Callable[..., Floats] = field(compare=False, repr=False)
    value: Callable[..., Expression] = field(compare=False, repr=False)
    gradient: Callable[..., Expression] = field(compare=False, repr=False)
    averaged: bool = field(default=False, compare=False, repr=False)
    probabilities: bool = field(default=False, compare=False, repr=False)
    pairs: Mapping[str, Pair] = field(default_factory=dict[str, Pair], compare=False, repr=False)
    kinks: Callable[..., tuple[float, ...]] = field(default=lambda *_numbers: (), compare=False, repr=False)
    remark: str = field(default="", compare=False, repr=False)

    def scale(self, outputs: int) -> float:
        """Return the factor before the sum for a network with that many outputs."""
        return 1.0 / outputs if self.averaged else 1.0

    def terms(self, activation: Activation, a: Floats, y: Floats, t: Floats) -> Floats:
        """Return every output's part of the loss, scaled; a, y, t and the result are (..., outputs)."""
        pair = self.pairs.get(activation.name)
        with np.errstate(all="ignore"):
            found = self.term(y, t, *self.numbers) if pair is None else pair.term(a, t)
        return found * self.scale(y.shape[-1])

    def of(self, activation: Activation, a: Floats, y: Floats, t: Floats) -> float:
        """Return the loss of one sample; a, y and t are (outputs,)."""
        return float(self.terms(activation, a, y, t).sum())

    def slopes(self, y: Floats, t: Floats) -> Floats:
        """Return dL/dy of one sample; all are (outputs,)."""
        with np.errstate(all="ignore"):
            return self.slope(y, t, *self.numbers) * self.scale(y.shape[-1])

    def output_delta(self, activation: Activation, a: Floats, y: Floats, t: Floats) -> Floats:
        """Return the output layer's delta, dL/da = dL/dy dy/da; a, y and t are (..., outputs)."""
        pair = self.pairs.get(activation.name)
        if pair is None:
            return activation.pull_back(self.slopes(y, t), a, y)
        with np.errstate(all="ignore"):
            return pair.delta(a, y, t) * self.scale(y.shape[-1])


def _huber_term(y: Floats, t: Floats, delta: float) -> Floats:
    error = np.abs(y - t)
    return np.where(error <= delta, 0.5 * error * error, delta * (error - 0.5 * delta))


def _huber_formula(y: Expression, t: Expression, delta: Expression) -> Expression:
    far = delta * (absolute(y - t) - delta / 2)
    return Cases(absolute(y - t) > delta, far, Constant(1) / 2 * (y - t) ** 2)


def _entropy(y: Expression, t: Expression) -> Expression:
    return -(t * ln(y) + (1 - t) * ln(1 - y))


LOSSES: Registry[Loss] = Registry(
    "backprop_gui.losses",
    Loss,
    (
        Loss(
            name="half_sse",
            title="Half squared error",
            term=lambda y, t: 0.5 * np.square(y - t),
            slope=lambda y, t: y - t,
            value=lambda y, t: Constant(1) / 2 * (y - t) ** 2,
            gradient=lambda y, t: y - t,
        ),
        Loss(
            name="mse",
            title="Mean squared error",
            term=lambda y, t: np.square(y - t),
            slope=lambda y, t: 2.0 * (y - t),
            value=lambda y, t: (y - t) ** 2,
            gradient=lambda y, t: 2 * (y - t),
            averaged=True,
        ),
        Loss(
            name="mae",
            title="Mean absolute error",
            term=lambda y, t: np.abs(y - t),
            slope=lambda y, t: np.sign(y - t),
            value=lambda y, t: absolute(y - t),
            gradient=lambda y, t: sign(y - t),
            averaged=True,
            kinks=lambda: (0.0,),
            remark="At {y} = {t} the absolute value has a kink; the slope taken there is 0.",
        ),
        Loss(
            name="huber",
            title="Huber",
            settings=(Setting("delta", r"\kappa", "limit κ", 1.0, above=0.0),),
            term=_huber_term,
            slope=lambda y, t, delta: np.clip(y - t, -delta, delta),
            value=_huber_formula,
            gradient=lambda y, t, delta: Cases(absolute(y - t) > delta, delta * sign(y - t), y - t),
            averaged=True,
            kinks=lambda delta: (-delta, delta),
            remark="Squared near the target and straight beyond, so the slope never exceeds the limit chosen.",
        ),
        Loss(
            name="binary_cross_entropy",
            title="Binary cross-entropy",
            term=lambda y, t: -(t * np.log(y) + (1.0 - t) * np.log1p(-y)),
            slope=lambda y, t: (y - t) / (y * (1.0 - y)),
            value=_entropy,
            gradient=lambda y, t: (y - t) / (y * (1 - y)),
            averaged=True,
            probabilities=True,
            pairs={"sigmoid": ENTROPY_OF_SIGMOID, "softmax": ENTROPY_OF_SOFTMAX},
        ),
        Loss(
            name="cross_entropy",
            title="Cross-entropy",
            term=lambda y, t: -t * np.log(y),
            slope=lambda y, t: -t / y,
            value=lambda y, t: -(t * ln(y)),
            gradient=lambda y, t: -(t / y),
            probabilities=True,
            pairs={"sigmoid": CROSS_ENTROPY_OF_SIGMOID, "softmax": CROSS_ENTROPY_OF_SOFTMAX},
        ),
    ),
)
"""Every loss by its name in session files."""

HALF_SSE = LOSSES["half_sse"]
"""The article's loss."""

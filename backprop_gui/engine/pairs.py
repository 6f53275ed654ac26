"""A loss and the output activation it belongs with, computed together from the pre-activations.

ln sigma(a) = -ln(1 + e^-a), and ln softmax_j(a) = a_j - ln sum_k e^a_k (log-sum-exp), never overflow and never take
the logarithm of a rounded 0; their derivatives by a need no division by y.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.expression import Expression, absolute, exp, largest, ln


@dataclass(frozen=True, slots=True)
class Pair:
    """What a loss and an activation come to together; arrays are (..., outputs), results before any 1 / outputs.

    ``term(a, t)`` is every output's part of the loss, ``delta(a, y, t)`` is dL/da. As formulas of one output:
    ``value(a, t, total, others)`` where ``total`` stands for ln sum_k e^a_k and ``others`` for the same without the
    output itself, and ``gradient(y, t)``; without the latter, the delta is a sum over all outputs. ``remark`` tells
    how it comes about, ``cancelled`` is the delta of the whole layer as text, where there is a short one; {y}, {t},
    {a} stand for the symbols.
    """

    term: Callable[[Floats, Floats], Floats]
    delta: Callable[[Floats, Floats, Floats], Floats]
    value: Callable[[Expression, Expression, Expression, Expression], Expression]
    gradient: Callable[[Expression, Expression], Expression] | None
    remark: str
    cancelled: str = ""


def surprise(a: Floats) -> Floats:
    """Return -ln softmax_j(a) over the last axis, (..., outputs), exact however near softmax is to 0 or 1."""
    top = a.argmax(axis=-1, keepdims=True)
    below = a - np.take_along_axis(a, top, axis=-1)
    powers = np.exp(below)
    np.put_along_axis(powers, top, 0.0, axis=-1)  # its 1 would swallow the others
    return np.log1p(powers.sum(axis=-1, keepdims=True)) - below


def log_sum_of_others(a: Floats) -> Floats:
    """Return ln sum_(k != j) e^a_k for every j of the last axis, (..., outputs); -inf where there is no other."""
    count = a.shape[-1]
    others = np.where(np.eye(count, dtype=bool), -np.inf, a[..., None, :])  # (..., j, k)
    top = others.max(axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return (top + np.log(np.exp(others - top).sum(axis=-1, keepdims=True)))[..., 0]


def _without_zero(t: Floats, logarithm: Floats) -> Floats:
    """Return t times a logarithm, 0 where t is 0, however infinite the logarithm."""
    return np.where(t == 0.0, 0.0, t * logarithm)


def _entropy_of_sigmoid(a: Floats, t: Floats) -> Floats:
    return np.maximum(a, 0.0) - t * a + np.log1p(np.exp(-np.abs(a)))


def _cross_entropy_of_sigmoid(a: Floats, t: Floats) -> Floats:
    return t * np.logaddexp(0.0, -a)


def _cross_entropy_of_softmax(a: Floats, t: Floats) -> Floats:
    return _without_zero(t, surprise(a))


def _entropy_of_softmax(a: Floats, t: Floats) -> Floats:
    return _without_zero(t, surprise(a)) + _without_zero(1.0 - t, np.logaddexp(0.0, a - log_sum_of_others(a)))


def _delta_of_entropy_of_softmax(a: Floats, y: Floats, t: Floats) -> Floats:
    """Return y_j - t_j - sum_(k != j) ((1 - t_k) e^(a_j - A_k) - y_j), where A_k = ln sum_(i != k) e^a_i.

    It is y_j (r_j - sum_k y_k r_k) with r_k = (y_k - t_k) / (y_k (1 - y_k)), written so that 1 - y_k, which rounds
    to 0, is never divided by.
    """
    count = a.shape[-1]
    share = np.exp(a[..., :, None] - log_sum_of_others(a)[..., None, :])  # (..., j, k): y_j / (1 - y_k)
    parts = np.where(np.eye(count, dtype=bool), 0.0, (1.0 - t)[..., None, :] * share - y[..., :, None])
    return y - t - parts.sum(axis=-1)


ENTROPY_OF_SIGMOID = Pair(
    _entropy_of_sigmoid,
    lambda _a, y, t: y - t,
    lambda a, t, _total, _others: largest(a, 0) - t * a + ln(1 + exp(-absolute(a))),
    lambda y, t: y - t,
    "The slope of binary cross-entropy and that of the sigmoid, {y}(1 − {y}), cancel: only {y} − {t} is left.",
    "({y} − {t})",
)
CROSS_ENTROPY_OF_SIGMOID = Pair(
    _cross_entropy_of_sigmoid,
    lambda a, _y, t: -t / (1.0 + np.exp(a)),
    lambda a, t, _total, _others: t * ln(1 + exp(-a)),
    lambda y, t: -(t * (1 - y)),
    "Of −{t} / {y} and the sigmoid's slope {y}(1 − {y}), −{t}(1 − {y}) is left.",
    "−{t} ⊙ (1 − {y})",
)
CROSS_ENTROPY_OF_SOFTMAX = Pair(
    _cross_entropy_of_softmax,
    lambda _a, y, t: y * t.sum(axis=-1, keepdims=True) - t,
    lambda a, t, total, _others: t * (total - a),
    None,
    "Cross-entropy and softmax together: the sum over all outputs collapses.",
    "{y} − {t}",
)
ENTROPY_OF_SOFTMAX = Pair(
    _entropy_of_softmax,
    _delta_of_entropy_of_softmax,
    lambda a, t, total, others: t * (total - a) + (1 - t) * (total - others),
    None,
    "",
)

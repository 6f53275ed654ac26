"""Log-cosh: the sum over the outputs of ln cosh(y - t), squared near the target and straight far from it."""

import math

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.expression import Expression, exp, ln, tanh
from backprop_gui.engine.losses import Loss


def _term(y: Floats, t: Floats) -> Floats:
    return np.logaddexp(y - t, t - y) - math.log(2.0)  # cosh itself leaves the range of numbers beyond 710


def _slope(y: Floats, t: Floats) -> Floats:
    return np.tanh(y - t)


def _value(y: Expression, t: Expression) -> Expression:
    return ln((exp(y - t) + exp(t - y)) / 2)


def _gradient(y: Expression, t: Expression) -> Expression:
    return tanh(y - t)


LOG_COSH = Loss(name="log_cosh", title="Log-cosh", term=_term, slope=_slope, value=_value, gradient=_gradient)

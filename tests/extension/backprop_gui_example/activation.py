"""Snake, y = a + sin(alpha a)^2 / alpha: L. Ziyin, T. Hartwig, M. Ueda, Neural Networks Fail to Learn Periodic
Functions (2020), equation 3.
"""

import numpy as np

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import Setting
from backprop_gui.engine.expression import Expression, sin


def _f(a: Floats, alpha: float) -> Floats:
    return a + np.sin(alpha * a) ** 2 / alpha


def _df(a: Floats, _y: Floats, alpha: float) -> Floats:
    return 1.0 + np.sin(2.0 * alpha * a)


def _value(a: Expression, alpha: Expression) -> Expression:
    return a + sin(alpha * a) ** 2 / alpha


def _slope(a: Expression, _y: Expression, alpha: Expression) -> Expression:
    return 1 + sin(2 * alpha * a)


SNAKE = Activation(
    name="snake",
    title="Snake",
    settings=(Setting("alpha", r"\alpha", "α", 1.0, above=0.0),),
    f=_f,
    df=_df,
    value=_value,
    slope=_slope,
    says={"numpy": "a + np.sin({alpha!r} * a) ** 2 / {alpha!r}", "octave": "a + sin({alpha!r} * a) .^ 2 / {alpha!r}"},
)

"""Activations: y = f(a) and its slope dy/da, as cards.

``f`` and ``df`` are plain NumPy on arrays of any shape; the fast twins of the common ones live in ``kernel.py``. The
``value`` and ``slope`` of a card are the same as formulas, of the pre-activation a and the output y.
"""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false
# Cards have any count of numbers: what their functions take has no one type.

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import Card, Registry, Setting
from backprop_gui.engine.expression import (
    Cases,
    Constant,
    Expression,
    Leaf,
    absolute,
    cos,
    exp,
    largest,
    ln,
    normal,
    sin,
    smallest,
    tanh,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation(Card):
    """An activation y = f(a).

    ``f(a, *numbers)`` returns y, ``df(a, y, *numbers)`` the slope dy/da; both keep the shape. ``from_output`` says
    that df needs y alone, as the article's y (1 - y) does, so that training may forget a. ``value(a, *numbers)`` and
    ``slope(a, y, *numbers)`` are the formulas. ``limits`` bound y; ``kinks`` are the a where there is no slope.
    ``probabilities``: y lies between 0 and 1 and comes arbitrarily near to both. ``whole_layer``: every y depends on
    all a of the layer (softmax), which then must be the output; ``df`` and the formulas are not used.
    ``remark`` is a sentence about the slope, in which {a} and {y} stand for the symbols.
    """

    f: Callable[..., Floats] = field(compare=False, repr=False)
    df: Callable[..., Floats] = field(default=lambda a, _y, *_numbers: np.ones_like(a), compare=False, repr=False)
    value: Callable[..., Expression] = field(default=lambda a, *_numbers: a, compare=False, repr=False)
    slope: Callable[..., Expression] = field(default=lambda _a, _y, *_numbers: Constant(1.0), compare=False, repr=False)
    from_output: bool = field(default=False, compare=False, repr=False)
    limits: tuple[float, float] = field(default=(-math.inf, math.inf), compare=False, repr=False)
    kinks: tuple[float, ...] = field(default=(), compare=False, repr=False)
    probabilities: bool = field(default=False, compare=False, repr=False)
    whole_layer: bool = field(default=False, compare=False, repr=False)
    remark: str = field(default="", compare=False, repr=False)

    def __call__(self, a: Floats) -> Floats:
        """Return f(a) as a new array; a whole layer is the last axis."""
        with np.errstate(all="ignore"):
            return self.f(a, *self.numbers)

    def slopes(self, a: Floats, y: Floats) -> Floats:
        """Return dy/da for pre-activations and outputs of one shape; not of a ``whole_layer``."""
        with np.errstate(all="ignore"):
            return self.df(a, y, *self.numbers)

    def pull_back(self, upstream: Floats, a: Floats, y: Floats) -> Floats:
        """Return dL/da given upstream = dL/dy, the pre-activations and the outputs, all (..., units)."""
        if self.whole_layer:
            return y * (upstream - (upstream * y).sum(axis=-1, keepdims=True))
        return upstream * self.slopes(a, y)


def _sigmoid(a: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-a))  # exp overflows to inf for a < -709, and 1 / inf is the right limit


def _softmax(a: Floats) -> Floats:
    powers = np.exp(a - a.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


_erfc: Callable[[Floats], Any] = np.frompyfunc(math.erfc, 1, 1)  # NumPy has none; erf + 1 has no digits left below -8


def _normal(a: Floats) -> Floats:
    return 0.5 * np.asarray(_erfc(-a / math.sqrt(2.0)), np.float64)


def _gelu_slope(a: Floats, _y: Floats) -> Floats:
    return _normal(a) + a * np.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi)


def _sigmoid_formula(a: Expression) -> Expression:
    return 1 / (1 + exp(-a))


_LINEAR = Activation(
    name="linear",
    title="Linear",
    f=np.copy,
    from_output=True,
    says={"numpy": "a", "torch": "a", "keras": "a", "onnx": "Identity(a)"},
)
_SIGMOID = Activation(
    name="sigmoid",
    title="Sigmoid",
    f=_sigmoid,
    df=lambda _a, y: y * (1.0 - y),
    value=_sigmoid_formula,
    slope=lambda _a, y: y * (1 - y),
    from_output=True,
    limits=(0.0, 1.0),
    probabilities=True,
    says={
        "numpy": "1 / (1 + np.exp(-a))",
        "torch": "torch.sigmoid(a)",
        "keras": "ops.sigmoid(a)",
        "onnx": "Sigmoid(a)",
    },
)
_TANH = Activation(
    name="tanh",
    title="Tanh",
    f=np.tanh,
    df=lambda _a, y: 1.0 - y * y,
    value=tanh,
    slope=lambda _a, y: 1 - y**2,
    from_output=True,
    limits=(-1.0, 1.0),
    says={"numpy": "np.tanh(a)", "torch": "torch.tanh(a)", "keras": "ops.tanh(a)", "onnx": "Tanh(a)"},
)
_RELU = Activation(
    name="relu",
    title="ReLU",
    f=lambda a: np.maximum(a, 0.0),
    df=lambda _a, y: (y > 0.0).astype(np.float64),  # 0 at the kink
    value=lambda a: largest(0, a),
    slope=lambda a, _y: Cases(a > 0, Constant(1), Constant(0)),
    from_output=True,
    limits=(0.0, math.inf),
    kinks=(0.0,),
    says={"numpy": "np.maximum(a, 0)", "torch": "torch.relu(a)", "keras": "ops.relu(a)", "onnx": "Relu(a)"},
)
_LEAKY_RELU = Activation(
    name="leaky_relu",
    title="Leaky ReLU",
    settings=(Setting("slope", r"\alpha", "slope α", 0.01, least=0.0, below=1.0),),
    f=lambda a, alpha: np.maximum(alpha * a, a),
    df=lambda _a, y, alpha: np.where(y > 0.0, 1.0, alpha),
    value=lambda a, alpha: largest(alpha * a, a),
    slope=lambda a, _y, alpha: Cases(a > 0, Constant(1), alpha),
    from_output=True,
    kinks=(0.0,),
    says={
        "numpy": "np.maximum({slope!r} * a, a)",
        "torch": "torch.maximum({slope!r} * a, a)",
        "keras": "ops.maximum({slope!r} * a, a)",
        "onnx": "Max(Mul(a, {slope!r}), a)",
    },
)
_SOFTPLUS = Activation(
    name="softplus",
    title="Softplus",
    f=lambda a: np.logaddexp(a, 0.0),
    df=lambda _a, y: -np.expm1(-y),
    value=lambda a: ln(1 + exp(a)),
    slope=lambda _a, y: 1 - exp(-y),
    from_output=True,
    limits=(0.0, math.inf),
    says={
        "numpy": "np.logaddexp(a, 0)",
        "torch": "torch.logaddexp(a, torch.zeros_like(a))",
        "keras": "ops.logaddexp(a, ops.zeros_like(a))",
        "onnx": "Add(Max(a, 0.0), Log(Add(1.0, Exp(Neg(Abs(a))))))",
    },
)
_SOFTMAX = Activation(
    name="softmax",
    title="Softmax",
    f=_softmax,
    limits=(0.0, 1.0),
    probabilities=True,
    whole_layer=True,
    says={
        "numpy": "softmax(a)",
        "torch": "torch.softmax(a, dim=-1)",
        "keras": "ops.softmax(a)",
        "onnx": "Softmax(a)",
    },
)
_ELU = Activation(
    name="elu",
    title="ELU",
    settings=(Setting("alpha", r"\alpha", "α", 1.0, above=0.0),),
    f=lambda a, alpha: np.where(a > 0.0, a, alpha * np.expm1(np.minimum(a, 0.0))),
    df=lambda a, _y, alpha: np.where(a > 0.0, 1.0, alpha * np.exp(np.minimum(a, 0.0))),
    value=lambda a, alpha: Cases(a > 0, a, alpha * (exp(a) - 1)),
    slope=lambda a, _y, alpha: Cases(a > 0, Constant(1), alpha * exp(a)),
    kinks=(0.0,),
    says={
        "numpy": "np.where(a > 0, a, {alpha!r} * np.expm1(np.minimum(a, 0)))",
        "torch": "torch.nn.functional.elu(a, {alpha!r})",
        "keras": "ops.where(a > 0, a, {alpha!r} * ops.expm1(ops.minimum(a, 0)))",
        "onnx": "Where(Greater(a, 0.0), a, Mul({alpha!r}, Sub(Exp(Min(a, 0.0)), 1.0)))",
    },
)
_SILU = Activation(
    name="silu",
    title="SiLU (swish)",
    f=lambda a: a * _sigmoid(a),
    df=lambda a, _y: _sigmoid(a) * (1.0 + a * (1.0 - _sigmoid(a))),
    value=lambda a: a / (1 + exp(-a)),
    slope=lambda a, y: _sigmoid_formula(a) * (1 + a - y),
    says={
        "numpy": "a / (1 + np.exp(-a))",
        "torch": "torch.nn.functional.silu(a)",
        "keras": "a * ops.sigmoid(a)",
        "onnx": "Mul(a, Sigmoid(a))",
    },
)
_GELU = Activation(
    name="gelu",
    title="GELU",
    f=lambda a: a * _normal(a),
    df=_gelu_slope,
    value=lambda a: a * normal(a),
    slope=lambda a, _y: normal(a) + a * exp(-(a**2) / 2) / Leaf(r"\sqrt{2\pi}", math.sqrt(2.0 * math.pi)),
    remark="Φ is the distribution function of the standard normal distribution.",
    says={
        "numpy": "a * 0.5 * (1 + np.vectorize(math.erf)(a / math.sqrt(2)))",
        "torch": "torch.nn.functional.gelu(a)",
        "keras": "a * 0.5 * (1 + ops.erf(a / math.sqrt(2)))",
        "onnx": "Mul(a, Mul(0.5, Add(1.0, Erf(Div(a, 1.4142135623730951)))))",
    },
)
_SOFTSIGN = Activation(
    name="softsign",
    title="Softsign",
    f=lambda a: a / (1.0 + np.abs(a)),
    df=lambda a, _y: 1.0 / (1.0 + np.abs(a)) ** 2,
    value=lambda a: a / (1 + absolute(a)),
    slope=lambda a, _y: 1 / (1 + absolute(a)) ** 2,
    limits=(-1.0, 1.0),
    says={
        "numpy": "a / (1 + np.abs(a))",
        "torch": "torch.nn.functional.softsign(a)",
        "keras": "a / (1 + ops.abs(a))",
        "onnx": "Div(a, Add(1.0, Abs(a)))",
    },
)
_HARD_SIGMOID = Activation(
    name="hard_sigmoid",
    title="Hard sigmoid",
    f=lambda a: np.clip(a / 6.0 + 0.5, 0.0, 1.0),
    df=lambda a, _y: np.where(np.abs(a) < 3.0, 1.0 / 6.0, 0.0),
    value=lambda a: largest(0, smallest(1, a / 6 + Constant(1) / 2)),
    slope=lambda a, _y: Cases(absolute(a) < 3, Constant(1) / 6, Constant(0)),
    limits=(0.0, 1.0),
    kinks=(-3.0, 3.0),
    says={
        "numpy": "np.clip(a / 6 + 0.5, 0, 1)",
        "torch": "torch.clamp(a / 6 + 0.5, 0, 1)",
        "keras": "ops.clip(a / 6 + 0.5, 0, 1)",
        "onnx": "Max(0.0, Min(1.0, Add(Div(a, 6.0), 0.5)))",
    },
)
_SINE = Activation(
    name="sine",
    title="Sine",
    f=np.sin,
    df=lambda a, _y: np.cos(a),
    value=sin,
    slope=lambda a, _y: cos(a),
    limits=(-1.0, 1.0),
    says={"numpy": "np.sin(a)", "torch": "torch.sin(a)", "keras": "ops.sin(a)", "onnx": "Sin(a)"},
)
_STEP = Activation(
    name="step",
    title="Step (forward only)",
    f=lambda a: (a > 0.0).astype(np.float64),
    df=lambda a, _y: np.zeros_like(a),
    value=lambda a: Cases(a > 0, Constant(1), Constant(0)),
    slope=lambda _a, _y: Constant(0),
    limits=(0.0, 1.0),
    kinks=(0.0,),
    remark="The step is flat, so its slope is 0 wherever it has one and no error passes back through it: gradient "
    "descent cannot train the weights that lead here. It is the perceptron's unit, kept for history's sake.",
    says={
        "numpy": "(a > 0).astype(float)",
        "torch": "(a > 0).to(a.dtype)",
        "keras": "ops.cast(a > 0, a.dtype)",
        "onnx": "Where(Greater(a, 0.0), 1.0, 0.0)",
    },
)

ACTIVATIONS: Registry[Activation] = Registry(
    "backprop_gui.activations",
    Activation,
    (
        _LINEAR,
        _SIGMOID,
        _TANH,
        _RELU,
        _LEAKY_RELU,
        _SOFTPLUS,
        _SOFTMAX,
        _ELU,
        _SILU,
        _GELU,
        _SOFTSIGN,
        _HARD_SIGMOID,
        _SINE,
        _STEP,
    ),
)
"""Every activation by its name in session files."""

SIGMOID = ACTIVATIONS["sigmoid"]

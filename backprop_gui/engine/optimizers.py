"""Optimizers, as cards: each turns a gradient into a step of the parameters.

Formulas and default numbers are those of PyTorch's optimizers of the same names, so that runs can be compared; sgd
writes its momentum as v <- mu v - eta g, w <- w + v, the same for a constant learning rate.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import Card, Registry, Setting
from backprop_gui.engine.expression import Expression, Leaf, sqrt

Memories = tuple[Floats, ...]


class Update(Protocol):
    """What a rule is written with: the quantities of one parameter's update, and ways to write its lines."""

    @property
    def w(self) -> Leaf:
        """The parameter before the update."""
        ...

    @property
    def g(self) -> Leaf:
        """Its gradient, penalties included unless the decay is decoupled."""
        ...

    @property
    def eta(self) -> Leaf:
        """The learning rate."""
        ...

    @property
    def step(self) -> Leaf:
        """How many updates there have been, with this one."""
        ...

    @property
    def momentum(self) -> Leaf:
        """Momentum; 0 is none."""
        ...

    @property
    def nesterov(self) -> bool:
        """Whether momentum looks ahead."""
        ...

    @property
    def decay(self) -> Leaf:
        """Weight decay, 0 for a bias; only a rule whose decay is decoupled uses it."""
        ...

    def number(self, name: str) -> Leaf:
        """Return one of the card's numbers."""
        ...

    def memory(self, letter: str) -> Leaf:
        """Return what is remembered under a letter, from before this update."""
        ...

    def assign(self, letter: str, expression: Expression) -> Leaf:
        """Write letter <- expression, to be remembered; return its new value."""
        ...

    def define(self, latex: str, expression: Expression) -> Leaf:
        """Write latex = expression, for this update alone; return its value."""
        ...

    def move(self, expression: Expression) -> None:
        """Write w <- expression."""
        ...


@dataclass(slots=True)
class Pace:
    """What an update is told besides its gradient: eta, which update it is (from 1), momentum's two settings."""

    eta: float
    step: int = 0
    momentum: float = 0.0
    nesterov: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer(Card):
    """An optimizer.

    ``update(theta, gradient, memories, pace, *numbers)`` is plain NumPy on flat arrays of one length: it moves theta
    and its memories in place, and may overwrite the gradient. ``rule`` is the same as formulas. ``memories`` are the
    LaTeX letters of what it remembers between updates, all 0 at first; those of them that are ``squares`` are never
    negative. ``momentum``: it takes momentum, and without
    any remembers nothing. ``decoupled``: weight decay moves a weight by eta lambda w of its own and is not in the
    gradient.
    """

    update: Callable[..., None] = field(compare=False, repr=False)
    rule: Callable[[Update], None] = field(compare=False, repr=False)
    memories: tuple[str, ...] = field(default=(), compare=False, repr=False)
    squares: tuple[str, ...] = field(default=(), compare=False, repr=False)
    momentum: bool = field(default=False, compare=False, repr=False)
    decoupled: bool = field(default=False, compare=False, repr=False)


def _sgd(theta: Floats, gradient: Floats, memories: Memories, pace: Pace) -> None:
    gradient *= -pace.eta
    if not memories:
        theta += gradient
        return
    (velocity,) = memories
    velocity *= pace.momentum
    velocity += gradient
    if pace.nesterov:
        theta += gradient
        theta += pace.momentum * velocity
    else:
        theta += velocity


def _sgd_rule(update: Update) -> None:
    w, g, eta, mu = update.w, update.g, update.eta, update.momentum
    if mu.value == 0.0:
        update.move(w - eta * g)
        return
    v = update.assign("v", mu * update.memory("v") - eta * g)
    update.move(w + mu * v - eta * g if update.nesterov else w + v)


def _rmsprop(theta: Floats, gradient: Floats, memories: Memories, pace: Pace, decay: float, epsilon: float) -> None:
    (square,) = memories
    square *= decay
    square += (1.0 - decay) * gradient * gradient
    theta -= pace.eta * gradient / (np.sqrt(square) + epsilon)


def _rmsprop_rule(update: Update) -> None:
    rho, g = update.number("decay"), update.g
    s = update.assign("s", rho * update.memory("s") + (1 - rho) * g**2)
    update.move(update.w - update.eta * g / (sqrt(s) + update.number("epsilon")))


def _adagrad(theta: Floats, gradient: Floats, memories: Memories, pace: Pace, epsilon: float) -> None:
    (square,) = memories
    square += gradient * gradient
    theta -= pace.eta * gradient / (np.sqrt(square) + epsilon)


def _adagrad_rule(update: Update) -> None:
    s = update.assign("s", update.memory("s") + update.g**2)
    update.move(update.w - update.eta * update.g / (sqrt(s) + update.number("epsilon")))


def _adam(
    theta: Floats, gradient: Floats, memories: Memories, pace: Pace, beta1: float, beta2: float, epsilon: float
) -> None:
    first, second = memories
    first *= beta1
    first += (1.0 - beta1) * gradient
    second *= beta2
    second += (1.0 - beta2) * gradient * gradient
    rate = pace.eta / (1.0 - beta1**pace.step)
    theta -= rate * first / (np.sqrt(second / (1.0 - beta2**pace.step)) + epsilon)


def _adam_step(update: Update) -> Expression:
    beta1, beta2, g = update.number("beta1"), update.number("beta2"), update.g
    m = update.assign("m", beta1 * update.memory("m") + (1 - beta1) * g)
    s = update.assign("s", beta2 * update.memory("s") + (1 - beta2) * g**2)
    m_hat = update.define(r"\hat{m}", m / (1 - beta1**update.step))
    s_hat = update.define(r"\hat{s}", s / (1 - beta2**update.step))
    return update.eta * m_hat / (sqrt(s_hat) + update.number("epsilon"))


def _adam_rule(update: Update) -> None:
    step = _adam_step(update)
    update.move(update.w - step)


def _adamw_rule(update: Update) -> None:
    step, w = _adam_step(update), update.w
    update.move((w - update.eta * update.decay * w if update.decay.value else w) - step)


def _epsilon(default: float) -> Setting:
    return Setting("epsilon", r"\varepsilon", "ε", default, above=0.0)


_BETAS = (
    Setting("beta1", r"\beta_{1}", "β₁", 0.9, least=0.0, below=1.0),
    Setting("beta2", r"\beta_{2}", "β₂", 0.999, least=0.0, below=1.0),
    _epsilon(1e-8),
)
OPTIMIZERS: Registry[Optimizer] = Registry(
    "backprop_gui.optimizers",
    Optimizer,
    (
        Optimizer(name="sgd", title="Gradient descent", memories=("v",), momentum=True, update=_sgd, rule=_sgd_rule),
        Optimizer(
            name="rmsprop",
            title="RMSprop",
            memories=("s",),
            squares=("s",),
            settings=(Setting("decay", r"\rho", "ρ", 0.99, least=0.0, below=1.0), _epsilon(1e-8)),
            update=_rmsprop,
            rule=_rmsprop_rule,
        ),
        Optimizer(
            name="adagrad",
            title="Adagrad",
            memories=("s",),
            squares=("s",),
            settings=(_epsilon(1e-10),),
            update=_adagrad,
            rule=_adagrad_rule,
        ),
        Optimizer(
            name="adam",
            title="Adam",
            memories=("m", "s"),
            squares=("s",),
            settings=_BETAS,
            update=_adam,
            rule=_adam_rule,
        ),
        Optimizer(
            name="adamw",
            title="AdamW",
            memories=("m", "s"),
            squares=("s",),
            settings=_BETAS,
            decoupled=True,
            update=_adam,
            rule=_adamw_rule,
        ),
    ),
)
"""Every optimizer by its name in session files. Adam: Kingma and Ba (2015), algorithm 1; AdamW: Loshchilov and
Hutter (2019), algorithm 2, whose schedule multiplier is the learning rate's here.
"""

SGD = OPTIMIZERS["sgd"]

"""The optimizers' rules as expressions, and the letters of what they remember."""

from dataclasses import dataclass
from typing import Protocol

from backprop_gui.engine.cards import Card, Setting
from backprop_gui.engine.expression import Expression, Leaf, sqrt
from backprop_gui.engine.optimizers import (
    ADAGRAD_EPSILON,
    ADAM_BETA_1,
    ADAM_BETA_2,
    ADAM_EPSILON,
    RMSPROP_DECAY,
    RMSPROP_EPSILON,
)


class Update(Protocol):
    """What a rule is written with: the leaves of one parameter's update, and ways to write its lines."""

    @property
    def w(self) -> Leaf:
        """The parameter before the update."""
        ...

    @property
    def g(self) -> Leaf:
        """Its gradient."""
        ...

    @property
    def eta(self) -> Leaf:
        """The learning rate."""
        ...

    @property
    def step(self) -> Leaf:
        """The updates so far, this one included."""
        ...

    @property
    def momentum(self) -> Leaf:
        """Momentum, 0 without."""
        ...

    @property
    def nesterov(self) -> bool:
        """Whether momentum looks ahead."""
        ...

    def number(self, name: str) -> Leaf:
        """Return a number of the card."""
        ...

    def memory(self, letter: str) -> Leaf:
        """Return what is remembered under a letter."""
        ...

    def assign(self, letter: str, expression: Expression) -> Leaf:
        """Write letter <- expression and return its new value."""
        ...

    def define(self, latex: str, expression: Expression) -> Leaf:
        """Write latex = expression and return its value."""
        ...

    def move(self, expression: Expression) -> None:
        """Write w <- expression."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Method(Card):
    """An optimizer's words."""

    memories: tuple[str, ...] = ()
    decoupled: bool = False

    def rule(self, update: Update) -> None:
        """Write the update."""
        _RULES[self.name](update)


def _sgd(update: Update) -> None:
    w, g, eta, mu = update.w, update.g, update.eta, update.momentum
    if not mu.value:
        update.move(w - eta * g)
        return
    v = update.assign("v", mu * update.memory("v") - eta * g)
    update.move(w + mu * v - eta * g if update.nesterov else w + v)


def _rmsprop(update: Update) -> None:
    rho, g = update.number("decay"), update.g
    s = update.assign("s", rho * update.memory("s") + (1 - rho) * g**2)
    update.move(update.w - update.eta * g / (sqrt(s) + update.number("epsilon")))


def _adagrad(update: Update) -> None:
    s = update.assign("s", update.memory("s") + update.g**2)
    update.move(update.w - update.eta * update.g / (sqrt(s) + update.number("epsilon")))


def _adam(update: Update) -> None:
    beta_1, beta_2, g = update.number("beta1"), update.number("beta2"), update.g
    m = update.assign("m", beta_1 * update.memory("m") + (1 - beta_1) * g)
    s = update.assign("s", beta_2 * update.memory("s") + (1 - beta_2) * g**2)
    m_hat = update.define(r"\hat{m}", m / (1 - beta_1**update.step))
    s_hat = update.define(r"\hat{s}", s / (1 - beta_2**update.step))
    update.move(update.w - update.eta * m_hat / (sqrt(s_hat) + update.number("epsilon")))


_RULES = {"sgd": _sgd, "rmsprop": _rmsprop, "adagrad": _adagrad, "adam": _adam}


def _epsilon(value: float) -> Setting:
    return Setting("epsilon", r"\varepsilon", "ε", value, above=0.0)


METHODS = {
    method.name: method
    for method in (
        Method(name="sgd", title="Gradient descent", memories=("v",)),
        Method(
            name="rmsprop",
            title="RMSprop",
            memories=("s",),
            settings=(Setting("decay", r"\rho", "ρ", RMSPROP_DECAY), _epsilon(RMSPROP_EPSILON)),
        ),
        Method(name="adagrad", title="Adagrad", memories=("s",), settings=(_epsilon(ADAGRAD_EPSILON),)),
        Method(
            name="adam",
            title="Adam",
            memories=("m", "s"),
            settings=(
                Setting("beta1", r"\beta_{1}", "β₁", ADAM_BETA_1),
                Setting("beta2", r"\beta_{2}", "β₂", ADAM_BETA_2),
                _epsilon(ADAM_EPSILON),
            ),
        ),
    )
}

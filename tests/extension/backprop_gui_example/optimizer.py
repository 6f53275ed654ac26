"""Lion: X. Chen et al., Symbolic Discovery of Optimization Algorithms (2023), program 1; each step is eta long."""

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.cards import Setting
from backprop_gui.engine.expression import sign
from backprop_gui.engine.optimizers import Memories, Optimizer, Pace, Update


def _update(theta: Floats, gradient: Floats, memories: Memories, pace: Pace, beta1: float, beta2: float) -> None:
    (momentum,) = memories
    theta -= pace.eta * np.sign(beta1 * momentum + (1.0 - beta1) * gradient)
    momentum *= beta2
    momentum += (1.0 - beta2) * gradient


def _rule(update: Update) -> None:
    beta1, beta2, g, m = update.number("beta1"), update.number("beta2"), update.g, update.memory("m")
    c = update.define("c", beta1 * m + (1 - beta1) * g)
    decayed = update.w - update.eta * update.decay * update.w if update.decay.value else update.w
    update.move(decayed - update.eta * sign(c))
    update.assign("m", beta2 * m + (1 - beta2) * g)


LION = Optimizer(
    name="lion",
    title="Lion",
    memories=("m",),
    settings=(
        Setting("beta1", r"\beta_{1}", "β₁", 0.9, least=0.0, below=1.0),
        Setting("beta2", r"\beta_{2}", "β₂", 0.99, least=0.0, below=1.0),
    ),
    decoupled=True,
    update=_update,
    rule=_rule,
)

"""An optimizer's rule as formulas against its plain NumPy, and what is told to it; PyTorch: test_stored_pytorch."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.engine.descent import Descent
from backprop_gui.engine.expression import Expression, Leaf, evaluate
from backprop_gui.engine.optimizers import OPTIMIZERS, Pace
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from tests.shapes import by

ALL = [
    by("sgd", 0.3),
    by("sgd", 0.3, momentum=0.8),
    by("sgd", 0.3, momentum=0.8, nesterov=True),
    by("rmsprop(decay=0.8, epsilon=0.01)", 0.02),
    by("adagrad", 0.1),
    by("adam", 0.05),
    by("adam(beta1=0.5, beta2=0.7, epsilon=0.001)", 0.05),
    by("adamw", 0.05, weight_decay=0.1),
    by("adamw", 0.05),
]


@dataclass
class Written:
    """One parameter's update, by the rule's formulas evaluated."""

    settings: OptimizerSettings
    remembered: dict[str, float]
    w: Leaf
    g: Leaf
    step: Leaf
    decay: Leaf
    moved: list[float] = field(default_factory=list[float])

    @property
    def eta(self) -> Leaf:
        return Leaf(r"\eta", self.settings.learning_rate)

    @property
    def momentum(self) -> Leaf:
        return Leaf(r"\mu", self.settings.momentum)

    @property
    def nesterov(self) -> bool:
        return self.settings.nesterov

    def number(self, name: str) -> Leaf:
        method = self.settings.method
        place = [one.name for one in method.settings].index(name)
        return Leaf(method.settings[place].symbol, method.numbers[place])

    def memory(self, letter: str) -> Leaf:
        assert letter in self.settings.method.memories
        return Leaf(letter, self.remembered.get(letter, 0.0))

    def assign(self, letter: str, expression: Expression) -> Leaf:
        assert letter in self.settings.method.memories
        self.remembered[letter] = evaluate(expression)
        return Leaf(letter, self.remembered[letter])

    def define(self, latex: str, expression: Expression) -> Leaf:
        return Leaf(latex, evaluate(expression))

    def move(self, expression: Expression) -> None:
        self.moved.append(evaluate(expression))


@pytest.mark.parametrize("how", ALL, ids=lambda one: f"{one.method.spelled} {one.momentum:g} {one.nesterov}")
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 8), scale=st.sampled_from([1e-6, 1.0, 1e4]))
@settings(max_examples=15, deadline=None)
def test_the_formulas_are_the_plain_update_and_that_is_what_trains(
    how: OptimizerSettings, seed: int, steps: int, scale: float
) -> None:
    random, method = np.random.default_rng(seed), how.method
    biases = np.array([False, False, False, True, False])
    descent = Descent(TrainingSettings(optimizer=how), biases)
    slots = tuple(np.zeros(5) for _ in descent.slots)
    trained, plain, written = (start := random.normal(size=5)).copy(), start.copy(), start.copy()
    memories: list[dict[str, float]] = [{} for _ in start]
    for step in range(1, steps + 1):
        g = scale * random.normal(size=5)
        for k, remembered in enumerate(memories):
            decay = Leaf(r"\lambda", 0.0 if biases[k] else how.weight_decay)
            one = Written(how, remembered, Leaf("w", written[k]), Leaf("g", g[k]), Leaf("t", float(step)), decay)
            method.rule(one)
            (written[k],) = one.moved
        pace = Pace(how.learning_rate, step, how.momentum, how.nesterov)
        if method.decoupled:
            plain -= how.learning_rate * (how.weight_decay * plain * ~biases)
        method.update(plain, g.copy(), slots, pace, *method.numbers)
        descent.update(trained, g.copy(), step)
        assert trained.tolist() == plain.tolist()
        assert [one.tolist() for one in descent.slots] == [one.tolist() for one in slots]
        np.testing.assert_allclose(written, plain, rtol=1e-13, atol=1e-15 * max(1.0, scale))
        for letter, slot in zip(method.memories, slots, strict=False):
            np.testing.assert_allclose([one.get(letter, 0.0) for one in memories], slot, rtol=1e-12)


def test_every_optimizer_of_ours_is_among_these() -> None:
    assert {one.method.name for one in ALL} == set(OPTIMIZERS)


def test_adamws_decay_moves_weights_alone_and_stays_out_of_its_memories() -> None:
    how = TrainingSettings(optimizer=by("adamw", 0.1, weight_decay=0.5, l1=0.25))
    descent = Descent(how, np.array([False, True]))
    theta = np.array([2.0, 2.0])
    descent.update(theta, np.array([1.0, 1.0]), 1)
    assert descent.slots[0].tolist() == pytest.approx([0.1 * 1.25, 0.1])
    assert theta.tolist() == pytest.approx([2.0 - 0.1 * 0.5 * 2.0 - 0.1, 2.0 - 0.1])


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_another_rate_counts_from_then_on(name: str) -> None:
    descent = Descent(TrainingSettings(optimizer=by(name, 0.5)), np.array([False]))
    descent.set_rate(0.125)
    theta, other = np.array([1.0]), np.array([1.0])
    descent.update(theta, np.array([1.0]), 1)
    Descent(TrainingSettings(optimizer=by(name, 0.125)), np.array([False])).update(other, np.array([1.0]), 1)
    assert theta == other < 1.0

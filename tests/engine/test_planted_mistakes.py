"""The gradient check finds every mistake that is planted, small ones and in trained networks too."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.gradient_check import Check, Verdict
from backprop_gui.engine.losses import HALF_SSE
from backprop_gui.engine.network import Parameters
from backprop_gui.engine.trace import trace
from backprop_gui.engine.trainer import Trainer
from backprop_gui.resources import problem
from tests.engine.checking import EPSILONS, checked, random_case

Function = Callable[[Floats], Floats]


ACTIVATION: dict[str, tuple[Function, Function]] = {
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda y: y * (1 - y)),
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "softplus": (lambda a: np.log1p(np.exp(a)), lambda y: 1 - np.exp(-y)),
    "relu": (lambda a: np.maximum(a, 0), lambda y: (y > 0).astype(np.float64)),
}


@dataclass
class Student:
    """Backpropagation of the half squared error as a student writes it, with one mistake or with ``""`` for none."""

    rule: str
    activation: str

    def gradients(self, parameters: Parameters, x: Floats, t: Floats) -> Parameters:
        f, slope = ACTIVATION[self.activation]
        outputs: list[Floats] = [x]
        sums: list[Floats] = []
        for w, b in zip(parameters.weights, parameters.biases, strict=True):
            sums.append(outputs[-1] @ w + (0 if self.rule == "biases_forgotten" else b))
            outputs.append(f(sums[-1]))
        last = len(sums) - 1
        delta = (outputs[-1] - t) * self.slope(slope, sums[-1], outputs[-1], "no_output_slope")
        deltas = [delta * self.factor(len(t))]
        for k in reversed(range(last)):
            deltas.insert(0, self.back(parameters.weights[k + 1], outputs[k + 1], deltas[0]))
            deltas[0] = deltas[0] * self.slope(slope, sums[k], outputs[k + 1], "no_hidden_slope")
        weights = [self.by_weights(k, outputs, deltas[k], k < last) for k in range(last + 1)]
        return Parameters.of(weights, deltas)

    def factor(self, outputs: int) -> float:
        factors = {
            "sign": -1,
            "factor_two": 2,
            "mean_over_outputs": 1 / outputs,
            "sum_for_mean": 4,
            "mean_for_sum": 1 / 4,
        }
        return factors.get(self.rule, 1)

    def slope(self, slope: Function, a: Floats, y: Floats, without: str) -> Floats:
        if self.rule in (without, "no_slopes"):
            return np.ones_like(y)
        if self.rule == "slope_of_pre_activation":
            return slope(a)
        if self.rule == "slope_of_other_unit":
            return np.roll(slope(y), 1)
        if self.rule == "other_activation_slope":
            return ACTIVATION["sigmoid" if self.activation == "tanh" else "tanh"][1](y)
        return slope(y)

    def back(self, w: Floats, h: Floats, delta: Floats) -> Floats:
        """Return dL/dh, from the next layer's weights (hidden, outputs) and deltas (outputs,)."""
        if self.rule == "first_output_only":
            return w[:, 0] * delta[0]
        if self.rule == "last_output_only":
            return w[:, -1] * delta[-1]
        if self.rule == "other_unit_weights":
            return np.roll(w, 1, axis=0) @ delta
        if self.rule == "updated_weights":
            return (w - 0.5 * np.outer(h, delta)) @ delta
        return w @ delta

    def by_weights(self, k: int, outputs: list[Floats], delta: Floats, hidden: bool) -> Floats:
        if self.rule == "own_output_for_input":
            return np.tile(delta * outputs[k + 1], (len(outputs[k]), 1))
        if self.rule == "extra_input" and hidden:
            return np.outer(outputs[k] ** 2, delta)
        return np.outer(outputs[k], delta)


RULES = (
    *("no_output_slope", "no_hidden_slope", "no_slopes", "sign", "first_output_only", "last_output_only"),
    *("other_unit_weights", "updated_weights", "extra_input", "slope_of_pre_activation", "slope_of_other_unit"),
    *("other_activation_slope", "factor_two", "mean_over_outputs", "biases_forgotten", "own_output_for_input"),
    *("sum_for_mean", "mean_for_sum"),
)


@pytest.mark.parametrize("activation", ACTIVATION)
@pytest.mark.parametrize("shape", [(2, 3, 2), (3, 4, 4, 2)])
@pytest.mark.parametrize("rule", ["", *RULES])
def test_a_planted_mistake_is_found_in_every_parameter_it_touches(
    rule: str, shape: tuple[int, ...], activation: str
) -> None:
    touched = 0
    for seed in range(5):
        network, parameters, x, t = random_case(shape, activation, seed)
        right = trace(network, parameters, x, t, HALF_SSE).gradients
        planted = Student(rule, activation).gradients(parameters, x, t)
        for one in checked(network, parameters, x, t, HALF_SSE, analytic=planted):
            off, larger = abs(one.analytic - right[one.ref]), max(abs(one.analytic), abs(right[one.ref]))
            if off > 1e-4 * larger:
                assert one.verdict is Verdict.DIFFERS, (seed, one)
                touched += 1
            elif off <= 1e-14 * larger:
                assert one.verdict in (Verdict.AGREES, Verdict.SMALL), (seed, one)
    same_slope = activation == "relu" and rule == "slope_of_pre_activation"  # of ReLU it is that of the output
    assert (touched == 0) == (rule == "" or same_slope)


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus"])
def test_one_part_in_a_million_is_enough(activation: str, epsilon: float | None) -> None:
    found: list[Check] = []
    for seed in range(5):
        network, parameters, x, t = random_case((3, 4, 4, 2), activation, seed)
        right = trace(network, parameters, x, t, HALF_SSE).gradients
        off = Parameters.of([w * (1 + 1e-6) for w in right.weights], [b * (1 + 1e-6) for b in right.biases])
        found += checked(network, parameters, x, t, HALF_SSE, epsilon=epsilon, analytic=off)
    missed = [one for one in found if one.verdict is not Verdict.DIFFERS]
    assert len(missed) <= 0.03 * len(found)  # gradients that cancel to next to nothing
    assert all(one.measured.error > 5e-7 * abs(one.analytic) for one in missed)


def test_a_mistake_is_found_in_trained_classifiers_too() -> None:
    for name, epochs in (("iris", 50), ("wine", 50)):
        session = problem(name)
        x, t, network = session.samples.inputs, session.samples.targets, session.network
        trainer = Trainer(network, session.parameters, session.training, x, t)
        trainer.run(epochs * trainer.batches)
        right = trace(network, trainer.parameters(), x[0], t[0], session.training.loss).gradients
        off = Parameters.of([w * 1.0001 for w in right.weights], [b * 1.0001 for b in right.biases])
        found = checked(network, trainer.parameters(), x[0], t[0], session.training.loss, analytic=off)
        assert {one.verdict for one in found} == {Verdict.DIFFERS}

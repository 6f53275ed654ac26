"""The gradient check calls nothing wrong that is right, and misses nothing that is wrong."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.gradient_check import Check, Probe, Verdict, check_gradients
from backprop_gui.engine.losses import HALF_SSE, LOSSES, Loss
from backprop_gui.engine.network import BiasRef, Network, ParameterRef, Parameters, WeightRef
from backprop_gui.engine.trace import trace
from backprop_gui.engine.trainer import Trainer
from backprop_gui.explain.gradient_words import in_brief, judgement, summary
from backprop_gui.resources import problem
from tests.shapes import dense

Case = tuple[Network, Parameters, Floats, Floats, Loss, tuple[Floats, ...]]
EPSILONS = (None, *(10.0**-k for k in range(2, 11)))


def checked(
    network: Network,
    parameters: Parameters,
    x: Floats,
    t: Floats,
    loss: Loss,
    masks: tuple[Floats, ...] = (),
    refs: Sequence[ParameterRef] | None = None,
    epsilon: float | None = None,
    analytic: Parameters | None = None,
) -> list[Check]:
    analytic = analytic or trace(network, parameters, x, t, loss, masks).gradients
    probe = Probe(network, parameters, x, t, loss, masks)
    return list(check_gradients(probe, refs or network.parameter_refs(), analytic, epsilon))


# ---- right gradients are never called wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "epochs"),
    [
        *(("article", n) for n in (0, 50)),
        ("mazur", 1000),
        ("han-kamber", 50),
        ("homework", 50),
        ("and", 100),
        ("or", 100),
        *(("xor", n) for n in (0, 50, 300)),
        ("encoder-8-3-8", 100),
        ("iris", 50),
        ("wine", 50),
        ("digits", 3),
    ],
)
def test_no_gradient_of_a_built_in_problem_is_called_wrong(name: str, epochs: int) -> None:
    session = problem(name)
    inputs, targets, network = session.samples.inputs, session.samples.targets, session.network
    trainer = Trainer(network, session.parameters, session.training, inputs, targets)
    trainer.run(epochs * trainer.batches)
    random = np.random.default_rng(0)
    every = list(network.parameter_refs())
    refs = [every[int(k)] for k in random.permutation(len(every))[:60]]
    for sample in {0, int(random.integers(len(inputs)))}:
        for epsilon in EPSILONS:
            x, t = inputs[sample], targets[sample]
            checks = checked(network, trainer.parameters(), x, t, session.training.loss, (), refs, epsilon)
            assert not [one for one in checks if one.verdict is Verdict.DIFFERS], (sample, epsilon)
            if epsilon is None:
                assert {one.verdict for one in checks} == {Verdict.AGREES}
                assert min(one.digits for one in checks) >= 5


@st.composite
def extremes(draw: st.DrawFn) -> Case:
    """Networks at the ends of what floats can do: saturated, tiny, dead, on kinks, with units left out."""
    output = draw(st.sampled_from(list(ACTIVATIONS)))
    fits = ACTIVATIONS[output].probabilities
    loss = LOSSES[draw(st.sampled_from([name for name, card in LOSSES.items() if fits or not card.probabilities]))]
    hidden = [name for name, card in ACTIVATIONS.items() if not card.whole_layer]
    layers = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(hidden)), max_size=3))
    network = Network(
        draw(st.integers(1, 4)), tuple(dense(*one) for one in (*layers, (draw(st.integers(1, 4)), output)))
    )
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([1.0, 0.0, 1e-6, 0.1, 10.0, 1e3]))
    bias = scale * draw(st.sampled_from([1.0, 0.0, 100.0]))
    rounded = np.round if draw(st.booleans()) else np.copy  # whole numbers sit on kinks
    parameters = Parameters.of(
        [rounded(scale * random.normal(size=shape)) for shape in pairwise(network.sizes)],
        [rounded(bias * random.normal(size=units)) for units in network.sizes[1:]],
    )
    reach = draw(st.sampled_from([1.0, 0.0, 1e-12, 1e-300, 1e3]))
    x = rounded(random.normal(size=network.inputs)) * reach
    t = draw(
        st.sampled_from([random.uniform(size=network.outputs), np.eye(network.outputs)[0], np.zeros(network.outputs)])
    )
    masks = tuple((random.random(layer.units) >= 0.4) / 0.6 for layer in network.layers[:-1])
    return network, parameters, x, t, loss, draw(st.sampled_from([(), masks]))


@given(extremes(), st.sampled_from(EPSILONS))
@settings(max_examples=150, deadline=None)
def test_no_right_gradient_is_called_wrong_however_extreme_the_network(case: Case, epsilon: float | None) -> None:
    wrong = [one for one in checked(*case, epsilon=epsilon) if one.verdict is Verdict.DIFFERS]
    assert not wrong


# ---- planted mistakes ----------------------------------------------------------------------------------------------

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


def random_case(shape: tuple[int, ...], activation: str, seed: int) -> tuple[Network, Parameters, Floats, Floats]:
    random = np.random.default_rng(seed)
    parameters = Parameters.of(
        [random.normal(size=pair) for pair in pairwise(shape)], [random.normal(size=units) for units in shape[1:]]
    )
    network = Network(shape[0], tuple(dense(units, activation) for units in shape[1:]))
    return network, parameters, random.normal(size=shape[0]), random.uniform(0.05, 0.95, size=shape[-1])


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


# ---- what cannot be told, and what is said -------------------------------------------------------------------------


def line(
    activation: str,
    w: float,
    b: float,
    x: float = 1.0,
    t: float = 0.0,
    loss: Loss = HALF_SSE,
    epsilon: float | None = None,
    analytic: float | None = None,
) -> list[Check]:
    """The checks of w and b of a network of one unit."""
    network, parameters = Network(1, (dense(1, activation),)), Parameters.of([[[w]]], [[b]])
    given_by = None if analytic is None else Parameters.of([[[analytic]]], [[analytic]])
    return checked(network, parameters, np.array([x]), np.array([t]), loss, epsilon=epsilon, analytic=given_by)


def test_on_a_kink_nothing_is_told_and_beside_it_everything() -> None:
    on, _ = line("relu", 0.0, 0.0, t=1.0)
    assert on.verdict is Verdict.KINK
    assert "one slope on the left and another on the right" in judgement(on, by_hand=False)
    beside, _ = line("relu", 1e-6, 0.0, t=1.0)
    assert beside.verdict is Verdict.AGREES
    assert beside.numeric.epsilon < 1e-6
    wrong, _ = line("relu", 1e-6, 0.0, t=1.0, analytic=0.0)
    assert wrong.verdict is Verdict.DIFFERS
    for_loss, _ = line("linear", 0.5, 0.0, t=0.5, loss=LOSSES["mae"])
    assert for_loss.verdict is Verdict.KINK


def test_a_kink_that_a_chosen_epsilon_reaches_is_said_to_be_one() -> None:
    reached, _ = line("relu", 1e-6, 0.0, t=1.0, epsilon=1e-3)
    assert reached.verdict is Verdict.KINK
    assert "A smaller ε stays on one side" in judgement(reached, by_hand=True)
    assert line("relu", 1e-6, 0.0, t=1.0, epsilon=1e-7)[0].verdict is Verdict.AGREES


def test_a_kink_of_a_unit_left_out_does_not_matter() -> None:
    network = Network(1, (dense(2, "relu"), dense(1, "linear")))
    parameters = Parameters.of([[[0.0, 1.0]], [[1.0], [1.0]]], [[0.0, 0.0], [0.0]])
    masks = (np.array([0.0, 2.0]),)
    found = checked(network, parameters, np.ones(1), np.zeros(1), HALF_SSE, masks)
    assert {one.verdict for one in found} == {Verdict.AGREES}


def test_numbers_that_leave_the_range_are_not_compared() -> None:
    found, _ = line("linear", 1e200, 0.0)
    assert found.verdict is Verdict.RANGE
    assert "left the range" in judgement(found, by_hand=False)
    assert line("linear", 1e200, 0.0, epsilon=1e-3)[0].verdict is Verdict.RANGE


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_no_number_is_wrong_where_the_loss_has_a_slope(bad: float) -> None:
    found, _ = line("sigmoid", 0.3, 0.1, analytic=bad)
    assert found.verdict is Verdict.DIFFERS
    assert "not a number" in judgement(found, by_hand=False)
    assert found.digits == 0


def test_a_slope_that_rounding_hides_is_too_small_to_compare() -> None:
    found, _ = line("sigmoid", 36.0, 0.0)
    assert found.verdict is Verdict.SMALL
    assert "Too small to compare" in judgement(found, by_hand=False)
    assert line("sigmoid", 40.0, 0.0, analytic=1e-3)[0].verdict is Verdict.DIFFERS


def test_both_exactly_zero_agree() -> None:
    found, bias = line("sigmoid", 0.3, 0.1, x=0.0)
    assert found.analytic == found.numeric.value == 0.0
    assert judgement(found, by_hand=False) == "They agree: both are exactly 0."
    assert bias.digits >= 10
    assert line("sigmoid", 0.3, 0.1, x=0.0, analytic=1e-3)[0].verdict is Verdict.DIFFERS


def test_what_reaches_nothing_has_the_slope_zero_exactly() -> None:
    random = np.random.default_rng(0)
    network = Network(40, (dense(30, "relu"), dense(10, "softmax")))
    parameters = Parameters.of(
        [random.normal(size=(40, 30)), random.normal(size=(30, 10))], [np.full(30, -2.0), np.zeros(10)]
    )
    x = random.normal(size=40) * (random.random(40) < 0.5)
    found = checked(network, parameters, x, np.eye(10)[3], LOSSES["cross_entropy"])
    assert {one.verdict for one in found} == {Verdict.AGREES}
    zeros = [one for one in found if one.analytic == 0.0]
    assert len(zeros) > 700  # inputs that are 0, and dead units
    assert {one.numeric.value for one in zeros} == {0.0}


def test_a_chosen_epsilon_shows_the_textbooks_quotient_and_what_it_is_worth() -> None:
    network, parameters, x, t = random_case((2, 3, 2), "sigmoid", 1)
    ref = WeightRef(1, 0, 0)
    coarse, fine = (
        checked(network, parameters, x, t, HALF_SSE, refs=[ref], epsilon=epsilon)[0] for epsilon in (1e-2, 1e-10)
    )
    for one in (coarse, fine):
        moved = [
            trace(network, parameters.replace(ref, parameters[ref] + s), x, t, HALF_SSE).loss
            for s in (one.numeric.epsilon, -one.numeric.epsilon)
        ]
        assert one.numeric.value == pytest.approx((moved[0] - moved[1]) / (2 * one.numeric.epsilon), rel=1e-5)
        assert abs(one.analytic - one.numeric.value) <= one.numeric.error
        assert one.verdict is Verdict.AGREES
        assert 3 <= one.digits <= 9
    assert coarse.numeric.bent
    assert "the loss bends within it" in judgement(coarse, by_hand=True)
    assert not fine.numeric.bent
    assert "rounding swallows" in judgement(fine, by_hand=True)


def test_the_summary_counts_each_kind() -> None:
    checks = [*line("relu", 0.0, 0.0, t=1.0), *line("sigmoid", 0.3, 0.1, analytic=7.0), *line("sigmoid", 0.3, 0.1)]
    checks += line("sigmoid", 36.0, 0.0)[:1] + line("linear", 1e200, 0.0)[:1]
    told = summary(checks, by_hand=False)
    assert told.startswith("8 parameters checked: 2 differ: those gradients are wrong; 2 on a kink, where no slope")
    assert "1 too small to compare; 1 out of the range of numbers; the other 2 agree, to 1" in told
    assert [in_brief(one) for one in checks[:3]] == ["kink", "kink", "differs"]
    assert summary(line("sigmoid", 0.3, 0.1), by_hand=False).startswith("2 parameters checked: every gradient agrees")


def test_a_bias_has_the_slope_of_its_sum() -> None:
    weight, bias = line("tanh", 0.3, 0.1, x=1.0)
    assert isinstance(bias.ref, BiasRef)
    assert weight.numeric.value == pytest.approx(bias.numeric.value, rel=1e-11)
